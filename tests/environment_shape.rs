//! The shape of an environment file is what systemd reads.

use proptest::prelude::*;
use sealnix::environment::name::is_valid;
use sealnix::environment::shape::{Held, Piece, Quote, variables};

use crate::support::systemd_environment;

fn read(pieces: &[Piece]) -> Vec<(Option<String>, u32, Vec<Quote>, bool)> {
    let read = variables(pieces).into_iter();
    let quotes = |held: Vec<Held>| held.into_iter().map(|held| held.quote).collect();
    read.map(|it| (it.name, it.line, quotes(it.secrets), it.unclosed)).collect()
}

fn text(text: &str) -> Piece {
    Piece::Text(text.to_owned())
}

fn secret() -> Piece {
    Piece::Secret("s".to_owned())
}

#[test]
fn each_variable_has_its_line_and_each_secret_its_quotes() {
    let some = |name: &str| Some(name.to_owned());
    let pieces = [
        text("# A="),
        secret(),
        text("\n\nA="),
        secret(),
        text("\nB='x "),
        secret(),
        text("\n"),
        secret(),
        text("' \nexport C=\"a\\\"b"),
        secret(),
        text("\"\"\"tail"),
        secret(),
        text("\n"),
        secret(),
        text("\nD = x"),
    ];
    let read = read(&pieces);
    assert_eq!(
        read,
        [
            (some("A"), 3, vec![Quote::None], false),
            (some("B"), 4, vec![Quote::Single, Quote::Single], false),
            (some("export C"), 6, vec![Quote::Double, Quote::None], false),
            (some("D"), 8, vec![], false),
        ]
    );
}

#[test]
fn a_quote_that_is_not_closed_takes_in_the_rest() {
    let read = read(&[text("A=\"x "), secret(), text("\nB="), secret(), text("\n")]);
    assert_eq!(read, [(Some("A".to_owned()), 1, vec![Quote::Double; 2], true)]);
}

#[test]
fn text_that_is_not_known_may_bring_a_quote() {
    assert_eq!(read(&[text("A="), Piece::Unknown, secret()])[0].2, [Quote::Unknown]);
    assert_eq!(read(&[text("A=x"), Piece::Unknown, secret()])[0].2, [Quote::None]);
    let quoted = read(&[text("A='"), Piece::Unknown, secret(), text("\n")]);
    assert_eq!((&quoted[0].2, quoted[0].3), (&vec![Quote::Unknown], false));
    assert_eq!(read(&[Piece::Unknown, text("=x\n")])[0].0, None);
}

#[test]
fn what_may_be_a_value_is_no_name() {
    for line in ["c2VjcmV0IHBhcnQ==", "c2VjcmV0IHBhcnQ=", "postgres://u:p@h?sslmode=off", "=x"] {
        assert_eq!(read(&[text(line)])[0].0, None, "{line}");
    }
    for (line, name) in [("a-b=x", "a-b"), ("1A=x", "1A"), ("export X=x", "export X"), ("A.B =x", "A.B")] {
        assert_eq!(read(&[text(line)])[0].0.as_deref(), Some(name));
    }
}

proptest! {
    #[test]
    fn names_are_those_that_systemd_reads(content in "[AB1=\\- '\"\\\\\n#;]{0,40}") {
        let read = systemd_environment::read(&content);
        let shape = variables(&[text(&content)]);
        let names: Vec<&str> = shape.iter().filter_map(|it| it.name.as_deref()).collect();
        for name in names.iter().filter(|name| is_valid(name)) {
            prop_assert!(read.contains_key(*name), "{name} is not set");
        }
        // Of names without a value nothing is said.
        for (name, value) in read.iter().filter(|(_, value)| !value.is_empty() && !value.starts_with('=')) {
            prop_assert!(names.contains(&name.as_str()), "{name}={value}");
        }
    }

    #[test]
    fn a_secret_between_quotes_that_are_safe_for_it_arrives(value in "[a-z=#;$]{1,12}", mark in "['\"]") {
        let [before, after] = [format!("# x\nA={mark}"), format!("{mark}\nB=1\n")];
        let read = systemd_environment::read(&format!("{before}{value}{after}"));
        prop_assert_eq!(read.get("A"), Some(&value));
        let quote = if mark == "'" { Quote::Single } else { Quote::Double };
        let shape = variables(&[text(&before), secret(), text(&after)]);
        prop_assert_eq!(&shape[0].secrets, &[Held { secret: "s".to_owned(), quote }]);
        prop_assert_eq!(shape[1].name.as_deref(), Some("B"));
    }
}
