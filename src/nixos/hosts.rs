//! Which hosts a repository has, and their evaluation side by side.

pub mod built;
pub mod colmena;
pub mod deploy;
pub mod fetch;
pub mod flake;
pub mod flakeless;
pub mod here;
pub mod homes;
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
use crate::nix::value::{Doubt, Value};
use crate::source::start::is_flake;
use crate::source::{NotLooked, RepoPath, Text, Tree};

/// Steps that one host's declarations may take: the largest of 184 real hosts takes 29 000.
const STEPS_OF_A_HOST: u64 = 1_000_000;

/// Shares that the hosts are dealt into. Those of one are evaluated in the same order and by the same
/// evaluator on every machine, so that which limit a host meets hangs on no number of threads. As many
/// run side by side: each may take the memory and the stack of an evaluator.
const SHARES: usize = 4;

/// Steps that all hosts of one share may take at least.
const STEPS_OF_A_SHARE: u64 = 10_000_000;

/// Steps that a share has for each of its hosts, where they are many: more than the largest takes.
const USUAL_STEPS_OF_A_HOST: u64 = 40_000;

/// Bytes of arena after which a share goes on in a new evaluator with the next host.
const MEMORY_OF_A_SHARE: usize = 32 << 20;

/// What the static evaluator found.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The entry file that makes the hosts; none where there is none that Nix sees.
    pub entry: RepoPath,
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
#[derive(Default)]
struct Seen {
    reached: BTreeSet<FileId>,
    /// Modules that git does not track.
    untracked: BTreeSet<RepoPath>,
    /// Names of inputs.
    inputs: BTreeSet<String>,
    /// The hosts, and whether a limit cut what one declares short.
    hosts: Vec<(Host, bool)>,
}

impl Seen {
    fn add(&mut self, more: Seen) {
        self.reached.extend(more.reached);
        self.untracked.extend(more.untracked);
        self.inputs.extend(more.inputs);
        self.hosts.extend(more.hosts);
    }
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
    /// A limit cut the listing short.
    cut_short: bool,
    reached: BTreeSet<FileId>,
    inputs: BTreeSet<String>,
}

/// Evaluates every host of the repository, on as many threads as the machine has.
///
/// # Errors
/// No thread could be started, or the evaluator panicked.
pub fn evaluate(tree: &Tree, program: &Program, entries: &[RepoPath]) -> Result<Evaluated, DeepStackError> {
    let Tried { entry: chosen, hosts: listed, unknowns, cut_short, reached, inputs } = choose(tree, program, entries)?;
    let entry = &*chosen;
    let seen = Mutex::new(Seen { reached, inputs, ..Seen::default() });
    let next = AtomicUsize::new(0);
    let shares = SHARES.min(listed.len());
    let work = || {
        let mut arena = Bump::new();
        loop {
            let share = next.fetch_add(1, Ordering::Relaxed);
            if share >= shares {
                break;
            }
            let hosts = listed.iter().skip(share).step_by(shares);
            let met = evaluate_share(&mut arena, tree, program, entry, hosts);
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(met);
        }
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(shares);
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(|| on_deep_stack(work))).collect();
        let mine = if workers > 0 { on_deep_stack(work) } else { Ok(()) };
        let joined = others.into_iter().map(|other| other.join().unwrap_or(Err(DeepStackError::Panicked)));
        joined.fold(mine, Result::and)
    })?;
    let Seen { reached, untracked, inputs, hosts: done } = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    let listing_cut_short = cut_short.then(|| "lists the hosts, and that reached its limit".to_owned());
    let cut_short = done.iter().filter(|(_, cut_short)| *cut_short);
    let cut_short = cut_short.map(|(host, _)| format!("makes host {}, whose evaluation reached its limit", host.name));
    let untracked = untracked.into_iter().map(|path| {
        format!(
            "makes a host that imports `{path}`, which git does not track and Nix does not see; run `git add {path}`"
        )
    });
    let not_looked = listing_cut_short.into_iter().chain(cut_short).chain(untracked);
    let not_looked = not_looked.map(|why| NotLooked { path: entry.into(), why }).collect();
    let mut hosts: Vec<Host> = done.into_iter().map(|(host, _)| host).collect();
    hosts.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    let path = |id: FileId| program.file(id).map(|file| file.path.clone());
    Ok(Evaluated {
        entry: chosen.clone(),
        manifest: Manifest { version: VERSION, hosts, unknowns },
        not_looked,
        inputs,
        reached: reached.into_iter().filter_map(path).filter(|path| !path.starts_with('«')).collect(),
    })
}

/// Evaluates the hosts of one share, one after another.
fn evaluate_share<'l>(
    arena: &mut Bump,
    tree: &Tree,
    program: &Program,
    entry: &str,
    hosts: impl ExactSizeIterator<Item = &'l Listed>,
) -> Seen {
    let mut seen = Seen::default();
    let mut steps = STEPS_OF_A_SHARE.max(USUAL_STEPS_OF_A_HOST * hosts.len() as u64);
    let mut hosts = hosts.peekable();
    while hosts.peek().is_some() {
        // Memory that the system gave once is used again.
        arena.reset();
        let met = with_listing(arena, tree, program, entry, |eval, world, listing| {
            let of_listing = STEPS_OF_A_HOST.saturating_sub(eval.limits.all_steps_left());
            eval.limits.set_all_steps(steps.saturating_sub(of_listing));
            let mut seen = Seen::default();
            for host in hosts.by_ref() {
                seen.hosts.extend(evaluate_host(eval, world, listing, host));
                if eval.allocated() > MEMORY_OF_A_SHARE && eval.limits.all_steps_left() > 0 {
                    break;
                }
            }
            // The next evaluator has no more steps than this one left.
            steps = eval.limits.all_steps_left();
            seen.untracked = world.untracked().iter().map(|&path| path.into()).collect();
            Seen { reached: eval.reached(), inputs: world.input_names(), ..seen }
        });
        seen.add(met);
    }
    seen
}

/// The first entry file that makes hosts, and what it lists. The other files of a flake that may make
/// some are parts of it; a `default.nix` beside a flake is there for packages as a rule.
fn choose(tree: &Tree, program: &Program, entries: &[RepoPath]) -> Result<Tried, DeepStackError> {
    let mut best = Tried::default();
    let mut reached = BTreeSet::new();
    let mut after_flake = false;
    for entry in entries.iter().filter(|entry| tree.is_visible(entry)) {
        let tried = on_deep_stack(|| {
            with_listing(&Bump::new(), tree, program, entry, |eval, world, listing| {
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
                    cut_short: listing.is_cut_short,
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

/// A new evaluator, with the configurations of the entry file: the same each time, for a listing has
/// as many steps as a host.
fn with_listing<T>(
    arena: &Bump,
    tree: &Tree,
    program: &Program,
    entry: &str,
    work: impl for<'a> FnOnce(&Eval<'a>, &'a World<'a>, &Listing<'a>) -> T,
) -> T {
    let eval = Eval::new(arena, program, tree);
    let world = World::new(&eval);
    eval.limits.set_all_steps(STEPS_OF_A_HOST);
    let listing = Listing::of_entry(&eval, world, entry);
    work(&eval, world, &listing)
}

/// A host, and whether a limit cut what it declares short; none where a function, such as a module, is
/// kept among the hosts.
fn evaluate_host<'a>(
    eval: &Eval<'a>,
    world: &'a World<'a>,
    listing: &Listing<'a>,
    listed: &Listed,
) -> Option<(Host, bool)> {
    eval.limits.set_steps(STEPS_OF_A_HOST);
    let mut host = Host { name: listed.name.clone(), kind: listed.kind, attr: listed.attr.clone(), ..Host::default() };
    let found = listing.hosts.iter().find(|found| found.kind == listed.kind && found.attr == listed.attr);
    if let Some(Ok(Value::Closure(_) | Value::Native(_))) = found.map(|found| eval.force(found.value)) {
        return None;
    }
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
            Some((host, cut_short))
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
            Some((host, matches!(stop, Stop::Unknown(unknown) if unknown.is_limit())))
        }
    }
}
