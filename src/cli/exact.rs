//! The declarations as Nix has them: in a file (`--manifest`), or asked for now (`--eval`).

use std::path::Path;

use clap::Args;

use super::error::RunError;
use super::progress::Progress;
use super::run;
use crate::by_nix::{self, Question, Repository};
use crate::manifest::Manifest;
use crate::manifest::join::HostList;
use crate::source::{RepoPath, Tree};

/// Whether and how Nix is asked.
#[derive(Debug, Clone, Copy, Args)]
pub struct ByNix {
    /// Ask Nix what every host declares: exact, and some seconds a host (docs/eval.md).
    #[arg(long)]
    eval: bool,
    /// How many processes of Nix may run side by side [default: the cores, as far as there is 1 GiB for each].
    #[arg(long, value_name = "N", requires = "eval")]
    jobs: Option<usize>,
}

impl ByNix {
    /// Nix now, if it is to be asked.
    pub fn now<'a>(self) -> Option<Exact<'a>> {
        self.eval.then_some(Exact::Nix(Question { jobs: self.jobs, hosts: None }))
    }

    /// Nix now, of these hosts or of all; else the manifest that it made.
    pub fn or_file<'a>(self, hosts: Option<&'a [String]>, file: Option<&'a Path>) -> Option<Exact<'a>> {
        let now = self.eval.then_some(Exact::Nix(Question { jobs: self.jobs, hosts }));
        now.or(file.map(Exact::File))
    }

    /// One of the two: none where both are given.
    pub fn or_other_file(self, file: Option<&Path>) -> Option<Exact<'_>> {
        self.now().xor(file.map(Exact::File))
    }
}

/// Where Nix's declarations come from.
#[derive(Debug, Clone, Copy)]
pub enum Exact<'a> {
    /// A manifest that Nix made.
    File(&'a Path),
    /// The user's own Nix, now.
    Nix(Question<'a>),
}

impl Exact<'_> {
    /// The manifest of the repository whose hosts `entry` makes, and whose the list of its hosts is. What Nix could not list joins what was
    /// not looked at.
    pub fn manifest(
        self,
        tree: &mut Tree,
        entry: &RepoPath,
        statically: &Manifest,
        progress: &Progress,
    ) -> Result<(Manifest, HostList), RunError> {
        let question = match self {
            Exact::File(file) => return Ok((run::read_manifest(file, tree)?, HostList::Chosen)),
            Exact::Nix(question) => question,
        };
        progress.stage("asking Nix about hosts");
        let done = |hosts| progress.one_of(hosts);
        let evaluated = by_nix::evaluate(Repository { tree, entry, statically }, question, &done)?;
        tree.not_looked.extend(evaluated.not_looked);
        tree.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
        Ok((evaluated.manifest, evaluated.list))
    }
}
