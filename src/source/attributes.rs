//! Which files git keeps encrypted and has in clear in the work tree: those that `.gitattributes` give to a filter that
//! encrypts (gitattributes(5), "filter").

use std::collections::BTreeMap;

use ignore::gitignore::GitignoreBuilder;

use super::checkout;
use super::place::Place;
use super::text::Text;
use super::tree::Tree;

const NAME: &str = ".gitattributes";

/// The filters that encrypt, as their programs' documentation has them, and the programs. Each may be followed by a
/// hyphen and the name of a key.
const FILTERS: [(&str, &str); 3] =
    [("git-crypt", "git-crypt"), ("git-agecrypt", "git-agecrypt"), ("crypt", "transcrypt")];

/// What encrypts a file in git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encrypted {
    /// The program.
    pub by: &'static str,
    /// The line that says so.
    pub place: Place,
}

impl Tree {
    /// What encrypts a file of the repository in git: of the lines that say anything of its filter the last in the
    /// innermost folder counts.
    pub fn encrypted(&self, path: &str) -> Option<Encrypted> {
        if checkout::is_inside(path) {
            return None;
        }
        // git takes macros from the root's file alone.
        let macros = self.texts.get(NAME).map(|text| macros(text)).unwrap_or_default();
        let mut folder = path;
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(folder, _)| folder);
            let file = if folder.is_empty() { NAME.to_owned() } else { format!("{folder}/{NAME}") };
            let Some(text) = self.texts.get(file.as_str()) else { continue };
            let Some(inside) = path.strip_prefix(folder) else { continue };
            if let Some((filter, place)) = last_filter(text, inside.trim_start_matches('/'), &macros) {
                return Some(Encrypted { by: program(filter?)?, place });
            }
        }
        None
    }
}

/// The filter that the last line about it gives to a path, relative to the folder of the attributes, and that line;
/// no filter where the line takes it away.
fn last_filter<'t>(text: &'t Text, path: &str, macros: &Macros<'t>) -> Option<(Option<&'t str>, Place)> {
    let content: &str = text.content();
    let mut end = content.len();
    for line in content.rsplit('\n') {
        let start = end - line.len();
        end = start.saturating_sub(1);
        let Some((pattern, attributes)) = pattern(line.trim()) else { continue };
        if let Some(filter) = filter(attributes, macros, MAX_MACROS)
            && matches(pattern, path)
        {
            return Some((filter, text.place(start..start + line.trim_end().len())));
        }
    }
    None
}

/// What attributes say of the filter: the last counts, and of a macro that is set what it stands for.
fn filter<'t>(attributes: &'t str, macros: &Macros<'t>, depth: usize) -> Option<Option<&'t str>> {
    attributes.split_whitespace().rev().find_map(|attribute| match attribute {
        "-filter" | "!filter" | "filter" => Some(None),
        attribute => match attribute.strip_prefix("filter=") {
            Some(filter) => Some(Some(filter)),
            None => filter_of_macro(attribute, macros, depth),
        },
    })
}

fn filter_of_macro<'t>(name: &str, macros: &Macros<'t>, depth: usize) -> Option<Option<&'t str>> {
    filter(macros.get(name)?, macros, depth.checked_sub(1)?)
}

/// What macros stand for, by name.
type Macros<'t> = BTreeMap<&'t str, &'t str>;

/// How many macros may stand for one another.
const MAX_MACROS: usize = 8;

/// The macros of a file, `[attr]NAME …`: of several of one name the last counts.
fn macros(text: &Text) -> Macros<'_> {
    let content: &str = text.content();
    content.lines().filter_map(|line| line.trim().strip_prefix("[attr]")?.split_once(char::is_whitespace)).collect()
}

/// The pattern of a line and what follows it; none for a comment, a macro or a pattern that git refuses. One with
/// blanks stands in quotes.
fn pattern(line: &str) -> Option<(&str, &str)> {
    if line.starts_with(['#', '!']) || line.starts_with("[attr]") {
        return None;
    }
    match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"'),
        None => line.split_once(char::is_whitespace),
    }
}

/// As a `.gitignore` has it, but that a pattern which matches a folder says nothing of what is in it.
fn matches(pattern: &str, path: &str) -> bool {
    let mut builder = GitignoreBuilder::new("");
    let added = builder.add_line(None, pattern).is_ok();
    added && builder.build().is_ok_and(|matcher| matcher.matched(path, false).is_ignore())
}

fn program(filter: &str) -> Option<&'static str> {
    let is_named = |name: &str| filter.strip_prefix(name).is_some_and(|key| key.is_empty() || key.starts_with('-'));
    FILTERS.iter().find(|(name, _)| is_named(name)).map(|(_, program)| *program)
}
