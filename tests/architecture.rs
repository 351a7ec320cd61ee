//! Imports point one way, and no file is two rooms. The order is that of the table in `src/lib.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, lowest first. A room may use those of the lines above its own, and none beside it.
const LAYERS: &[&[&str]] = &[
    &["source"],
    &["yaml", "nearest", "environment"],
    &["manifest"],
    &["finding"],
    &["keys"],
    &["config"],
    &["nix", "sops"],
    &["nixos", "policy"],
    &["agenix", "by_nix"],
    &["vault", "command"],
    &["identity"],
    &["access"],
    &["checks", "proof"],
    &["levels"],
    &["report", "generate"],
    &["cli"],
];

/// What the order would allow and the design does not: the first has never heard of the second.
const NEVER: &[(&str, &str)] = &[
    // The Nix language and nothing else.
    ("nix", "yaml"),
    ("nix", "manifest"),
    ("nix", "finding"),
    ("nix", "keys"),
    ("nix", "config"),
    // sops files and nothing else.
    ("sops", "manifest"),
    ("sops", "config"),
    // What Nix code means is not read from sops files.
    ("nixos", "sops"),
    ("nixos", "yaml"),
    ("agenix", "sops"),
    ("agenix", "policy"),
    // Real Nix is asked, and nothing is evaluated here.
    ("by_nix", "nix"),
    ("by_nix", "sops"),
    // A check cannot be wrong about parsing.
    ("checks", "yaml"),
    ("checks", "nix"),
    ("checks", "nixos"),
    ("checks", "by_nix"),
    ("checks", "keys"),
    // Nor is what can be read.
    ("access", "yaml"),
    ("access", "nix"),
    ("access", "nixos"),
];

/// A file over about 500 lines is two rooms; this leaves room for its tests.
const LONGEST: usize = 600;

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files
}

fn layer(room: &str) -> usize {
    let found = LAYERS.iter().position(|rooms| rooms.contains(&room));
    found.unwrap_or_else(|| panic!("`{room}` is no room of the house: give it a place in LAYERS and in src/lib.rs"))
}

/// `checks` for `src/checks/exists/mod.rs` and for `src/checks.rs`; none for the two roots.
fn room_of(file: &Path) -> Option<String> {
    let inside = file.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap();
    let room = first.strip_suffix(".rs").unwrap_or(first);
    (room != "lib" && room != "main").then(|| room.to_owned())
}

/// The rooms that a text names as `crate::ROOM` outside comments, `use crate::{…}` included.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let code: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let mut used = BTreeSet::new();
    for after in code.join("\n").split("crate::").skip(1) {
        let depth_one = |part: &str| {
            part.trim()
                .trim_start_matches("r#")
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        match after.strip_prefix('{') {
            None => used.extend([depth_one(after)]),
            Some(list) => {
                let mut depth = 1;
                let until = |c: char| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth == 0
                };
                let list = list.split(until).next().unwrap_or_default();
                let mut depth = 0;
                let apart = |c: char| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    c == ',' && depth == 0
                };
                used.extend(list.split(apart).map(depth_one).filter(|room| !room.is_empty()));
            }
        }
    }
    used
}

#[test]
fn imports_point_one_way() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let Some(room) = room_of(&file) else { continue };
        for used in rooms_used(&fs::read_to_string(&file).unwrap()) {
            let never = NEVER.contains(&(room.as_str(), used.as_str()));
            if used != room && (layer(&used) >= layer(&room) || never) {
                wrong.push(format!("{}: `{room}` uses `{used}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_map_in_lib_rs_is_in_this_order() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | [`")?.split_once("`]"));
    let rows: Vec<&str> = rows.map(|(room, _)| room).collect();
    let layers: Vec<usize> = rows.iter().map(|room| layer(room)).collect();
    assert!(layers.is_sorted(), "{rows:?}");
    let modules = text.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    assert_eq!(modules.collect::<BTreeSet<_>>(), rows.into_iter().collect());
}

#[test]
fn every_way_of_importing_is_seen() {
    let text = "use crate::source::Place;\n// crate::cli\nuse crate::{yaml, sops::{Document, Leaf}, r#keys};\nlet x = crate::policy::parse();";
    assert_eq!(
        rooms_used(text).iter().map(String::as_str).collect::<Vec<_>>(),
        ["keys", "policy", "sops", "source", "yaml"]
    );
}

#[test]
fn no_file_is_two_rooms() {
    let files = rust_files("src").into_iter().chain(rust_files("tests"));
    let lengths = files.map(|file| (fs::read_to_string(&file).unwrap().lines().count(), file));
    let long: Vec<_> = lengths.filter(|(lines, _)| *lines > LONGEST).collect();
    assert!(long.is_empty(), "{long:?}");
}

/// A file that `all.rs` does not list would never run.
#[test]
fn every_test_file_is_part_of_a_program() {
    let listed = ["tests/all.rs", "tests/hostile.rs"].map(|program| fs::read_to_string(program).unwrap()).concat();
    for entry in fs::read_dir("tests").unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|extension| extension == "rs") && !["all", "hostile"].contains(&name) {
            assert!(listed.contains(&format!("\nmod {name};\n")), "{}", path.display());
        }
    }
}
