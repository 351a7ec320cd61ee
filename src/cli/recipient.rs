//! `sealnix recipient`.

use std::io::Write;

use clap::{Args, Subcommand};

use super::Outcome;
use super::error::RunError;
use super::here::Here;
use super::host::{Edit, Key};
use crate::generate::host::{self, Person, Who};

/// `sealnix recipient …`.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add a person's or backup key to the rules of .sops.yaml.
    Add(Add),
    /// Take a person's or backup key out, and say which secrets it could read.
    Remove(Remove),
}

/// `sealnix recipient add`.
#[derive(Debug, Args)]
pub struct Add {
    /// The name of the key.
    name: String,
    #[command(flatten)]
    key: Key,
    /// Add it to the rules that hold this key; without it to all rules, if all hold the same people's keys.
    #[arg(long, value_name = "NAME")]
    like: Option<String>,
    #[command(flatten)]
    edit: Edit,
}

/// `sealnix recipient remove`.
#[derive(Debug, Args)]
pub struct Remove {
    /// What .sops.yaml calls the key.
    name: String,
    #[command(flatten)]
    edit: Edit,
}

/// Runs it.
pub fn recipient(command: Command, out: &mut impl Write) -> Result<Outcome, RunError> {
    let here = Here::find()?;
    match command {
        Command::Add(Add { name, key, like, edit }) => {
            let (recipient, _) = key.recipient()?;
            let config = here.inside(edit.config.as_deref())?;
            let outcome = host::add_person(&here.repository(), &Person { name, recipient, config, like })?;
            here.finish(&outcome, edit.dry_run, out)
        }
        Command::Remove(Remove { name, edit }) => {
            let config = here.inside(edit.config.as_deref())?;
            let outcome = host::remove(&here.repository(), Who::Person, &name, config.as_deref())?;
            here.finish(&outcome, edit.dry_run, out)
        }
    }
}
