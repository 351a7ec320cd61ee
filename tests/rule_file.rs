//! Edits of `.sops.yaml` keep the style that is there, and every byte that they do not concern.

use std::collections::BTreeSet;

use proptest::prelude::*;
use sealnix::generate::rule_file::{Copied, Editing, Newcomer, Put, RuleFile, named_words};

/// Public keys that `age-keygen` made, by the name under which the texts of these tests have them.
const KEYS: [(&str, &str); 5] = [
    ("AGE_ADMIN", "age12eng0x9u8dg3xl2vwu5jgpl43hnag0h8058wgy35yhawwnfxqamqe5nwg7"),
    ("AGE_WREN", "age1qlrnltfql2lhnukecnsz0ghfcrwnrclq5x2z62feav5nea3grv2qcted8q"),
    ("AGE_ROBIN", "age10aaszjznneyrga5w7sem3wtwhzr9acmdqv7qrpmeeapkjvgvf9asc8erfw"),
    ("AGE_FINCH", "age1e78zw46e875l6dmw6h9nhhry6kqw8ktjl3pakd47ecqqpau48vuqnqu9a9"),
    ("AGE_OTHER", "age1cxznjscal8866j2znf9qgmp5qry0l9eu7f4gg9v88u60t7h5lu9sdwds0k"),
];

fn key(name: &str) -> String {
    KEYS.iter().find(|(known, _)| *known == name).unwrap().1.to_owned()
}

fn keys(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| key(name)).collect()
}

fn written(text: &str) -> String {
    KEYS.iter().fold(text.to_owned(), |text, (name, key)| text.replace(name, key))
}

fn shown(text: &str) -> String {
    KEYS.iter().fold(text.to_owned(), |text, (name, key)| text.replace(key, name))
}

fn read(text: &str) -> Editing {
    Editing::of(RuleFile::read(&".sops.yaml".into(), &written(text)).unwrap())
}

fn finch(anchor: Option<&str>) -> Newcomer {
    Newcomer { name: "finch".into(), anchor: anchor.map(str::to_owned), recipient: key("AGE_FINCH") }
}

fn hosts() -> BTreeSet<String> {
    keys(&["AGE_WREN", "AGE_ROBIN"])
}

/// Adds the host finch as the sibling of wren and robin to the rule of this index.
fn with_finch(text: &str, anchor: Option<&str>, rule: usize) -> String {
    let mut editing = read(text);
    editing.add_anchor(&finch(anchor), &hosts()).unwrap();
    editing.add(rule, &finch(anchor), &hosts()).unwrap();
    let edited = editing.finish(Some(&finch(anchor)), &BTreeSet::new(), &[], &[]).unwrap();
    shown(&edited.content)
}

fn without_finch(text: &str) -> String {
    let mut editing = read(text);
    for rule in 0..editing.before().config.rules.len() {
        editing.remove(rule, &keys(&["AGE_FINCH"])).unwrap();
    }
    editing.remove_anchors(&keys(&["AGE_FINCH"])).unwrap();
    shown(&editing.finish(None, &keys(&["AGE_FINCH"]), &[], &[]).unwrap().content)
}

/// Each style as people write it, and with the lines that are to be added marked by `+`. Where a line
/// changes, its old form is marked by `-`.
const STYLES: [(&str, Option<&str>, &str); 13] = [
    (
        "flat keys, block lists, comments",
        Some("finch"),
        "\
# how to make a key: age-keygen
keys:
  - &admin AGE_ADMIN # the safe
  - &wren AGE_WREN
  - &robin AGE_ROBIN
+  - &finch AGE_FINCH
  # - &owl age1...
creation_rules:
  - path_regex: secrets/common\\.yaml$
    key_groups:
      - age:
          - *admin
          - *wren # kitchen
          - *robin
+          - *finch
          # - *owl
",
    ),
    (
        "groups of keys, dashes below their key, OpenPGP beside age",
        Some("host_finch"),
        "\
---
keys:
- &users:
  - &admin AGE_ADMIN
- &hosts:
  - &host_wren AGE_WREN
  - &host_robin AGE_ROBIN
+  - &host_finch AGE_FINCH
creation_rules:
- path_regex: secrets/common.yaml
  key_groups:
  - age:
    - *host_wren
    - *host_robin
+    - *host_finch
    - *admin
    pgp:
    - E2D9FA1509BBC65A130929A9E6EEA9E6F84CD294
",
    ),
    (
        "lists in brackets",
        Some("finch"),
        "\
keys:
  - &wren AGE_WREN
+  - &finch AGE_FINCH
  - &admin AGE_ADMIN

creation_rules:
  - path_regex: a
    key_groups:
-      - age: [*admin, *wren]
+      - age: [*admin, *wren, *finch]
",
    ),
    (
        "spaced brackets",
        Some("finch"),
        "\
keys: [ &admin AGE_ADMIN, &wren AGE_WREN ]
creation_rules:
  - path_regex: a
    key_groups:
      - pgp: [ E2D9FA1509BBC65A130929A9E6EEA9E6F84CD294 ]
-        age: [ *wren ] # all
+        age: [ *wren, *finch ] # all
",
    ),
    (
        "brackets over lines",
        Some("finch"),
        "\
keys:
  - &wren AGE_WREN
+  - &finch AGE_FINCH
creation_rules:
  - path_regex: a
    age: [
      *wren, # kitchen
+      *finch,
    ]
",
    ),
    (
        "a map of keys",
        Some("finch"),
        "\
keys:
  users:
    - &admin AGE_ADMIN
  hosts:
    wren: &wren AGE_WREN
    robin: &robin 'AGE_ROBIN' # attic
+    finch: &finch 'AGE_FINCH'
creation_rules:
  - age: [*admin]
",
    ),
    (
        "columns",
        Some("finch"),
        "\
keys:
  - &wren    AGE_WREN
  - &robin-2 AGE_ROBIN
+  - &finch   AGE_FINCH
creation_rules:
  - path_regex: a
    pgp: E2D9FA1509BBC65A130929A9E6EEA9E6F84CD294
+    age: *finch
",
    ),
    (
        "one text with commas",
        None,
        "\
creation_rules:
  # wren and robin
  - path_regex: a
-    age: AGE_ADMIN,AGE_WREN,AGE_ROBIN
+    age: AGE_ADMIN,AGE_WREN,AGE_ROBIN,AGE_FINCH
",
    ),
    (
        "a quoted text with commas and blanks",
        None,
        "\
creation_rules:
  - path_regex: a
-    age: \"AGE_WREN, AGE_ADMIN\"
+    age: \"AGE_WREN, AGE_FINCH, AGE_ADMIN\"
",
    ),
    (
        "a block of lines with commas",
        None,
        "\
creation_rules:
  - path_regex: a
    age: >-
      AGE_ADMIN,
-      AGE_WREN
+      AGE_WREN,
+      AGE_FINCH
    unencrypted_regex: ^x
",
    ),
    (
        "a single alias",
        Some("finch"),
        "\
keys:
  - &wren AGE_WREN
+  - &finch AGE_FINCH
creation_rules:
  - path_regex: a
-    age: *wren
+    age: [*wren, *finch]
",
    ),
    (
        "keys with comments",
        None,
        "\
creation_rules:
    -   path_regex: a
        key_groups:
        -   age:
            -   \"AGE_ADMIN\"  # admin
            -   \"AGE_ROBIN\"  # robin
+            -   \"AGE_FINCH\"  # finch
",
    ),
    (
        "a list that rules share",
        Some("finch"),
        "\
keys:
  hosts: &hosts
    - &wren AGE_WREN
    - &robin AGE_ROBIN
+    - &finch AGE_FINCH
creation_rules:
  - path_regex: a
    key_groups:
      - age: *hosts",
    ),
];

fn before(marked: &str) -> String {
    let lines = marked.split_inclusive('\n').filter(|line| !line.starts_with('+'));
    lines.map(|line| line.strip_prefix("-  ").map_or_else(|| line.to_owned(), |rest| format!("  {rest}"))).collect()
}

fn after(marked: &str) -> String {
    let lines = marked.split_inclusive('\n').filter(|line| !line.starts_with("-  "));
    lines.map(|line| line.strip_prefix('+').unwrap_or(line)).collect()
}

#[test]
fn a_host_is_added_in_the_style_of_its_siblings() {
    for (style, anchor, marked) in STYLES {
        let expected = after(marked);
        // The marks do not show an anchor in brackets on one line.
        let expected = expected.replace("&wren AGE_WREN ]", "&wren AGE_WREN, &finch AGE_FINCH ]");
        let is_map = style == "a map of keys";
        let (text, expected) = match is_map {
            true => (before(marked), expected.replace("[*admin]", "[*admin, *finch]")),
            false => (before(marked), expected),
        };
        assert_eq!(with_finch(&text, anchor, 0), expected, "{style}");
    }
}

#[test]
fn added_and_taken_out_again_leaves_the_file_as_it_was() {
    for (style, anchor, marked) in STYLES {
        let text = before(marked);
        let added = with_finch(&text, anchor, 0);
        // A single alias has become a list, and stays one.
        let text = text.replace("age: *wren", "age: [*wren]");
        assert_eq!(without_finch(&added), text, "{style}");
    }
}

#[test]
fn adding_twice_changes_nothing_more() {
    for (style, anchor, marked) in STYLES {
        let added = with_finch(&before(marked), anchor, 0);
        assert_eq!(with_finch(&added, anchor, 0), added, "{style}");
    }
}

const PER_HOST: &str = "\
keys:
  - &admin AGE_ADMIN
  - &wren AGE_WREN
  - &robin AGE_ROBIN
creation_rules:
  # wren's own
  - path_regex: hosts/wren/secrets\\.yaml$ # wren
    key_groups:
      # one group only
      - age:
          - *admin
          - *wren

  # Robin's own
  - path_regex: \"hosts/robin/secrets\\\\.yaml$\"
    key_groups:
      - age: [*admin, *robin]

  # the rest
  - path_regex: .*
    age: *admin
";

#[test]
fn a_rule_is_copied_for_another_host() {
    let mut editing = read(PER_HOST);
    let new = Newcomer { name: "finch.org".into(), anchor: Some("finch".into()), recipient: key("AGE_FINCH") };
    editing.add_anchor(&new, &hosts()).unwrap();
    let robin = Copied { rule: 1, names: &["robin".into()], keys: &keys(&["AGE_ROBIN"]), new: &new };
    assert!(editing.copy(robin, Put::After(1)).unwrap());
    let wren = Copied { rule: 0, names: &["wren".into()], keys: &keys(&["AGE_WREN"]), new: &new };
    assert!(editing.copy(wren, Put::Before(0)).unwrap());
    let edited = editing.finish(Some(&new), &BTreeSet::new(), &["hosts/wren/secrets.yaml".into()], &[]).unwrap();
    assert_eq!(edited.moved, []);
    let expected = "\
keys:
  - &admin AGE_ADMIN
  - &wren AGE_WREN
  - &robin AGE_ROBIN
  - &finch AGE_FINCH
creation_rules:
  # finch.org's own
  - path_regex: hosts/finch\\.org/secrets\\.yaml$ # finch.org
    key_groups:
      - age:
          - *admin
          - *finch

  # wren's own
  - path_regex: hosts/wren/secrets\\.yaml$ # wren
    key_groups:
      # one group only
      - age:
          - *admin
          - *wren

  # Robin's own
  - path_regex: \"hosts/robin/secrets\\\\.yaml$\"
    key_groups:
      - age: [*admin, *robin]

  # finch.org's own
  - path_regex: \"hosts/finch\\\\.org/secrets\\\\.yaml$\"
    key_groups:
      - age: [*admin, *finch]

  # the rest
  - path_regex: .*
    age: *admin
";
    assert_eq!(shown(&edited.content), expected);
    let mut editing = read(expected);
    let names = ["finch.org".to_owned()];
    for rule in [0, 3] {
        editing.remove_rule(rule, &names).unwrap();
    }
    editing.remove_anchors(&keys(&["AGE_FINCH"])).unwrap();
    let edited = editing.finish(None, &keys(&["AGE_FINCH"]), &[], &names).unwrap();
    assert_eq!(shown(&edited.content), PER_HOST);
}

#[test]
fn an_edit_that_would_do_more_than_was_meant_is_refused() {
    // The list that rule 0 names is also that of rule 1.
    let text = "\
keys:
  - &admin AGE_ADMIN
  - &some
    - AGE_WREN
creation_rules:
  - path_regex: a
    age: *some
  - path_regex: b
    age: *some
";
    let mut editing = read(text);
    editing.add(0, &finch(None), &hosts()).unwrap();
    let refused = editing.finish(Some(&finch(None)), &BTreeSet::new(), &[], &[]).unwrap_err();
    assert!(refused.to_string().contains("the rule of line 8 would have other recipients"), "{refused}");
    // A rule before the one that takes a file would take it.
    let mut editing = read(PER_HOST);
    editing.plain("secrets", &[key("AGE_FINCH")], Put::Before(0)).unwrap();
    let files = ["secrets/wren.yaml".into()];
    let refused = editing.finish(Some(&finch(None)), &BTreeSet::new(), &files, &["finch".into()]).unwrap_err();
    assert!(refused.to_string().contains("`secrets/wren.yaml` would be taken by another rule"), "{refused}");
    // The anchor is another's.
    let mut editing = read(PER_HOST);
    let refused = editing.add_anchor(&finch(Some("wren")), &hosts()).unwrap_err();
    assert!(refused.to_string().contains("line 3: `&wren` is there already and names another key"), "{refused}");
}

#[test]
fn the_first_key_and_the_first_rule() {
    let whole = "keys:\n  - &finch AGE_FINCH\ncreation_rules:\n  - path_regex: ^secrets/finch/[^/]+\\.yaml$\n    \
                 key_groups:\n      - age:\n          - *finch\n";
    for (empty, expected) in [
        ("", whole.to_owned()),
        ("creation_rules: []\n", whole.to_owned()),
        ("keys: []\ncreation_rules:\n", whole.to_owned()),
        ("# mine\nkeys: [] # none\n\n# rules\ncreation_rules: [] # none\n", {
            let commented = whole.replace("keys:\n", "# mine\nkeys: # none\n");
            commented.replace("creation_rules:\n", "\n# rules\ncreation_rules: # none\n")
        }),
    ] {
        let mut editing = read(empty);
        editing.add_anchor(&finch(Some("finch")), &hosts()).unwrap();
        editing.plain(r"^secrets/finch/[^/]+\.yaml$", &["*finch".into()], Put::Before(0)).unwrap();
        let edited = editing.finish(Some(&finch(Some("finch"))), &BTreeSet::new(), &[], &[]).unwrap();
        assert_eq!(shown(&edited.content), expected, "{empty:?}");
    }
}

#[test]
fn words_that_are_names() {
    let words = |text: &str, name: &str| -> Vec<String> {
        named_words(text, &[name.to_owned()]).into_iter().map(|range| text[range].to_owned()).collect()
    };
    assert_eq!(words(r"^hosts/web-1/[^/]+\.yaml$", "web_1"), ["web-1"]);
    assert_eq!(words(r"^hosts/web-11/web1.yaml$", "web1"), ["web1"]);
    assert_eq!(words(r"(\w+/)*", "w"), Vec::<String>::new());
    assert_eq!(words(r"hosts/a\.example\.org/.*", "a.example.org"), [r"a\.example\.org"]);
}

/// A rule file of some hosts, in any mixture of styles.
fn rule_file() -> impl Strategy<Value = String> {
    let comment = prop::sample::select(vec!["", " # kitchen", "  # the *old one: here", "\n    # - &owl age1..."]);
    let list = prop::sample::select(vec![
        "age: [*wren, *robin]",
        "age: [ *robin ,*admin, *wren ]",
        "age:\n          - *wren\n          - *robin",
        "age:\n        -   *admin\n        -   *wren # w\n        # - *owl\n        -   *robin",
        "age: AGE_WREN,AGE_ADMIN",
        "age: 'AGE_WREN , AGE_ADMIN'",
        "age: >-\n          AGE_ADMIN,\n          AGE_ROBIN\n",
        "age: [\n          *wren,\n          *robin\n        ]",
        "age: [\n          *wren,\n          *robin, # r\n        ]",
        "pgp:\n          - E2D9FA1509BBC65A130929A9E6EEA9E6F84CD294",
    ]);
    let rule = (list, any::<bool>(), prop::sample::select(vec!["", "\n", "\n  # next\n"]));
    let rules = prop::collection::vec(rule, 1..5);
    (comment, rules, any::<bool>()).prop_map(|(comment, rules, ends_line)| {
        let mut text = format!("keys:\n  - &admin AGE_ADMIN\n  - &wren AGE_WREN{comment}\n  - &robin AGE_ROBIN\n");
        text.push_str("creation_rules:\n");
        for (index, (list, grouped, between)) in rules.into_iter().enumerate() {
            let list = match grouped {
                true => format!("    key_groups:\n      - {list}\n"),
                false => format!("    {list}\n"),
            };
            text.push_str(&format!("  - path_regex: f{index}\\.yaml$\n{list}    encrypted_regex: ^x # ö\n{between}"));
        }
        if !ends_line {
            text.truncate(text.trim_end().len());
        }
        text
    })
}

proptest! {
    #[test]
    fn other_lines_stay_byte_for_byte(text in rule_file(), rule in 0usize..4) {
        let rules = read(&text).before().config.rules.len();
        let added = with_finch(&text, Some("finch"), rule % rules);
        let mut left = added.lines().peekable();
        for line in text.lines() {
            // What is not there any more, as it was, has finch in it now, or a comma for him.
            let found = left.by_ref().find(|new| *new == line || new.starts_with(&line[..line.len().min(8)]) && (new.contains("finch") || new.contains("AGE_FINCH") || *new == format!("{line},")));
            prop_assert!(found.is_some(), "{line}\n{added}");
        }
        prop_assert_eq!(without_finch(&added), text);
    }
}

/// Comments that belong to what stands above or below the rule that comes and goes.
const COMMENTED: &str = "\
keys:
  - &admin AGE_ADMIN
  # wren, the laptop
  - &wren AGE_WREN # wren
  # robin, the server
  - &robin AGE_ROBIN # robin
  # do not add keys below
creation_rules:
  - path_regex: ^secrets/wren\\.yaml$
    key_groups:
      - age:
          - *admin
          - *wren
          # - *robin   (not yet)
  - path_regex: ^secrets/robin\\.yaml$
    key_groups:
      - age:
          - *admin
          - *robin
    # for the catch-all below see README
  - path_regex: .*
    age: *admin
";

#[test]
fn comments_of_the_neighbours_stay() {
    for (rule, name, old) in [(0, "wren", "AGE_WREN"), (1, "robin", "AGE_ROBIN")] {
        let mut editing = read(COMMENTED);
        let new = finch(Some("finch"));
        editing.add_anchor(&new, &hosts()).unwrap();
        let of = Copied { rule, names: &[name.into()], keys: &keys(&[old]), new: &new };
        assert!(editing.copy(of, Put::After(rule)).unwrap());
        let added = editing.finish(Some(&new), &BTreeSet::new(), &[], &[]).unwrap().content;
        let copied = "  - path_regex: ^secrets/finch\\.yaml$\n    key_groups:\n      - age:\n          - *admin\n          \
                      - *finch\n";
        assert!(added.contains(&format!("{copied}  - path_regex")), "{added}");
        assert_eq!(added.matches('#').count(), COMMENTED.matches('#').count(), "{added}");
        let mut editing = read(&shown(&added));
        editing.remove_rule(rule + 1, &["finch".into()]).unwrap();
        editing.remove_anchors(&keys(&["AGE_FINCH"])).unwrap();
        let removed = editing.finish(None, &keys(&["AGE_FINCH"]), &[], &[]).unwrap();
        assert_eq!(shown(&removed.content), COMMENTED);
    }
    // What is behind robin's rule is not about robin, and what is before it is wren's.
    let mut editing = read(COMMENTED);
    editing.remove_rule(1, &["robin".into()]).unwrap();
    editing.remove_anchors(&keys(&["AGE_ROBIN"])).unwrap();
    let removed = shown(&editing.finish(None, &keys(&["AGE_ROBIN"]), &[], &["robin".into()]).unwrap().content);
    let left = "          # - *robin   (not yet)\n    # for the catch-all below see README\n  - path_regex: .*\n";
    assert!(removed.contains(left), "{removed}");
}

#[test]
fn lines_end_as_in_the_file() {
    let text = COMMENTED.replace('\n', "\r\n");
    let mut editing = read(&text);
    let new = finch(Some("finch"));
    editing.add_anchor(&new, &hosts()).unwrap();
    editing.plain("^secrets/finch/", &["*admin".into(), "*finch".into()], Put::After(1)).unwrap();
    let edited = editing.finish(Some(&new), &BTreeSet::new(), &[], &[]).unwrap().content;
    assert!(edited.contains("*finch\r\n"), "{edited}");
    assert_eq!(edited.matches('\n').count(), edited.matches("\r\n").count(), "{edited}");
}
