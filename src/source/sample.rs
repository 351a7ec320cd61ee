//! Folders whose files stand for others: tests, templates, examples.

/// The names of such folders, in any case.
const FOLDERS: [&str; 20] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "template",
    "templates",
    "sample",
    "samples",
    "mock",
    "mocks",
    "snakeoil",
    "spec",
    "specs",
    "demo",
    "doc",
];

/// Whether a file lies in a folder of tests, templates or examples, or is called one itself: what is in
/// it protects nothing, as a rule.
pub fn is_sample(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    let mut words = name.split(['.', '-', '_']);
    folders.split('/').any(|folder| FOLDERS.contains(&folder))
        || words.any(|word| matches!(word, "example" | "sample" | "template" | "snakeoil" | "dummy"))
}
