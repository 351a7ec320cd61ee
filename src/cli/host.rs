//! `sealnix host`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::error::RunError;
use super::here::Here;
use super::hosts;
use super::{Format, Outcome};
use crate::generate::GenerateError;
use crate::generate::host::new_key::{NewKey, WrittenKey};
use crate::generate::host::{self, HostError, KeySource, Request, Who};
use crate::nix::lib::escapes::shell_word;

/// `sealnix host …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a host: its key and rules in .sops.yaml, an example of its secrets, and the module that names them.
    Add(Add),
    /// Take a host out of .sops.yaml, and say which secrets it could read.
    Remove(Remove),
    /// The same as `sealnix hosts`.
    List,
}

/// `sealnix host add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The host's name.
    name: String,
    #[command(flatten)]
    key: HostKey,
    /// Where the module of its secrets is to stand; without it in the host's folder.
    #[arg(long, value_name = "FILE")]
    module: Option<PathBuf>,
    /// Make the host's own folder too, with a default.nix.
    #[arg(long, value_name = "DIR", num_args = 0..=1)]
    host_dir: Option<Option<PathBuf>>,
    #[command(flatten)]
    edit: Edit,
}

/// `sealnix host remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// The host's name, or what .sops.yaml calls it.
    name: String,
    #[command(flatten)]
    edit: Edit,
}

/// How the rule file is edited.
#[derive(Debug, Args)]
pub struct Edit {
    /// The rule file, where it is not the .sops.yaml at the root.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Write nothing, and show what would change.
    #[arg(long)]
    pub dry_run: bool,
}

/// The key of somebody new; one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Key {
    /// Its age recipient.
    #[arg(long, value_name = "age1…")]
    age: Option<String>,
    /// Its ssh public key.
    #[arg(long, value_name = "'ssh-ed25519 …'")]
    ssh: Option<String>,
    /// The file of its ssh public key.
    #[arg(long, value_name = "FILE.pub")]
    ssh_file: Option<PathBuf>,
}

impl Key {
    /// The age recipient, and where its private key will be.
    pub fn recipient(&self) -> Result<(String, KeySource), RunError> {
        let text = match self {
            Key { age: Some(text), .. } | Key { ssh: Some(text), .. } => text.clone(),
            Key { ssh_file: Some(path), .. } => {
                fs::read_to_string(path).map_err(|source| RunError::Unreadable { path: path.clone(), source })?
            }
            _ => String::new(),
        };
        host::recipient(text.trim()).map_err(failed)
    }
}

/// The key of a new host; one of these.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct HostKey {
    /// Its age recipient.
    #[arg(long, value_name = "age1…")]
    age: Option<String>,
    /// Its ssh public key.
    #[arg(long, value_name = "'ssh-ed25519 …'")]
    ssh: Option<String>,
    /// The file of its ssh public key.
    #[arg(long, value_name = "FILE.pub")]
    ssh_file: Option<PathBuf>,
    /// Make an ssh host key in this folder, outside every git repository.
    #[arg(long, value_name = "DIR")]
    new_key: Option<PathBuf>,
}

impl HostKey {
    /// The key that is given, or a new one, which is nowhere written yet.
    fn get(self, name: &str, root: &Path) -> Result<(String, KeySource, Option<NewKey>), RunError> {
        let Some(folder) = self.new_key else {
            let HostKey { age, ssh, ssh_file, .. } = self;
            let (recipient, key) = Key { age, ssh, ssh_file }.recipient()?;
            return Ok((recipient, key, None));
        };
        let made = NewKey::make(&folder, name, root).map_err(failed)?;
        let (recipient, key) = host::recipient(&made.public).map_err(failed)?;
        Ok((recipient, key, Some(made)))
    }
}

/// Runs it.
pub fn host(command: Command, out: &mut impl Write) -> Result<Outcome, RunError> {
    match command {
        Command::Add(add) => {
            let folder = add.key.new_key.clone();
            let here = Here::find()?;
            host::check_name(&add.name).map_err(failed)?;
            let (recipient, key, new_key) = add.key.get(&add.name, here.root())?;
            let name = add.name.clone();
            let request = Request {
                name: add.name,
                recipient,
                key,
                config: here.inside(add.edit.config.as_deref())?,
                module: here.inside(add.module.as_deref())?,
                folder: match add.host_dir {
                    Some(Some(folder)) => here.inside(Some(&folder))?,
                    Some(None) => Some(String::new()),
                    None => None,
                },
            };
            let mut outcome = host::add(&here.repository(), &request)?;
            if let Some(folder) = folder {
                outcome.left.extend(installation(&folder, &name, add.edit.dry_run));
            }
            // Once everything is proved; until it is written too, the key is taken away again.
            let new_key = new_key.filter(|_| !add.edit.dry_run);
            let written = new_key.map(|key| key.write()).transpose().map_err(failed)?;
            let done = here.finish(&outcome, add.edit.dry_run, out)?;
            written.into_iter().for_each(WrittenKey::keep);
            Ok(done)
        }
        Command::Remove(Remove { name, edit }) => {
            let here = Here::find()?;
            let config = here.inside(edit.config.as_deref())?;
            let outcome = host::remove(&here.repository(), Who::Host, &name, config.as_deref())?;
            here.finish(&outcome, edit.dry_run, out)
        }
        Command::List => hosts::hosts(&Here::find()?, Format::Human, out),
    }
}

/// What is done with a new key.
fn installation(folder: &Path, name: &str, dry_run: bool) -> Vec<String> {
    let folder = shell_word(&folder.display().to_string());
    let install = format!(
        "`nixos-anywhere --extra-files {folder} --flake {} root@ADDRESS` installs it",
        shell_word(&format!(".#{name}"))
    );
    match dry_run {
        true => vec!["no key was made: the one above is an example".to_owned(), install],
        false => vec![install, format!("the private key below `{folder}` is deleted when the host is installed")],
    }
}

fn failed(error: HostError) -> RunError {
    GenerateError::from(error).into()
}

impl Here {
    /// Writes the files, or shows what would be written, and says what is left.
    pub fn finish(&self, outcome: &host::Outcome, dry_run: bool, out: &mut impl Write) -> Result<Outcome, RunError> {
        let host::Outcome { plan, done, commands, left } = outcome;
        self.say_unevaluated(out)?;
        if plan.is_empty() {
            writeln!(out, "Nothing is to be changed.")?;
        } else if dry_run {
            write!(out, "{}", plan.diff())?;
            writeln!(out, "\nNothing was written.")?;
        } else {
            plan.apply().map_err(GenerateError::from)?;
            for (path, is_new) in plan.files() {
                writeln!(out, "{} {path}", if is_new { "made   " } else { "changed" })?;
            }
        }
        section(out, "In .sops.yaml:", done)?;
        if self.is_below() && !(commands.is_empty() && left.is_empty()) {
            writeln!(out, "\nPaths and commands are from the repository's root.")?;
        }
        section(out, "To be run by somebody whose key opens the files:", commands)?;
        section(out, "Left to do:", left)?;
        Ok(Outcome::Clean)
    }
}

fn section(out: &mut impl Write, title: &str, lines: &[String]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}")?;
    lines.iter().try_for_each(|line| writeln!(out, "  {line}"))
}
