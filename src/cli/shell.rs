//! `sealnix completions` and `sealnix man`: what shells and `man` know of the command line.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, CommandFactory, ValueEnum};

use super::Outcome;
use super::error::RunError;
use super::save::save;
use crate::checks;

/// A shell that completes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// `source <(sealnix completions bash)`
    Bash,
    /// A file `_sealnix` in a folder of `fpath`.
    Zsh,
    /// `sealnix completions fish | source`
    Fish,
}

/// `sealnix man`.
#[derive(Debug, Args)]
pub struct Man {
    /// A folder for the pages of sealnix and of each of its commands, such as share/man/man1; without it the first page
    /// is printed.
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

/// Any text, of which a shell completes the rules' ids: what is no rule's is answered with the nearest one, not with all.
#[derive(Debug, Clone, Copy)]
pub struct RuleId;

impl TypedValueParser for RuleId {
    type Value = String;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(checks::rules().map(|rule| PossibleValue::new(rule.id))))
    }
}

/// Writes the script that completes commands, options and rules in a shell.
pub fn completions(shell: Shell, out: &mut impl Write) -> Result<Outcome, RunError> {
    let shell = match shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    let mut command = super::Arguments::command();
    clap_complete::generate(shell, &mut command, "sealnix", out);
    if shell == clap_complete::Shell::Fish {
        fish_positionals(&command, out)?;
    }
    Ok(Outcome::Clean)
}

/// clap completes options for fish and leaves out what has no name, such as the rule of `explain`.
fn fish_positionals(command: &Command, out: &mut impl Write) -> io::Result<()> {
    for command in command.get_subcommands() {
        for positional in command.get_positionals() {
            let values = positional.get_possible_values();
            let names: Vec<&str> = values.iter().map(PossibleValue::get_name).collect();
            if !names.is_empty() {
                let (command, names) = (command.get_name(), names.join(" "));
                writeln!(
                    out,
                    "complete -c sealnix -n \"__fish_sealnix_using_subcommand {command}\" -f -a \"{names}\""
                )?;
            }
        }
    }
    Ok(())
}

/// Prints the first manual page, or writes all of them into a folder.
pub fn man(arguments: &Man, out: &mut impl Write) -> Result<Outcome, RunError> {
    let mut command = super::Arguments::command();
    command.build();
    match &arguments.folder {
        None => out.write_all(&page(&command)?)?,
        Some(folder) => {
            std::fs::create_dir_all(folder).map_err(|source| not_saved(folder, source))?;
            for command in with_commands(command) {
                let name = command.get_display_name().unwrap_or(command.get_name());
                let path = folder.join(format!("{name}.1"));
                save(&path, &page(&command)?).map_err(|source| not_saved(&path, source))?;
                writeln!(out, "wrote {}", path.display())?;
            }
        }
    }
    Ok(Outcome::Clean)
}

fn not_saved(path: &Path, source: io::Error) -> RunError {
    RunError::NotSaved { path: path.to_owned(), source }
}

/// A command and all below it, but for `help`.
fn with_commands(command: Command) -> Vec<Command> {
    let mut all = vec![command];
    let mut at = 0;
    while let Some(command) = all.get(at) {
        let below = command.get_subcommands().filter(|command| command.get_name() != "help").cloned();
        let below: Vec<Command> = below.collect();
        all.extend(below);
        at += 1;
    }
    all
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    // A page without a date is the same whenever it is made.
    clap_mangen::Man::new(command.clone()).date("").render(&mut page)?;
    Ok(page)
}
