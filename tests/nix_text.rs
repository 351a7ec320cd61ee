//! What is written as Nix means what was meant, to our own evaluator and to the Nix that is installed.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use sealnix::generate::nix_text;
use sealnix::nix::arena::Arena;
use sealnix::nix::builtins::{Inside, json_of};
use sealnix::nix::eval::Eval;
use sealnix::nix::eval::limits::on_deep_stack;
use sealnix::nix::ir::Program;
use sealnix::source::{Text, Tree};
use serde_json::{Value, json};

use crate::support::installed_nix;

/// What our evaluator makes of a file of code.
fn evaluated(path: &str, code: &str) -> Value {
    let program = Program::parse(vec![Text::new(path.into(), code)]);
    let tree = Tree::default();
    on_deep_stack(|| {
        let arena = Arena::new();
        let eval = Eval::new(&arena, &program, &tree);
        let value = eval.force(eval.file(program.by_path[path]));
        json_of(&eval, value.ok().unwrap(), &mut Inside::default()).ok().unwrap()
    })
    .unwrap()
}

/// Texts with all that Nix could take for something else.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("${".to_owned()),
        Just("$".to_owned()),
        Just("''".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just("}".to_owned()),
        Just("\n".to_owned()),
        Just("\r".to_owned()),
        Just("\u{b}".to_owned()),
        Just("\u{85}".to_owned()),
        Just("\t".to_owned()),
        Just("inherit".to_owned()),
        "[a-z]{1,3}",
        "\\PC",
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat())
}

/// Every text as a string, as a name and in a comment, in one set.
fn code(texts: &[String]) -> String {
    let entry = |(index, text): (usize, &String)| {
        let (name, string) = (nix_text::name(text), nix_text::string(text));
        let comment = nix_text::comment(text);
        format!(
            "\n{comment}x{index} = {{ string = {string}; set.{name} = 1; list = {}; }};",
            nix_text::list(std::slice::from_ref(text))
        )
    };
    nix_text::formatted(&format!("{{ {} }}", texts.iter().enumerate().map(entry).collect::<String>())).unwrap()
}

fn meant(texts: &[String]) -> Value {
    let entry = |(index, text): (usize, &String)| {
        (format!("x{index}"), json!({ "string": text, "set": { text.as_str(): 1 }, "list": [text] }))
    };
    texts.iter().enumerate().map(entry).collect::<serde_json::Map<_, _>>().into()
}

proptest! {
    #[test]
    fn a_text_is_the_same_text_in_nix(texts in prop::collection::vec(text(), 1..4)) {
        prop_assert_eq!(evaluated("x.nix", &code(&texts)), meant(&texts));
    }

    #[test]
    fn a_path_leads_to_its_file(
        from in "([a-c]/){0,3}m\\.nix",
        to in "([a-c]/|ü b/|x\\$\\{y\\}/){0,3}[a-z]{1,2}( s)?\\.yaml",
    ) {
        let code = format!("builtins.toString {}", nix_text::path(&from, &to));
        let Value::String(found) = evaluated(&from, &code) else { panic!("no text") };
        prop_assert!(found.ends_with(&format!("/{to}")), "{} gives {}", code, found);
    }
}

#[test]
fn nix_reads_it_as_it_is_meant() {
    let Some(store) = installed_nix::Store::new() else { return };
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let texts: Vec<String> = (0..300).map(|_| text().new_tree(&mut runner).unwrap().current()).collect();
    assert_eq!(store.evaluate(&code(&texts)), meant(&texts));
}
