//! Which hosts a repository has, and their evaluation side by side.

pub mod colmena;
pub mod fetch;
pub mod flake;
pub mod flakeless;
pub mod here;
pub mod input;
pub mod listing;
pub mod pins;
pub mod system;
pub mod wirings;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use bumpalo::Bump;

use self::listing::{Found, Listing};
use super::extract;
use super::world::World;
use crate::manifest::{Complete, CompleteParts, Host, HostKind, Manifest, Unknown, VERSION};
use crate::nix::eval::Eval;
use crate::nix::eval::limits::{DeepStackError, on_deep_stack};
use crate::nix::ir::{FileId, Program};
use crate::nix::unknown::Stop;
use crate::nix::value::Doubt;
use crate::source::start::is_flake;
use crate::source::{NotLooked, RepoPath, Text, Tree};

/// Steps that one host's declarations may take: the largest of 184 real hosts takes 29 000.
const STEPS_OF_A_HOST: u64 = 1_000_000;

/// Steps that all hosts of one worker may take.
const STEPS_OF_A_WORKER: u64 = 20_000_000;

/// Workers side by side at most: each may take the memory and the stack of an evaluator.
const MOST_WORKERS: usize = 4;

/// Bytes of arena after which a worker begins anew with the next host.
const WORKER_MEMORY: usize = 32 << 20;

/// What the static evaluator found.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// What each host declares and uses.
    pub manifest: Manifest,
    /// The Nix files that the evaluation read.
    pub reached: BTreeSet<RepoPath>,
    /// The hosts that a limit cut short, as what was not looked at.
    pub not_looked: Vec<NotLooked>,
    /// The names of the inputs that were met.
    pub inputs: BTreeSet<String>,
}

/// What the evaluators met on their way.
struct Seen {
    reached: BTreeSet<FileId>,
    /// Modules that git does not track.
    untracked: BTreeSet<RepoPath>,
    /// Names of inputs.
    inputs: BTreeSet<String>,
}

/// The files that the program of a repository holds: its own and sealnix's schemas.
pub fn program(tree: &Tree) -> Program {
    let wirings = wirings::WIRINGS.iter().map(|wiring| (wiring.file, wiring.text));
    let own = super::schema::FILES.iter().copied().chain(wirings).map(|(name, text)| Text::new(name.into(), text));
    let nix = tree.texts.values().filter(|text| text.path().ends_with(".nix") && tree.is_visible(text.path()));
    Program::parse(own.chain(nix.cloned()).collect())
}

/// A host as the entry file lists it.
#[derive(Clone, Debug)]
struct Listed {
    kind: HostKind,
    name: String,
    attr: String,
}

/// What one entry file lists.
#[derive(Default)]
struct Tried {
    entry: RepoPath,
    hosts: Vec<Listed>,
    unknowns: Vec<Unknown>,
    reached: BTreeSet<FileId>,
    inputs: BTreeSet<String>,
}

/// Evaluates every host of the repository, on as many threads as the machine has.
///
/// # Errors
/// No thread could be started, or the evaluator panicked.
pub fn evaluate(tree: &Tree, program: &Program, entries: &[RepoPath]) -> Result<Evaluated, DeepStackError> {
    let Tried { entry, hosts: listed, unknowns, reached, inputs } = choose(tree, program, entries)?;
    let entry = &*entry;
    let seen = Mutex::new(Seen { reached, untracked: BTreeSet::new(), inputs });
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(Host, bool)>> = Mutex::default();
    let work = || {
        let mut steps = STEPS_OF_A_WORKER;
        let mut arena = Bump::new();
        while next.load(Ordering::Relaxed) < listed.len() {
            // Memory that the system gave once is used again.
            arena.reset();
            let met = with_listing(&arena, tree, program, entry, steps, |eval, world, found| {
                while let Some(host) = listed.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let host = evaluate_host(eval, world, found, host);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(host);
                    if eval.allocated() > WORKER_MEMORY {
                        break;
                    }
                }
                // The next evaluator has no more steps than this one left.
                steps = eval.limits.all_steps_left();
                let untracked = world.untracked().iter().map(|&path| path.into()).collect();
                Seen { reached: eval.reached(), untracked, inputs: world.input_names() }
            });
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.reached.extend(met.reached);
            seen.untracked.extend(met.untracked);
            seen.inputs.extend(met.inputs);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(MOST_WORKERS).min(listed.len());
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(|| on_deep_stack(work))).collect();
        let mine = if workers > 0 { on_deep_stack(work) } else { Ok(()) };
        let joined = others.into_iter().map(|other| other.join().unwrap_or(Err(DeepStackError::Panicked)));
        joined.fold(mine, Result::and)
    })?;
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let cut_short = done.iter().filter(|(_, cut_short)| *cut_short).map(|(host, _)| NotLooked {
        path: entry.into(),
        why: format!("makes host {}, whose evaluation reached its limit", host.name),
    });
    let Seen { reached, untracked, inputs } = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let untracked = untracked.into_iter().map(|path| NotLooked {
        path: entry.into(),
        why: format!(
            "makes a host that imports `{path}`, which git does not track and Nix does not see; run `git add {path}`"
        ),
    });
    let not_looked = cut_short.chain(untracked).collect();
    let mut hosts: Vec<Host> = done.into_iter().map(|(host, _)| host).collect();
    hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    let path = |id: FileId| program.file(id).map(|file| file.path.clone());
    Ok(Evaluated {
        manifest: Manifest { version: VERSION, hosts, unknowns },
        not_looked,
        inputs,
        reached: reached.into_iter().filter_map(path).filter(|path| !path.starts_with('«')).collect(),
    })
}

/// The first entry file that makes hosts, and what it lists. The other files of a flake that may make
/// some are parts of it; a `default.nix` beside a flake is there for packages as a rule.
fn choose(tree: &Tree, program: &Program, entries: &[RepoPath]) -> Result<Tried, DeepStackError> {
    let mut best = Tried::default();
    let mut reached = BTreeSet::new();
    let mut after_flake = false;
    for entry in entries.iter().filter(|entry| tree.is_visible(entry)) {
        let tried = on_deep_stack(|| {
            with_listing(&Bump::new(), tree, program, entry, STEPS_OF_A_HOST, |eval, world, listing| {
                let listed = |host: &Found<'_>| Listed {
                    kind: host.kind,
                    name: host.name.to_owned(),
                    attr: host.attr.to_owned(),
                };
                let unknown =
                    |why: &String| Unknown { field: "hosts".to_owned(), why: why.clone(), ..Unknown::default() };
                Tried {
                    entry: entry.clone(),
                    hosts: listing.hosts.iter().map(listed).collect(),
                    unknowns: listing.unknowns.iter().map(unknown).collect(),
                    reached: eval.reached(),
                    inputs: world.input_names(),
                }
            })
        })?;
        reached.extend(tried.reached.iter().copied());
        let is_for_packages = after_flake && entry.ends_with("default.nix");
        // What takes arguments for a package looks like a module.
        let makes_hosts = tried.hosts.iter().any(|host| !is_for_packages || !host.attr.is_empty());
        let decides = makes_hosts || is_flake(entry) && !tried.unknowns.is_empty();
        if decides || best.unknowns.is_empty() && !is_for_packages {
            best = tried;
        }
        if decides {
            break;
        }
        after_flake |= is_flake(entry);
    }
    Ok(Tried { reached, ..best })
}

/// A new evaluator of so many steps, with the configurations of the entry file.
fn with_listing<T>(
    arena: &Bump,
    tree: &Tree,
    program: &Program,
    entry: &str,
    steps: u64,
    work: impl for<'a> FnOnce(&Eval<'a>, &'a World<'a>, &Listing<'a>) -> T,
) -> T {
    let eval = Eval::new(arena, program, tree);
    let world = World::new(&eval);
    eval.limits.set_all_steps(steps);
    let listing = Listing::of_entry(&eval, world, entry);
    work(&eval, world, &listing)
}

/// A host, and whether a limit cut what it declares short.
fn evaluate_host<'a>(eval: &Eval<'a>, world: &'a World<'a>, listing: &Listing<'a>, listed: &Listed) -> (Host, bool) {
    eval.limits.set_steps(STEPS_OF_A_HOST);
    let mut host = Host { name: listed.name.clone(), kind: listed.kind, attr: listed.attr.clone(), ..Host::default() };
    let found = listing.hosts.iter().find(|found| found.kind == listed.kind && found.attr == listed.attr);
    let configuration = match found {
        Some(found) => eval.force(found.value).and_then(|value| {
            let configuration = extract::configuration_of(eval, world, value)?;
            Ok((configuration, found.doubt))
        }),
        None => eval.fail("the host is gone"),
    };
    match configuration {
        Ok((configuration, doubt)) => {
            let cut_short = extract::host(eval, configuration, &mut host);
            if let Some(Doubt::MaybeAbsent(why)) = doubt {
                extract::unknown(eval, &mut host, "declared", why);
            }
            (host, cut_short)
        }
        Err(stop) => {
            let why = extract::why(eval, stop);
            let incomplete = Complete::No(why.clone());
            host.complete = CompleteParts {
                secrets: incomplete.clone(),
                templates: incomplete.clone(),
                users: incomplete.clone(),
                units: incomplete,
            };
            let field = "declared".to_owned();
            host.unknowns.push(Unknown { host: Some(host.name.clone()), field, why, ..Unknown::default() });
            (host, matches!(stop, Stop::Unknown(unknown) if unknown.is_limit()))
        }
    }
}
