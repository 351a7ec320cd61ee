//! What `sealnix generate env` writes gives a service exactly the values of its file, as far as the comment beside
//! the template says, and no further: the generated module, evaluated, its placeholders replaced as sops-nix does,
//! read as systemd reads it.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use sealnix::generate::env;
use sealnix::generate::nix_text;
use sealnix::generate::recipe::{EnvRecipe, Quote};
use sealnix::nix::evaluate::evaluate_json;
use sealnix::source::{Text, Tree};
use sealnix::vault::Vault;
use serde_json::{Map, Value, json};

use crate::support::installed;
use crate::support::sealed;
use crate::support::systemd_environment::{read, really_read};

const QUOTES: [Quote; 3] = [Quote::Single, Quote::Double, Quote::None];

/// The environment file of a unit, from the keys of a sops file and their values.
fn rendered(values: &[(String, String)], quote: Quote) -> String {
    let entries: Map<String, Value> =
        values.iter().map(|(key, _)| (key.clone(), sealed::value("str").into())).collect();
    let entries = Value::Object(entries).to_string();
    let text = sealed::json(&entries[1..entries.len() - 1]);
    // JSON is YAML.
    let texts = [("a.yaml".into(), Text::new("a.yaml".into(), text))].into_iter().collect();
    let vault = Vault::read(&Tree { texts, ..Tree::default() });
    let recipe = EnvRecipe { file: "a.yaml".into(), unit: "app".into(), quote, ..EnvRecipe::default() };
    let module = nix_text::formatted(&env::module(&recipe, &vault, "a.nix").unwrap().code()).unwrap();
    // sops-nix: a placeholder is a text that stands for the secret of its name, and is replaced wherever it is.
    let placeholders: Vec<String> = (0..values.len()).map(|index| format!("<SOPS:{index}:PLACEHOLDER>")).collect();
    let by_key: Map<String, Value> =
        values.iter().zip(&placeholders).map(|((key, _), placeholder)| (key.clone(), json!(placeholder))).collect();
    let config = json!({ "sops": { "placeholder": by_key, "templates": { "app.env": { "path": "/x" } } } });
    let config = nix_text::string(&config.to_string());
    let code = format!("(({module}) {{ config = builtins.fromJSON {config}; }}).sops.templates.\"app.env\".content");
    let content = evaluate_json(&code, &Tree::default()).unwrap_or_else(|error| panic!("{error}\n{code}"));
    let content = content.as_str().unwrap().to_owned();
    values.iter().zip(&placeholders).fold(content, |text, ((_, value), placeholder)| text.replace(placeholder, value))
}

/// The rule of docs/environment.md.
fn name(key: &str) -> String {
    let name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// Whether the comment beside the template allows a value.
fn is_allowed(value: &str, quote: Quote) -> bool {
    match quote {
        Quote::Single => !value.contains('\''),
        Quote::Double => {
            let before = ["\\\\", "\\`", "\\$", "\\\n"];
            !value.contains('"') && !value.ends_with('\\') && !before.iter().any(|pair| value.contains(pair))
        }
        Quote::None => {
            let blank = [' ', '\t'];
            !value.contains(['\n', '\r', '\\']) && !value.starts_with(['\'', '"']) && value.trim_matches(blank) == value
        }
    }
}

fn value() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        4 => proptest::sample::select(vec!["'", "\"", "\\", "`", "$", "\n", "\r", "\t", " ", "#", ";", "=", "A=", "${x}", "\\n"])
            .prop_map(str::to_owned),
        3 => "[a-zA-Z0-9]{1,3}",
        1 => "\\PC",
        1 => any::<char>().prop_filter("systemd refuses a NUL", |c| *c != '\0').prop_map(String::from),
    ];
    proptest::collection::vec(part, 0..7).prop_map(|parts| parts.concat())
}

/// A key that ends so that no two of a file give one name.
fn keys() -> impl Strategy<Value = Vec<String>> {
    let part = prop_oneof![3 => "[a-z]{1,4}", 1 => "[-_.${}'\" ]{1,2}", 1 => Just("''${".to_owned()), 1 => "[0-9]", 1 => "\\PC"];
    let part = part.prop_filter("sops-nix finds no key with a slash", |part| !part.contains('/'));
    let key = proptest::collection::vec(part, 0..4).prop_map(|parts| parts.concat());
    let numbered = |keys: Vec<String>| keys.iter().enumerate().map(|(index, key)| format!("{key}k{index}")).collect();
    proptest::collection::vec(key, 1..5).prop_map(numbered)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn every_allowed_value_arrives(
        keys in keys(),
        values in proptest::collection::vec(value(), 5),
        quote in proptest::sample::select(&QUOTES[..]),
    ) {
        let allowed = values.into_iter().map(|value| if is_allowed(&value, quote) { value } else { "plain".to_owned() });
        let values: Vec<(String, String)> = keys.into_iter().zip(allowed).collect();
        let expected: BTreeMap<String, String> = values.iter().map(|(key, value)| (name(key), value.clone())).collect();
        let file = rendered(&values, quote);
        prop_assert_eq!(read(&file), expected, "{}", file);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    /// The comments say no more and no less than what is so: what they do not allow does not arrive.
    #[test]
    fn no_other_value_arrives(value in value(), quote in proptest::sample::select(&QUOTES[..])) {
        let file = line(&value, quote, "A");
        let arrives = read(&file).get("A") == Some(&value) && read(&file).len() == 1;
        prop_assert_eq!(arrives, is_allowed(&value, quote), "{:?}", file);
    }
}

/// A line as the template has it (as `a_template_is_such_lines` shows).
fn line(value: &str, quote: Quote, name: &str) -> String {
    let mark = match quote {
        Quote::Single => "'",
        Quote::Double => "\"",
        Quote::None => "",
    };
    format!("{name}={mark}{value}{mark}\n")
}

#[test]
fn a_template_is_such_lines() {
    for quote in QUOTES {
        assert_eq!(
            rendered(&[("a".into(), "x".into()), ("b".into(), "y".into())], quote),
            line("x", quote, "A") + &line("y", quote, "B")
        );
    }
}

/// The table of reference/sops.md, section 8.
#[test]
fn the_known_values_are_read_as_recorded() {
    let table: [(&str, [Option<&str>; 3]); 7] = [
        ("a b # c", [Some("a b # c"); 3]),
        ("a\\nb", [Some("a\\nb"), Some("a\\nb"), Some("anb")]),
        ("\"q\"", [Some("\"q\""), None, Some("q")]),
        ("it's", [None, Some("it's"), Some("it's")]),
        ("$HOME", [Some("$HOME"); 3]),
        ("one\ntwo", [Some("one\ntwo"), Some("one\ntwo"), Some("one")]),
        ("end\\", [Some("end\\"), None, None]),
    ];
    for (value, expected) in table {
        for (quote, expected) in QUOTES.into_iter().zip(expected) {
            let found = read(&(line(value, quote, "V") + "NEXT=1\n"));
            match expected {
                Some(expected) => assert_eq!(found.get("V").map(String::as_str), Some(expected), "{value:?} {quote:?}"),
                None => assert_ne!(found.get("V").map(String::as_str), Some(value), "{value:?} {quote:?}"),
            }
        }
    }
}

/// systemd's own reader agrees with the model, of values that are allowed and others.
#[test]
fn systemd_reads_what_the_model_reads() {
    if !installed::SYSTEMD.is_here() {
        return;
    }
    let mut runner = TestRunner::deterministic();
    // Its generator expands `$` afterwards.
    let strategy = value().prop_filter("no dollar", |value| !value.contains('$'));
    let lines: Vec<(String, String)> = (0..900)
        .map(|index| {
            let name = format!("SEALNIX_{index}");
            let value = strategy.new_tree(&mut runner).unwrap().current();
            let file = line(&value, QUOTES[index % 3], &name);
            (name, file)
        })
        .collect();
    let files: Vec<String> = lines.iter().map(|(_, file)| file.clone()).collect();
    let found = really_read(&files);
    for (name, file) in &lines {
        // An empty value unsets a variable there (environment.d(5)).
        let model = read(file).remove(name).filter(|value| !value.is_empty());
        assert_eq!(found.get(name), model.as_ref(), "{file:?}");
    }
}
