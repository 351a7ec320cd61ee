//! The promise: a rule file means to sealnix what it means to sops.
//!
//! What sops does was tried with the sops 3.11 binary (`sops -e` beside the rule file), unless a
//! test says otherwise.

use proptest::prelude::*;
use sealnix::policy::{Config, CreationRule, Policy, Problem, Selection, parse};
use sealnix::source::{Text, Tree};

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
const BOB: &str = "age1e5qnelgjvx3kxxzsp6rzu0sa4khyv3j7zh6egzs8l99k5m2qkatql80tm3";
const CAROL: &str = "age1uwtl6pp4py55xr2zq35p0n35kr0p5pvzav8y0g73zcxnhl9k8d7qp8mehf";

/// Reads a rule file in which `$A`, `$B` and `$C` stand for three recipients.
fn read(content: &str) -> Config {
    let content = content.replace("$A", ALICE).replace("$B", BOB).replace("$C", CAROL);
    parse::read(&Text::new(".sops.yaml".into(), content))
}

fn policy(files: &[(&str, &str)]) -> Policy {
    let mut tree = Tree::default();
    for (path, content) in files {
        let text = Text::new((*path).into(), content.replace("$A", ALICE).replace("$B", BOB));
        tree.texts.insert(text.path().clone(), text);
    }
    Policy::read(&tree)
}

/// The groups of a rule with the three recipients as letters, `kind:` before what is not age.
fn groups(rule: &CreationRule) -> Vec<Vec<String>> {
    let named = |identity: &str| identity.replace(ALICE, "A").replace(BOB, "B").replace(CAROL, "C");
    let groups = rule.groups.iter().map(|group| {
        let texts = group.iter().map(|recipient| match recipient.kind {
            "age" => named(&recipient.identity),
            kind => format!("{kind}:{}", recipient.identity),
        });
        texts.collect()
    });
    groups.collect()
}

fn only_groups(content: &str) -> Vec<Vec<String>> {
    let config = read(content);
    assert_eq!(config.problems, [], "{content}");
    groups(&config.rules[0])
}

#[test]
fn flat_recipients() {
    let rule = |body: &str| only_groups(&format!("creation_rules:\n  - {body}\n"));
    assert_eq!(rule("age: $A"), [["A"]]);
    assert_eq!(rule("age: ' $A,, $B ,'"), [["A", "B"]], "empty parts are left out");
    assert_eq!(rule("age: >-\n      $A,\n      $B"), [["A", "B"]], "folded");
    assert_eq!(rule("age: [$A, $B]"), [["A", "B"]]);
    assert_eq!(rule("age: ['$A, $B', $C]"), [["A", "B", "C"]], "items are split again");
    assert_eq!(rule("age: '$A,$A'"), [["A", "A"]], "duplicates stay");
    assert_eq!(
        rule("pgp: 'FBC7 B9E2 A4F9 289A C0C1  D484 3D16 CEE4 A27D 5A01'\n    age: $A"),
        [["A", "pgp:FBC7B9E2A4F9289AC0C1D4843D16CEE4A27D5A01"]]
    );
    let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZgAgXDWFgf9FSqNY5pPrd8Q3hANJguj4AuqlP7cobN vec-ed25519";
    assert_eq!(rule(&format!("age: '{ssh}'")), [[ssh]], "the comment is part of the recipient");
}

#[test]
fn key_groups() {
    assert_eq!(only_groups("creation_rules:\n  - key_groups: [{age: [$A, '$B, $C', $A]}]"), [["A", "B", "C"]]);
    assert_eq!(
        only_groups("creation_rules:\n  - age: $C\n    key_groups: [{age: [$A]}]"),
        [["A"]],
        "groups replace flat"
    );
    assert_eq!(only_groups("creation_rules:\n  - age: $C\n    key_groups: []"), [["C"]]);
    assert_eq!(only_groups("creation_rules:\n  - key_groups:\n    - age: [$A]\n    - age: [$B, ~]"), [["A"], ["B"]]);
    let merged = "creation_rules:\n  - key_groups:\n    - merge: [{age: [$A]}, {age: [$B]}]\n      age: [$C, $A]";
    assert_eq!(only_groups(merged), [["A", "B", "C"]], "merged first, each key once");
    let aliased = "keys: [&g {age: [$A]}]\ncreation_rules:\n  - key_groups: [*g, *g]";
    assert_eq!(only_groups(aliased), [["A"], ["A"]]);
    let base = "base: &base\n  age: $A\ncreation_rules:\n  - <<: *base\n    path_regex: x";
    assert_eq!(only_groups(base), [["A"]], "merge keys");
    // By the reference, section 2: the identities that `sops updatekeys` compares.
    let clouds = "creation_rules:\n  - key_groups:\n    - gcp_kms: [{resource_id: projects/p}]\n      kms: [{arn: a, role: r, \
                  context: {z: '1', b: '2'}, aws_profile: p}]\n      azure_keyvault: [{vaultUrl: https://v, key: k, version: \
                  '1'}]\n      hc_vault: ['https://v/v1/e/keys/k']\n      hckms: [{key_id: 'r:u'}]";
    let expected = [
        "kms:a+r|b:2,z:1|p",
        "gcp_kms:projects/p",
        "hckms:r:u",
        "azure_kv:https://v/keys/k/1",
        "hc_vault:https://v/v1/e/keys/k",
    ];
    assert_eq!(only_groups(clouds), [expected]);
}

#[test]
fn what_sops_refuses_is_said_at_its_place() {
    let cases = [
        ("creation_rules:\n  - age: $A\n    path_regex: secrets/**/*.yaml", 3, "repeats a repetition"),
        ("creation_rules:\n  - age: $A\n    path_regex: [x]", 3, "must be a text"),
        ("creation_rules:\n  age: $A", 2, "must be a list"),
        ("creation_rules:\n  - key_groups:\n    - age: $A", 3, "must be a list"),
        ("creation_rules:\n  - key_groups:\n      age: [$A]", 3, "must be a list"),
        (
            "keys:\n  - &both [$A, $B]\ncreation_rules:\n  - key_groups:\n    - age:\n      - *both\n      - $C",
            6,
            "a list inside",
        ),
        ("creation_rules:\n  - age:\n    - $A\n    - ''", 4, "is empty"),
        ("creation_rules:\n  - age: $A\n    shamir_threshold: '2'", 3, "whole number"),
        ("creation_rules:\n  - path_regex: x\n    agee: $A", 2, "names no recipient"),
        ("creation_rules:\n  - age: $A\n    encrypted_regex: x\n    encrypted_suffix: y", 3, "second option"),
        ("- age: $A", 1, "must be a map"),
        ("creation_rules: [", 1, "not valid YAML"),
    ];
    for (content, line, why) in cases {
        let config = read(content);
        let [Problem { place, why: said, .. }] = config.problems.as_slice() else {
            panic!("{content}: {:?}", config.problems)
        };
        assert!(said.contains(why), "{content}: {said}");
        assert_eq!(place.start.line, line, "{content}: {said}");
    }
}

#[test]
fn what_sops_accepts_is_no_problem() {
    let accepted = [
        "",
        "# nothing but a comment",
        "creation_rules: []",
        "creation_rules:\n  -\n  - age: $A",
        "creation_rules:\n  - path_regex:\n    age: $A",
        "creation_rules:\n  - path_regex: 5\n    age: $A",
        "keys:\n  - &users:\n    - &m $A\ncreation_rules:\n  - age: *m",
        "stores: {yaml: {indent: 2}}\nunknown: 1\ncreation_rules:\n  - age: $A\n    path_regexp: x",
        "creation_rules:\n  - age: $A\n---\ncreation_rules: 5",
    ];
    for content in accepted {
        let config = read(content);
        assert_eq!(config.problems, [], "{content}");
        assert!(config.readable, "{content}");
    }
}

#[test]
fn a_nested_list_keeps_its_recipients_apart() {
    let config = read("keys:\n  - &both [&a $A, $B]\ncreation_rules:\n  - age:\n    - *both\n    - &c $C");
    let recipients = &config.rules[0].groups[0];
    assert_eq!(groups(&config.rules[0]), [["A", "B", "C"]]);
    let anchors: Vec<Option<&str>> = recipients.iter().map(|recipient| recipient.anchor.as_deref()).collect();
    assert_eq!(anchors, [Some("a"), Some("both"), Some("c")]);
    let lines: Vec<u32> = recipients.iter().map(|recipient| recipient.place.start.line).collect();
    assert_eq!(lines, [5, 5, 6], "where it stands in the rule");
    let names: Vec<&str> = config.names.iter().map(|named| named.name.as_str()).collect();
    assert_eq!(names, ["a", "c"], "a list is nobody's name");
}

#[test]
fn names_are_anchors_keys_and_comments() {
    let config = read(
        "keys:\n  - &admin $A # Ann, on her laptop\n  - &hosts:\n    - &web $B\n  - hosts:\n      db: $C\ncreation_rules:\n  - \
         age: $A\n  - key_groups:\n    - age:\n      - \"$B\"  # web server\n      - *admin # not a recipient's text\n      pgp: \
         [DB9ADBBE6FBD1F0E694AF25D012321D46E090E61] # a list's comment\n",
    );
    let names: Vec<(&str, bool, u32)> =
        config.names.iter().map(|named| (named.name.as_str(), named.is_anchor, named.place.start.line)).collect();
    let expected = [
        ("admin", true, 2),
        ("web", true, 4),
        ("Ann, on her laptop", false, 2),
        ("db", false, 6),
        ("web server", false, 11),
    ];
    assert_eq!(names, expected);
}

#[test]
fn each_recipient_of_a_comma_text_has_its_own_place() {
    let config = read("creation_rules:\n  - age: >-\n      $A,\n      $B\n");
    let places: Vec<(u32, u32)> =
        config.rules[0].groups[0].iter().map(|it| (it.place.start.line, it.place.start.column)).collect();
    assert_eq!(places, [(3, 7), (4, 7)]);
}

#[test]
fn the_nearest_file_and_the_first_rule_decide() {
    let policy = policy(&[
        (
            ".sops.yaml",
            "creation_rules:\n  - path_regex: ^a/x\\.yaml$\n    age: $A\n  - path_regex: yaml$\n    age: $B\n  - path_regex: '['\n    \
             age: $B\n",
        ),
        ("b/.sops.yaml", "creation_rules:\n  - path_regex: ^x\\.yaml$\n    age: $A\n"),
        ("c/.sops.yaml", "creation_rules:\n  - path_regex: '['\n    age: $A\n  - age: $B\n"),
        ("d/.sops.yaml", "creation_rules: ["),
    ]);
    let taken = |path: &str| policy.rule_for(path).map(|(config, index, _)| (config.path.to_string(), index));
    assert_eq!(taken("a/x.yaml"), Some((".sops.yaml".to_owned(), 0)));
    assert_eq!(taken("z/a/x.yaml"), Some((".sops.yaml".to_owned(), 1)), "paths are relative to the rule file");
    assert_eq!(taken("b/x.yaml"), Some(("b/.sops.yaml".to_owned(), 0)));
    assert_eq!(taken("bb/x.yaml"), Some((".sops.yaml".to_owned(), 1)));
    assert!(
        matches!(policy.select("b/y.yaml"), Selection::NoRule(config) if &*config.path == "b/.sops.yaml"),
        "hides the outer"
    );
    assert!(matches!(policy.select("x.json"), Selection::Stopped { index: 2, .. }), "sops stops at a bad expression");
    assert!(matches!(policy.select("c/x"), Selection::Stopped { index: 0, .. }));
    assert!(matches!(policy.select("d/x"), Selection::Unreadable(_)));
    assert!(matches!(policy.select("/etc/x.yaml"), Selection::NoConfig));
    assert!(matches!(policy.select("input:other/x.yaml"), Selection::NoConfig));
    let matching: Vec<usize> = policy.rules_matching("a/x.yaml").iter().map(|(_, index, _)| *index).collect();
    assert_eq!(matching, [0, 1]);
}

#[test]
fn lists_of_lists_of_aliases_come_to_an_end() {
    let mut bomb = format!("keys:\n  - &l0 [{ALICE}]\n");
    for level in 1..30 {
        let items = vec![format!("*l{}", level - 1); 10].join(", ");
        bomb += &format!("  - &l{level} [{items}]\n");
    }
    let config =
        read(&format!("{bomb}  - &self [*self]\ncreation_rules:\n  - age: *l7\n  - age: *l29\n  - age: *self\n"));
    assert_eq!(config.rules.len(), 3);
}

proptest! {
    #[test]
    fn never_panics(content in r"(keys|creation_rules|age|key_groups|merge|path_regex|[-:&*\[\]{},#' \n]|a|<<){0,40}") {
        read(&content);
    }

    /// What is written flat is read back, wherever it stands.
    #[test]
    fn written_recipients_are_read(picks in prop::collection::vec(0..3usize, 1..6)) {
        let letters: Vec<&str> = picks.iter().map(|&pick| ["A", "B", "C"][pick]).collect();
        let texts: Vec<String> = letters.iter().map(|letter| format!("${letter}")).collect();
        prop_assert_eq!(only_groups(&format!("creation_rules:\n  - age: [{}]", texts.join(", "))), [letters.clone()]);
        prop_assert_eq!(only_groups(&format!("creation_rules:\n  - age: {}", texts.join(","))), [letters]);
    }
}
