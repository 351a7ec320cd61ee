//! What Nix says of a host that does not evaluate, as real Nix said it (`fixtures/by-nix/record`): the message
//! without values, the innermost place in the repository.

use std::fs;
use std::path::{Path, PathBuf};

use sealnix::by_nix::message::{self, Roots};
use sealnix::manifest::{EvaluationError, Spot};
use sealnix::source::Tree;

/// What every value in `broken/` is or has in it.
const VALUE: &str = "hunter2";

/// The versions that were recorded: the one that CI installs, and the one of today.
const VERSIONS: [&str; 2] = ["2.8", "2.34"];

/// Host, message and place of each version. The messages are read off Nix's; where they differ 2.34's is the second.
/// A place is where the words of the host's file are, counted in it; 2.8 names the attribute where 2.34 also
/// names the builtin that is called.
const EXPECTED: &[(&str, [&str; 2], [&str; 2])] = &[
    (
        "abort",
        ["evaluation aborted with the following error message: 'stop here: \"…\" isn't a disk, nor is '…''"; 2],
        ["hosts/abort.nix:2:3", "hosts/abort.nix:2:12"],
    ),
    ("assertion", ["assertion '…' failed", "string '…'"], ["hosts/assertion.nix:2:12"; 2]),
    ("call", ["attempt to call something which is not a function but a string"; 2], ["hosts/call.nix:2:12"; 2]),
    (
        "coercion",
        ["cannot coerce a set to a string", "cannot coerce a set to a string: …"],
        ["hosts/coercion.nix:2:13"; 2],
    ),
    (
        "comparison",
        [
            "cannot compare a set with a set",
            "cannot compare a set with a set; values of that type are incomparable (values are …",
        ],
        ["hosts/comparison.nix:2:3", "hosts/comparison.nix:2:31"],
    ),
    (
        "deep",
        ["value is a string while an integer was expected", "expected an integer but found a string"],
        ["lib.nix:2:22"; 2],
    ),
    (
        "definitions",
        ["A definition for option `services.web.enable' is not of type `boolean'. Definition values: - In `hosts/definitions.nix' - In `hosts/throw.nix'";
            2],
        ["hosts/definitions.nix:3:3", "hosts/definitions.nix:3:12"],
    ),
    (
        "fetch",
        [
            "unable to download 'http://127.0.0.1:9/x.tar.gz': Couldn't connect to server (7)",
            "Failed to open archive (Source threw exception: error: unable to download 'http://127.0.0.1:9/x.tar.gz': \
             Could not connect to server (7) Failed to connect to 127.0.0.1:9 after 0 ms: Could not connect to server)",
        ],
        ["hosts/fetch.nix:2:3", "hosts/fetch.nix:2:12"],
    ),
    (
        "hash",
        // The last quote ends a value, and here it ends the name of the algorithm.
        ["hash '…'"; 2],
        ["hosts/hash.nix:2:3", "hosts/hash.nix:2:12"],
    ),
    (
        "import-from-derivation",
        ["not checked: needs import-from-derivation"; 2],
        ["hosts/import-from-derivation.nix:2:12"; 2],
    ),
    (
        "json",
        ["[json.exception.parse_error.101] parse error at line 1, column 1: syntax error while parsing value - invalid literal; last read: …";
            2],
        ["hosts/json.nix:2:12"; 2],
    ),
    ("missing", ["attribute 'tokn' missing (did you mean token?)"; 2], ["hosts/missing.nix:2:12"; 2]),
    ("not-a-path", ["string '…' doesn't represent an absolute path"; 2], ["hosts/not-a-path.nix:2:12"; 2]),
    ("recursion", ["infinite recursion encountered"; 2], ["hosts/recursion.nix:2:12"; 2]),
    ("regex", ["invalid regular expression '…'"; 2], ["hosts/regex.nix:2:12"; 2]),
    (
        "several-lines",
        ["Failed assertions: - The disk of this host is not said. - error: Its boot loader is \"…\", which is none.";
            2],
        ["hosts/several-lines.nix:2:3", "hosts/several-lines.nix:2:12"],
    ),
    ("syntax", ["syntax error, unexpected ';'"; 2], ["hosts/syntax.nix:2:12"; 2]),
    ("throw", ["the host's disk is not said, '…' is none"; 2], ["hosts/throw.nix:2:3", "hosts/throw.nix:2:12"]),
    (
        "toml",
        [
            "while parsing a TOML string: [error] toml::parse_key_value_pair: missing key-value separator `=`",
            "while parsing TOML: [error] toml::parse_key_value_pair: invalid key value separator `=`",
        ],
        ["hosts/toml.nix:2:12"; 2],
    ),
    (
        "type",
        ["value is a string while a list was expected", "expected a list but found a string"],
        ["hosts/type.nix:2:16"; 2],
    ),
    ("undefined", ["undefined variable 'disk'"; 2], ["hosts/undefined.nix:2:12"; 2]),
    (
        "untracked",
        [
            "getting status of 'hosts/untracked.nix': No such file or directory",
            "path 'hosts/untracked.nix' does not exist",
        ],
        ["flake.nix:28:9", "flake.nix:28:21"],
    ),
];

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/by-nix").join(name)
}

/// What Nix said, and where it had the repository.
fn recorded(version: &str, host: &str) -> (String, Roots) {
    let said = fs::read_to_string(fixture(&format!("errors/{version}/{host}.txt"))).unwrap();
    let end = said.find("-source/").expect("a place") + "-source/".len();
    let root = &said[said[..end].rfind("/nix/store/").unwrap()..end];
    let mut roots = Roots::default();
    roots.add(root);
    (said, roots)
}

fn place(error: &EvaluationError) -> String {
    let Some(Spot(place)) = &error.at else { return "nowhere".to_owned() };
    format!("{}:{}:{}", place.path, place.start.line, place.start.column)
}

#[test]
fn the_message_and_the_innermost_place_are_read_of_both_formats() {
    let tree = Tree::walk(&fixture("broken")).unwrap();
    let mut wrong = Vec::new();
    for (at, version) in VERSIONS.into_iter().enumerate() {
        for (host, messages, places) in EXPECTED {
            let (said, roots) = recorded(version, host);
            let error = message::read(&said, &roots, &tree);
            if error.message != messages[at] || place(&error) != places[at] {
                wrong.push(format!("{version} {host}: {} ({})", error.message, place(&error)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_recorded_text_is_expected() {
    for version in VERSIONS {
        let names = fs::read_dir(fixture(&format!("errors/{version}"))).unwrap();
        let mut names: Vec<String> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        let expected: Vec<String> = EXPECTED.iter().map(|(host, ..)| format!("{host}.txt")).collect();
        assert_eq!(names, expected);
    }
}

/// Hosts of whose values Nix says nothing: the name or the cause is all.
const WITHOUT_VALUE: [&str; 6] = ["import-from-derivation", "missing", "recursion", "syntax", "undefined", "untracked"];

#[test]
fn no_value_is_kept() {
    let tree = Tree::walk(&fixture("broken")).unwrap();
    for version in VERSIONS {
        for (host, ..) in EXPECTED {
            let (said, roots) = recorded(version, host);
            assert_eq!(said.contains(VALUE), !WITHOUT_VALUE.contains(host), "{version} {host}");
            let error = message::read(&said, &roots, &tree);
            assert!(!error.message.contains(VALUE), "{version} {host}: {}", error.message);
        }
    }
}

#[test]
fn what_a_message_may_carry_is_cut() {
    let read = |message: &str| {
        let said = format!("error: {}\n", message.replace('\n', "\n       "));
        message::read(&said, &Roots::default(), &Tree::default()).message
    };
    // What is left is reasoned: the secret is gone, the words around it are there.
    for (message, left) in [
        (
            "unable to download 'https://oauth2:hunter2@git.example/x?token=hunter2': HTTP error 401\n\nresponse body:\n\nhunter2",
            "unable to download 'https://git.example/x': HTTP error 401",
        ),
        ("'https://u:hunter2@h' is not a valid URL", "'https://h' is not a valid URL"),
        ("see https://h/a?k=hunter2#hunter2 and https://u:hunter2@h", "see https://h/a and https://h"),
        ("the value is ''\n  hunter2\n'' and wrong", "the value is ''…''"),
        ("the text \"a\nhunter2\nb\" is long", "the text \"…\" is long"),
        ("a disk of 5\" is \"hunter2\"", "a disk of 5\"…\""),
        ("the password \"hunter2", "the password \"…\""),
        ("hashedPassword '$6$hunter2' is weak", "hashedPassword '…' is weak"),
        ("the host's password 'is hunter2' and it's bad", "the host's password '…' and it's bad"),
        ("the password '$hunter2", "the password '…'"),
        ("cannot convert 'hunter2' to an integer", "cannot convert '…' to an integer"),
        ("invalid hash 'hunter2'", "invalid hash '…'"),
        (
            "The option `a.\"b c\"' is not of type `string', nor 'hunter2 x'",
            "The option `a.\"…\"' is not of type `string', nor '…'",
        ),
        ("invalid regular expression 'a\nhunter2'", "invalid regular expression '…'"),
        ("unexpected ';', expecting '.'", "unexpected ';', expecting '.'"),
        ("file 'nixpkgs/nixos' was not found", "file 'nixpkgs/nixos' was not found"),
    ] {
        assert_eq!(read(message), left);
    }
}

#[test]
fn places_outside_the_repository_are_none() {
    let tree = Tree::walk(&fixture("broken")).unwrap();
    let mut roots = Roots::default();
    roots.add("/nix/store/00000000000000000000000000000000-source");
    let (said, _) = recorded("2.34", "throw");
    // Another input has files of these names too.
    assert_eq!(message::read(&said, &roots, &tree).at, None);
}

#[test]
fn a_virtual_path_is_in_the_repository_that_it_names() {
    // As Nix writes the places of a source that it has not copied to the store.
    let tree = Tree::walk(&fixture("broken")).unwrap();
    let mut roots = Roots::default();
    roots.add("/srv/repo");
    let said = |url: &str| {
        format!("error: undefined variable 'disk'\n       at «git+file://{url}»/hosts/undefined.nix:2:12:\n")
    };
    assert_eq!(place(&message::read(&said("/srv/repo"), &roots, &tree)), "hosts/undefined.nix:2:12");
    assert_eq!(place(&message::read(&said("/srv/repo?dir=sub"), &roots, &tree)), "hosts/undefined.nix:2:12");
    assert_eq!(message::read(&said("/srv/another"), &roots, &tree).at, None);
    // Another repository, whose path ends as ours does.
    assert_eq!(message::read(&said("/mnt/srv/repo"), &roots, &tree).at, None);
}

#[test]
fn a_virtual_path_is_of_the_top_of_the_work_tree_and_encoded() {
    let tree = Tree::walk(&fixture("broken")).unwrap();
    let mut roots = Roots::default();
    roots.add("/srv/my repo/nix");
    let said =
        "error: undefined variable 'disk'\n       at «git+file:///srv/my%20repo»/nix/hosts/undefined.nix:2:12:\n";
    assert_eq!(place(&message::read(said, &roots, &tree)), "hosts/undefined.nix:2:12");
}

#[test]
fn what_is_no_error_of_an_evaluation_is_said_as_it_is() {
    let tree = Tree::default();
    let read = |said: &str| message::read(said, &Roots::default(), &tree).message;
    assert_eq!(
        read("GC Warning: Out of Memory! Heap size: 99 MiB. Returning NULL!\nerror: out of memory\n"),
        "out of memory"
    );
    assert_eq!(read("\nerror: Nix ended with signal: 9 (SIGKILL)"), "Nix ended with signal: 9 (SIGKILL)");
    assert_eq!(read(""), "Nix says nothing");
}
