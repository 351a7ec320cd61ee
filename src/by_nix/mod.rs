//! What the user's own Nix says of the hosts: `--eval`. A process a host, so that the error of one hides
//! no other and its memory is free again afterwards; a few side by side.

pub mod expression;
pub mod hosts;
pub mod message;
pub mod program;
pub mod resources;
pub mod values;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use self::expression::Source;
use self::hosts::Wanted;
use self::message::Roots;
use self::program::{Nix, NixError};
use self::resources::Resources;
use crate::manifest::join::HostList;
use crate::manifest::{Complete, EvaluationError, Host, Manifest, VERSION};
use crate::source::{NotLooked, RepoPath, Tree};

/// Why Nix was not asked, or gave no answer at all.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no Nix, or none that serves.
    #[error(transparent)]
    Nix(#[from] NixError),
    /// The path of the repository is not UTF-8, or git's files are not as they must be.
    #[error("Nix cannot be told where {} is: {why}", path.display())]
    Where {
        /// The repository.
        path: std::path::PathBuf,
        /// Why.
        why: String,
    },
    /// The flake as a whole does not evaluate.
    #[error("Nix cannot evaluate `{entry}`: {message}")]
    Flake {
        /// The flake.
        entry: RepoPath,
        /// What Nix says.
        message: String,
        /// The flake's url is percent-encoded, which old versions of Nix do not undo.
        encoded: bool,
    },
    /// Nix's answer is no list of hosts.
    #[error("Nix gave no list of hosts")]
    NoListing,
}

impl Error {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Error::Nix(NixError::NotFound) => {
                "install Nix (https://nixos.org/download), or leave --eval out: sealnix reads Nix code itself"
            }
            Error::Nix(NixError::TooOld { .. }) => {
                "use a newer Nix, or leave --eval out: sealnix reads Nix code itself"
            }
            Error::Flake { encoded: true, .. } => {
                "older versions of Nix read no flake whose path has a blank or the like in it; newer ones do"
            }
            Error::Flake { message, .. } if message.contains("requires lock file changes") => {
                "`nix flake lock` writes flake.lock; --eval writes nothing into the repository"
            }
            Error::Flake { .. } => "`nix flake show` says more",
            Error::Nix(NixError::Run(_) | NixError::Broken(_)) | Error::Where { .. } | Error::NoListing => return None,
        };
        Some(help.to_owned())
    }
}

/// The repository, and what was found in it statically.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// Its files.
    pub tree: &'a Tree,
    /// The file that makes the hosts.
    pub entry: &'a RepoPath,
    /// What was found statically: without a flake it says where the hosts are.
    pub statically: &'a Manifest,
}

/// What Nix says of a repository.
#[derive(Debug)]
pub struct Evaluated {
    /// The hosts that were asked for, with an error each that Nix could not evaluate.
    pub manifest: Manifest,
    /// Whose choice these hosts are.
    pub list: HostList,
    /// The entry file, where Nix could not list all the hosts.
    pub not_looked: Vec<NotLooked>,
}

/// What Nix is asked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Question<'a> {
    /// How many processes may run side by side; without it the machine decides.
    pub jobs: Option<usize>,
    /// The names of the hosts; without them all.
    pub hosts: Option<&'a [String]>,
}

/// Asks Nix for the hosts. `done` is told of each that is done, and how many there are.
///
/// # Errors
/// Nix does not run, or cannot evaluate the flake as a whole. That a host does not evaluate is none.
pub fn evaluate(
    repository: Repository<'_>,
    question: Question<'_>,
    done: &(impl Fn(usize) + Sync),
) -> Result<Evaluated, Error> {
    let resources = Resources::here(question.jobs);
    let nix = Nix::find(&resources)?;
    let source = Source::of(repository)?;
    let mut listed = hosts::list(&nix, &source, repository)?;
    if let Some(names) = question.hosts {
        listed.wanted.retain(|host| names.contains(&host.name));
    }
    let asked = Asked { nix: &nix, source: &source, repository, roots: &listed.roots };
    let hosts = asked.all(&listed.wanted, resources.jobs, done)?;
    let mut hosts: Vec<Host> = hosts.into_iter().chain(listed.failed).collect();
    hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    let manifest = Manifest { version: VERSION, hosts, unknowns: Vec::new() };
    let list = match source {
        Source::File { .. } => HostList::Found,
        Source::Flake { .. } if question.hosts.is_none() && listed.not_looked.is_empty() => HostList::Nix,
        Source::Flake { .. } => HostList::Chosen,
    };
    Ok(Evaluated { manifest, list, not_looked: listed.not_looked })
}

/// What every question to Nix needs.
struct Asked<'a> {
    nix: &'a Nix,
    source: &'a Source<'a>,
    repository: Repository<'a>,
    roots: &'a Roots,
}

impl Asked<'_> {
    fn all(&self, wanted: &[Wanted], jobs: usize, done: &(impl Fn(usize) + Sync)) -> Result<Vec<Host>, Error> {
        let next = AtomicUsize::new(0);
        let answers = Mutex::new(Vec::new());
        let work = || {
            while let Some(host) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answer = self.host(host);
                done(wanted.len());
                answers.lock().unwrap_or_else(PoisonError::into_inner).push(answer);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..jobs.min(wanted.len()) {
                scope.spawn(work);
            }
            work();
        });
        let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
        answers.into_iter().filter_map(Result::transpose).collect()
    }

    /// The manifest of a host; none where it is a function, such as a module that is kept among hosts.
    fn host(&self, wanted: &Wanted) -> Result<Option<Host>, Error> {
        let error = match self.ask(wanted, true)? {
            Answer::Host(host) => return Ok(Some(*host)),
            Answer::Function => return Ok(self.function(wanted)),
            Answer::Failed(error) => error,
        };
        // Most of what does not evaluate is in the units.
        Ok(match self.ask(wanted, false)? {
            Answer::Host(mut host) => {
                host.complete.units =
                    Complete::No(format!("Nix evaluates it only without its units: {}", error.message));
                host.evaluation_error = Some(EvaluationError { units_only: true, ..error });
                Some(*host)
            }
            Answer::Function => self.function(wanted),
            Answer::Failed(error) => Some(wanted.failed(error)),
        })
    }

    /// A function is no host, but never a silent end of one that was found statically.
    fn function(&self, wanted: &Wanted) -> Option<Host> {
        let mut found = self.repository.statically.hosts.iter();
        let is_host = found.any(|host| (host.kind, &host.name) == (wanted.kind, &wanted.name));
        is_host.then(|| wanted.failed(without_place("it is a function, and no configuration".to_owned())))
    }

    fn ask(&self, wanted: &Wanted, units: bool) -> Result<Answer, Error> {
        let tree = self.repository.tree;
        let json = match self.nix.eval(&self.source.host(wanted, units))? {
            Ok(json) => json,
            Err(said) => return Ok(Answer::Failed(message::read(&said, self.roots, tree))),
        };
        if json.trim() == "null" {
            return Ok(Answer::Function);
        }
        let manifest = match Manifest::from_json(&json, &format!("Nix's answer for {}", wanted.attr), tree) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(Answer::Failed(without_place(error.to_string()))),
        };
        Ok(match manifest.hosts.into_iter().next() {
            Some(host) => Answer::Host(Box::new(Host { attr: wanted.attr.clone(), ..host })),
            None => Answer::Failed(without_place("Nix's answer has no host in it".to_owned())),
        })
    }
}

fn without_place(message: String) -> EvaluationError {
    EvaluationError { message, ..EvaluationError::default() }
}

enum Answer {
    Host(Box<Host>),
    Function,
    Failed(EvaluationError),
}
