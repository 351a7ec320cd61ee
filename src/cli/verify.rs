//! `sealnix verify [FILES]`.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use rayon::prelude::*;

use super::error::RunError;
use super::exact::ByNix;
use super::run::{self, Known};
use super::{Format, Inputs, Outcome, sealed};
use crate::keys::private::{self, Identities, Identity};
use crate::manifest::{Host, Manifest};
use crate::proof::host::{Reader, Repository};
use crate::proof::{self, FileProof, HostProof, Proofs, State, agenix, memory};
use crate::report::verify;
use crate::source::{RepoPath, Text};
use crate::vault::age_files::is_named_age;
use crate::vault::{Sealed, may_be_sealed};

/// What `verify` is told.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Sops and age files that must open; without them and without --host every sealed file of the repository.
    files: Vec<PathBuf>,
    /// A file of age identities or an ssh private key without a passphrase; as often as needed. Then nothing else is
    /// used; without it the identities that sops would use here.
    #[arg(long = "identity", short = 'i', value_name = "FILE")]
    identities: Vec<PathBuf>,
    /// Prove that the identities, as keys of this host, open all that it declares; USER@HOST is a home-manager user.
    #[arg(long, value_name = "NAME", conflicts_with = "files")]
    host: Option<String>,
    /// As PATH of `check`.
    #[arg(long, value_name = "PATH")]
    repository: Option<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
    #[command(flatten)]
    by_nix: ByNix,
    /// How it is written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Decrypts in memory, and writes what opened, what is whole and what is not. Before any key is read the process
/// refuses core dumps.
pub fn verify(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, RunError> {
    memory::refuse_core_dumps();
    let Run { proofs, identities, outcome } = match (&arguments.host, arguments.files.is_empty()) {
        (Some(host), _) => of_host(arguments, host)?,
        (None, false) => of_files(&arguments.files, identities(&arguments.identities)?),
        (None, true) => of_repository(arguments)?,
    };
    match arguments.format {
        Format::Human => verify::write(out, &proofs, &identities)?,
        Format::Json => verify::write_json(out, &proofs, &identities)?,
    }
    Ok(outcome)
}

/// What was proved with which identities. They are read once it is known what is to be proved: a command may ask a
/// person for them.
struct Run {
    proofs: Proofs,
    identities: Identities,
    outcome: Outcome,
}

/// Those of the files that are named, or those that sops would use.
fn identities(files: &[PathBuf]) -> Result<Identities, RunError> {
    let mut found = match files {
        [] => private::as_sops_looks(),
        _ => Identities::default(),
    };
    for path in files {
        let read = private::read(path).map_err(|source| RunError::Identity { path: path.clone(), source })?;
        found.usable.extend(read.usable);
        found.unusable.extend(read.unusable);
    }
    if found.usable.is_empty() {
        let Identities { unusable, looked_in, .. } = found;
        return Err(RunError::NoIdentity { unusable, looked_in });
    }
    Ok(found)
}

/// Each file must open.
fn of_files(files: &[PathBuf], identities: Identities) -> Run {
    let usable: Vec<&Identity> = identities.usable.iter().collect();
    let files: Vec<FileProof> = files.par_iter().map(|path| of_file(path, &usable).that_must_open()).collect();
    let all_right = files.iter().all(|proof| proof.outcome() == proof::Outcome::Right);
    let outcome = if all_right { Outcome::Clean } else { Outcome::Findings };
    let proofs = Proofs { files, hosts: Vec::new() };
    Run { outcome: seen(&proofs, outcome), proofs, identities }
}

fn of_file(path: &Path, identities: &[&Identity]) -> FileProof {
    let name: RepoPath = path.display().to_string().into();
    let bytes = match agenix::contents(path) {
        Ok(bytes) => bytes,
        Err(error) => return not_looked(name, format!("cannot be read: {error}")),
    };
    if bytes.len() as u64 > agenix::LARGEST {
        return not_looked(name, "is larger than 16 MiB".to_owned());
    }
    if private::begins_as_age(&bytes) {
        return FileProof::of_age(name, &bytes, identities);
    }
    match String::from_utf8(bytes) {
        Ok(text) => FileProof::of_text(&Text::new(name, text), identities),
        Err(_) => not_looked(name, "is not UTF-8".to_owned()),
    }
}

fn not_looked(path: RepoPath, why: String) -> FileProof {
    FileProof { path, state: State::NotLooked { why } }
}

/// Every sealed file: those that these identities should open must be right, and there must be one.
fn of_repository(arguments: &Arguments) -> Result<Run, RunError> {
    let sealed = sealed::around(arguments.repository.as_deref().unwrap_or(Path::new(".")))?;
    let identities = identities(&arguments.identities)?;
    let usable: Vec<&Identity> = identities.usable.iter().collect();
    let read = sealed.vault.files.par_iter().map(|(path, file)| match file {
        Sealed::Document(document) => FileProof::of_document(document, &usable),
        Sealed::Unread { why, place, .. } => {
            let (why, place) = (why.clone(), place.clone());
            FileProof { path: path.clone(), state: State::Refused { why, place } }
        }
    });
    let mut files: Vec<FileProof> = read.collect();
    let (tree, vault) = (&sealed.tree, &sealed.vault);
    let is_age =
        |path: &&RepoPath| is_named_age(path) && !vault.files.contains_key(*path) && !tree.excluded.contains(*path);
    let age_files: Vec<&RepoPath> = tree.files.keys().filter(is_age).collect();
    let age_files = age_files.into_par_iter();
    files.par_extend(age_files.map(|path| agenix::prove(path.clone(), &tree.on_disk(path), &usable)));
    let unseen = sealed.tree.not_looked.iter().filter(|file| may_be_sealed(&file.path));
    files.extend(unseen.map(|file| not_looked(file.path.clone(), file.why.clone())));
    let is = |wanted: &[proof::Outcome]| files.iter().any(|proof| wanted.contains(&proof.outcome()));
    // What is in clear here is called an age file and is none.
    let fails = is(&[proof::Outcome::Closed, proof::Outcome::Broken, proof::Outcome::NotSealed])
        || !is(&[proof::Outcome::Right]);
    let proofs = Proofs { files, hosts: Vec::new() };
    let outcome = seen(&proofs, if fails { Outcome::Findings } else { Outcome::Clean });
    Ok(Run { proofs, identities, outcome })
}

/// What was not looked at is never clean.
fn seen(proofs: &Proofs, outcome: Outcome) -> Outcome {
    match proofs.files.iter().any(|proof| proof.outcome() == proof::Outcome::NotLooked) {
        true => Outcome::NotLookedAt,
        false => outcome,
    }
}

fn of_host(arguments: &Arguments, name: &str) -> Result<Run, RunError> {
    let machine = name.split_once('@').map(|(_, machine)| machine.to_owned());
    let asked: Vec<String> = [Some(name.to_owned()), machine].into_iter().flatten().collect();
    let exact = arguments.by_nix.or_file(Some(&asked), None);
    let known = run::know(arguments.inputs.beside(&arguments.repository), exact)?;
    let Known { vault, tree, identities: holders, .. } = &known;
    let repository = Repository { vault, tree, identities: holders };
    let readers = readers(name, &known.manifest);
    if readers.is_empty() {
        return Err(RunError::no_such_host(name, &known.manifest));
    }
    let identities = identities(&arguments.identities)?;
    let hosts: Vec<HostProof> =
        readers.into_iter().map(|reader| HostProof::of(reader, repository, &identities.usable)).collect();
    let opens_all = |answer| hosts.iter().any(|host| host.opens_all() == answer);
    let outcome = match (opens_all(Some(false)), opens_all(None)) {
        (true, _) => Outcome::Findings,
        (false, true) => Outcome::NotLookedAt,
        (false, false) => Outcome::Clean,
    };
    Ok(Run { proofs: Proofs { files: Vec::new(), hosts }, identities, outcome })
}

/// The configurations of this name: a host's, or a home-manager user's inside one.
fn readers<'m>(name: &'m str, manifest: &'m Manifest) -> Vec<Reader<'m>> {
    let own = |host: &'m Host| Reader { host, user: None, sops: host.sops.as_ref(), agenix: host.agenix.as_ref() };
    let named: Vec<Reader<'m>> = manifest.hosts.iter().filter(|host| host.name == name).map(own).collect();
    let Some((user, machine)) = name.split_once('@').filter(|_| named.is_empty()) else { return named };
    let inside = manifest.hosts.iter().filter(|host| host.name == machine).filter_map(|host| {
        let home = host.home_users.get(user)?;
        Some(Reader { host, user: Some(user), sops: home.sops.as_ref(), agenix: home.agenix.as_ref() })
    });
    inside.collect()
}
