//! Who gets access when a host is added: nobody on a guess. What is not known is left out and said.

use std::fs;

use tempfile::TempDir;

use crate::support::scratch;
use crate::support::scratch::{Run, Scratch};

/// Public keys that `age-keygen` made.
const KEYS: [(&str, &str); 6] = [
    ("AGE_ADMIN", "age12eng0x9u8dg3xl2vwu5jgpl43hnag0h8058wgy35yhawwnfxqamqe5nwg7"),
    ("AGE_WREN", "age1qlrnltfql2lhnukecnsz0ghfcrwnrclq5x2z62feav5nea3grv2qcted8q"),
    ("AGE_ROBIN", "age10aaszjznneyrga5w7sem3wtwhzr9acmdqv7qrpmeeapkjvgvf9asc8erfw"),
    ("AGE_BOB", "age1cxznjscal8866j2znf9qgmp5qry0l9eu7f4gg9v88u60t7h5lu9sdwds0k"),
    ("AGE_FINCH", "age1e78zw46e875l6dmw6h9nhhry6kqw8ktjl3pakd47ecqqpau48vuqnqu9a9"),
    ("AGE_OWL", "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a"),
];

/// A public key that `ssh-keygen` made.
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDVUNE9p6aEh6Ms39DWRVfNJdfBYq9dArMv7N7CKVwnK";

/// The start of a file whose hosts have a list of their own.
const LISTS: &str = "\
keys:
  - &people:
    - &admin AGE_ADMIN
    - &bob AGE_BOB
  - &hosts:
    - &host_wren AGE_WREN
    - &host_robin AGE_ROBIN
creation_rules:
";

/// The start of a file that says of nobody but the admin who he is.
const FLAT: &str = "\
keys:
  - &admin AGE_ADMIN
  - &wren AGE_WREN
  - &robin AGE_ROBIN
creation_rules:
";

/// Adds a host to a rule file of some lines, without a flake: what it says, and the rule file.
fn added(start: &str, rules: &[(&str, &str)], name: &str) -> (String, String) {
    let rules = rules.iter().map(|(expression, age)| format!("  - path_regex: {expression}\n    age: [{age}]\n"));
    let text = start.to_owned() + &rules.collect::<String>();
    let (run, rules) = added_to(&text, &["host", "add", name, "--age", KEYS[4].1]);
    assert_eq!(run.code, Some(0), "{text}{}", run.stderr);
    (run.stdout, rules)
}

fn added_to(text: &str, arguments: &[&str]) -> (Run, String) {
    let folder = TempDir::new().unwrap();
    let text = KEYS.iter().fold(text.to_owned(), |text, (name, key)| text.replace(name, key));
    fs::write(folder.path().join(".sops.yaml"), text).unwrap();
    let scratch = Scratch::copy_of(folder.path(), &[], &[]);
    let run = scratch.sealnix(arguments);
    let rules = fs::read_to_string(scratch.path().join(".sops.yaml")).unwrap();
    (run, rules)
}

/// What stands in the `age` list of the rule whose expression has these words.
fn list_of<'r>(rules: &'r str, words: &str) -> &'r str {
    let mut lines = rules.lines().skip_while(|line| !(line.contains("path_regex") && line.contains(words)));
    lines.nth(1).unwrap().trim().trim_start_matches("age: [").trim_end_matches(']')
}

#[test]
fn a_machine_that_every_rule_holds_is_not_taken_for_a_person() {
    let both = "*admin, *wren";
    let (said, rules) =
        added(FLAT, &[(r"^secrets/wren\.yaml$", both), (r"^mail\.yaml$", both), (r"^backup\.yaml$", both)], "finch");
    assert_eq!(list_of(&rules, "finch"), "*admin, *finch", "{rules}");
    assert_eq!(list_of(&rules, "mail"), both, "{rules}");
    assert!(said.contains("may be machines: wren") && said.contains("opened by: admin, finch\n"), "{said}");
}

#[test]
fn keys_without_a_name_are_nobodys() {
    let text = "creation_rules:\n  - path_regex: ^secrets/robin\\.yaml$\n    age: AGE_ADMIN,AGE_ROBIN\n  - \
                path_regex: ^common\\.yaml$\n    age: AGE_ADMIN,AGE_WREN,AGE_ROBIN\n";
    let (run, rules) = added_to(text, &["host", "add", "finch", "--age", KEYS[4].1]);
    assert!(run.stdout.contains("opened by: finch\n"), "{}", run.stdout);
    assert_eq!(rules.matches(KEYS[4].1).count(), 1, "{rules}");
    assert_eq!(rules.matches(KEYS[0].1).count(), 2, "{rules}");
}

#[test]
fn only_those_whom_most_hosts_rules_hold_get_into_a_copy() {
    let rules = [
        ("^hosts/wren/", "*admin, *host_wren"),
        ("^hosts/owl/", "*admin, *host_owl"),
        ("^hosts/robin/", "*admin, *bob, *host_robin"),
    ];
    let start = LISTS.replace("    - &host_robin", "    - &host_owl AGE_OWL\n    - &host_robin");
    let (said, written) = added(&start, &rules, "finch");
    assert_eq!(list_of(&written, "finch"), "*admin, *host_finch", "{written}");
    assert!(said.contains("do not hold them: bob\n") && said.contains("opened by: admin, finch\n"), "{said}");
    // The rule of one is all that is known: what comes of it is shown.
    let (said, written) = added(LISTS, &rules[2..], "finch");
    assert_eq!(list_of(&written, "finch"), "*admin, *bob, *host_finch", "{written}");
    assert!(said.contains("opened by: admin, bob, finch\n"), "{said}");
}

#[test]
fn a_rule_is_shared_only_where_that_is_beyond_doubt() {
    let all = "*admin, *host_wren, *host_robin";
    let (said, rules) = added(LISTS, &[("^common/", all), ("^mail/bob/", all)], "finch");
    assert_eq!(list_of(&rules, "common"), format!("{all}, *host_finch"), "{rules}");
    assert_eq!(list_of(&rules, "mail"), all, "{rules}");
    assert!(said.contains("line 11: the name of a host or user stands there; write `*host_finch` there"), "{said}");
    // One host tells nothing of all.
    let (said, rules) = added(LISTS, &[("^common/", "*admin, *host_wren")], "finch");
    assert_eq!(list_of(&rules, "common"), "*admin, *host_wren", "{rules}");
    assert!(said.contains("not added to the rule of line 9: fewer than two"), "{said}");
    // Nor does a rule in which somebody is unknown.
    let start = LISTS.replace("keys:\n", "keys:\n  - &guest AGE_GUEST\n").replace("AGE_GUEST", KEYS[3].1);
    let start = start.replace("    - &bob AGE_BOB\n", "");
    let (said, rules) = added(&start, &[("^common/", "*guest, *host_wren, *host_robin")], "finch");
    assert_eq!(list_of(&rules, "common"), "*guest, *host_wren, *host_robin", "{rules}");
    assert!(said.contains("nothing tells whose some keys there are"), "{said}");
}

#[test]
fn a_name_that_is_any_word_gives_no_access() {
    let rules = [("^home/secrets\\.yaml$", "*admin, *bob"), ("^secrets/wren\\.yaml$", "*admin, *host_wren")];
    let (said, written) = added(LISTS, &rules, "home");
    assert_eq!(list_of(&written, "^home/"), rules[0].1, "{written}");
    assert_eq!(list_of(&written, "secrets/home"), "*admin, *host_home", "{written}");
    assert!(said.contains("not added to the rule of line 9: `home` there may mean something else"), "{said}");
    let (_, written) = added(LISTS, &rules, "yaml");
    assert_eq!((list_of(&written, "^home/"), list_of(&written, "wren")), (rules[0].1, rules[1].1), "{written}");
    // A rule that waits for the host, made like that of another one.
    let waiting = [("^secrets/finch\\.yaml$", "*admin"), rules[1]];
    let (_, written) = added(LISTS, &waiting, "finch");
    assert_eq!(list_of(&written, "finch"), "*admin, *host_finch", "{written}");
}

#[test]
fn each_key_group_of_its_siblings_gets_the_host() {
    let rule =
        |groups: &str| format!("{LISTS}  - path_regex: ^common/\n    shamir_threshold: 2\n    key_groups:\n{groups}");
    let add = ["host", "add", "finch", "--age", KEYS[4].1];
    let two = rule("      - age: [*admin, *host_wren, *host_robin]\n      - age: [*bob, *host_wren, *host_robin]\n");
    let (run, rules) = added_to(&two, &add);
    assert_eq!(rules.matches("*host_wren, *host_robin, *host_finch]").count(), 2, "{}{rules}", run.stderr);
    // Where each host has one share, so has the new one.
    let (run, rules) = added_to(&rule("      - age: [*admin, *host_wren]\n      - age: [*bob, *host_robin]\n"), &add);
    assert!(rules.contains("[*bob, *host_robin, *host_finch]"), "{}{rules}", run.stderr);
    assert!(rules.contains("[*admin, *host_wren]\n"), "{rules}");
}

#[test]
fn an_ssh_key_and_the_age_recipient_made_of_it_are_one_key() {
    let text = format!("keys:\n  - &wren {SSH}\ncreation_rules:\n  - path_regex: a\n    age: [*wren]\n");
    let (run, rules) = added_to(&text, &["host", "add", "finch", "--ssh", SSH]);
    assert_eq!((run.code, rules), (Some(2), text));
    assert!(run.stderr.contains("it is that of"), "{}", run.stderr);
}

/// In fixtures/fleet one rule takes the shared platform's secrets and those of atlas.
#[test]
fn what_a_rule_opens_beside_the_declared_file_is_said() {
    let scratch = Scratch::copy_of(&scratch::fixtures().join("fleet"), &[], &[]);
    let flake = fs::read_to_string(scratch.path().join("flake.nix")).unwrap();
    let flake =
        flake.replace("        atlas = mkHost", "        finch = mkHost \"finch\" { };\n        atlas = mkHost");
    fs::write(scratch.path().join("flake.nix"), flake).unwrap();
    fs::create_dir(scratch.path().join("hosts/finch")).unwrap();
    fs::write(scratch.path().join("hosts/finch/default.nix"), "{ fleet.platform.enable = true; }\n").unwrap();
    scratch.git(&["add", "."]);
    let run = scratch.sealnix(&["host", "add", "finch", "--age", KEYS[4].1, "--dry-run"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let said = "whose `secrets/platform.yaml` it declares; that opens `secrets/atlas.yaml` to it too\n";
    assert!(run.stdout.contains(said), "{}", run.stdout);
    assert!(run.stdout.contains("whose `secrets/common.yaml` it declares\n"), "{}", run.stdout);
}
