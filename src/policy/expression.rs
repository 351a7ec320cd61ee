//! Expressions for `path_regex` that match what is meant: to be copied into a rule file.

/// The expression that matches one path, relative to the rule file, and no other.
pub fn exactly(path: &str) -> String {
    format!("^{}$", escaped(path))
}

/// The expression that matches every file with this ending in a folder, "" for that of the rule file itself.
pub fn every(folder: &str, ending: &str) -> String {
    let separator = if folder.is_empty() { "" } else { "/" };
    format!(r"^{}{separator}[^/]*\.{}$", escaped(folder), escaped(ending))
}

/// A text as an expression that matches it (source: the characters of `QuoteMeta` in Go's regexp/syntax, which sops
/// compiles with).
fn escaped(text: &str) -> String {
    let mut expression = String::new();
    for character in text.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            expression.push('\\');
        }
        expression.push(character);
    }
    expression
}
