//! The promise: which rule takes a file, who can read it then, and what is refused, is what the real sops says.
//!
//! Each rule file is written into a scratch folder, and `sops encrypt --filename-override PATH` seals a value by it.
//! What stands in the metadata then is what the policy must have said; where sops refuses, the policy must know why.

use std::fs;
use std::process::Command;

use rayon::prelude::*;
use sealnix::policy::{Policy, Selection};
use sealnix::sops;
use sealnix::source::{Text, Tree};
use tempfile::TempDir;

use crate::support::installed;

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
const BOB: &str = "age1e5qnelgjvx3kxxzsp6rzu0sa4khyv3j7zh6egzs8l99k5m2qkatql80tm3";
const CAROL: &str = "age1uwtl6pp4py55xr2zq35p0n35kr0p5pvzav8y0g73zcxnhl9k8d7qp8mehf";
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZgAgXDWFgf9FSqNY5pPrd8Q3hANJguj4AuqlP7cobN";

fn named(content: &str) -> String {
    content.replace("$A", ALICE).replace("$B", BOB).replace("$C", CAROL).replace("$S", SSH)
}

/// Who can read a file and how it is sealed: groups of recipients, how many groups are needed, the crypt option,
/// `mac_only_encrypted`. Nothing where it is refused.
type Answer = Option<(Vec<Vec<String>>, usize, (String, String), bool)>;

/// What sops does with a path in a folder.
fn by_sops(folder: &TempDir, path: &str) -> Answer {
    // The file itself need not be there, its folder does.
    let (below, name) = path.rsplit_once('/').unwrap_or((".", path));
    let here = folder.path().join(below);
    fs::create_dir_all(&here).unwrap();
    let input = folder.path().join("clear");
    fs::write(&input, "value: 1\n").unwrap();
    let output = Command::new("sops")
        .args(["encrypt", "--filename-override", name, "--input-type", "yaml", "--output-type", "yaml"])
        .arg(&input)
        .current_dir(here)
        .output()
        .unwrap();
    if !output.status.success() {
        return None;
    }
    let text = Text::new("sealed.yaml".into(), String::from_utf8(output.stdout).unwrap());
    let metadata = sops::read(&text).unwrap().unwrap().metadata;
    let groups: Vec<Vec<String>> =
        metadata.groups.iter().map(|group| group.iter().map(|one| one.identity.clone()).collect()).collect();
    let (option, expression) = metadata.crypt.option();
    let needed = if groups.len() < 2 { 1 } else { metadata.threshold.unwrap() as usize };
    Some((groups, needed, (option.to_owned(), expression.to_owned()), metadata.mac_only_encrypted))
}

/// What the policy says of it.
fn by_policy(files: &[(&str, String)], path: &str) -> Answer {
    let mut tree = Tree::default();
    for (path, content) in files {
        tree.texts.insert((*path).into(), Text::new((*path).into(), content.clone()));
    }
    let policy = Policy::read(&tree);
    let Selection::Rule { rule, .. } = policy.select(path) else { return None };
    if policy.problem_for(path).is_some() {
        return None;
    }
    let groups: Vec<Vec<String>> =
        rule.groups.iter().map(|group| group.iter().map(|one| one.identity.clone()).collect()).collect();
    let needed = if groups.len() < 2 { 1 } else { rule.threshold.map_or(groups.len(), |threshold| threshold as usize) };
    let crypt = rule.crypt.clone().unwrap_or_default();
    let (option, expression) = crypt.option();
    Some((groups, needed, (option.to_owned(), expression.to_owned()), rule.mac_only_encrypted))
}

/// Rule files, and the paths that are asked about.
type Case<'c> = (Vec<(&'c str, String)>, Vec<String>);

/// Compares both, and gives how often sops sealed.
fn compared(cases: &[Case<'_>]) -> usize {
    let answers = cases.par_iter().flat_map(|(files, paths)| {
        let folder = TempDir::new().unwrap();
        for (path, content) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let answer = |path: &String| {
            let (sops, policy) = (by_sops(&folder, path), by_policy(files, path));
            let sealed = sops.is_some();
            if sops == policy {
                Ok(sealed)
            } else {
                Err(format!("{path} by {files:?}\n  sops: {sops:?}\n  here: {policy:?}"))
            }
        };
        paths.iter().map(answer).collect::<Vec<_>>()
    });
    let (same, other): (Vec<_>, Vec<_>) = answers.collect::<Vec<_>>().into_iter().partition(Result::is_ok);
    let other: Vec<String> = other.into_iter().filter_map(Result::err).collect();
    assert!(other.is_empty(), "{}", other.join("\n"));
    same.into_iter().filter(|sealed| *sealed == Ok(true)).count()
}

/// Numbers that look as if they were thrown, the same at each run (xorshift).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }
}

/// Where the keys of a rule are written, each in a form that sops takes or refuses.
const KEYS: [&str; 17] = [
    "age: $A",
    "age: '$A, $B'",
    "age: ' $A,, $B ,'",
    "age: >-\n      $A,\n      $B",
    "age: [$A, $B]",
    "age: ['$A, $B', $C]",
    "age: ['$S mail', $A]",
    "age: *both",
    "age: [*alice, *carol]",
    "age: [*both, $C]",
    "key_groups: [{age: [$A, '$B, $C', $A]}]",
    "key_groups: [{age: [$A]}, {age: [$B, *carol]}]",
    "key_groups: [{age: [$A]}, {age: [$B]}, {age: [$C]}]",
    "key_groups: [{merge: [{age: [$B]}, *group], age: [$C]}]",
    "key_groups: [*group, {age: [*carol]}]",
    "key_groups: []\n    age: $C",
    "<<: *rule",
];

const EXPRESSIONS: [&str; 14] = [
    "",
    "path_regex: ''",
    "path_regex: yaml$",
    r"path_regex: ^secrets/[^/]+\.(yaml|json)$",
    r"path_regex: secrets/web\.ya?ml",
    "path_regex: secrets/*.yaml",
    "path_regex: secrets/**.yaml",
    "path_regex: '['",
    "path_regex: sub",
    "path_regex: (?i)WEB",
    "path_regex: 'secrets/{web,db}.yaml'",
    "path_regex: \"^secrets\\\\/\"",
    "path_regex: 7",
    "path_regexp: nowhere",
];

const OTHERS: [&str; 14] = [
    "",
    "",
    "",
    "shamir_threshold: 2",
    "shamir_threshold: 1",
    "shamir_threshold: 3",
    "shamir_threshold: 2.7",
    "mac_only_encrypted: true",
    "mac_only_encrypted: on",
    "encrypted_regex: ^(a|b)$",
    "encrypted_suffix: _secret",
    "unencrypted_comment_regex: clear",
    "unencrypted_regex: x\n    encrypted_suffix: y",
    "aws_profile: nobody",
];

#[test]
fn thrown_rule_files_mean_what_they_mean_to_sops() {
    if !installed::SOPS.is_here() {
        return;
    }
    let start = "keys:\n  - &alice $A\n  - &carol $C\n  - &both [$A, $B]\n  - &group {age: [$B, $A]}\nbase: &rule {age: $B, path_regex: web}\n";
    let mut dice = Dice(0x5ea1_0006);
    let rule = |dice: &mut Dice| {
        let lines = [dice.pick(&EXPRESSIONS), dice.pick(&KEYS), dice.pick(&OTHERS)];
        let lines: Vec<&str> = lines.into_iter().filter(|line| !line.is_empty()).collect();
        format!("  - {}\n", lines.join("\n    "))
    };
    let file = |dice: &mut Dice| {
        let rules: String = (0..=dice.below(3)).map(|_| rule(dice)).collect();
        named(&format!("{start}creation_rules:\n{rules}"))
    };
    let mut cases = Vec::new();
    for number in 0..40 {
        let mut files = vec![(".sops.yaml", file(&mut dice))];
        if number % 4 == 0 {
            files.push(("secrets/sub/.sops.yaml", file(&mut dice)));
        }
        let paths = ["secrets/web.yaml", "secrets/sub/db.json", "other.txt"].map(str::to_owned).to_vec();
        cases.push((files, paths));
    }
    let sealed = compared(&cases);
    assert!((25..95).contains(&sealed), "{sealed} of 120 were sealed: they prove little");
}

/// What sops refuses at once, when it takes the rule, or not at all, in each field.
#[test]
fn every_field_is_taken_or_refused_as_by_sops() {
    if !installed::SOPS.is_here() {
        return;
    }
    let rules = [
        "age: $A\n    shamir_threshold: '2'",
        "age: $A\n    shamir_threshold: 0x2",
        "key_groups: [{age: [$A]}, {age: [$B]}]\n    shamir_threshold: 0",
        "key_groups: [{age: [$A]}, {age: [$B]}]\n    shamir_threshold: -1",
        "key_groups: [{age: [$A]}, {}]",
        "key_groups: [~, {age: [$A]}]",
        "key_groups: [~]\n    age: $A",
        "key_groups: [{age: [~, $A]}]",
        "key_groups: [{age: $A}]",
        "key_groups: {age: [$A]}",
        "key_groups: [{age: [$A, [$B]]}]",
        "key_groups: [{age: [$A], age: [$B]}]",
        "key_groups: [{merge: {age: [$A]}}]",
        "key_groups: [{merge: [{age: [$A], merge: [{age: [$B]}]}], age: [$C]}]",
        "age: $A\n    mac_only_encrypted: 'true'",
        "age: $A\n    mac_only_encrypted: 1",
        "age: $A\n    mac_only_encrypted: 'yes'",
        "age: $A\n    mac_only_encrypted: Yes",
        "age: $A\n    mac_only_encrypted: ON",
        "age: $A\n    mac_only_encrypted: Off",
        "age: $A\n    encrypted_regex: '['",
        "age: $A\n    encrypted_regex: ''\n    encrypted_suffix: y",
        "age: $A\n    encrypted_regex: [a]",
        "age: $A\n    encrypted_suffix: 5",
        "age: $A\n    unencrypted_suffix: ''",
        "age: $A\n    aws_profile: [x]",
        "age: $A\n    age: $B",
        "age: $A\n    note: 1\n    note: 2",
        "age: notakey",
        "age: [$A, '']",
        "age: [$A, ~]",
        "age: [$A, 5]",
        "age: [[$A]]",
        "age: {a: $A}",
        "age: 5",
        "age: |\n      $A\n      $B",
        "age: ~",
        "agee: $A",
        "age: $A\n    path_regex: [x]",
        "age: $A\n    path_regex: {x: y}",
        "age: $A\n    hckms: x",
        "age: $A\n    destination: 5",
    ];
    let rules = rules.iter().map(|rule| format!("creation_rules:\n  - {rule}\n"));
    // Behind a rule that takes the file, and before one that does.
    let behind = [
        "path_regex: '['\n    age: $B",
        "age: notakey",
        "encrypted_regex: a\n    encrypted_suffix: b\n    age: $A",
        "shamir_threshold: x\n    age: $A",
        "key_groups: 5",
        "age: {a: b}",
    ];
    let before = behind.iter().map(|rule| format!("creation_rules:\n  - path_regex: q9\n    {rule}\n  - age: $A\n"));
    let before = before.filter(|text| text.matches("path_regex").count() < 2);
    let behind = behind.iter().map(|rule| format!("creation_rules:\n  - age: $A\n  - {rule}\n"));
    let whole = [
        "",
        "creation_rules: []",
        "creation_rules: ~",
        "creation_rules: {}",
        "creation_rules: 5",
        "creation_rules: [5]",
        "creation_rules: [~, {age: $A}]",
        "- age: $A",
        "creation_rules: [",
        "keys: {a: 1, a: 2}\ncreation_rules: [{age: $A}]",
        "creation_rules: [{age: $A}]\ncreation_rules: [{age: $B}]",
        "destination_rules: [{s3_bucket: x, path_regex: '[', recreation_rule: {age: $B}, omit_extensions: true}]\nstores: {yaml: \
         {indent: 2}, json: {indent: 4}, json_binary: {indent: 2}, dotenv: {}, ini: {}}\ncreation_rules: [{age: $A}]",
        "destination_rules: 5\ncreation_rules: [{age: $A}]",
        "destination_rules: [5]\ncreation_rules: [{age: $A}]",
        "destination_rules: [~]\ncreation_rules: [{age: $A}]",
        "stores: 5\ncreation_rules: [{age: $A}]",
        "stores: ~\ncreation_rules: [{age: $A}]",
        "creation_rules: [{age: $A}]\n---\ncreation_rules: 5",
        "b: &b {path_regex: x, age: $A}\nc: &c {age: $B}\ncreation_rules: [{<<: [*c, *b]}]",
        "b: &b {path_regex: x, age: $A}\ncreation_rules: [{<<: *b, path_regex: y}, {age: $C}]",
    ];
    let all = rules.chain(before).chain(behind).chain(whole.map(str::to_owned));
    let cases: Vec<_> =
        all.map(|text| (vec![(".sops.yaml", named(&text))], vec!["secrets/x.yaml".to_owned()])).collect();
    compared(&cases);
}

/// Expressions thrown together from what has a meaning, with paths that they may match.
#[test]
fn thrown_expressions_match_as_in_go() {
    if !installed::SOPS.is_here() {
        return;
    }
    let tokens = [
        "a",
        "b",
        "-",
        "/",
        ".",
        r"\.",
        "*",
        "+",
        "?",
        "|",
        "(",
        ")",
        "(?:",
        "(?i)",
        "[",
        "]",
        "[^",
        "[a-c]",
        "[[:alpha:]]",
        "{",
        "}",
        "{2}",
        "{1,}",
        "{,2}",
        "^",
        "$",
        r"\b",
        r"\d",
        r"\w",
        r"\s",
        "&&",
        "~~",
        "--",
        ",",
        ":",
        r"\Q",
        r"\E",
        r"\z",
        r"\A",
        "(?P<n>",
        "(?s)",
        r"\pL",
        r"\x61",
        r"\-",
        r"\/",
        "é",
        r"\Z",
        r"\h",
        "(?=",
        r"\1",
        r"\p{Greek}",
        r"\C",
        "(?x)",
        r"\_",
        r"\@",
        r"\u0061",
        "(?<n>",
        r"\e",
        r"\B",
        r"[\d-z]",
        r"[a\]]",
        r"[\w.-]",
        r"\<",
        r"\W",
        "[a-c-e]",
        r"[^\S]",
        r"[\x61-c]",
        r"\x{61}",
        r"\S",
        "[]a]",
        "(?U)",
        r"\141",
        r"\0",
    ];
    let paths = ["a", "b.a", "aa-b", "a/b.yaml", "{a}", "ab{,2}", "&&", "é", "A_1"];
    let mut dice = Dice(0x5ea1_0007);
    let mut cases = Vec::new();
    for _ in 0..160 {
        let expression: String = (0..1 + dice.below(6)).map(|_| dice.pick(&tokens)).collect();
        // What nobody writes: a repetition of flags, which Go takes for one of what is before them.
        let repeats_flags = ["(?i)", "(?s)", "(?U)"]
            .iter()
            .any(|flags| expression.split(flags).skip(1).any(|after| after.starts_with(['*', '+', '?', '{'])));
        if repeats_flags {
            continue;
        }
        let quoted = expression.replace('\'', "''");
        let text = format!("creation_rules:\n  - path_regex: '{quoted}'\n    age: $A\n  - age: $B\n");
        cases.push((vec![(".sops.yaml", named(&text))], vec![dice.pick(&paths).to_owned()]));
    }
    let sealed = compared(&cases);
    assert!((50..150).contains(&sealed), "{sealed} of 160 were sealed: they prove little");
}
