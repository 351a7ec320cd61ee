//! Which of a rule file's rules take some file, and which cannot.

use std::collections::BTreeSet;

use super::{Config, CreationRule};

/// The endings of files that sops knows, and some of binary ones.
const ENDINGS: [&str; 9] = [".yaml", ".yml", ".json", ".env", ".ini", ".txt", ".enc", ".key", ""];

/// What one rule that takes none of the files does with them.
#[derive(Debug, Default)]
pub struct Idle {
    /// The rule's index, from 0.
    pub index: usize,
    /// How many files it matches.
    pub matched: usize,
    /// One of them.
    pub example: Option<String>,
    /// The indices of the rules that take these.
    pub takers: BTreeSet<usize>,
    /// It would take a file with another name or ending in the same place.
    pub could_take: bool,
}

impl Config {
    /// The rules that take none of these files, given relative to the rule file; without those whose
    /// expression does not compile, and those behind them, to which sops does not come.
    pub fn idle<'p>(&self, relative: impl IntoIterator<Item = &'p str>) -> Vec<Idle> {
        let compiles = |rule: &&CreationRule| rule.path_regex.is_none() || rule.regex.is_some();
        let reached = self.rules.iter().take_while(compiles).count();
        let mut idle: Vec<Idle> = (0..reached).map(|index| Idle { index, ..Idle::default() }).collect();
        for path in relative {
            let Some(taker) = self.first_matching(path) else { continue };
            idle.retain(|rule| rule.index != taker);
            for rule in idle.iter_mut().filter(|rule| rule.index > taker && self.matches(rule.index, path)) {
                rule.matched += 1;
                rule.takers.insert(taker);
                rule.could_take =
                    rule.could_take || variants(path).any(|path| self.first_matching(&path) == Some(rule.index));
                rule.example.get_or_insert_with(|| path.to_owned());
            }
        }
        idle
    }

    fn matches(&self, index: usize, path: &str) -> bool {
        self.rules.get(index).is_some_and(|rule| rule.matches(path) == Some(true))
    }
}

/// The path with another name or ending.
fn variants(path: &str) -> impl Iterator<Item = String> {
    let (folder, name) = path.rsplit_once('/').map_or(("", path), |(folder, name)| (folder, name));
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let folder = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let stems = [stem.to_owned(), "q9x".to_owned(), format!("q9x/{stem}")];
    stems.into_iter().flat_map(move |stem| {
        let folder = folder.clone();
        ENDINGS.into_iter().map(move |ending| format!("{folder}{stem}{ending}"))
    })
}
