//! The one way from a repository to its judged findings, and what can end it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::repository::{Repository, locate};
use crate::checks::{self, Verdict, World};
use crate::finding;
use crate::identity::Identities;
use crate::levels::{self, Judged};
use crate::manifest::join::join;
use crate::manifest::read::ReadError;
use crate::manifest::{self, Manifest};
use crate::nix::ir::{Content, Program};
use crate::policy::Policy;
use crate::source::{NotLooked, RepoPath, Tree};
use crate::vault::Vault;

/// Why a command could not run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A path that was given cannot be read.
    #[error("cannot read {}", path.display())]
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The folder has no file that evaluation could start from.
    #[error("no flake.nix, default.nix, hive.nix or configuration.nix in {}", root.display())]
    NoEntry {
        /// The folder.
        root: PathBuf,
    },
    /// The manifest is none.
    #[error(transparent)]
    Manifest(#[from] ReadError),
    /// There is no such rule.
    #[error("there is no rule `{rule}`")]
    NoSuchRule {
        /// What was asked for.
        rule: String,
        /// The rule that was probably meant.
        nearest: Option<&'static str>,
    },
    /// The result could not be written.
    #[error("cannot write the result")]
    Write(#[from] io::Error),
    /// The result could not be turned into JSON.
    #[error("cannot write the result as JSON")]
    Json(#[from] serde_json::Error),
}

impl RunError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            RunError::Unreadable { .. } => Some("give the folder of the repository, or its entry file".to_owned()),
            RunError::NoEntry { .. } => {
                Some("give the entry file itself, such as `sealnix check hosts/web.nix`".to_owned())
            }
            RunError::Manifest(_) => {
                Some("docs/manifest.md says how to make a manifest with Nix; `sealnix manifest` prints one".to_owned())
            }
            RunError::NoSuchRule { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            RunError::NoSuchRule { nearest: None, .. } => Some("`sealnix rules` lists them".to_owned()),
            RunError::Write(_) | RunError::Json(_) => None,
        }
    }
}

/// All that is known of a repository.
#[derive(Debug)]
pub struct Known {
    /// What lies in it; every file that was not looked at.
    pub tree: Tree,
    /// What its hosts declare and use.
    pub manifest: Manifest,
    /// Every sops file.
    pub vault: Vault,
    /// Every rule file.
    pub policy: Policy,
    /// Who holds which key.
    pub identities: Identities,
}

impl Known {
    /// What the rules may look at.
    pub fn world(&self) -> World<'_> {
        let Known { tree, manifest, vault, policy, identities } = self;
        World { manifest, vault, policy, identities, tree }
    }
}

/// What the rules say of a repository.
#[derive(Debug)]
pub struct Answer {
    /// The findings, joined over hosts and with their final levels.
    pub judged: Judged,
    /// What no rule could decide, a clause a case.
    pub undecided: Vec<String>,
    /// A file that matters was not looked at. No level and no comment makes that a clean run.
    pub unseen: bool,
}

/// What the static evaluator makes of a repository.
#[derive(Debug, Default)]
struct Evaluated {
    manifest: Manifest,
}

/// Reads and evaluates the repository at `path`.
pub fn declared(path: Option<&Path>) -> Result<(Tree, Manifest), RunError> {
    let Repository { root, entry } = locate(path)?;
    let mut tree = walk(root);
    let Some(entry) = entry else { return Err(RunError::NoEntry { root: tree.root }) };
    let program = parse(&mut tree);
    let evaluated = evaluate(&tree, &program, &entry);
    Ok((tree, evaluated.manifest))
}

/// Learns all there is to know about the repository at `path`. With a manifest made by Nix the
/// declarations are that manifest's; then there need not be anything to evaluate.
pub fn know(path: Option<&Path>, exact: Option<&Path>) -> Result<Known, RunError> {
    let Repository { root, entry } = locate(path)?;
    let mut tree = walk(root);
    let exact = exact.map(|file| read_manifest(file, &tree)).transpose()?;
    if entry.is_none() && exact.is_none() {
        return Err(RunError::NoEntry { root: tree.root });
    }
    let program = parse(&mut tree);
    let evaluate = || entry.map(|entry| evaluate(&tree, &program, &entry)).unwrap_or_default();
    let (evaluated, vault) = rayon::join(evaluate, || Vault::read(&tree));
    let policy = Policy::default();
    let manifest = match exact {
        Some(exact) => join(exact, evaluated.manifest),
        None => evaluated.manifest,
    };
    let identities = Identities::default();
    Ok(Known { tree, manifest, vault, policy, identities })
}

/// What every rule says of what is known.
pub fn judge(known: &Known) -> Answer {
    let world = known.world();
    let mut verdict = Verdict::default();
    for rule in checks::rules() {
        (rule.check)(&world, &mut verdict);
    }
    let unseen = verdict.findings.iter().any(|finding| finding.rule == "not-looked-at");
    let judged = levels::judge(finding::merge(verdict.findings), &BTreeMap::new(), &known.tree);
    Answer { judged, undecided: verdict.undecided, unseen }
}

fn read_manifest(file: &Path, tree: &Tree) -> Result<Manifest, RunError> {
    let unreadable = |source| RunError::Unreadable { path: file.to_owned(), source };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    Ok(Manifest::from_json(&text, &file.display().to_string(), tree)?)
}

/// Parses every Nix file that Nix sees. What could not be parsed for its size or depth joins what was
/// not looked at.
fn parse(tree: &mut Tree) -> Program {
    let is_nix = |path: &RepoPath| path.ends_with(".nix") && tree.is_visible(path);
    let program = Program::parse(tree.texts.values().filter(|text| is_nix(text.path())).cloned().collect());
    for file in &program.files {
        if let Content::NotLooked { why, .. } = &file.content {
            tree.not_looked.push(NotLooked { path: file.path.clone(), why: why.clone() });
        }
    }
    tree.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
    program
}

fn walk(root: PathBuf) -> Tree {
    Tree { root, ..Tree::default() }
}

fn evaluate(_tree: &Tree, _program: &Program, _entry: &RepoPath) -> Evaluated {
    Evaluated { manifest: Manifest { version: manifest::VERSION, ..Manifest::default() } }
}
