//! Expressions that were meant to match more: globs, and other cases of letters.

use regex::{Regex, RegexBuilder};

use super::CreationRule;

impl CreationRule {
    /// The rule's expression taken as a glob, if it reads like one: a `*` that has nothing to repeat
    /// but a separator or a name, and no other sign of a regular expression.
    pub fn as_glob(&self) -> Option<Regex> {
        let (expression, _) = self.path_regex.as_ref()?;
        let glob = expression.strip_prefix('^').unwrap_or(expression);
        let glob = glob.strip_suffix('$').unwrap_or(glob);
        let glob = glob.strip_prefix("./").or_else(|| glob.strip_prefix('/')).unwrap_or(glob);
        let is_regular = glob.contains(['\\', '(', '|', '[', '+', '^', '$']) || glob.contains(".*");
        if !glob.contains('*') || is_regular {
            return None;
        }
        let mut translated = String::from("^(?:.*/)?");
        let mut rest = glob;
        while let Some(character) = rest.chars().next() {
            let token = if rest.starts_with("**/") {
                3
            } else if rest.starts_with("**") {
                2
            } else {
                character.len_utf8()
            };
            match (character, token) {
                ('*', 3) => translated.push_str("(?:.*/)?"),
                ('*', 2) => translated.push_str(".*"),
                ('*', _) => translated.push_str("[^/]*"),
                ('?', _) => translated.push_str("[^/]"),
                ('{', _) => translated.push_str("(?:"),
                ('}', _) => translated.push(')'),
                (',', _) if glob.contains('{') => translated.push('|'),
                _ => translated.push_str(&regex::escape(character.encode_utf8(&mut [0; 4]))),
            }
            rest = rest.get(token..).unwrap_or_default();
        }
        Regex::new(&format!("{translated}$")).ok()
    }

    /// Whether the expression matches a path but for upper and lower case.
    pub fn nearly_matches(&self, relative: &str) -> bool {
        let regex = self.regex.as_ref().map(|regex| RegexBuilder::new(regex.as_str()).case_insensitive(true).build());
        regex.is_some_and(|regex| regex.is_ok_and(|regex| regex.is_match(relative)))
    }
}
