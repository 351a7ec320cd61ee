//! The comparison of two manifests: what is equal, what differs, and what is only unknown.

use sealnix::manifest::Manifest;
use sealnix::manifest::compare::compare;
use sealnix::manifest::comparison::{Comparison, Found, Verdict};
use sealnix::manifest::join::HostList;
use sealnix::source::Tree;
use serde_json::{Value, json};

use crate::support::scratch::{Scratch, fixtures};

fn manifest(hosts: &Value, unknowns: &Value) -> Manifest {
    let text = json!({ "version": 1, "hosts": hosts, "unknowns": unknowns }).to_string();
    Manifest::from_json(&text, "test", &Tree::default()).unwrap()
}

fn host(more: Value) -> Value {
    let complete = json!({ "secrets": true, "templates": true });
    let mut host = json!({ "name": "web", "kind": "nixos", "sops": null, "complete": complete });
    host.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    host
}

fn secrets(secrets: Value) -> Value {
    host(json!({ "sops": { "secrets": secrets } }))
}

/// One host on each side.
fn compared(ours: Value, theirs: Value) -> Comparison {
    compare(&manifest(&json!([ours]), &json!([])), &manifest(&json!([theirs]), &json!([])), HostList::Chosen)
}

/// Every secret and template with its verdict.
fn verdicts(comparison: &Comparison) -> Vec<(String, Verdict)> {
    let all = comparison.hosts.iter().flat_map(|host| host.secrets.iter().chain(&host.templates));
    all.map(|one| (one.name.clone(), one.verdict)).collect()
}

fn verdict(comparison: &Comparison) -> Verdict {
    let [(_, verdict)] = verdicts(comparison)[..] else { panic!("one thing is compared: {comparison:?}") };
    verdict
}

fn place(file: &str, line: u32) -> Value {
    json!({ "file": file, "line": line, "column": 3 })
}

#[test]
fn what_both_know_of_a_host_and_its_keys_is_compared() {
    let keys = |paths: Value| json!({ "secrets": {}, "age": { "sshKeyPaths": paths, "keyFile": null } });
    let ours = host(json!({ "hostName": "web", "sops": keys(json!(["/etc/ssh/a"])) }));
    let theirs = host(json!({ "hostName": "web", "system": "x86_64-linux", "sops": keys(json!(["/etc/ssh/b"])) }));
    let compared = compared(ours.clone(), theirs);
    let fields = compared.totals.fields;
    // The system is not known to us: that is no difference.
    assert_eq!((fields.equal, fields.total, compared.differs()), (2, 3, true));
    let [difference] = &compared.hosts[0].differences[..] else { panic!("{compared:?}") };
    assert_eq!((difference.field, &difference.theirs), ("sops.age.sshKeyPaths", &json!(["/etc/ssh/b"])));
}

#[test]
fn only_the_fields_that_the_other_gives_are_compared() {
    let ours = secrets(json!({ "a": { "key": "a", "mode": "0400", "owner": null } }));
    let equal = compared(ours.clone(), secrets(json!({ "a": { "key": "a" } })));
    assert_eq!((verdict(&equal), equal.differs()), (Verdict::Equal, false));
    // Null is a value.
    let named = compared(ours.clone(), secrets(json!({ "a": { "key": "a", "owner": "root" } })));
    assert_eq!((verdict(&named), named.differs()), (Verdict::Wrong, true));
    let difference = &named.hosts[0].secrets[0].differences[0];
    assert_eq!((difference.field, &difference.ours, &difference.theirs), ("owner", &Value::Null, &json!("root")));
    assert_eq!(named.hosts[0].secrets[0].differences.len(), 1);
    // Lists of units have no order.
    let units = |units: &[&str]| secrets(json!({ "a": { "restartUnits": units } }));
    assert_eq!(verdict(&compared(units(&["x", "y"]), units(&["y", "x"]))), Verdict::Equal);
}

#[test]
fn what_is_unknown_says_why_and_is_no_difference() {
    let mut ours = secrets(json!({ "a": { "key": "a" }, "b": { "certainty": "conditional", "why": "who knows" } }));
    ours["unknowns"] = json!([
        { "host": "web", "secret": "b", "field": "mode", "why": "another secret" },
        { "host": "web", "user": "ada", "secret": "a", "field": "mode", "why": "another user" },
        { "host": "web", "secret": "a", "field": "mode", "why": "no idea", "place": place("m.nix", 7) },
    ]);
    let theirs = secrets(json!({ "a": { "key": "a", "mode": "0400" }, "b": {} }));
    let comparison = compared(ours, theirs);
    assert_eq!(verdicts(&comparison), [("a".to_owned(), Verdict::Unknown), ("b".to_owned(), Verdict::Conditional)]);
    let unknown = &comparison.hosts[0].secrets[0].unknown[0];
    assert_eq!((unknown.field, unknown.why.as_deref()), ("mode", Some("no idea")));
    assert_eq!(unknown.place.as_ref().unwrap().0, "m.nix:7");
    assert_eq!(comparison.hosts[0].secrets[1].why.as_deref(), Some("who knows"));
    assert!(!comparison.differs());
    // A field that differs outweighs what is unknown and the condition.
    let ours = secrets(json!({ "a": { "key": "b", "certainty": "conditional", "why": "who knows" } }));
    let wrong = compared(ours, secrets(json!({ "a": { "key": "a", "mode": "0400" } })));
    assert_eq!(verdict(&wrong), Verdict::Wrong);
}

#[test]
fn what_only_one_has_is_missing_or_invented_unless_that_is_explained() {
    let (nothing, one) = (secrets(json!({})), secrets(json!({ "a": { "at": place("m.nix", 2) } })));
    let missing = compared(nothing.clone(), one.clone());
    assert_eq!((verdict(&missing), missing.differs()), (Verdict::Missing, true));
    assert_eq!(missing.hosts[0].secrets[0].place.as_ref().unwrap().0, "m.nix:2");
    let invented = compared(one.clone(), nothing.clone());
    assert_eq!((verdict(&invented), invented.differs()), (Verdict::Invented, true));
    assert_eq!(invented.totals.secrets.total, 0);

    let mut open = nothing.clone();
    open["complete"] = json!({ "secrets": "a module is not here", "templates": true });
    let explained = compared(open.clone(), one.clone());
    assert_eq!((verdict(&explained), explained.differs()), (Verdict::MissingUnknown, false));
    assert_eq!(explained.hosts[0].secrets[0].why.as_deref(), Some("a module is not here"));
    assert_eq!(explained.hosts[0].incomplete, ["a module is not here"]);
    // A manifest that is itself incomplete does not show that anything is invented.
    assert_eq!(verdicts(&compared(one, open)), []);

    let doubtful = secrets(json!({ "a": { "certainty": "conditional", "why": "who knows" } }));
    let extra = compared(doubtful.clone(), nothing.clone());
    assert_eq!((verdict(&extra), extra.differs()), (Verdict::ConditionalExtra, false));
    assert_eq!(verdicts(&compared(nothing, doubtful)), []);
}

#[test]
fn a_host_that_is_missing_counts_with_all_it_declares() {
    let theirs = manifest(&json!([secrets(json!({ "a": {}, "b": {} }))]), &json!([]));
    let lost = compare(&manifest(&json!([]), &json!([])), &theirs, HostList::Chosen);
    assert_eq!((lost.hosts[0].found, lost.totals.secrets.missing, lost.differs()), (Found::Missing, 2, true));
    assert_eq!((lost.totals.hosts.equal, lost.totals.hosts.total), (0, 1));
    let unknowns = json!([{ "field": "hosts", "why": "the outputs are unknown" }]);
    let unseen = compare(&manifest(&json!([]), &unknowns), &theirs, HostList::Chosen);
    assert_eq!((unseen.totals.secrets.missing_unknown, unseen.differs()), (2, false));
    assert_eq!(unseen.hosts[0].incomplete, ["the outputs are unknown"]);
    // One that Nix was not asked for says nothing.
    let more = compare(&theirs, &manifest(&json!([]), &json!([])), HostList::Chosen);
    assert_eq!((more.hosts[0].found, more.differs()), (Found::NotInOther, false));
    // Where Nix was asked for all hosts, there is no such host.
    let invented = compare(&theirs, &manifest(&json!([]), &json!([])), HostList::Nix);
    assert_eq!((invented.hosts[0].found, invented.totals.hosts_invented), (Found::Invented, 1));
    assert!(invented.differs());
    // The same name of another kind is another host.
    let mut darwin = secrets(json!({ "a": {} }));
    darwin["kind"] = json!("darwin");
    let kinds = compared(darwin, secrets(json!({ "a": {} })));
    assert_eq!(kinds.hosts.iter().map(|host| host.found).collect::<Vec<_>>(), [Found::Missing, Found::NotInOther]);
}

/// Secrets and templates are exact although the units do not evaluate.
#[test]
fn a_host_whose_units_alone_fail_is_compared() {
    let mut theirs = secrets(json!({ "a": {} }));
    theirs["evaluationError"] = json!({ "message": "no port", "unitsOnly": true });
    let compared = compared(secrets(json!({})), theirs);
    assert_eq!((compared.hosts[0].found, compared.totals.secrets.missing), (Found::Both, 1));
}

#[test]
fn home_manager_users_are_compared_by_name_and_own_nothing() {
    let user =
        |name: &str, secret: Value| host(json!({ "homeUsers": { name: { "sops": { "secrets": { "a": secret } } } } }));
    let theirs = user("ada", json!({ "key": "a", "owner": null, "group": null, "neededForUsers": false }));
    let same = compared(user("ada", json!({ "key": "a" })), theirs.clone());
    assert_eq!((verdict(&same), same.hosts[0].secrets[0].user.as_deref()), (Verdict::Equal, Some("ada")));
    let other = compared(user("bob", json!({ "key": "a" })), theirs.clone());
    assert_eq!(
        other.hosts[0].secrets.iter().map(|one| one.verdict).collect::<Vec<_>>(),
        [Verdict::Missing, Verdict::Invented]
    );
    let mut unknown = host(json!({}));
    unknown["unknowns"] = json!([{ "host": "web", "field": "homeUsers", "why": "the users are unknown" }]);
    assert_eq!(verdict(&compared(unknown, theirs)), Verdict::MissingUnknown);
}

#[test]
fn templates_are_compared_with_their_placeholders() {
    let template = |template: Value| host(json!({ "sops": { "secrets": {}, "templates": { "t.env": template } } }));
    let ours = template(json!({ "path": "/run/t", "placeholders": ["a", "b"] }));
    let equal = compared(ours.clone(), template(json!({ "placeholders": ["b", "a"] })));
    assert_eq!((verdict(&equal), equal.totals.placeholders.equal), (Verdict::Equal, 1));
    let other = compared(ours.clone(), template(json!({ "placeholders": ["a"] })));
    assert_eq!((verdict(&other), other.totals.placeholders.equal), (Verdict::Wrong, 0));
    // The content could not be evaluated.
    let unread = compared(ours, template(json!({ "path": "/run/t" })));
    assert_eq!((verdict(&unread), unread.totals.placeholders.total), (Verdict::Equal, 0));
    let mut ours = template(json!({ "path": "/run/t" }));
    ours["unknowns"] = json!([{ "host": "web", "field": "templates.t.env.placeholders", "why": "a package" }]);
    let unknown = compared(ours, template(json!({ "placeholders": ["a"] })));
    assert_eq!(unknown.hosts[0].templates[0].unknown[0].why.as_deref(), Some("a package"));
}

#[test]
fn places_are_compared_by_file_and_line() {
    let at = |file: &str, line| secrets(json!({ "a": { "at": place(file, line) } }));
    let bare = secrets(json!({ "a": {} }));
    let same = compared(at("m.nix", 2), at("m.nix", 2));
    assert_eq!((same.totals.at.equal, same.totals.at.total, same.differs()), (1, 1, false));
    let moved = compared(at("m.nix", 3), at("m.nix", 2));
    assert_eq!((moved.totals.at.equal, moved.totals.at_differs, moved.differs()), (0, 1, true));
    assert_eq!(verdict(&moved), Verdict::Equal);
    // To say no place is not to say another one.
    let none = compared(bare.clone(), at("m.nix", 2));
    assert_eq!((none.totals.at.equal, none.totals.at.total, none.differs()), (0, 1, false));
    assert_eq!(compared(at("m.nix", 2), bare).totals.at.total, 0);
}

/// `fleet-by-nix.json` is what real Nix says of `fixtures/fleet`.
#[test]
fn the_fleet_is_what_nix_says_it_is() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    let by_nix = fixtures().join("fleet-by-nix.json");
    let arguments = ["manifest", "--compare", by_nix.to_str().unwrap()];
    let run = fleet.sealnix(&arguments);
    assert_eq!(run.code, Some(0));
    insta::assert_snapshot!("fleet_beside_nix", run.stdout);
}

#[test]
fn what_differs_is_printed_and_exits_1() {
    let fleet = Scratch::copy_of(&fixtures().join("fleet"), &["expected.json"], &[]);
    let text = std::fs::read_to_string(fixtures().join("fleet-by-nix.json")).unwrap();
    let mut by_nix: Value = serde_json::from_str(&text).unwrap();
    let hosts = by_nix["hosts"].as_array_mut().unwrap();
    let mut lost = hosts[0].clone();
    lost["name"] = json!("driftwood");
    hosts.push(lost);
    let secrets = hosts[2]["sops"]["secrets"].as_object_mut().unwrap();
    secrets["outbox-password"]["mode"] = json!("0444");
    secrets["outbox-password"]["at"] = place("hosts/cinder/default.nix", 2);
    let first = secrets.keys().next().unwrap().clone();
    let renamed = secrets.shift_remove(&first).unwrap();
    secrets.insert("never-declared".to_owned(), renamed);
    let other = fleet.path().join("other.json");
    std::fs::write(&other, by_nix.to_string()).unwrap();
    let run = fleet.sealnix(&["manifest", "--compare", "other.json"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    insta::assert_snapshot!("fleet_beside_another", run.stdout);
    let json = fleet.sealnix(&["manifest", "--compare", "other.json", "--format", "json"]);
    assert_eq!((json.code, &json.json().unwrap()["totals"]["secrets"]["wrong"]), (Some(1), &json!(1)));
}
