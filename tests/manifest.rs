//! Manifests: those that real Nix makes are read whole, and join with the static ones as they should.

use std::collections::BTreeMap;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use sealnix::environment::shape::{Held, Quote, Variable};
use sealnix::manifest::join::{HostList, join};
use sealnix::manifest::read::ReadError;
use sealnix::manifest::{
    AgeKeys, Certainty, Complete, CompleteParts, Definition, EvaluationError, Fact, FailedAssertion, HomeUser, Host,
    HostKind, Manifest, Namespace, Secret, Sops, SopsFile, Spot, Template, Unit, Unknown, Use, Used, User, VERSION,
};
use sealnix::source::{Entry, Place, Position, Text, Tree};

const MADE_BY_NIX: &str = include_str!("../fixtures/manifests/mock.json");
const WITHOUT_UNITS: &str = include_str!("../fixtures/manifests/mock-without-units.json");
const HOSTS: &str = include_str!("../fixtures/manifests/mock/hosts.nix");

fn tree() -> Tree {
    let mut tree = Tree::default();
    tree.files.insert("hosts.nix".into(), Entry { tracked: true, size: HOSTS.len() as u64 });
    tree.files.insert("secrets/alpha.yaml".into(), Entry { tracked: true, size: 1 });
    tree.texts.insert("hosts.nix".into(), Text::new("hosts.nix".into(), HOSTS));
    tree
}

fn read(json: &str) -> Manifest {
    Manifest::from_json(json, "manifest.json", &tree()).unwrap()
}

fn covered(place: &Place) -> &'static str {
    &HOSTS[place.start.byte as usize..place.end.byte as usize]
}

fn alpha(manifest: &Manifest) -> &Host {
    &manifest.hosts[0]
}

#[test]
fn a_manifest_made_by_nix() {
    let manifest = read(MADE_BY_NIX);
    let names: Vec<&str> = manifest.hosts.iter().map(|host| host.name.as_str()).collect();
    assert_eq!(names, ["alpha", "bare", "mac", "ada@alpha"]);
    let alpha = alpha(&manifest);
    assert_eq!(alpha.attr, "nixosConfigurations.alpha");
    assert_eq!(alpha.system, Fact::Known(Some("x86_64-linux".to_owned())));
    let sops = alpha.sops.as_ref().unwrap();
    let declared =
        ["db/password", "made", "mail", "mail@example.org", "missing", "shared", "spoken", "stray", "token", "tokens"];
    assert_eq!(sops.secrets.keys().collect::<Vec<_>>(), declared);
    let token = &sops.secrets["token"];
    assert_eq!(token.owner, Fact::Known(Some("root".to_owned())));
    assert_eq!(token.restart_units, Fact::Known(vec!["app.service".to_owned()]));
    assert_eq!(token.sops_file.known().map(|file| &*file.path), Some("secrets/alpha.yaml"));
    assert_eq!(token.certainty, Certainty::Certain);
    // Null is a value of owner; a sopsFile that does not evaluate is unknown.
    assert_eq!(sops.secrets["db/password"].owner, Fact::Known(None));
    assert_eq!(sops.secrets["missing"].sops_file, Fact::Unknown);
    assert_eq!(alpha.home_users["ada"].sops.as_ref().unwrap().secrets.len(), 1);
    assert!(manifest.hosts[1].sops.is_none());
    assert_eq!(alpha.units["app"].user, Fact::Known(Some("app".to_owned())));
}

#[test]
fn places_are_completed_from_the_text() {
    let manifest = read(MADE_BY_NIX);
    let sops = alpha(&manifest).sops.as_ref().unwrap();
    let token = &sops.secrets["token"];
    assert_eq!(covered(token.place().unwrap()), "token");
    assert_eq!(covered(token.field_place("restartUnits").unwrap()), "restartUnits");
    assert_eq!(covered(sops.secrets["db/password"].place().unwrap()), "\"db/password\"");
    // Of `a.b = …` Nix gives the start of the path as the place of `b`.
    assert_eq!(covered(sops.secrets["missing"].place().unwrap()), "missing");
    assert_eq!(covered(sops.secrets["missing"].field_place("sopsFile").unwrap()), "missing.sopsFile");
    let template = &sops.templates["app.env"];
    assert_eq!(covered(&template.at.as_ref().unwrap().0), "\"app.env\"");
    let line = 1 + HOSTS[..HOSTS.find("token = {").unwrap()].matches('\n').count() as u32;
    let start = token.place().unwrap().start;
    assert_eq!((start.line, start.column), (line, 9));
}

#[test]
fn what_nix_was_not_asked_for_is_not_complete() {
    let complete = |json| alpha(&read(json)).complete.clone();
    assert!(complete(MADE_BY_NIX).secrets.is_complete());
    assert!(complete(MADE_BY_NIX).users.is_complete());
    assert!(complete(MADE_BY_NIX).units.is_complete());
    assert!(!complete(WITHOUT_UNITS).units.is_complete());
    assert!(alpha(&read(WITHOUT_UNITS)).units.is_empty());
}

/// Rules about what is not there rest on it.
#[test]
fn what_is_not_said_is_not_complete() {
    let mut json: serde_json::Value = serde_json::from_str(MADE_BY_NIX).unwrap();
    let host = json["hosts"][0].as_object_mut().unwrap();
    host["complete"] = serde_json::json!({ "secrets": true });
    let partly = alpha(&read(&serde_json::json!({ "version": 1, "hosts": [host] }).to_string())).complete.clone();
    assert!(partly.secrets.is_complete());
    let open = [&partly.templates, &partly.users, &partly.units];
    assert_eq!(open.map(|part| part.is_complete()), [false; 3]);
    host.remove("complete");
    let nothing = alpha(&read(&serde_json::json!({ "version": 1, "hosts": [host] }).to_string())).complete.clone();
    assert!(!nothing.secrets.is_complete() && !nothing.users.is_complete());
}

/// Of a repository that only agenix has secrets in, under whatever name it lies in whatever store.
#[test]
fn store_paths_are_known_by_the_files_of_containers_and_agenix_too() {
    let file = |root: &str| {
        let agenix = serde_json::json!({ "secrets": { "a": {
            "file": { "path": format!("{root}secrets/alpha.yaml") },
            "at": { "file": format!("{root}hosts.nix"), "line": 2, "column": 1 },
        } } });
        let host = serde_json::json!({ "name": "a", "kind": "nixos", "containers": { "db": { "agenix": agenix } } });
        let manifest = read(&serde_json::json!({ "version": 1, "hosts": [host] }).to_string());
        let agenix = manifest.hosts[0].containers["db"].agenix.as_ref().unwrap();
        agenix.secrets["a"].file.known().map(|file| file.path.to_string())
    };
    for root in ["", "/nix/store/crb05j8hq7gsmqy5pnl8b9a9n7igg6aq-fleet/", "/store/crb05j8hq7gsmqy5pnl8b9a9n7igg6aq-a/"]
    {
        assert_eq!(file(root).as_deref(), Some("secrets/alpha.yaml"), "{root}");
    }
}

#[test]
fn store_paths_of_the_repository_are_its_own() {
    let root = "/nix/store/crb05j8hq7gsmqy5pnl8b9a9n7igg6aq-source/";
    let json = MADE_BY_NIX
        .replace("\"file\": \"hosts.nix\"", &format!("\"file\": \"{root}hosts.nix\""))
        .replace("\"path\": \"secrets/", &format!("\"path\": \"{root}secrets/"));
    assert_ne!(json, MADE_BY_NIX);
    assert_eq!(read(&json), read(MADE_BY_NIX));
}

#[test]
fn a_place_in_nixpkgs_is_no_place_of_the_repository() {
    let elsewhere = "/nix/store/crb05j8hq7gsmqy5pnl8b9a9n7igg6aq-source/lib/attrsets.nix";
    let mut json: serde_json::Value = serde_json::from_str(MADE_BY_NIX).unwrap();
    let secret = &mut json["hosts"][0]["sops"]["secrets"]["db/password"];
    secret["at"]["file"] = elsewhere.into();
    secret["definitions"][0]["pos"]["file"] = elsewhere.into();
    let manifest = read(&json.to_string());
    let secret = &alpha(&manifest).sops.as_ref().unwrap().secrets["db/password"];
    assert_eq!((secret.place(), secret.definitions.len()), (None, 1));
}

#[test]
fn errors_say_where_and_hold_no_value() {
    let error = |json: &str| Manifest::from_json(json, "m.json", &tree()).unwrap_err();
    assert_eq!(
        error("{\"version\": 2, \"hosts\": []}").to_string(),
        "m.json: manifest version 2 is not supported; this sealnix reads manifest version 1"
    );
    assert!(matches!(error("{\"hosts\": []}"), ReadError::Version { .. }));
    assert!(matches!(error("{\"version\": 1,\n  \"hosts\": [}"), ReadError::Json { line: 2, column: 13, .. }));
    for wrong in [
        "{\"version\": 1, \"hosts\": \"hunter2\"}",
        "{\"version\": \"hunter2\"}",
        "hunter2: 1",
        "\"hunter2\"",
        "{\"version\": 1, \"hosts\": [{\"name\": \"a\", \"kind\": \"hunter2\"}]}",
    ] {
        let said = error(wrong).to_string();
        assert!(!said.contains("hunter2") && said.starts_with("m.json:"), "{said}");
    }
}

fn spot(line: u32) -> Spot {
    let start = Position { line, column: 3, byte: line * 10 };
    Spot(Place { path: "m.nix".into(), start, end: Position { column: 8, byte: start.byte + 5, ..start } })
}

fn host(name: &str, secrets: &[(&str, Secret)]) -> Host {
    let secrets = secrets.iter().map(|(name, secret)| ((*name).to_owned(), secret.clone())).collect();
    Host { name: name.to_owned(), sops: Some(Sops { secrets, ..Sops::default() }), ..Host::default() }
}

fn manifest(hosts: Vec<Host>) -> Manifest {
    Manifest { version: VERSION, hosts, unknowns: Vec::new() }
}

fn not_declared(of: Namespace, name: &str) -> Use {
    let what = Used::NotDeclared { of, name: name.to_owned() };
    Use {
        what,
        user: None,
        option: "a.b".to_owned(),
        at: spot(9),
        embedded: false,
        substituted: false,
        variable: None,
        through: None,
        certainty: Certainty::Certain,
    }
}

fn unknown(secret: Option<&str>, field: &str) -> Unknown {
    let secret = secret.map(str::to_owned);
    Unknown { host: Some("web".to_owned()), secret, field: field.to_owned(), why: "x".to_owned(), ..Unknown::default() }
}

#[test]
fn nix_decides_what_is_declared_and_the_static_evaluator_keeps_places_and_uses() {
    let key = |key: &str| Fact::Known(key.to_owned());
    let exact = Secret { key: key("right"), ..Secret::default() };
    let assumed = Certainty::Assumed("y".to_owned());
    let found =
        Secret { key: key("wrong"), mode: key("0400"), certainty: assumed, origin: Some(spot(1)), ..Secret::default() };
    let mut web = host("web", &[("a", found), ("invented", Secret::default())]);
    let used = Use { what: Used::SecretPath { name: "a".to_owned() }, ..not_declared(Namespace::Secrets, "") };
    web.uses = vec![used.clone()];
    web.complete.secrets = Complete::No("x".to_owned());
    web.units.insert("app".to_owned(), Unit::default());
    let mut nix = host("web", &[("a", exact)]);
    nix.complete.units = Complete::No("not listed".to_owned());
    let joined = join(manifest(vec![nix]), manifest(vec![web]), HostList::Chosen);
    let web = &joined.hosts[0];
    let sops = web.sops.as_ref().unwrap();
    assert_eq!(sops.secrets.keys().collect::<Vec<_>>(), ["a"]);
    let secret = &sops.secrets["a"];
    assert_eq!((&secret.key, &secret.mode), (&key("right"), &key("0400")));
    assert_eq!((&secret.certainty, &secret.origin), (&Certainty::Certain, &Some(spot(1))));
    assert!(web.complete.secrets.is_complete() && !web.complete.units.is_complete());
    assert_eq!((web.uses.as_slice(), web.units.len()), ([used].as_slice(), 1));
}

#[test]
fn what_nix_declares_is_not_undeclared() {
    let mut web = host("web", &[]);
    web.uses = ["a", "b"].map(|name| not_declared(Namespace::Placeholder, name)).to_vec();
    web.uses.push(not_declared(Namespace::Templates, "a"));
    let nix = host("web", &[("a", Secret::default())]);
    let joined = join(manifest(vec![nix]), manifest(vec![web]), HostList::Chosen);
    let left = [not_declared(Namespace::Placeholder, "b"), not_declared(Namespace::Templates, "a")];
    assert_eq!(joined.hosts[0].uses, left);
}

#[test]
fn unknowns_that_nix_answers_are_dropped() {
    let mut web = host("web", &[]);
    web.unknowns = vec![
        unknown(Some("a"), "key"),
        unknown(Some("a"), "format"),
        unknown(Some("a"), "declared"),
        unknown(Some("gone"), "key"),
        unknown(None, "age.keyFile"),
        unknown(None, "gnupg.home"),
        unknown(None, "templates.app.env.placeholders"),
        unknown(None, "templates.app.env.path"),
        unknown(None, "templates.gone.env.path"),
        unknown(None, "uses"),
    ];
    let secret = Secret { key: Fact::Known("k".to_owned()), ..Secret::default() };
    let mut nix = host("web", &[("a", secret)]);
    let sops = nix.sops.as_mut().unwrap();
    sops.age.key_file = Fact::Known(None);
    let template = Template { placeholders: Fact::Known(Vec::new()), ..Template::default() };
    sops.templates.insert("app.env".to_owned(), template);
    let mut found = manifest(vec![web]);
    found.unknowns = vec![unknown(None, "hosts")];
    let joined = join(manifest(vec![nix]), found, HostList::Chosen);
    let left = joined.hosts[0].unknowns.clone();
    // What Nix could not say, and what only the static evaluator looks for.
    let expected = [
        unknown(Some("a"), "format"),
        unknown(None, "gnupg.home"),
        unknown(None, "templates.app.env.path"),
        unknown(None, "uses"),
    ];
    assert_eq!(left, expected);
    assert!(joined.unknowns.is_empty());
}

fn defined(file: &str, pos: Option<Spot>, fields: &[(&str, Option<Spot>)]) -> Definition {
    let fields = fields.iter().map(|(field, spot)| ((*field).to_owned(), spot.clone())).collect();
    Definition { file: file.to_owned(), pos, fields }
}

/// What a definition says Nix knows; the static evaluator may have followed one that is under a condition.
#[test]
fn definitions_of_nix_take_places_and_keep_their_fields() {
    let joined = |exact: Vec<Definition>, found: Vec<Definition>| {
        let with = |definitions: Vec<Definition>| {
            manifest(vec![host("web", &[("a", Secret { definitions, ..Secret::default() })])])
        };
        let joined = join(with(exact), with(found), HostList::Chosen);
        joined.hosts[0].sops.as_ref().unwrap().secrets["a"].definitions.clone()
    };
    let found = || {
        vec![
            defined("b.nix", Some(spot(7)), &[("group", Some(spot(8)))]),
            defined("a.nix", Some(spot(1)), &[("group", Some(spot(2))), ("uid", Some(spot(3)))]),
        ]
    };
    let exact = |file: &str| vec![defined(file, None, &[("group", None), ("mode", None)])];
    let expected = [defined("a.nix", Some(spot(1)), &[("group", Some(spot(2))), ("mode", None)])];
    assert_eq!(joined(exact("a.nix"), found()), expected);
    // A module that Nix does not name.
    let elsewhere = &joined(exact("<unknown-file>"), found())[0];
    assert_eq!(elsewhere.fields.keys().collect::<Vec<_>>(), ["group", "mode"]);
    assert_eq!(elsewhere.fields["group"], Some(spot(8)));
    // Only Nix knows of the uid.
    let uid = vec![defined("a.nix", None, &[("uid", None)])];
    let without = vec![defined("a.nix", Some(spot(1)), &[("group", Some(spot(2)))])];
    assert_eq!(joined(uid, without), [defined("a.nix", Some(spot(1)), &[("uid", None)])]);
    // Places that Nix gives are left alone, and where it knows of no definition the static ones stay.
    let placed = vec![defined("a.nix", Some(spot(5)), &[("group", None)])];
    assert_eq!(joined(placed.clone(), found()), placed);
    assert_eq!(joined(Vec::new(), found()), found());
}

/// An environment that Nix knows to be empty stays so.
#[test]
fn what_nix_knows_to_be_empty_is_not_filled() {
    let with = |environment: Fact<Vec<String>>| {
        let sops = Sops { environment, ..Sops::default() };
        manifest(vec![Host { sops: Some(sops), ..host("web", &[]) }])
    };
    let found = Fact::Known(vec!["SOPS_AGE_KEY_CMD".to_owned()]);
    let joined = |exact: Fact<Vec<String>>| {
        let joined = join(with(exact), with(found.clone()), HostList::Chosen);
        joined.hosts[0].sops.as_ref().unwrap().environment.clone()
    };
    assert_eq!(joined(Fact::Known(Vec::new())), Fact::Known(Vec::new()));
    assert_eq!(joined(Fact::Unknown), found);
}

/// Where Nix knows of no such user, or of no sops-nix, nothing is unknown of them.
#[test]
fn unknowns_of_what_is_not_there_are_dropped() {
    let mut web = host("web", &[]);
    let of_ada = Unknown { user: Some("ada".to_owned()), ..unknown(None, "secrets") };
    web.unknowns = vec![unknown(None, "age.keyFile"), unknown(None, "secrets"), of_ada, unknown(None, "uses")];
    let nix = Host { sops: None, ..host("web", &[]) };
    let joined = join(manifest(vec![nix]), manifest(vec![web]), HostList::Chosen);
    assert_eq!(joined.hosts[0].unknowns, [unknown(None, "uses")]);
}

#[test]
fn hosts_of_one_side_stay() {
    let home = Host { kind: HostKind::Home, ..host("web", &[]) };
    let exact = manifest(vec![host("web", &[]), host("only-nix", &[])]);
    let found = manifest(vec![home, host("only-static", &[])]);
    let names = |list: HostList| -> Vec<_> {
        let joined = join(exact.clone(), found.clone(), list);
        joined.hosts.into_iter().map(|host| (host.kind, host.name, host.unknowns.len())).collect()
    };
    use HostKind::{Home, Nixos};
    let named = |kind, name: &str, unknowns: usize| (kind, name.to_owned(), unknowns);
    let expected =
        [named(Nixos, "only-nix", 0), named(Nixos, "only-static", 1), named(Nixos, "web", 0), named(Home, "web", 1)];
    assert_eq!(names(HostList::Chosen), expected);
    assert_eq!(names(HostList::Found), expected);
    // Nix has listed all that there are.
    assert_eq!(names(HostList::Nix), [named(Nixos, "only-nix", 0), named(Nixos, "web", 0)]);
}

/// Only where Nix listed the hosts, or somebody chose some of them, is the doubt of the static list gone.
#[test]
fn a_list_that_was_not_evaluated_stays_unknown() {
    let found = Manifest { unknowns: vec![unknown(None, "hosts")], ..manifest(Vec::new()) };
    let left = |hosts: Vec<Host>, list| join(manifest(hosts), found.clone(), list).unknowns.len();
    let web = || vec![host("web", &[])];
    assert_eq!([left(web(), HostList::Nix), left(web(), HostList::Chosen), left(web(), HostList::Found)], [0, 0, 1]);
    assert_eq!([left(vec![], HostList::Nix), left(vec![], HostList::Chosen), left(vec![], HostList::Found)], [0, 1, 1]);
}

/// What Nix says of a host whose units alone do not evaluate is exact, and the error stays beside it.
#[test]
fn a_host_whose_units_alone_fail_keeps_what_nix_says() {
    let mut nix = host("web", &[("a", Secret::default())]);
    let error = EvaluationError { message: "no port".to_owned(), at: None, units_only: true };
    nix.evaluation_error = Some(error.clone());
    nix.complete.units = Complete::No("no port".to_owned());
    let mut web = host("web", &[("invented", Secret::default())]);
    web.units.insert("app".to_owned(), Unit::default());
    let joined = join(manifest(vec![nix]), manifest(vec![web]), HostList::Nix);
    let web = &joined.hosts[0];
    assert_eq!(web.sops.as_ref().unwrap().secrets.keys().collect::<Vec<_>>(), ["a"]);
    assert_eq!((&web.evaluation_error, web.units.len(), web.unknowns.len()), (&Some(error), 1, 0));
}

#[test]
fn joining_with_nothing_changes_nothing() {
    let made = read(MADE_BY_NIX);
    assert_eq!(join(made.clone(), manifest(Vec::new()), HostList::Chosen), made);
}

fn name() -> impl Strategy<Value = String> {
    "[a-z]{1,6}(/[a-z]{1,4})?"
}

fn fact<T: std::fmt::Debug + Clone>(value: impl Strategy<Value = T>) -> impl Strategy<Value = Fact<T>> {
    of(value).prop_map(Fact::from)
}

fn any_spot() -> impl Strategy<Value = Option<Spot>> {
    of((1u32..500).prop_map(spot))
}

fn certainty() -> impl Strategy<Value = Certainty> {
    prop_oneof![Just(Certainty::Certain), name().prop_map(Certainty::Assumed), name().prop_map(Certainty::Conditional),]
}

fn file() -> impl Strategy<Value = SopsFile> {
    (name(), of(name())).prop_map(|(path, kind)| SopsFile { path: path.into(), kind })
}

prop_compose! {
    fn definition()(file in name(), pos in any_spot(), fields in btree_map(name(), any_spot(), 0..3)) -> Definition {
        Definition { file, pos, fields }
    }
}

prop_compose! {
    fn secret()(
        (key, owner) in (fact(name()), fact(of(name()))),
        needed_for_users in fact(any::<bool>()),
        restart_units in fact(vec(name(), 0..3)),
        sops_file in fact(file()),
        certainty in certainty(),
        at in any_spot(),
        definitions in vec(definition(), 0..3),
    ) -> Secret {
        Secret { key, owner, needed_for_users, restart_units, sops_file, certainty, at, definitions, ..Secret::default() }
    }
}

prop_compose! {
    fn sops()(
        secrets in btree_map(name(), secret(), 0..3),
        templates in btree_map(name(), (fact(vec(name(), 0..3)), certainty()), 0..3),
        default_sops_file in fact(of(file())),
        key_file in fact(of(name())),
        environment in fact(vec(name(), 0..2)),
    ) -> Sops {
        let variable = |name: &String| {
            let secrets = vec![Held { secret: name.clone(), quote: Quote::Single }];
            Variable { name: Some(name.clone()), line: 1, secrets, unclosed: true }
        };
        let template = |(placeholders, certainty): (Fact<Vec<String>>, _)| {
            let variables: Vec<Variable> = placeholders.known().into_iter().flatten().map(variable).collect();
            let stray_placeholders = variables.len() as u32;
            Template { placeholders, stray_placeholders, variables, certainty, ..Template::default() }
        };
        let templates = templates.into_iter().map(|(name, parts)| (name, template(parts))).collect();
        let age = AgeKeys { key_file, ..AgeKeys::default() };
        Sops { secrets, templates, default_sops_file, age, environment, ..Sops::default() }
    }
}

fn used() -> impl Strategy<Value = Use> {
    let what = prop_oneof![
        name().prop_map(|name| Used::SecretPath { name }),
        (any::<u32>(), name()).prop_map(|(length, name)| Used::PlainLiteral { length, name }),
        name().prop_map(|name| Used::NotDeclared { of: Namespace::Templates, name }),
    ];
    (what, of(name()), name(), 1u32..99, any::<bool>(), certainty()).prop_map(
        |(what, user, option, line, embedded, certainty)| Use {
            what,
            user,
            option,
            at: spot(line),
            embedded,
            substituted: embedded,
            variable: None,
            through: None,
            certainty,
        },
    )
}

prop_compose! {
    fn any_host()(
        name in name(),
        kind in prop_oneof![Just(HostKind::Nixos), Just(HostKind::Darwin), Just(HostKind::Home)],
        system in fact(of(name())),
        why in of(name()),
        sops in of(sops()),
        home in btree_map(name(), of(sops()), 0..2),
        users in btree_map(name(), fact(of(name())), 0..3),
        uses in vec(used(), 0..4),
        place in any_spot(),
    ) -> Host {
        let secrets = why.map_or(Complete::Yes, Complete::No);
        let home_users = home.into_iter().map(|(name, sops)| (name, HomeUser { sops, agenix: None })).collect();
        let user = |(name, group)| (name, User { group, ..User::default() });
        let unknowns = vec![Unknown { field: "x".to_owned(), why: "y".to_owned(), place, ..Unknown::default() }];
        let failed = |used: &Use| FailedAssertion {
            message: used.user.clone(),
            user: used.user.clone(),
            at: used.at.clone(),
            certainty: used.certainty.clone(),
        };
        let failed_assertions = uses.iter().map(failed).collect();
        Host {
            attr: format!("x.{name}"),
            failed_assertions,
            name, kind, system, sops, home_users, uses, unknowns,
            users: users.into_iter().map(user).collect::<BTreeMap<_, _>>(),
            complete: CompleteParts { secrets, ..CompleteParts::default() },
            ..Host::default()
        }
    }
}

proptest! {
    #[test]
    fn reading_what_was_printed_gives_the_same(mut hosts in vec(any_host(), 0..3)) {
        hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
        let manifest = manifest(hosts);
        let json = serde_json::to_string_pretty(&manifest).unwrap();
        prop_assert_eq!(Manifest::from_json(&json, "printed", &tree()).unwrap(), manifest);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC*|[{}\\[\\]\":,a-z0-9]{0,60}") {
        let _ = Manifest::from_json(&text, "any", &tree());
    }
}
