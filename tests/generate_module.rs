//! `sealnix generate module`: what is written, and that it means what was meant, to sealnix and to Nix.

use std::fs;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::generated::{assert_finds, assert_parses, generate, refused, repository, secrets, text};
use crate::support::installed_nix;
use crate::support::scratch;
use crate::support::scratch::Scratch;
use crate::support::sealed;

const MODULE: &str = "modules/secrets.nix";

/// A repository whose host imports the module that is generated.
fn with(files: &[(&str, &str)]) -> Scratch {
    repository(&[MODULE], &[&[(MODULE, "{ }\n")], files].concat())
}

/// Generates the module over the empty one; its text.
fn module(repository: &Scratch, arguments: &str) -> String {
    generate(repository, &format!("module {arguments} --force --out {MODULE}"));
    assert_parses(repository, MODULE);
    text(repository, MODULE)
}

/// What is wrong with [`common`] itself: a number that sops-nix cannot deliver, and an empty value.
const OF_COMMON: [(&str, &str); 2] = [("unused-key", "db/port"), ("empty-value", "empty")];

fn common() -> String {
    sealed::yaml("token: STR\ndb:\n    password: STR\n    port: INT\nempty: \"\"\n\"quo\\\"te\": STR\n")
}

#[test]
fn every_key_is_declared_in_the_order_of_the_file() {
    let repository = with(&[("secrets/common.yaml", &common())]);
    insta::assert_snapshot!(module(&repository, "secrets/common.yaml --owner app --unit hyper"));
    let fields = |key: &str| json!(["secrets/common.yaml", key, "yaml", "app", ["hyper.service"]]);
    let expected: Value =
        ["token", "db/password", "empty", "quo\"te"].map(|key| (key.to_owned(), fields(key))).into_iter().collect();
    assert_eq!(secrets(&repository), expected);
    assert_finds(&repository, &OF_COMMON);
}

#[test]
fn a_single_attribute_stands_on_one_line() {
    let repository = with(&[("secrets/common.yaml", &common())]);
    insta::assert_snapshot!(module(&repository, "secrets/common.yaml"));
    assert_finds(&repository, &OF_COMMON);
}

#[test]
fn a_prefix_leaves_the_key_as_it_is() {
    let repository = with(&[("secrets/common.yaml", &common())]);
    insta::assert_snapshot!(module(&repository, "secrets/common.yaml --prefix web/ --only token --only db/password"));
    let expected = json!({
        "web/token": ["secrets/common.yaml", "token", "yaml", null, []],
        "web/db/password": ["secrets/common.yaml", "db/password", "yaml", null, []],
    });
    assert_eq!(secrets(&repository), expected);
    // What was not asked for reaches nobody.
    assert_finds(&repository, &[("unused-key", "db/port"), ("unused-key", "quo\"te")]);
}

/// Files of every other format, as the real sops sealed them.
fn formats() -> Scratch {
    let vector = |path: &str| fs::read_to_string(scratch::fixtures().join("vectors").join(path)).unwrap();
    with(&[
        ("secrets/.env", &vector("33-dotenv-basic/enc.env")),
        ("secrets/my key.bin", &vector("38-binary/enc.bin")),
        ("secrets/app.ini", &vector("36-ini-basic/enc.ini")),
        ("secrets/flat.json", &sealed::json("\"a\": STR, \"n\": FLOAT")),
        ("secrets/nested.json", &sealed::json("\"top\": STR, \"m\": {\"b\": STR}")),
    ])
}

#[test]
fn each_format_is_declared_as_sops_nix_can_read_it() {
    let repository = formats();
    let files = "secrets/.env 'secrets/my key.bin' secrets/app.ini secrets/flat.json secrets/nested.json";
    insta::assert_snapshot!(module(&repository, files));
    let expected = json!({
        "env": ["secrets/.env", "env", "dotenv", null, []],
        "my key.bin": ["secrets/my key.bin", "my key.bin", "binary", null, []],
        "app.ini": ["secrets/app.ini", "app.ini", "ini", null, []],
        "a": ["secrets/flat.json", "a", "json", null, []],
        "top": ["secrets/nested.json", "top", "yaml", null, []],
        "m/b": ["secrets/nested.json", "m/b", "yaml", null, []],
    });
    assert_eq!(secrets(&repository), expected);
    // sops-nix delivers no number.
    assert_finds(&repository, &[("unused-key", "n")]);
}

#[test]
fn two_formats_for_one_file_never_come_of_choosing_keys() {
    let repository = formats();
    module(&repository, "secrets/nested.json --only top");
    assert_eq!(secrets(&repository)["top"][2], "yaml");
}

#[test]
fn a_second_run_changes_nothing() {
    let repository = formats();
    let first = module(&repository, "secrets/.env secrets/nested.json");
    let again = generate(&repository, &format!("module secrets/.env secrets/nested.json --out {MODULE}"));
    assert_eq!(again.stdout, "modules/secrets.nix is up to date: 3 secrets\n");
    assert_eq!(text(&repository, MODULE), first);
}

#[test]
fn what_was_generated_is_refreshed_and_what_was_not_stays() {
    let repository = with(&[("a.yaml", &common()), ("b.yaml", &sealed::yaml("x: STR\n"))]);
    assert!(refused(&repository, &format!("module a.yaml --out {MODULE}")).contains("--force"));
    module(&repository, "a.yaml");
    // Other options, the same source.
    let run = generate(&repository, &format!("module a.yaml --only token --out {MODULE}"));
    assert_eq!(run.stdout, "wrote modules/secrets.nix: 1 secret\n");
    // Another source.
    assert!(refused(&repository, &format!("module b.yaml --out {MODULE}")).contains("--force"));
    assert!(text(&repository, MODULE).contains("token"));
}

#[test]
fn a_dry_run_shows_the_change_and_writes_nothing() {
    let repository = with(&[("a.yaml", &common())]);
    let run = generate(&repository, "module a.yaml --dry-run --out modules/new.nix");
    assert!(run.stdout.starts_with("--- /dev/null\n+++ b/modules/new.nix\n"), "{}", run.stdout);
    assert!(!repository.path().join("modules/new.nix").exists());
    let run = generate(&repository, "module a.yaml --out modules/new.nix");
    assert_eq!(run.stdout.lines().next(), Some("wrote modules/new.nix: 4 secrets, 1 key left out"));
}

#[test]
fn what_would_break_the_templates_or_the_build_is_left_out() {
    let dotenv = fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap();
    let repository =
        with(&[("a.yaml", &sealed::yaml("token: STR\nrendered: STR\n")), (".env", &dotenv.replace("QUOTED=", "a/b="))]);
    let text = module(&repository, "a.yaml .env");
    assert!(text.contains("# `rendered` is left out: ") && text.contains("# `.env` is left out: "), "{text}");
    assert_eq!(secrets(&repository), json!({ "token": ["a.yaml", "token", "yaml", null, []] }));
    module(&repository, "a.yaml --prefix x-");
    assert_eq!(secrets(&repository)["x-rendered"][1], "rendered");
}

#[test]
fn what_cannot_be_made_is_refused_with_a_way_out() {
    let slash = fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap();
    let slash = slash.replace("QUOTED=", "a/b=");
    let repository = with(&[
        ("a.yaml", &common()),
        ("b.yaml", &sealed::yaml("token: STR\n")),
        ("c.yaml", &sealed::yaml("db: STR\n")),
        ("n.yaml", &sealed::yaml("n: INT\n")),
        (".env", &fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap()),
        ("plain.yaml", "a: b\n"),
        ("slash/.env", &slash),
        ("r.yaml", &sealed::yaml("rendered: STR\n")),
    ]);
    let said = [
        "module a.yaml b.yaml",
        "module a.yaml c.yaml",
        "module a.yaml --only tokne",
        "module a.yaml --only db/port",
        "module a.yaml .env --only token",
        "module a.yaml --prefix ../",
        "module a.yaml --for home-manager --owner app",
        "module a.yaml --for darwin --unit hyper",
        "module a.yaml --unit ''",
        "module a.yaml --unit 'a b/c'",
        "module a.yaml --owner ''",
        "module a.yaml --only db",
        "module r.yaml --only rendered",
        "module slash/.env",
        "module n.yaml",
        "module plain.yaml",
        "module a.yaml --prefix 'two\nlines'",
    ]
    .map(|line| format!("$ generate {}\n{}", line.replace('\n', "\\n"), refused(&repository, line)));
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn units_have_whole_names() {
    let repository = with(&[("a.yaml", &common())]);
    module(&repository, "a.yaml --only token --unit hyper --unit backup.timer --unit web@1 --unit v1.2");
    let units = json!(["hyper.service", "backup.timer", "web@1.service", "v1.2.service"]);
    assert_eq!(secrets(&repository)["token"][4], units);
}

/// Names that Nix, YAML, a comment or a shell could take for something else.
fn key() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("${".to_owned()),
        Just("''".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("#".to_owned()),
        Just("*/".to_owned()),
        Just("inherit".to_owned()),
        Just("sops".to_owned()),
        "[a-z]{1,3}",
        "\\PC",
    ];
    prop::collection::vec(part, 1..5).prop_map(|parts| parts.concat())
}

proptest! {
    // Every case runs the program twice.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn every_key_comes_back_as_itself(
        keys in prop::collection::btree_set(key(), 1..20),
        left_out in prop::collection::btree_set(key(), 0..6),
    ) {
        let quoted = |key: &String| serde_json::to_string(key).unwrap();
        let is_name = |key: &&String| !key.contains('/') && *key != "." && *key != ".." && *key != "sops";
        let keys: Vec<&String> = keys.iter().filter(is_name).collect();
        let left_out = left_out.iter().filter(|key| *key != "sops" && !keys.contains(key));
        let body: String = keys.iter().map(|key| format!("{}: STR\n", quoted(key)))
            .chain(left_out.map(|key| format!("{}: INT\n", quoted(key))))
            .collect();
        prop_assume!(!keys.is_empty());
        let repository = with(&[("secrets/a b.yaml", &sealed::yaml(&body))]);
        module(&repository, "'secrets/a b.yaml'");
        let expected: Value =
            keys.iter().map(|key| ((*key).clone(), json!(["secrets/a b.yaml", key, "yaml", null, []]))).collect();
        prop_assert_eq!(secrets(&repository), expected);
    }
}

/// The installed Nix reads the same out of the module as sealnix.
#[test]
fn nix_reads_the_same() {
    let Some(store) = installed_nix::Store::new() else { return };
    let repository = formats();
    module(&repository, "secrets/.env secrets/flat.json secrets/nested.json --prefix x. --owner app");
    let path = repository.path().join(MODULE);
    let fields = store.evaluate(&format!(
        "builtins.mapAttrs (_: s: [ (builtins.baseNameOf s.sopsFile) (s.key or null) (s.format or null) s.owner ]) \
         (import {}).sops.secrets",
        path.display()
    ));
    assert_eq!(
        fields,
        json!({
            "x.env": [".env", null, "dotenv", "app"],
            "x.a": ["flat.json", "a", "json", "app"],
            "x.top": ["nested.json", "top", "yaml", "app"],
            "x.m/b": ["nested.json", "m/b", "yaml", "app"],
        })
    );
}
