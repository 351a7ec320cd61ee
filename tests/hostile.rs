//! Hostile Nix files are said not to be looked at, without a crash and in time.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod hostile_evaluation;
#[allow(dead_code, reason = "the other program uses the rest")]
mod support;

use std::fs;

use proptest::prelude::*;
use sealnix::nix::Program;
use sealnix::nix::ir::Content;
use sealnix::source::Text;
use tempfile::TempDir;

use crate::support::bounded::bounded;

fn parse(source: impl Into<String>) -> Content {
    let program = Program::parse(vec![Text::new("a.nix".into(), source.into())]);
    program.files.into_iter().next().expect("one file goes in").content
}

#[track_caller]
fn not_looked(source: String) {
    let content = parse(source);
    assert!(matches!(content, Content::NotLooked { .. }), "{:.300}", format!("{content:?}"));
}

#[track_caller]
fn syntax_error(source: String) {
    let content = parse(source);
    assert!(matches!(content, Content::SyntaxError { .. }), "{:.300}", format!("{content:?}"));
}

#[track_caller]
fn parsed(source: String) {
    let content = parse(source);
    assert!(matches!(content, Content::Parsed(_)), "{:.300}", format!("{content:?}"));
}

/// `before` and `after` around `middle`, `count` times.
fn nested(before: &str, middle: &str, after: &str, count: usize) -> String {
    format!("{}{middle}{}", before.repeat(count), after.repeat(count))
}

const MANY: usize = 100_000;

#[test]
fn nested_brackets() {
    not_looked(nested("(", "1", ")", MANY));
    not_looked(nested("[", "1", "]", MANY));
    not_looked(nested("{a=", "1", ";}", MANY));
    not_looked(nested("rec{a=", "1", ";}", 50_000));
    not_looked(nested("{a?", "1", "}:1", MANY));
    not_looked(nested("\"${", "1", "}\"", MANY));
    not_looked(nested("''${", "1", "}''", MANY));
    not_looked(nested("a.${", "b", "}", MANY));
    not_looked(nested("./a/${", "b", "}", MANY));
    not_looked(nested("let a=", "1", ";in a ", 60_000));
    not_looked(nested("let{body=", "1", ";}", 60_000));
    not_looked(nested("{inherit(", "1", ")a;}", 60_000));
}

#[test]
fn brackets_that_are_never_closed() {
    not_looked("(".repeat(MANY));
    not_looked("[".repeat(MANY));
    not_looked("{a=".repeat(MANY));
    not_looked("\"${".repeat(MANY));
    not_looked("let a=".repeat(MANY));
}

#[test]
fn chains() {
    not_looked(format!("{}1", "-".repeat(MANY)));
    not_looked(format!("{}1", "- ".repeat(MANY)));
    not_looked(format!("{}a", "!".repeat(MANY)));
    not_looked(format!("{}1", "a.b or ".repeat(MANY)));
    not_looked(format!("[{}1]", "a.b or ".repeat(MANY)));
    not_looked(format!("{}x", "x: ".repeat(MANY)));
    not_looked(format!("{}1", "{...}: ".repeat(MANY)));
    not_looked(format!("{}1", "x@{a}: ".repeat(MANY)));
    not_looked(format!("{}1", "if a then b else ".repeat(60_000)));
    not_looked(format!("{}a{}", "if ".repeat(60_000), " then b else c".repeat(60_000)));
    not_looked(format!("{}1", "let in ".repeat(MANY)));
    not_looked(format!("{}1", "let a=1; in ".repeat(60_000)));
    not_looked(format!("{}1", "with x; ".repeat(MANY)));
    not_looked(format!("{}1", "assert x; ".repeat(MANY)));
    not_looked(format!("{{a={}1;}}", "with x; ".repeat(MANY)));
    not_looked("a ".repeat(MANY));
    for operator in ["+", "-", "*", "++", "//", "==", "<", "&&", "||", "->", "|>", "<|", "?", " / "] {
        not_looked(format!("{}a", format!("a{operator}").repeat(MANY)));
    }
    not_looked(format!("{{{}a=1;}}", "a.".repeat(MANY)));
    not_looked(format!("a{}", ".a".repeat(MANY)));
    not_looked(format!("a{}", " . a".repeat(MANY)));
}

/// More than 512 nested expressions are legal Nix, but more than rnix takes.
#[test]
fn a_long_else_if_is_no_syntax_error() {
    not_looked(format!("{}1", "if a then b else ".repeat(600)));
    parsed(format!("{}1", "if a then b else ".repeat(400)));
}

/// rnix' tokenizer looks ahead to the end of a run at each of its tokens.
#[test]
fn runs_without_blanks() {
    not_looked("a.".repeat(500_000));
    not_looked(format!("{} ", ".".repeat(8_000)).repeat(130));
    not_looked(format!("[{}]", format!("{} ", "a.".repeat(4_000)).repeat(130)));
    not_looked("<".repeat(1_000_000));
}

/// In recovering from errors rnix skips closing brackets: what looks flat is nested for it.
#[test]
fn errors_that_hide_nesting() {
    syntax_error(format!("[ {} ]", "[a.]b ".repeat(MANY)));
    syntax_error(format!("[ {} ]", "[a.b or]b ".repeat(MANY)));
    syntax_error(format!("{{ x = a {}; }}", "++ ; ".repeat(MANY)));
    syntax_error(format!("{{ x = a {}; }}", "+ ; ".repeat(MANY)));
    syntax_error("[ ( ]".repeat(MANY));
    syntax_error("()(".repeat(MANY));
    syntax_error(format!("{{ x = q {} }}", "++{a=1};b=1={;}".repeat(60_000)));
    syntax_error("{a=]};b=".repeat(MANY));
    syntax_error("{a=1};b=[".repeat(MANY));
    syntax_error("a = inherit + ".repeat(70_000));
}

#[test]
fn large_and_binary_files() {
    not_looked(format!("\"{}\"", "a".repeat(1 << 20)));
    not_looked("{ a = \"\0\"; }".into());
    parsed(format!("\"{}\"", "a".repeat((1 << 20) - 2)));
    parsed(format!("1 # {}", "-".repeat(1_000_000)));
    parsed(format!("1 {}", "\n".repeat(1_000_000)));
}

#[test]
fn garbage() {
    for source in
        ["", "{\".\"", "}", "{", "\"", "''", "${", "\\", "é", "a.", "{ a = }", "/*", "let", "''${", "\u{feff}1"]
    {
        syntax_error(source.into());
    }
    syntax_error("%$§".repeat(MANY));
    parse("/*".repeat(MANY));
    syntax_error("\"\\".repeat(MANY));
}

/// What real files hold at most: brackets 56 deep, 71 signs in a row, 167 atoms in one application,
/// 372 characters without a blank.
#[test]
fn real_extremes_are_read() {
    parsed(nested("(", "1", ")", 56));
    parsed(nested("{ a = [ ", "1", " ]; }", 28));
    parsed(format!("{}1", "-".repeat(71)));
    parsed("a ".repeat(167));
    parsed(format!("a{}", ".a".repeat(186)));
    parsed(format!("[ {} ]", "a.b ".repeat(50_000)));
    parsed(format!("{{ {} }}", (0..20_000).map(|n| format!("a{n} = [ \"x\" {{ b.c = 1; }} ]; ")).collect::<String>()));
    parsed(format!("{{ inherit (x) {}; }}", (0..20_000).map(|n| format!("a{n} ")).collect::<String>()));
    parsed(format!("''{}''", "line ${a} and ${b}\n".repeat(10_000)));
    parsed(format!("{{ {} }}: a", (0..5_000).map(|n| format!("a{n} ? 1, ")).collect::<String>() + "..."));
    parsed(format!("{}1", "a ++ ".repeat(1_000)));
}

/// A parser whose time grows with the square of any of these needs minutes.
#[test]
fn the_worst_of_them_take_seconds_together() {
    let sources = [
        nested("(", "1", ")", MANY),
        nested("{a?", "1", "}:1", MANY),
        nested("\"${", "1", "}\"", MANY),
        "{a=".repeat(MANY),
        "a ".repeat(MANY),
        "a.".repeat(500_000),
        format!("{} ", ".".repeat(8_000)).repeat(130),
        "<".repeat(1_000_000),
        "/*".repeat(MANY),
        "[ ( ]".repeat(MANY),
        format!("[ {} ]", "[a.]b ".repeat(MANY)),
        format!("{{a={}1;}}", "with x; ".repeat(MANY)),
        format!("{}a", "a->".repeat(MANY)),
    ];
    let folder = TempDir::new().expect("a temporary folder");
    fs::write(folder.path().join("flake.nix"), "{ outputs = _: { nixosConfigurations = { }; }; }").expect("a flake");
    for (number, source) in sources.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.nix")), source).expect("a hostile file");
    }
    let run = bounded(folder.path(), &["check"]);
    assert_eq!(run.code, Some(2), "none where it took too long: {}", run.stderr);
    for number in 0..sources.len() {
        assert!(run.stdout.contains(&format!("{number}.nix")), "{number}.nix is said: {}", run.stdout);
    }
}

/// A file that is not looked at does not keep the others from being read.
#[test]
fn other_files_are_read() {
    let texts = ["(".repeat(MANY), "{ a = 1; }".into(), "{".into()];
    let texts = ["b.nix", "c.nix", "a.nix"].iter().zip(texts).map(|(path, text)| Text::new((*path).into(), text));
    let program = Program::parse(texts.collect());
    let contents: Vec<_> = program.files.iter().map(|file| (&*file.path, &file.content)).collect();
    assert!(matches!(
        contents.as_slice(),
        [("a.nix", Content::SyntaxError { .. }), ("b.nix", Content::NotLooked { .. }), ("c.nix", Content::Parsed(_))]
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Any soup of tokens becomes some content; that it is not "makes the parser fail" says that
    /// nothing panicked.
    #[test]
    fn token_soups_never_panic(soup in proptest::collection::vec(token(), 0..60)) {
        let content = parse(soup.concat());
        prop_assert!(!matches!(&content, Content::NotLooked { why, .. } if why.contains("fail")), "{content:?}");
    }
}

fn token() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "a",
        "b",
        " ",
        " ",
        "\n",
        "\r\n",
        "1",
        "1.5",
        "99999999999999999999",
        "\"",
        "''",
        "${",
        "}",
        "{",
        "(",
        ")",
        "[",
        "]",
        ";",
        "=",
        ".",
        ",",
        ":",
        "@",
        "?",
        "...",
        "let ",
        " in ",
        "rec ",
        "with ",
        "inherit ",
        "if ",
        " then ",
        " else ",
        "assert ",
        " or ",
        "+",
        "-",
        "!",
        "//",
        "++",
        "->",
        "|>",
        "<|",
        "<",
        ">",
        "./a",
        "/b",
        "~/c",
        "<n>",
        "http://x",
        "#",
        "/*",
        "*/",
        "\\",
        "$",
        "'",
        "é",
        "__curPos",
        "a = 1;",
        "a.b = {};",
        "inherit a;",
        "${\"a\"}",
    ])
}
