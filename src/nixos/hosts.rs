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
mod share;
pub mod system;
pub mod wirings;

use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;
use std::sync::{Mutex, PoisonError};

use self::listing::{Found, Listing};
use self::share::{MEMORY_OF_A_SHARE, SHARES, Share};
use super::extract;
use super::world::World;
use crate::manifest::{Complete, CompleteParts, Host, HostKind, Manifest, Unknown, VERSION};
use crate::nix::arena::Arena;
use crate::nix::eval::Eval;
use crate::nix::eval::limits::{DeepStackError, on_deep_stack};
use crate::nix::ir::{FileId, Program};
use crate::nix::unknown::Stop;
use crate::nix::value::{Doubt, Value};
use crate::source::start::is_flake;
use crate::source::{NotLooked, RepoPath, Text, Tree};

/// Steps that one host's declarations may take: the largest of 184 real hosts takes 29 000.
const STEPS_OF_A_HOST: u64 = 1_000_000;

/// Bytes that an arena reserves at once for the evaluators after a first one, each of which uses what it needs: in one
/// piece they are the same ones for all of them, and the system need not give any again.
const RESERVED: usize = 2 * MEMORY_OF_A_SHARE;

/// What the static evaluator found.
#[derive(Debug, Default)]
pub struct Evaluated {
    /// The entry file that makes the hosts; none where there is none that Nix sees.
    pub entry: RepoPath,
    /// What each host declares and uses.
    pub manifest: Manifest,
    /// The Nix files that the evaluation read.
    pub reached: BTreeSet<RepoPath>,
    /// The other files that it read.
    pub read: BTreeSet<RepoPath>,
    /// The hosts that a limit cut short, as what was not looked at.
    pub not_looked: Vec<NotLooked>,
    /// The names of the inputs that were met.
    pub inputs: BTreeSet<String>,
}

/// What the evaluators met on their way.
#[derive(Default)]
struct Seen {
    reached: BTreeSet<FileId>,
    /// Other files.
    read: BTreeSet<RepoPath>,
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
        self.read.extend(more.read);
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
    read: BTreeSet<RepoPath>,
    inputs: BTreeSet<String>,
}

impl Tried {
    fn of<'a>(eval: &Eval<'a>, world: &'a World<'a>, listing: &Listing<'a>, entry: &RepoPath) -> Self {
        let listed =
            |host: &Found<'_>| Listed { kind: host.kind, name: host.name.to_owned(), attr: host.attr.to_owned() };
        let unknown = |why: &String| Unknown { field: "hosts".to_owned(), why: why.clone(), ..Unknown::default() };
        Tried {
            entry: entry.clone(),
            hosts: listing.hosts.iter().map(listed).collect(),
            unknowns: listing.unknowns.iter().map(unknown).collect(),
            cut_short: listing.is_cut_short,
            reached: eval.reached(),
            read: eval.read(),
            inputs: world.input_names(),
        }
    }
}

/// Evaluates every host of the repository, on as many threads as the machine has. Each of them makes the
/// listing for itself, so that none waits for another's, and begins with its hosts in the evaluator that
/// made it. `done` is told of each host that is done, and how many there are.
///
/// # Errors
/// No thread could be started, or the evaluator panicked.
pub fn evaluate(
    tree: &Tree,
    program: &Program,
    entries: &[RepoPath],
    done: &(dyn Fn(usize) + Sync),
) -> Result<Evaluated, DeepStackError> {
    if !entries.iter().any(|entry| tree.is_visible(entry)) {
        return Ok(Evaluated {
            manifest: Manifest { version: VERSION, ..Manifest::default() },
            ..Evaluated::default()
        });
    }
    let seen = Mutex::new(Seen::default());
    let next = AtomicUsize::new(0);
    let work = || {
        let mut arena = Arena::new();
        let mut begun = None;
        let tried = choose(&mut arena, tree, program, entries, |eval, world, listing, tried| {
            begun = Share::next(&next, tried);
            if let Some(share) = &mut begun {
                share.evaluate(eval, world, listing, &tried.hosts, done);
            }
        });
        while let Some(mut share) = begun.take().or_else(|| Share::next(&next, &tried)) {
            while !share.is_done() {
                arena = emptied(arena);
                with_listing(&arena, tree, program, &tried.entry, |eval, world, listing| {
                    share.evaluate(eval, world, listing, &tried.hosts, done);
                });
            }
            seen.lock().unwrap_or_else(PoisonError::into_inner).add(share.seen);
        }
        tried
    };
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(SHARES);
    let Tried { entry: chosen, unknowns, cut_short, reached, read, inputs, .. } = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(|| on_deep_stack(work))).collect();
        let mine = on_deep_stack(work);
        let joined = others.into_iter().map(|other| other.join().unwrap_or(Err(DeepStackError::Panicked)));
        // All of them tried the same.
        joined.fold(mine, Result::and)
    })?;
    let entry = &*chosen;
    let mut seen = seen.into_inner().unwrap_or_else(PoisonError::into_inner);
    seen.add(Seen { reached, read, inputs, ..Seen::default() });
    let Seen { reached, read, untracked, inputs, hosts: done } = seen;
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
        read,
        reached: reached.into_iter().filter_map(path).filter(|path| !path.starts_with('«')).collect(),
    })
}

/// The arena for a further evaluator. Where the system does not give so much in one piece, it grows as it is needed;
/// one that holds little keeps its largest piece, for a new one takes longer than it saves, and so does one whose
/// largest piece alone has room for a share.
fn emptied(mut arena: Arena) -> Arena {
    let held = arena.taken();
    arena.reset();
    if held <= MEMORY_OF_A_SHARE || arena.room() >= MEMORY_OF_A_SHARE {
        return arena;
    }
    drop(arena);
    Arena::with_room(RESERVED).unwrap_or_default()
}

/// The first entry file that makes hosts, and what it lists. The other files of a flake that may make
/// some are parts of it; a `default.nix` beside a flake is there for packages as a rule.
fn choose(
    arena: &mut Arena,
    tree: &Tree,
    program: &Program,
    entries: &[RepoPath],
    mut go_on: impl for<'a> FnMut(&Eval<'a>, &'a World<'a>, &Listing<'a>, &Tried),
) -> Tried {
    let mut best = Tried::default();
    let mut reached = BTreeSet::new();
    let mut after_flake = false;
    for entry in entries.iter().filter(|entry| tree.is_visible(entry)) {
        arena.reset();
        let is_for_packages = after_flake && entry.ends_with("default.nix");
        let (tried, decides) = with_listing(arena, tree, program, entry, |eval, world, listing| {
            let tried = Tried::of(eval, world, listing, entry);
            // What takes arguments for a package looks like a module.
            let makes_hosts = tried.hosts.iter().any(|host| !is_for_packages || !host.attr.is_empty());
            let decides = makes_hosts || is_flake(entry) && !tried.unknowns.is_empty();
            if decides {
                go_on(eval, world, listing, &tried);
            }
            (tried, decides)
        });
        reached.extend(tried.reached.iter().copied());
        if decides || best.unknowns.is_empty() && !is_for_packages {
            best = tried;
        }
        if decides {
            break;
        }
        after_flake |= is_flake(entry);
    }
    Tried { reached, ..best }
}

/// A new evaluator, with the configurations of the entry file: the same each time, for a listing has
/// as many steps as a host.
fn with_listing<T>(
    arena: &Arena,
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
