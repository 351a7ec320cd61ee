//! Walking a sops file: which values sops takes to be sealed, and in which order.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

use std::fs;
use std::path::Path;

use sealnix::sops::{self, Format, Visited, walk};
use sealnix::source::Text;

/// Vectors edited so that what is sealed is not what the rule says: sops refuses them
/// (`sops_error` of their expected.json).
const BY_HAND: [&str; 3] =
    ["t02-value-replaced-by-plaintext", "t03-encrypted-int-replaced-by-plain-int", "t27-unencrypted-suffix-changed"];

#[test]
fn every_vector_is_sealed_as_its_crypt_rule_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut visited = 0;
    for folder in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(expected) = fs::read(folder.join("expected.json")) else { continue };
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let file = expected["file"].as_str().unwrap();
        let text = Text::new(file.into(), fs::read_to_string(folder.join(file)).unwrap());
        let Some(Ok(document)) = sops::read(&text) else { continue };
        if BY_HAND.contains(&name) {
            continue;
        }
        walk(&text, document.format, |visit| {
            let is_sealed = match visit.value {
                // Never sealed; or added by hand.
                Visited::Text("") => return,
                Visited::Comment(_) if name == "t13-added-plain-comment" => return,
                Visited::Comment(comment) => comment.trim_start().starts_with("ENC["),
                value => matches!(value, Visited::Sealed(_)),
            };
            assert_eq!(
                visit.is_sealed_by(&document.metadata.crypt),
                is_sealed,
                "{name}: {:?} {}",
                visit.path,
                visit.place.start.line
            );
            visited += 1;
        })
        .unwrap();
    }
    assert!(visited > 300, "{visited}");
}

fn visits(name: &str, content: &str) -> Vec<String> {
    let text = Text::new(name.into(), content);
    let mut seen = Vec::new();
    walk(&text, Format::of(name), |visit| {
        let path = visit.path.join(":");
        seen.push(format!("{path}: {:?} {:?}", visit.value, visit.comments));
    })
    .unwrap();
    seen
}

#[test]
fn comments_are_in_force_for_the_next_item_of_their_level() {
    let content = "# h\na: 1\n# b1\n# b2\nb:\n    # i\n    c: x # l\n    d: y\n    # foot\ne: z\nl:\n    # n\n    - p\n    - q: 1\nsops:\n    mac: x\n";
    let expected = [
        r#": Comment(" h") [[" h"]]"#,
        r#"a: Int("1") [[" h"]]"#,
        r#": Comment(" b1") [[" b1"]]"#,
        r#": Comment(" b2") [[" b1", " b2"]]"#,
        r#"b: Comment(" i") [[" b1", " b2"], [" i"]]"#,
        r#"b: Comment(" l") [[" b1", " b2"], [" i", " l"]]"#,
        r#"b:c: Text("x") [[" b1", " b2"], [" i", " l"]]"#,
        r#"b:d: Text("y") [[" b1", " b2"], []]"#,
        r#"b: Comment(" foot") [[" b1", " b2"], [" foot"]]"#,
        r#"e: Text("z") [[]]"#,
        r#"l: Comment(" n") [[], [" n"]]"#,
        r#"l: Text("p") [[], [" n"]]"#,
        r#"l:q: Int("1") [[], [], []]"#,
    ];
    assert_eq!(visits("a.yaml", content), expected);
}

/// A file that is one line is read in a time that grows with its length, comments in it or not.
#[test]
fn a_file_of_one_line_is_walked() {
    for (name, end) in [("a.json", ""), ("a.yaml", " # end")] {
        let lists = vec!["[\"x\", {}]"; 60_000].join(", ");
        let content = format!("{{\"l\": [{lists}], \"sops\": {{}}}}{end}\n");
        let text = Text::new(name.into(), content.as_str());
        let mut values = 0;
        walk(&text, Format::of(name), |visit| values += usize::from(visit.value == Visited::Text("x"))).unwrap();
        assert_eq!(values, 60_000, "{name}");
    }
}
