//! The repository that a question about hosts and people is about. One that cannot be evaluated is known by its
//! files alone.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::Outcome;
use super::error::RunError;
use super::run::{self, Known};
use super::sealed;
use super::subject::Subject;
use crate::access::{Access, Repository};
use crate::agenix::Agenix;
use crate::identity::Identities;
use crate::manifest::Manifest;
use crate::policy::Policy;

/// All there is to know of a repository.
pub struct Here {
    root: PathBuf,
    known: Known,
    /// Why its hosts are not known.
    unevaluated: Option<String>,
}

impl Here {
    /// Learns what there is to know of the repository around the current folder.
    pub fn find() -> Result<Self, RunError> {
        Here::of(Subject::default())
    }

    /// Learns what there is to know of a repository.
    pub fn of(subject: Subject<'_>) -> Result<Self, RunError> {
        match run::know(subject, None) {
            Ok(known) => Ok(Here { root: known.tree.root.clone(), known, unevaluated: None }),
            Err(error @ (RunError::Config(_) | RunError::NoSuchInput { .. })) => Err(error),
            Err(error) => {
                let folder = subject.root.or(subject.path).unwrap_or(Path::new("."));
                let sealed = sealed::around(folder)?;
                let (root, tree, config, vault) = (sealed.root, sealed.tree, sealed.config, sealed.vault);
                let policy = Policy::read(&tree);
                let manifest = Manifest::default();
                let agenix = Agenix::default();
                let identities = Identities::find(&manifest, &policy, &agenix, &vault, &tree, &config);
                let entry = "".into();
                let syntax_errors = Vec::new();
                let known = Known {
                    agenix,
                    config,
                    entry,
                    evaluated: BTreeSet::new(),
                    exact: false,
                    identities,
                    manifest,
                    policy,
                    syntax_errors,
                    today: run::today(),
                    tree,
                    vault,
                };
                Ok(Here { root, known, unevaluated: Some(error.to_string()) })
            }
        }
    }

    /// What there is to know.
    pub fn repository(&self) -> Repository<'_> {
        let Known { tree, manifest, vault, policy, agenix, identities, .. } = &self.known;
        Repository { tree, manifest, vault, policy, agenix, identities }
    }

    /// Its root folder, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Why its hosts are not known, where they are not.
    pub fn unevaluated(&self) -> Option<&str> {
        self.unevaluated.as_deref()
    }

    /// A path that a person gave, relative to the repository.
    pub fn inside(&self, path: Option<&Path>) -> Result<Option<String>, RunError> {
        let outside = |path: &Path| RunError::OutsideRepository { path: path.into(), root: self.root.clone() };
        path.map(|path| sealed::path_inside(&self.root, path).ok_or_else(|| outside(path))).transpose()
    }

    /// Whether sealnix was called in a folder of the repository.
    pub fn is_below(&self) -> bool {
        let here = std::env::current_dir().and_then(fs::canonicalize);
        let root = fs::canonicalize(&self.root);
        here.is_ok_and(|here| root.is_ok_and(|root| here != root && here.starts_with(root)))
    }

    /// Says where what follows is from, if not from the configurations.
    pub fn say_unevaluated(&self, out: &mut impl Write) -> io::Result<()> {
        match &self.unevaluated {
            Some(why) => writeln!(
                out,
                "The hosts' configurations are not known ({why}): what follows is from .sops.yaml and the sops files alone.\n"
            ),
            None => Ok(()),
        }
    }
}

/// An answer about all files is not whole where one was not looked at.
pub fn outcome(access: &Access<'_>) -> Outcome {
    if access.unseen().next().is_some() { Outcome::NotLookedAt } else { Outcome::Clean }
}
