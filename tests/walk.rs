//! Walking a sops file: which values sops takes to be sealed, and in which order.

use std::fs;
use std::path::Path;

use sealnix::sops::{self, CryptRule, Format, Visit, Visited, walk};
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
        walk(&text, document.format, &document.metadata.crypt, |visit| {
            let is_sealed = match visit.value {
                // Never sealed; or added by hand.
                Visited::Text("") => return,
                Visited::Comment(_) if name == "t13-added-plain-comment" => return,
                Visited::Comment(comment) => comment.trim_start().starts_with("ENC["),
                value => matches!(value, Visited::Sealed(_)),
            };
            assert_eq!(visit.is_sealed, is_sealed, "{name}: {:?} {}", visit.path, visit.place.start.line);
            visited += 1;
        })
        .unwrap();
    }
    assert!(visited > 300, "{visited}");
}

/// What is sealed, or with a rule of the other kind clear, if the comment ` NAME` marks: keys, and comments by their text.
fn marked_by(content: &str, option: &str, name: &str) -> Vec<String> {
    let rule = CryptRule::new(option, &format!("^ {name}$")).unwrap();
    let is_encrypted = option.starts_with("encrypted");
    let text = Text::new("a.yaml".into(), content);
    let mut marked = Vec::new();
    walk(&text, Format::Yaml, &rule, |visit| {
        if visit.is_sealed == is_encrypted {
            marked.push(match visit.value {
                Visited::Comment(comment) => format!("#{comment}"),
                _ => visit.path.join(":"),
            });
        }
    })
    .unwrap();
    marked
}

/// As `walkBranch`, `walkSlice` and `shouldBeEncrypted` of sops.go have it: a comment is in force for what comes after
/// it up to the next item of its own level, and for all in that item.
#[test]
fn comments_are_in_force_for_the_next_item_of_their_level() {
    let content = "# h\na: 1\n# b1\n# b2\nb:\n    # i\n    c: x # l\n    d: y\n    # foot\ne: z\nl:\n    # n\n    - p\n    - q: 1\nsops:\n    mac: x\n";
    let after = [
        ("h", &["a"][..]),
        ("b1", &["# b2", "# i", "# l", "b:c", "b:d", "# foot"]),
        ("b2", &["# i", "# l", "b:c", "b:d", "# foot"]),
        ("i", &["# l", "b:c"]),
        ("l", &["b:c"]),
        ("foot", &[]),
        ("n", &["l"]),
    ];
    for (name, after) in after {
        assert_eq!(marked_by(content, "encrypted_comment_regex", name), after, "{name}");
        // The comment itself stays clear in either case.
        let itself = format!("# {name}");
        let with_itself = [&[itself.as_str()], after].concat();
        assert_eq!(marked_by(content, "unencrypted_comment_regex", name), with_itself, "{name}");
    }
}

/// A file that is one line is read in a time that grows with its length, comments in it or not.
#[test]
fn a_file_of_one_line_is_walked() {
    for (name, end) in [("a.json", ""), ("a.yaml", " # end")] {
        let lists = vec!["[\"x\", {}]"; 60_000].join(", ");
        let content = format!("{{\"l\": [{lists}], \"sops\": {{}}}}{end}\n");
        let text = Text::new(name.into(), content.as_str());
        let mut values = 0;
        let count = |visit: &Visit<'_>| values += usize::from(visit.value == Visited::Text("x"));
        walk(&text, Format::of(name), &CryptRule::default(), count).unwrap();
        assert_eq!(values, 60_000, "{name}");
    }
}
