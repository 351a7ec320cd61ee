//! The YAML reader: places, anchors, comments, kinds, bounds.

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sealnix::source::Text;
use sealnix::yaml::{self, Kind, Node, Value, Yaml, YamlError};

fn text(source: &str) -> Text {
    Text::new("t.yaml".into(), source)
}

fn read(source: &str) -> Yaml {
    yaml::parse(&text(source)).unwrap()
}

fn written<'a>(source: &'a str, node: &Node) -> &'a str {
    &source[node.span.clone()]
}

#[test]
fn spans_are_the_bytes_of_each_node() {
    let source = "# top\nä: 'q ü'\nmap:\n    k: [1, {x: y}]\n    l:\n      - |\n        block\n      - last\n\n# end\nempty:\nz: 1\n";
    let yaml = read(source);
    let root = &yaml.documents[0];
    let keys: Vec<&str> = root.entries().iter().map(|entry| written(source, &entry.key)).collect();
    assert_eq!(keys, ["ä", "map", "empty", "z"]);
    assert_eq!(written(source, yaml.get(root, "ä").unwrap()), "'q ü'");
    let map = yaml.get(root, "map").unwrap();
    // A block collection ends with its last child, not at the next token.
    assert_eq!(written(source, map), "k: [1, {x: y}]\n    l:\n      - |\n        block\n      - last");
    assert_eq!(written(source, yaml.get(map, "k").unwrap()), "[1, {x: y}]");
    let list = yaml.get(map, "l").unwrap();
    // A block scalar's bytes are its text's.
    assert_eq!(written(source, &list.items()[0]).trim_end(), "block");
    assert_eq!(list.items()[0].text(), Some("block\n"));
    assert!(yaml.get(root, "empty").unwrap().is_null());
    let comments: Vec<&str> = yaml.comments.iter().map(|comment| &source[comment.span.clone()]).collect();
    assert_eq!(comments, ["# top", "# end"]);
}

#[test]
fn anchors_name_their_nodes_and_aliases_are_references() {
    let source = "keys:\n  - &alice age1a # the laptop\n  - &group [x, &bob age1b]\nuse: [*alice, *bob, *group]\n&k key: 1\n---\n- &alice other\n- *alice\n";
    let yaml = read(source);
    let names: Vec<(&str, &str)> =
        yaml.anchors.iter().map(|anchor| (&*anchor.name, &source[anchor.span.clone()])).collect();
    assert_eq!(names, [("alice", "&alice"), ("group", "&group"), ("bob", "&bob"), ("k", "&k"), ("alice", "&alice")]);
    let targets: Vec<&str> = yaml.anchors.iter().map(|anchor| written(source, yaml.target(anchor).unwrap())).collect();
    assert_eq!(targets, ["age1a", "[x, &bob age1b]", "age1b", "key", "other"]);
    let used = yaml.get(&yaml.documents[0], "use").unwrap();
    assert_eq!(written(source, &used.items()[0]), "*alice");
    let resolved: Vec<&str> = used.items().iter().map(|item| written(source, yaml.resolve(item))).collect();
    assert_eq!(resolved, ["age1a", "age1b", "[x, &bob age1b]"]);
    // Of two anchors with one name the latest counts.
    assert_eq!(yaml.resolve(&yaml.documents[1].items()[1]).text(), Some("other"));
}

#[test]
fn a_comment_after_a_node_is_found_on_its_line_only() {
    let source =
        "l:\n  - one # first\n  - two\n  # above three\n  - three, # no comma list\nf: [a, # in a\n b] # after b\n";
    let yaml = read(source);
    let root = &yaml.documents[0];
    let after = |node: &Node| {
        yaml.comment_after(&node.span, &Text::new("a.yaml".into(), source))
            .map(|comment| comment.text.trim().to_owned())
    };
    let items = yaml.get(root, "l").unwrap().items();
    assert_eq!(after(&items[0]).as_deref(), Some("first"));
    assert_eq!(after(&items[1]), None);
    assert_eq!(after(&items[2]).as_deref(), Some("no comma list"));
    let flow = yaml.get(root, "f").unwrap();
    assert_eq!(after(&flow.items()[0]).as_deref(), Some("in a"));
    assert_eq!(after(&flow.items()[1]).as_deref(), Some("after b"));
}

/// The kinds that the real sops gave to the values of fixtures/vectors/02-yaml-types and the cases
/// of go-yaml's own decode_test.go and of the YAML 1.2 and 1.1 schemas.
#[test]
fn scalars_resolve_as_go_yaml_does() {
    use Kind::{Bool, Float, Int, Null, Str, Timestamp};
    let cases: &[(&str, Kind)] = &[
        ("~", Null),
        ("null", Null),
        ("", Null),
        ("nULL", Str),
        ("true", Bool),
        ("False", Bool),
        ("yes", Str),
        ("on", Str),
        ("123", Int),
        ("-0", Int),
        ("+5", Int),
        ("0x1F", Int),
        ("0o17", Int),
        ("-0o17", Int),
        ("0777", Int),
        ("00", Int),
        ("08", Float),
        ("0b11", Int),
        ("0b12", Str),
        ("1_000", Int),
        ("18446744073709551615", Int),
        ("18446744073709551616", Float),
        ("-9223372036854775808", Int),
        ("-9223372036854775809", Float),
        ("1.5", Float),
        ("1.", Float),
        (".5", Float),
        ("1e3", Float),
        ("6.02E+23", Float),
        ("1e400", Str),
        ("1e", Str),
        (".inf", Float),
        ("-.Inf", Float),
        ("--.inf", Str),
        (".nan", Float),
        (".", Str),
        ("+", Str),
        ("-+1", Str),
        ("0x", Str),
        ("0x-1", Str),
        ("1.2.3", Str),
        ("2024-01-02", Timestamp),
        ("2024-1-2", Timestamp),
        ("2024-02-30", Str),
        ("2023-02-29", Str),
        ("2024-01-02T03:04:05Z", Timestamp),
        ("2024-01-02t03:04:05.25+01:00", Timestamp),
        ("2024-01-02 03:04:05", Timestamp),
        ("2024-01-02 03:04:05Z", Str),
        ("2024-01-02T03:04:05", Str),
        ("2024-01-02T25:04:05Z", Str),
        ("190:20:30", Str),
        ("'123'", Str),
        ("\"true\"", Str),
        ("!!str 123", Str),
        ("!!int '123'", Int),
        ("! 12", Int),
        ("!own 12", Str),
        ("age1abc", Str),
    ];
    for (written, kind) in cases {
        let yaml = read(&format!("k: {written}\n"));
        let value = yaml.get(&yaml.documents[0], "k").unwrap();
        assert_eq!(value.scalar().unwrap().kind, *kind, "{written}");
    }
}

#[test]
fn several_documents_and_none() {
    assert_eq!(read("a: 1\n---\nb: 2\n---\n").documents.len(), 3);
    assert_eq!(read("# only a comment\n").documents.len(), 0);
    assert_eq!(read("").documents.len(), 0);
    let yaml = read("\u{feff}a: 1\n");
    assert_eq!(yaml.documents[0].entries()[0].key.text(), Some("a"));
    assert_eq!(yaml.documents[0].entries()[0].key.span, 3..4);
}

#[test]
fn json_as_sops_writes_it() {
    let source =
        "{\n\t\"a\": \"x\\u00e9\\ud83d\\ude00\\/\",\n\t\"n\": [1, 2.5, true, null, {}, []],\n\t\"<<\": \"m\"\n}\n";
    let yaml = read(source);
    let root = &yaml.documents[0];
    assert_eq!(yaml.get(root, "a").unwrap().text(), Some("xé😀/"));
    assert_eq!(yaml.get(root, "n").unwrap().items().len(), 6);
    assert_eq!(yaml.get(root, "<<").unwrap().text(), Some("m"));
    assert_eq!(written(source, root), source.trim_end());
}

#[test]
fn what_is_not_yaml_is_said_with_its_line() {
    let line = |source: &str| match yaml::parse(&text(source)) {
        Err(error @ YamlError::Syntax { .. }) => error.place().start.line,
        other => panic!("{source:?} gave {other:?}"),
    };
    assert_eq!(line("a: 1\nb: \0\n"), 2);
    assert_eq!(line("a: 1\nb:\n\tc: 2\n"), 3);
    assert_eq!(line("a: 1\nb: [1,\n"), 2);
    assert_eq!(line("a: 1\nb: *nobody\n"), 2);
    assert_eq!(line("<<<<<<< HEAD\na: 1\n=======\na: 2\n>>>>>>> x\n"), 2);
}

#[test]
fn hostile_files_end_in_an_error() {
    for source in ["[".repeat(200_000), "{a: ".repeat(50_000), "- ".repeat(100_000), "? ".repeat(100_000)] {
        let error = yaml::parse(&text(&source)).unwrap_err();
        assert!(matches!(error, YamlError::TooDeep { .. } | YamlError::Syntax { .. }), "{error}");
    }
    let deep = |levels: usize| format!("{}x{}", "[".repeat(levels), "]".repeat(levels));
    assert!(yaml::parse(&text(&deep(yaml::MAX_DEPTH))).is_ok());
    assert!(matches!(yaml::parse(&text(&deep(yaml::MAX_DEPTH + 1))), Err(YamlError::TooDeep { .. })));
    let many = "- &a x\n".repeat(yaml::MAX_ANCHORS + 1);
    assert!(matches!(yaml::parse(&text(&many)), Err(YamlError::TooMuch { .. })));
    // Ten to the ninth in other readers; here references.
    let laughs: String =
        (1..10).map(|n| format!("l{n}: &l{n} [{}]\n", vec![format!("*l{}", n - 1); 10].join(","))).collect();
    assert_eq!(read(&format!("l0: &l0 lol\n{laughs}")).anchors.len(), 10);
    // An alias to what holds it is a reference too.
    let yaml = read("&a [*a]\n");
    let root = &yaml.documents[0];
    assert_eq!(yaml.resolve(&root.items()[0]), root);
    // A long commented-out block.
    assert_eq!(read(&format!("a: 1\n{}b: 2\n", "# x\n".repeat(5000))).comments.len(), 5000);
}

/// A tree as the property test makes it.
#[derive(Debug, Clone)]
enum Shape {
    Scalar(String),
    List(Vec<Shape>),
    Map(Vec<(String, Shape)>),
}

fn shapes() -> impl Strategy<Value = Shape> {
    let scalar = "[ -~äß\n\t😀]{0,12}";
    scalar.prop_map(Shape::Scalar).prop_recursive(5, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Shape::List),
            prop::collection::vec((scalar, inner), 0..5).prop_map(Shape::Map),
        ]
    })
}

/// Writes block style with double-quoted scalars, indented two a level.
fn print(shape: &Shape, indent: usize, out: &mut String) {
    let pad = " ".repeat(indent);
    match shape {
        Shape::Scalar(text) => out.push_str(&format!(" {}\n", quoted(text))),
        Shape::List(items) if items.is_empty() => out.push_str(" []\n"),
        Shape::Map(entries) if entries.is_empty() => out.push_str(" {}\n"),
        Shape::List(items) => {
            out.push('\n');
            for item in items {
                out.push_str(&format!("{pad}-"));
                print(item, indent + 2, out);
            }
        }
        Shape::Map(entries) => {
            out.push('\n');
            for (key, value) in entries {
                out.push_str(&format!("{pad}{}:", quoted(key)));
                print(value, indent + 2, out);
            }
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\t', "\\t"))
}

/// Whether a tree is a shape, and every scalar's bytes are those that were printed.
fn same(node: &Node, shape: &Shape, source: &str) -> bool {
    match (&node.value, shape) {
        (Value::Scalar(scalar), Shape::Scalar(text)) => {
            &*scalar.text == text.as_str() && source[node.span.clone()] == quoted(text)
        }
        (Value::List(items), Shape::List(shapes)) => {
            items.len() == shapes.len() && items.iter().zip(shapes).all(|(item, shape)| same(item, shape, source))
        }
        (Value::Map(entries), Shape::Map(shapes)) => {
            entries.len() == shapes.len()
                && entries.iter().zip(shapes).all(|(entry, (key, shape))| {
                    entry.key.text() == Some(key.as_str()) && same(&entry.value, shape, source)
                })
        }
        _ => false,
    }
}

fn real_files() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let mut files = Vec::new();
    for case in fs::read_dir(root).unwrap() {
        for name in ["enc.yaml", "plain.yaml", ".sops.yaml", "enc.json", "enc.ini", "enc.env"] {
            files.extend(fs::read(case.as_ref().unwrap().path().join(name)).ok());
        }
    }
    files
}

proptest! {
    #[test]
    fn what_is_printed_is_read(shape in shapes()) {
        let mut source = "---".to_owned();
        print(&shape, 0, &mut source);
        let yaml = read(&source);
        prop_assert!(same(&yaml.documents[0], &shape, &source), "{}", source);
    }

    #[test]
    fn mutated_real_files_never_panic(
        file in prop::sample::select(real_files()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0usize..40, "[-&*#:,!|>%@{}\\[\\]\"' \n\t?a0~<]{0,6}"), 1..6),
    ) {
        let mut bytes = file;
        for (at, cut, put) in &edits {
            let at = at.index(bytes.len() + 1);
            let end = (at + cut).min(bytes.len());
            bytes.splice(at..end, put.bytes());
        }
        let source = String::from_utf8_lossy(&bytes).into_owned();
        if let Ok(yaml) = yaml::parse(&text(&source)) {
            for anchor in &yaml.anchors {
                prop_assert!(yaml.target(anchor).is_some_and(|node| node.anchor.is_some()));
                prop_assert!(source[anchor.span.clone()].starts_with('&'));
            }
            for comment in &yaml.comments {
                prop_assert!(source[comment.span.clone()].starts_with('#'));
            }
        }
    }
}
