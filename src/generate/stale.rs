//! Which generated files are not what their sources give now.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;

use super::change::{ChangeError, Plan};
use super::recipe::Recipe;
use super::standing::{Standing, is_sealed};
use super::{GenerateError, file, header, region};
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
    /// What stands there now.
    standing: Standing,
}

impl Stale {
    /// What would change in it, as far as it may be shown.
    pub fn diff(&self) -> String {
        self.standing.diff(&self.path, self.before.as_deref(), &self.after)
    }

    /// Why it may only be written with `--force`, if so.
    pub fn refusal(&self) -> Option<GenerateError> {
        let path = self.path.clone();
        match self.standing {
            Standing::Own => None,
            Standing::Filled => Some(GenerateError::Filled { path }),
            Standing::ByHand => Some(ChangeError::Exists { path }.into()),
        }
    }
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
    /// An example with values in it.
    #[error("is an example and has been filled in: seal it, or move it elsewhere")]
    Filled,
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
    let mut seen = BTreeSet::new();
    for (path, recipe) in listed {
        examined.add(plan.real_path(path).map_err(GenerateError::from).and_then(|path| {
            let one = whole_listed(&path, recipe, vault, plan);
            seen.insert(path);
            one
        }));
    }
    let is_left = |path: &RepoPath| is_own(tree, path) && !seen.contains(path) && !vault.files.contains_key(path);
    for path in tree.files.keys().filter(|path| is_left(path)) {
        examined.add(match header(tree, path) {
            Some(Ok(recipe)) => whole_with_header(path, &recipe, vault, plan),
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

fn whole_listed(path: &RepoPath, recipe: &Recipe, vault: &Vault, plan: &Plan) -> One {
    let before = plan.text(path)?;
    if before.as_ref().is_some_and(|text| is_sealed(path, text, vault)) {
        return Err(GenerateError::Sealed { path: path.clone() });
    }
    let old = before.as_ref().and_then(|text| header::recipe_of(text)?.ok());
    let recipe = old.as_ref().map_or_else(|| recipe.clone(), |old| recipe.with_owner_of(old));
    let other = old.is_some_and(|old| old != recipe);
    whole(path, &recipe, before, vault, if other { Why::OtherCommand } else { Why::Differs })
}

fn whole_with_header(path: &RepoPath, recipe: &Recipe, vault: &Vault, plan: &Plan) -> One {
    match plan.text(path)? {
        Some(text) if is_sealed(path, &text, vault) => Ok(None),
        before => whole(path, recipe, before, vault, Why::Differs),
    }
}

/// Compares a file; `why` is what is wrong if it was generated and is another.
fn whole(path: &RepoPath, recipe: &Recipe, before: Option<String>, vault: &Vault, why: Why) -> One {
    let made = file(recipe, vault, path).map_err(|error| error.of(path))?;
    if before.as_ref().is_some_and(|before| is_same(before, &made.text)) {
        return Ok(Some(None));
    }
    let standing = before.as_ref().map(|before| Standing::of(path, before, made.json()));
    let why = match standing {
        None => Why::Missing,
        Some(Standing::Filled) => Why::Filled,
        Some(Standing::ByHand) => Why::ByHand,
        Some(Standing::Own) => why,
    };
    let standing = standing.unwrap_or(Standing::Own);
    let path = path.clone();
    Ok(Some(Some(Stale { path, why, before, after: made.text, summary: made.summary, standing })))
}

/// Git can check a file out with other line endings: that is no edit.
fn is_same(before: &str, after: &str) -> bool {
    let lines = |text: &str| text.replace("\r\n", "\n");
    before == after || lines(before) == lines(after)
}

fn regions(tree: &Tree, path: &RepoPath, vault: &Vault) -> One {
    let text = tree.texts.get(path).filter(|_| path.ends_with(".nix"));
    let Some(before) = text.map(|text| text.content()) else { return Ok(None) };
    let Some(after) = region::filled(path, before, vault)? else { return Ok(None) };
    if is_same(before, &after) {
        return Ok(Some(None));
    }
    let (path, before, standing) = (path.clone(), Some(before.to_string()), Standing::Own);
    Ok(Some(Some(Stale { path, why: Why::Region, before, after, summary: String::new(), standing })))
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
