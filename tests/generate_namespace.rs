//! `sealnix generate module --namespace`: a reusable module that reads the names of keys when it is evaluated.

use std::collections::BTreeSet;
use std::fs;

use serde_json::{Value, json};

use crate::support::generated::{assert_finds, assert_parses, generate, refused, repository, secrets, text};
use crate::support::installed_nix::Store;
use crate::support::scratch;
use crate::support::scratch::Scratch;
use crate::support::sealed;

const MODULE: &str = "modules/app.nix";

/// As sops writes them: all ways of quoting, a list of maps, a merged map, texts that look like keys, comments.
const BODY: &str = "\
#ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:comment]
token: STR
port: INT
empty: \"\"
map:
    #ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:comment]
    deep:
        'a: b': STR
        \"quo\\\"te\": STR
    after: STR
    list:
        - name: STR
          other: STR
        - ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]
    last: STR
text_unencrypted: |
    fake: \"\"

    more:
      below: \"\"
clear:
    # foot note: \"\"
    # top note:
    pipe: a |
    script: |4-
          shown: \"\"
        # no comment: \"\"
    folded: >-
        first: \"\"
        lines:
          of: \"\"
    kept: |+
        line: \"\"

    token: STR
    ? a key of several words and more than one hundred and twenty eight bytes, which the YAML library writes on a line of its own after a mark
    :   sub: STR
        other: STR
    '#a': STR
base:
    merged: STR
user:
    !!merge <<:
        merged: STR
    own: STR
'it''s ${x}': STR
a/b: STR
a/c:
    d: STR
ünï: STR
? |-
    two
    lines
: STR
\"\\0\": STR
end: STR
";

/// The names whose values are in clear. Such a setting takes the place of `_unencrypted`.
const IN_CLEAR: &str = "    unencrypted_regex: ^(text_unencrypted|pipe|script|folded|kept)$\n";

/// The host turns the module on with these settings.
fn with(settings: &str, files: &[(&str, &str)]) -> Scratch {
    let host = format!("{{ services.app.secrets = {{ enable = true; {settings} }}; }}\n");
    repository(&["host.nix", MODULE], &[&[("host.nix", host.as_str()), (MODULE, "{ }\n")], files].concat())
}

fn module(repository: &Scratch, arguments: &str) -> String {
    generate(repository, &format!("module {arguments} --namespace services.app.secrets --force --out {MODULE}"));
    assert_parses(repository, MODULE);
    text(repository, MODULE)
}

fn names(secrets: &Value) -> BTreeSet<&str> {
    secrets.as_object().unwrap().keys().map(String::as_str).collect()
}

/// What the installed Nix makes of the module with these settings: the names of the secrets, and the assertions
/// that fail. The functions of `lib` that it uses are written out here.
fn by_nix(store: &Store, repository: &Scratch, settings: &str) -> Value {
    let module = repository.path().join(MODULE).display().to_string();
    store.evaluate(&format!(
        r#"
        let
          lib = rec {{
            types = {{ path = 0; str = 0; nullOr = _: 0; listOf = _: 0; }};
            mkOption = option: option;
            mkEnableOption = _: {{ default = false; }};
            mkIf = condition: content: if condition then content else {{ }};
            optional = condition: item: if condition then [ item ] else [ ];
            optionalAttrs = condition: set: if condition then set else {{ }};
            genAttrs = names: f: builtins.listToAttrs (map (name: {{ inherit name; value = f name; }}) names);
            last = list: builtins.elemAt list (builtins.length list - 1);
            concatLists = builtins.concatLists;
            mapAttrsToList = f: set: map (name: f name set.${{name}}) (builtins.attrNames set);
            hasPrefix = prefix: text: builtins.substring 0 (builtins.stringLength prefix) text == prefix;
            removePrefix = prefix: text:
              if hasPrefix prefix text then builtins.substring (builtins.stringLength prefix) (-1) text else text;
            concatMap = builtins.concatMap;
            hasSuffix = suffix: text:
              let at = builtins.stringLength text - builtins.stringLength suffix;
              in at >= 0 && builtins.substring at (-1) text == suffix;
            removeSuffix = suffix: text:
              if hasSuffix suffix text then
                builtins.substring 0 (builtins.stringLength text - builtins.stringLength suffix) text
              else
                text;
            splitString = separator: text:
              builtins.filter builtins.isString (builtins.split (escape separator) text);
            escape = builtins.replaceStrings [ "[" "]" ] [ "\\[" "]" ];
            hasInfix = part: text: builtins.length (splitString part text) > 1;
          }};
          defaults = builtins.mapAttrs (_: option: option.default) made.options.services.app.secrets;
          config.services.app.secrets = defaults // {{ enable = true; }} // {{ {settings} }};
          made = import {module} {{ inherit lib config; }};
        in
        {{
          secrets = builtins.attrNames made.config.sops.secrets;
          said = map (a: a.message) (builtins.filter (a: !a.assertion) made.config.assertions);
        }}
        "#
    ))
}

#[test]
fn the_module_has_options_and_declares_the_keys_of_its_file() {
    let body = "token: STR\ndb:\n    password: STR\n    port: INT\nextra: STR\n";
    let repository = with("group = \"app\";", &[("secrets/app.yaml", &sealed::yaml(body))]);
    insta::assert_snapshot!(module(
        &repository,
        "secrets/app.yaml --optional extra --optional later --owner app --unit hyper"
    ));
    let fields = |key: &str| json!(["secrets/app.yaml", key, "yaml", "app", ["hyper.service"]]);
    let expected: Value =
        ["token", "db/password", "extra"].map(|key| (key.to_owned(), fields(key))).into_iter().collect();
    assert_eq!(secrets(&repository), expected);
    // sops-nix delivers no number.
    assert_finds(&repository, &[("unused-key", "db/port")]);
    let again = generate(
        &repository,
        &format!(
            "module secrets/app.yaml --optional extra --optional later --owner app --unit hyper --namespace services.app.secrets --out {MODULE}"
        ),
    );
    assert!(again.stdout.starts_with("modules/app.nix is up to date: "), "{}", again.stdout);
    assert_eq!(generate(&repository, "--check").stdout, "1 generated file: all fresh\n");
}

/// What may look like a key of such a file, and is none.
const NO_KEYS: &str = "optional = [
  \"fake\" \"text_unencrypted/fake\" \"more/below\" \"text_unencrypted/more/below\"
  \"clear/# foot note\" \"# foot note\" \"clear/shown\" \"clear/script/shown\" \"clear/first\" \"clear/folded/first\"
  \"clear/line\" \"clear/kept/line\" \"clear/sub\" \"clear/other\" \"clear/: sub\" \"clear/:   sub\"
  \"name\" \"map/name\" \"map/list/name\" \"map/list/other\" \"a/b\" \"a/c/d\" \"port\" \"map/port\"
  \"mac\" \"sops/mac\" \"sops/age\" \"two\" \"lines\"
];";

#[test]
fn every_way_in_which_sops_writes_a_key_is_read_and_nothing_else() {
    let content = sealed::yaml(BODY) + IN_CLEAR;
    let repository = with(NO_KEYS, &[("secrets/app.yaml", &content)]);
    module(&repository, "secrets/app.yaml");
    let expected = [
        "token",
        "empty",
        "map/deep/a: b",
        "map/deep/quo\"te",
        "map/after",
        "map/last",
        "clear/token",
        "clear/#a",
        "base/merged",
        "user/merged",
        "user/own",
        "it's ${x}",
        "ünï",
        "end",
    ];
    let found = secrets(&repository);
    assert_eq!(names(&found), expected.into_iter().collect());
    // Nothing is in `empty`; the others are a number, and names that the module does not read.
    let long = "clear/a key of several words and more than one hundred and twenty eight bytes, which the YAML library writes on a line of its own after a mark";
    let left_out = ["port", &format!("{long}/sub"), &format!("{long}/other"), "two\nlines", "\0"];
    let said: Vec<_> = left_out.map(|key| ("unused-key", key)).into_iter().chain([("empty-value", "empty")]).collect();
    assert_finds(&repository, &said);
    let Some(store) = Store::new() else { return };
    let by_nix = by_nix(&store, &repository, NO_KEYS);
    assert_eq!(by_nix["secrets"], json!(names(&found)));
    assert_eq!(by_nix["said"], json!([]));
}

/// Other programs than sops write such files, and sops opens them.
#[test]
fn a_file_that_was_written_otherwise_is_read_or_its_keys_are_left_out() {
    let sealed = sealed::yaml("token: STR\ndb:\n    empty: \"\"\n    password: STR\n");
    let (body, metadata) = sealed.split_at(sealed.find("sops:\n").unwrap());
    let deep: String = (0..60).map(|level| format!("{}{}:\n", "    ".repeat(level), "m".repeat(90))).collect();
    let deep = deep + &format!("{}{}: STR\n", "    ".repeat(60), "k".repeat(128));
    let folded = format!("token: STR\nquoted: \"{0}\"\nmap: {{flow: \"{0}\"}}", sealed::value("str"));
    let cases = [
        ("the lines end as on Windows", sealed.replace('\n', "\r\n"), 3, vec![]),
        ("its part first", format!("{metadata}{body}"), 3, vec![]),
        ("its part first, after a mark", format!("---\n{metadata}{body}"), 3, vec![]),
        ("deep", sealed::yaml(&deep), 1, vec![]),
        ("quoted, and in braces", sealed::yaml(&format!("{folded}\n")), 1, vec!["quoted", "map/flow"]),
    ];
    let store = Store::new();
    for (what, content, declared, left_out) in cases {
        let repository = with("", &[("secrets/app.yaml", &content)]);
        let module = module(&repository, "secrets/app.yaml");
        assert_eq!(
            module.matches("is left out: its name is too long or odd").count(),
            left_out.len(),
            "{what}: {module}"
        );
        let found = secrets(&repository);
        assert_eq!(names(&found).len(), declared, "{what}: {found}");
        let empty = names(&found).contains("db/empty").then_some(("empty-value", "db/empty"));
        let found_by_check: Vec<_> = left_out.into_iter().map(|key| ("unused-key", key)).chain(empty).collect();
        assert_finds(&repository, &found_by_check);
        let Some(store) = &store else { continue };
        assert_eq!(by_nix(store, &repository, ""), json!({ "secrets": names(&found), "said": [] }), "{what}");
    }
}

#[test]
fn a_nested_json_file_is_read_as_yaml() {
    let fields = format!(
        "\"token\": STR, \"n\": FLOAT, \"empty\": \"\", \"m\": {{\"b\": STR, \"l\": [\"{}\"]}}, \"a/b\": STR",
        sealed::value("float")
    );
    let repository = with("", &[("secrets/app.json", &sealed::json(&fields))]);
    module(&repository, "secrets/app.json");
    let secret = |key: &str| json!(["secrets/app.json", key, "yaml", null, []]);
    let expected: Value = ["token", "empty", "m/b"].map(|key| (key.to_owned(), secret(key))).into_iter().collect();
    assert_eq!(secrets(&repository), expected);
    // A number, and an empty value.
    assert_finds(&repository, &[("unused-key", "n"), ("empty-value", "empty")]);
    let Some(store) = Store::new() else { return };
    assert_eq!(by_nix(&store, &repository, ""), json!({ "secrets": ["empty", "m/b", "token"], "said": [] }));
}

#[test]
fn another_file_decides_when_it_is_evaluated() {
    let other = sealed::yaml("token: STR\nlater: STR\nport: STR\n");
    let repository = with(
        "sopsFile = ./secrets/other.yaml;",
        &[("secrets/app.yaml", &sealed::yaml("token: STR\ndb:\n    password: STR\n")), ("secrets/other.yaml", &other)],
    );
    module(&repository, "secrets/app.yaml --optional later --optional never");
    assert_eq!(names(&secrets(&repository)), ["token", "later"].into_iter().collect());
    let Some(store) = Store::new() else { return };
    let path = repository.path().join("secrets/other.yaml").display().to_string();
    let made = by_nix(&store, &repository, &format!("sopsFile = {path};"));
    assert_eq!(made["secrets"], json!(["later", "token"]));
    let said = format!(
        "services.app.secrets: the key `db/password` is required, and {path} has no text under it. Add it with \
         `sops {path}`, or take it out of `services.app.secrets.required`."
    );
    assert_eq!(made["said"], json!([said]));
    let own = by_nix(&store, &repository, "required = [ \"x\" ];");
    assert!(own["said"][0].as_str().unwrap().contains("`sops secrets/app.yaml`"), "{own}");
}

#[test]
fn the_real_sops_files_of_the_vectors_are_read() {
    let vectors = scratch::fixtures().join("vectors");
    for name in [
        "02-yaml-types",
        "03-yaml-nested",
        "04-yaml-comments",
        "05-yaml-multidoc",
        "06-yaml-anchors",
        "28-yaml-odd-keys",
    ] {
        let content = fs::read_to_string(vectors.join(name).join("enc.yaml")).unwrap();
        let repository = with("", &[("secrets/app.yaml", &content)]);
        generate(&repository, &format!("module secrets/app.yaml --force --out {MODULE}"));
        let host = repository.path().join("host.nix");
        let settings = fs::read_to_string(&host).unwrap();
        fs::write(&host, "{ }\n").unwrap();
        let plain = secrets(&repository);
        fs::write(&host, settings).unwrap();
        module(&repository, "secrets/app.yaml");
        assert_eq!(names(&secrets(&repository)), names(&plain), "{name}");
        let Some(store) = Store::new() else { continue };
        assert_eq!(by_nix(&store, &repository, ""), json!({ "secrets": names(&plain), "said": [] }), "{name}");
    }
}

#[test]
fn each_system_has_the_options_that_its_secrets_have() {
    let repository = with("", &[("a.yaml", &sealed::yaml("token: STR\n"))]);
    let darwin = module(&repository, "a.yaml --for darwin");
    assert!(darwin.contains("owner = lib.mkOption") && !darwin.contains("restartUnits"), "{darwin}");
    let home = module(&repository, "a.yaml --for home-manager");
    assert!(!home.contains("owner") && !home.contains("group"), "{home}");
    assert_eq!(names(&secrets(&repository)), ["token"].into_iter().collect());
}

#[test]
fn what_cannot_be_made_is_refused_with_a_way_out() {
    let vector = fs::read_to_string(scratch::fixtures().join("vectors/33-dotenv-basic/enc.env")).unwrap();
    let yaml = sealed::yaml("token: STR\nport: INT\n");
    let repository = with("", &[("a.yaml", &yaml), ("b.yaml", &yaml), (".env", &vector)]);
    let said = [
        "module .env --namespace a.b",
        "module a.yaml b.yaml --namespace a.b",
        "module a.yaml --namespace a..b",
        "module a.yaml --namespace a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a",
        "module a.yaml --namespace a.b --required tokne",
        "module a.yaml --namespace a.b --required port",
        "module a.yaml --namespace a.b --optional port",
        "module a.yaml --namespace a.b --optional ../x",
        "module a.yaml --namespace a.b --optional rendered",
        "module a.yaml --namespace a.b --required token --optional token",
        "module a.yaml --namespace a.b --for home-manager --owner app",
        "module a.yaml --namespace a.b --prefix x",
        "module a.yaml --required token",
    ]
    .map(|line| format!("$ generate {line}\n{}", refused(&repository, line)));
    insta::assert_snapshot!(said.join("\n"));
}
