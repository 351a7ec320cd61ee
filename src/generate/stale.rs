//! Which generated files are not what their sources give now.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;

use super::change::Plan;
use super::recipe::Recipe;
use super::{GenerateError, example, file, header, region};
use crate::source::{RepoPath, Tree};
use crate::vault::Vault;

/// The longest header that is looked for in a file that nothing else reads.
const MAX_HEAD: u64 = 64 << 10;

/// A generated file that must be written anew.
#[derive(Debug)]
pub struct Stale {
    /// Where it is.
    pub path: RepoPath,
    /// Why.
    pub why: Why,
    /// What it holds; nothing where it is not there.
    pub before: Option<String>,
    /// What it should hold.
    pub after: String,
    /// What that is, for the person.
    pub summary: String,
}

/// Why a file is stale.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// `sealnix.toml` lists it and it is not there.
    #[error("is not there yet")]
    Missing,
    /// It holds something else.
    #[error("is stale")]
    Differs,
    /// `sealnix.toml` lists another command than made it.
    #[error("was made by another command than sealnix.toml lists")]
    OtherCommand,
    /// A marked region holds something else.
    #[error("has a stale region")]
    Region,
    /// `sealnix.toml` lists it, and it was not generated.
    #[error("is listed in sealnix.toml, but was not generated")]
    ByHand,
}

/// What became of all generated files.
#[derive(Debug, Default)]
pub struct Examined {
    /// How many there are.
    pub files: usize,
    /// Those that must be written anew.
    pub stale: Vec<Stale>,
    /// What could not be looked at.
    pub errors: Vec<GenerateError>,
}

/// Compares every file that is listed, that has a header, or that has a marked region with what its sources give.
/// `listed` is what `sealnix.toml` says; where a header says otherwise, it is the list that counts.
pub fn examine(tree: &Tree, vault: &Vault, plan: &Plan, listed: &BTreeMap<String, Recipe>) -> Examined {
    let mut examined = Examined::default();
    for (path, recipe) in listed {
        examined.add(whole(path, recipe, vault, plan, true));
    }
    for path in tree.files.keys().filter(|path| is_own(tree, path) && !listed.contains_key(&***path)) {
        examined.add(match header(tree, path) {
            Some(Ok(recipe)) => whole(path, &recipe, vault, plan, false),
            Some(Err(why)) => Err(GenerateError::Header { path: path.clone(), why }),
            None => regions(tree, path, vault),
        });
    }
    examined.stale.sort_by(|a, b| a.path.cmp(&b.path));
    examined
}

/// What one file is: nothing where it is not generated; fresh or stale.
type One = Result<Option<Option<Stale>>, GenerateError>;

impl Examined {
    fn add(&mut self, one: One) {
        match one {
            Ok(None) => {}
            Ok(Some(stale)) => {
                self.files += 1;
                self.stale.extend(stale);
            }
            Err(error) => {
                self.files += 1;
                self.errors.push(error);
            }
        }
    }
}

fn whole(path: &str, recipe: &Recipe, vault: &Vault, plan: &Plan, is_listed: bool) -> One {
    let made = file(recipe, vault, path).map_err(|error| error.of(path))?;
    let before = plan.text(path)?;
    let old = before.as_ref().and_then(|text| header::recipe_of(text)?.ok());
    let why = match (&before, old) {
        (None, _) => Why::Missing,
        (Some(before), _) if *before == made.text => return Ok(Some(None)),
        (Some(_), Some(old)) if old != *recipe => Why::OtherCommand,
        (Some(_), None) if is_listed && made.has_header => Why::ByHand,
        (Some(before), None) if is_listed && !example::is_example(before) => Why::ByHand,
        (Some(_), _) => Why::Differs,
    };
    Ok(Some(Some(Stale { path: path.into(), why, before, after: made.text, summary: made.summary })))
}

fn regions(tree: &Tree, path: &RepoPath, vault: &Vault) -> One {
    let text = tree.texts.get(path).filter(|_| path.ends_with(".nix"));
    let Some(before) = text.map(|text| text.content()) else { return Ok(None) };
    let Some(after) = region::filled(path, before, vault)? else { return Ok(None) };
    if **before == *after {
        return Ok(Some(None));
    }
    let before = Some(before.to_string());
    Ok(Some(Some(Stale { path: path.clone(), why: Why::Region, before, after, summary: String::new() })))
}

/// Whether it is a file itself, not what a symlink leads to, and not left out.
fn is_own(tree: &Tree, path: &str) -> bool {
    let is_behind =
        |link: &RepoPath| path.strip_prefix(&**link).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    !tree.excluded.contains(path) && !tree.links.keys().any(is_behind)
}

/// The command in a file's header, or why it is none; nothing where there is no header.
fn header(tree: &Tree, path: &RepoPath) -> Option<Result<Recipe, String>> {
    if let Some(text) = tree.texts.get(path) {
        return header::recipe_of(text.content());
    }
    let mut head = Vec::new();
    let file = File::open(tree.root.join(&**path)).ok()?;
    file.take(MAX_HEAD).read_to_end(&mut head).ok()?;
    header::recipe_of(&String::from_utf8_lossy(&head))
}
