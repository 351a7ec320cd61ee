//! Where Nix code, a script or another text spells out the path of a file, or a name.

use memchr::memmem::{self, Finder};

use super::place::Place;
use super::text::Text;
use super::tree::Tree;

/// Bytes of a text that is searched.
const MAX_SEARCHED: usize = 1 << 20;

/// Characters that tell what a JSON text is.
const LONGEST_HEAD: usize = 200;

impl Tree {
    /// The first place at which a text names a file.
    pub fn mention(&self, path: &str) -> Option<Place> {
        self.mentions(path).map(|(_, place)| place).next()
    }

    /// The places at which texts name a file, by its path from the root or from the folder of that text,
    /// each with its line. Lines that are comments do not count, nor does what only speaks of a file (`.sops.yaml`,
    /// `.gitattributes`, `sealnix.toml`, a baseline or a report); a path that is put together is not seen.
    pub fn mentions<'t>(&'t self, path: &'t str) -> impl Iterator<Item = (&'t str, Place)> {
        let name = Finder::new(path.rsplit('/').next().unwrap_or(path));
        let named = self.texts.values().filter(move |text| name.find(text.searched().as_bytes()).is_some());
        named.filter(|text| !only_speaks(text)).flat_map(move |text| text.mentions(path))
    }
}

impl Text {
    fn mentions<'t>(&'t self, path: &'t str) -> impl Iterator<Item = (&'t str, Place)> {
        let content = self.searched();
        let name = path.rsplit('/').next().unwrap_or(path);
        let relative = relative(self.path(), path);
        let ends = memmem::find_iter(content.as_bytes(), name).map(|at| at + name.len());
        ends.filter_map(move |end| {
            let before = content.get(..end)?;
            let starts_with = |spelled: &str| {
                let start = before.strip_suffix(spelled)?.len();
                let is_whole = |text: &str| !text.ends_with(|c: char| is_of_name(c) || c == '.');
                let before = before.get(..start)?;
                (before.ends_with("./") && !before.ends_with("../") || is_whole(before)).then_some(start)
            };
            let start = starts_with(&relative).or_else(|| starts_with(path))?;
            let line = self.counted_line(start, end)?;
            Some((line, self.place(start..end)))
        })
    }

    /// The places at which a text says one of these, as a whole and outside of lines that are comments.
    pub fn said(&self, spellings: &[Finder<'_>]) -> Vec<Place> {
        let content = self.searched();
        let found = spellings.iter().flat_map(|spelling| {
            let starts = spelling.find_iter(content.as_bytes());
            let ranges = starts.map(|start| start..start + spelling.needle().len());
            ranges.filter(|range| self.counted_line(range.start, range.end).is_some())
        });
        found.map(|range| self.place(range)).collect()
    }

    fn searched(&self) -> &str {
        let content: &str = self.content();
        if content.len() <= MAX_SEARCHED { content } else { "" }
    }

    /// The line around a range; none if it is a comment or if the word goes on behind the range.
    fn counted_line(&self, start: usize, end: usize) -> Option<&str> {
        let content: &str = self.content();
        let (before, after) = (content.get(..start)?, content.get(end..)?);
        let from = before.rfind('\n').map_or(0, |at| at + 1);
        let to = after.find('\n').map_or(content.len(), |at| end + at);
        let line = content.get(from..to)?;
        (!after.starts_with(is_of_name) && !line.trim_start().starts_with('#')).then_some(line)
    }
}

/// Whether a text names files and uses none.
fn only_speaks(text: &Text) -> bool {
    let name = text.path().rsplit('/').next().unwrap_or_default();
    matches!(name, ".sops.yaml" | ".gitattributes" | "sealnix.toml") || is_report(text.content())
}

/// Whether a text begins as a baseline, a report or a manifest of sealnix does, or as SARIF, whoever wrote that; in
/// whatever layout.
fn is_report(content: &str) -> bool {
    if !content.trim_start().starts_with('{') {
        return false;
    }
    const OWN: [&str; 6] = ["findings", "hosts", "holders", "unknowns", "asked", "path"];
    let head: String = content.chars().filter(|c| !c.is_whitespace()).take(LONGEST_HEAD).collect();
    let is_own = |rest: &str| OWN.iter().any(|key| rest.strip_prefix(key).is_some_and(|end| end.starts_with("\":")));
    let is_sarif = head.strip_prefix("{\"$schema\":").is_some_and(|rest| rest.contains("sarif"));
    is_sarif || head.strip_prefix("{\"version\":1,\"").is_some_and(is_own)
}

fn is_of_name(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-')
}

/// The path of one file from the folder of another.
fn relative(from: &str, to: &str) -> String {
    let folders: Vec<&str> = from.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect());
    let steps: Vec<&str> = to.split('/').collect();
    let shared = folders.iter().zip(&steps).take_while(|(a, b)| a == b).count();
    let up = folders.len() - shared;
    "../".repeat(up) + &steps.get(shared..).unwrap_or_default().join("/")
}
