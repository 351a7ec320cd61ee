//! The one way from a repository to its judged findings.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::error::RunError;
use super::exact::Exact;
use super::progress::Progress;
use super::subject::Subject;
use super::{sealed, settings};
use crate::agenix::Agenix;
use crate::checks::World;
use crate::config::{Config, Mistake};
use crate::identity::Identities;
use crate::manifest::Manifest;
use crate::manifest::join::join;
use crate::nearest::nearest;
use crate::nix::ir::{Content, File, Program};
use crate::nixos::{self, Evaluated, lock};
use crate::policy::Policy;
use crate::source::start::is_flake;
use crate::source::{EntryPoint, NotLooked, Place, RepoPath, StartError, SyntaxError, Tree, WalkError, input_of};
use crate::vault::Vault;

/// What people who wait are told.
const READING: &str = "reading the repository";
const EVALUATING: &str = "evaluating hosts";
const SEALED: &str = "reading sealed files";

/// All that is known of a repository.
#[derive(Debug)]
pub struct Known {
    /// What lies in it; every file that was not looked at.
    pub tree: Tree,
    /// The file that makes its hosts; empty where there is none.
    pub entry: RepoPath,
    /// What its hosts declare and use.
    pub manifest: Manifest,
    /// Every sops and age file.
    pub vault: Vault,
    /// Every rule file of sops.
    pub policy: Policy,
    /// Every rules file of agenix.
    pub agenix: Agenix,
    /// Who holds which key.
    pub identities: Identities,
    /// What the repository's own configuration file says.
    pub config: Config,
    /// The day of this run, counted from 1970-01-01.
    pub today: i64,
    /// The Nix files that do not parse.
    pub syntax_errors: Vec<SyntaxError>,
    /// The files that Nix reads for a host.
    pub evaluated: BTreeSet<RepoPath>,
    /// The declarations are Nix's.
    pub exact: bool,
}

impl Known {
    /// What the rules may look at.
    pub fn world(&self) -> World<'_> {
        let Known {
            tree, entry, config, manifest, vault, policy, agenix, identities, syntax_errors, evaluated, ..
        } = self;
        World {
            manifest,
            vault,
            policy,
            agenix,
            identities,
            tree,
            config,
            entry,
            access: OnceLock::new(),
            today: self.today,
            syntax_errors,
            evaluated,
        }
    }
}

/// What a repository declares and uses.
#[derive(Debug)]
pub struct Declared {
    /// What lies in it.
    pub tree: Tree,
    /// The file that makes its hosts.
    pub entry: RepoPath,
    /// As it was found statically.
    pub manifest: Manifest,
}

/// Reads and evaluates the repository.
pub fn declared(subject: Subject<'_>) -> Result<Declared, RunError> {
    let progress = Progress::begin(subject.quiet);
    progress.stage(READING);
    let start = subject.start()?;
    let Walked { mut tree, given, .. } = walk(&start, Tree::walk(&start.root)?, subject)?;
    let program = parse(&mut tree);
    progress.stage(EVALUATING);
    let evaluated = evaluate(&tree, &program, &start.entries, &given, &progress)?;
    tree.not_looked.extend(evaluated.not_looked);
    Ok(Declared { tree, entry: evaluated.entry, manifest: evaluated.manifest })
}

/// Learns all there is to know about the repository. With a manifest made by Nix the
/// declarations are that manifest's; then there need not be anything to evaluate.
pub fn know(subject: Subject<'_>, exact: Option<Exact<'_>>) -> Result<Known, RunError> {
    let progress = Progress::begin(subject.quiet);
    progress.stage(READING);
    let (start, tree) = begin(subject, exact)?;
    let Walked { mut tree, config, given } = walk(&start, tree, subject)?;
    let program = parse(&mut tree);
    let rules = rules_files(&config, &tree);
    // What hosts name may lie beside what is read here.
    let is_whole = exact.is_none() && !subject.staged;
    progress.stage(EVALUATING);
    let (evaluated, (vault, agenix)) = rayon::join(
        || evaluate(&tree, &program, &start.entries, &given, &progress),
        || (is_whole.then(|| Vault::read(&tree)), Agenix::read(&tree, &program, &rules)),
    );
    let agenix = agenix?;
    let Evaluated { entry, manifest: statically, reached, mut read, not_looked, .. } = evaluated?;
    tree.not_looked.extend(not_looked);
    tree.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
    let is_nix_here = matches!(exact, Some(Exact::Nix { .. }));
    let exact = exact.map(|exact| exact.manifest(&mut tree, &entry, &statically, &progress)).transpose()?;
    progress.stage(SEALED);
    for path in exact.iter().flat_map(|(exact, _)| exact.sops_files()) {
        tree.add_stored(path);
    }
    if let (Some((manifest, _)), true) = (&exact, is_nix_here) {
        take_fetched(&mut tree, &start.entries, manifest)?;
    }
    if subject.staged {
        statically.sops_files().for_each(|path| tree.add_unstaged(path));
    }
    let mut vault = vault.unwrap_or_else(|| Vault::read(&tree));
    let syntax_errors = syntax_errors(&tree, &program, &reached);
    read.extend(reached);
    // Taking it apart takes as long as all that is left to do, as a rule; the system takes it back at the end.
    std::mem::forget(program);
    let (exact, manifest) = match exact {
        Some((exact, list)) => (true, join(exact, statically, list)),
        None => (false, statically),
    };
    if !exact {
        settings::are_of(&config, &manifest)?;
    }
    let entries = agenix.entries().map(|(_, entry)| &entry.file);
    vault.add_age_files(&tree, entries.chain(manifest.age_files()));
    vault.read_declared(&manifest, &tree);
    let policy = Policy::read(&tree);
    let identities = Identities::find(&manifest, &policy, &agenix, &vault, &tree, &config);
    let today = today();
    let evaluated = read;
    Ok(Known {
        tree,
        entry,
        config,
        manifest,
        vault,
        policy,
        agenix,
        identities,
        today,
        syntax_errors,
        evaluated,
        exact,
    })
}

/// The day, counted from 1970-01-01: that of `SOURCE_DATE_EPOCH` where it is set, so that one state of a repository
/// can be checked again with the same answer (reproducible-builds.org, "SOURCE_DATE_EPOCH").
pub(super) fn today() -> i64 {
    let given = std::env::var("SOURCE_DATE_EPOCH").ok().and_then(|seconds| seconds.parse::<i64>().ok());
    let seconds = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    });
    seconds.div_euclid(86_400)
}

/// Where to begin, and what lies there.
fn begin(subject: Subject<'_>, exact: Option<Exact<'_>>) -> Result<(EntryPoint, Tree), RunError> {
    if subject.staged {
        return subject.start_staged();
    }
    let start = match subject.start() {
        Ok(start) => start,
        Err(StartError::NoEntry { folder } | StartError::Several { folder, .. })
            if matches!(exact, Some(Exact::File(_))) =>
        {
            EntryPoint { root: subject.root.map_or(folder, Path::to_owned), entries: Vec::new() }
        }
        Err(error) => return Err(error.into()),
    };
    let tree = Tree::walk(&start.root)?;
    Ok((start, tree))
}

/// The rules files of agenix that somebody names: in `sealnix.toml`, else in the environment, as agenix takes it.
/// One that lies outside is that of another repository.
fn rules_files(config: &Config, tree: &Tree) -> Vec<RepoPath> {
    if !config.agenix_rules.is_empty() {
        return config.agenix_rules.iter().map(|file| file.path.as_str().into()).collect();
    }
    let named = std::env::var_os("RULES").and_then(|path| sealed::path_inside(&tree.root, Path::new(&path)));
    named.filter(|path| tree.files.contains_key(path.as_str())).map(|path| path.as_str().into()).into_iter().collect()
}

/// Takes in those inputs that secrets' files lie in and that Nix has fetched to evaluate them.
fn take_fetched(tree: &mut Tree, entries: &[RepoPath], manifest: &Manifest) -> Result<(), RunError> {
    let wanted: BTreeSet<&str> = manifest
        .sops_files()
        .filter(|path| tree.is_elsewhere(path))
        .filter_map(|path| Some(input_of(path)?.0))
        .collect();
    // Where the Nix that is asked keeps what it fetches (Nix manual, "Common Environment Variables").
    let store = std::env::var("NIX_STORE_DIR").unwrap_or_else(|_| STORE.to_owned());
    for (name, path) in stored(tree, entries, Path::new(&store), &store) {
        if wanted.contains(name.as_str()) {
            tree.add_input(&name, Tree::walk(&path)?);
        }
    }
    Ok(())
}

/// Where stores are.
const STORE: &str = "/nix/store";

/// What lies in the repository and in its inputs, as far as they are here.
struct Walked {
    tree: Tree,
    config: Config,
    given: Given,
}

/// The names of the inputs that a person gave, each with where `sealnix.toml` says so.
type Given = BTreeMap<String, Option<Place>>;

fn walk(start: &EntryPoint, mut tree: Tree, subject: Subject<'_>) -> Result<Walked, RunError> {
    tree.sees_untracked = !start.is_flake() && !subject.staged;
    let config = settings::read(&tree)?;
    let given: BTreeMap<&str, &Path> =
        subject.inputs.iter().map(|input| (input.name.as_str(), input.path.as_path())).collect();
    for (name, path) in &given {
        tree.add_input(name, Tree::walk(path)?);
    }
    for (name, folder) in config.inputs.iter().filter(|(name, _)| !given.contains_key(name.as_str())) {
        let walked = Tree::walk(&start.root.join(&folder.path)).map_err(|error| match error {
            WalkError::Root { .. } => settings::error(Mistake::NoFolder { path: folder.path.clone() }, &folder.place),
            error => error.into(),
        })?;
        tree.add_input(name, walked);
    }
    let configured = config.inputs.iter().map(|(name, folder)| (name.clone(), Some(folder.place.clone())));
    let given = configured.chain(given.into_keys().map(|name| (name.to_owned(), None))).collect::<Given>();
    // A copy of the store may lie anywhere: its names stay.
    for (name, path) in subject.store.map(|store| stored(&tree, &start.entries, store, STORE)).unwrap_or_default() {
        if !given.contains_key(&name) {
            tree.add_input(&name, Tree::walk(&path)?);
        }
    }
    tree.exclude(|path| config.exclude.take(path));
    Ok(Walked { tree, config, given })
}

/// The inputs that the `flake.lock` beside the flake locks and that are in a Nix store, or in a copy of
/// the one at `home`.
fn stored(tree: &Tree, entries: &[RepoPath], store: &Path, home: &str) -> Vec<(String, PathBuf)> {
    let folder = entries.first().and_then(|entry| entry.strip_suffix("flake.nix"));
    let lock = folder.and_then(|folder| tree.texts.get(format!("{folder}flake.lock").as_str()));
    let Some(text) = lock else { return Vec::new() };
    let locked = lock::locked(text.content(), home).into_iter();
    locked.map(|input| (input.name, store.join(input.store_name))).filter(|(_, path)| path.is_dir()).collect()
}

fn evaluate(
    tree: &Tree,
    program: &Program,
    entries: &[RepoPath],
    given: &Given,
    progress: &Progress,
) -> Result<Evaluated, RunError> {
    match entries.first() {
        Some(entry) if !tree.is_visible(entry) => {
            let entry = entry.clone();
            return Err(match tree.why_not_looked(&entry) {
                Some(why) => RunError::EntryNotLooked { why: why.to_owned(), entry },
                None => RunError::Untracked { entry },
            });
        }
        _ => {}
    }
    let evaluated = nixos::evaluate(tree, program, entries, &|hosts| progress.one_of(hosts))?;
    // Only a flake says all its inputs' names, and one that does not evaluate says none.
    let says = entries.first().is_some_and(|entry| is_flake(entry)) && !evaluated.inputs.is_empty();
    let is_unknown = |name: &String| says && !evaluated.inputs.contains(name);
    match given.iter().find(|(name, _)| is_unknown(name)) {
        Some((name, Some(place))) => {
            let nearest = nearest(name, evaluated.inputs.iter().map(String::as_str)).map(str::to_owned);
            Err(settings::error(Mistake::NoInput { found: name.clone(), nearest }, place))
        }
        Some((name, None)) => {
            Err(RunError::NoSuchInput { name: name.clone(), inputs: evaluated.inputs.into_iter().collect() })
        }
        None => Ok(evaluated),
    }
}

fn syntax_errors(tree: &Tree, program: &Program, reached: &BTreeSet<RepoPath>) -> Vec<SyntaxError> {
    let error = |file: &File| match &file.content {
        Content::SyntaxError { message, span } => {
            let place = span.and_then(|span| program.place(span));
            Some(SyntaxError {
                place: place.unwrap_or_else(|| Place::whole_file(file.path.clone())),
                message: message.clone(),
                imported: reached.contains(&file.path),
            })
        }
        _ => None,
    };
    let of_concern = |file: &&File| !tree.excluded.contains(&file.path) || reached.contains(&file.path);
    program.files.iter().filter(of_concern).filter_map(error).collect()
}

/// Whether a file that hosts may be made of was not looked at, or no host was seen where there may be
/// some.
pub fn is_unseen(tree: &Tree, manifest: &Manifest) -> bool {
    sees_no_host(manifest) || tree.not_looked.iter().any(|file| file.path.ends_with(".nix"))
}

/// Whether there may be hosts, and none was seen.
pub fn sees_no_host(manifest: &Manifest) -> bool {
    manifest.hosts.is_empty() && !manifest.unknowns.is_empty()
}

/// Reads a manifest of the repository that `tree` is.
pub fn read_manifest(file: &Path, tree: &Tree) -> Result<Manifest, RunError> {
    let unreadable = |source| RunError::Unreadable { path: file.to_owned(), source };
    let text = std::fs::read_to_string(file).map_err(unreadable)?;
    let manifest = Manifest::from_json(&text, &file.display().to_string(), tree)?;
    if is_foreign(&manifest, tree) {
        return Err(RunError::Foreign { path: file.to_owned(), root: tree.root.clone() });
    }
    Ok(manifest)
}

/// Whether the manifest names places in modules by paths in a repository, and not one of the modules is in this one.
/// A folder without Nix code may be the part of its repository that holds the secrets, and a module without a place
/// may be left out of that.
fn is_foreign(manifest: &Manifest, tree: &Tree) -> bool {
    if !tree.files.keys().any(|file| file.ends_with(".nix") && input_of(file).is_none()) {
        return false;
    }
    let secrets = manifest.hosts.iter().filter_map(|host| host.sops.as_ref()).flat_map(|sops| sops.secrets.values());
    let placed = secrets.flat_map(|secret| &secret.definitions).filter(|definition| definition.pos.is_some());
    let files = placed.map(|definition| definition.file.as_str());
    let mut inside =
        files.filter(|file| file.ends_with(".nix") && !file.starts_with(['/', '<']) && !file.contains(':')).peekable();
    inside.peek().is_some() && inside.all(|file| !tree.files.contains_key(file))
}

/// Parses every Nix file that Nix sees. What could not be parsed for its size or depth joins what was
/// not looked at.
fn parse(tree: &mut Tree) -> Program {
    let program = nixos::program(tree);
    for file in &program.files {
        if let Content::NotLooked { why, .. } = &file.content
            && !tree.excluded.contains(&file.path)
        {
            tree.not_looked.push(NotLooked { path: file.path.clone(), why: why.clone() });
        }
    }
    tree.not_looked.sort_by(|a, b| a.path.cmp(&b.path));
    program
}
