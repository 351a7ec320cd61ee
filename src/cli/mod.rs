//! Arguments; one file a command.

pub mod check;
pub mod error;
pub mod exact;
pub mod explain;
pub mod generate;
pub mod here;
pub mod host;
pub mod hosts;
pub mod init;
pub mod judge;
pub mod manifest;
pub mod matrix;
pub mod progress;
pub mod recipient;
pub mod rules;
pub mod run;
pub mod save;
pub mod schema;
pub mod scope;
pub mod sealed;
mod settings;
pub mod shell;
pub mod subject;
pub mod unknowns;
pub mod verify;
pub mod who;
pub mod why;

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::finding::Level;
use crate::report::human::{self, Style};
use error::RunError;
use exact::ByNix;
use here::Here;
use scope::Scope;
use subject::{Checkout, Subject};

/// Width of the report where it does not go to a terminal.
const WIDTH: usize = 100;

/// Checks that every secret a NixOS configuration declares exists in a sops file its host can open.
///
/// Exit code: 0 clean, 1 findings, 2 could not run or could not look at a file.
#[derive(Debug, Parser)]
#[command(name = "sealnix", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check a repository.
    ///
    /// Exit code: 0 clean, 1 findings, 2 could not run or could not look at a file.
    Check {
        /// A folder (its flake.nix, default.nix, hive.nix or configuration.nix) or the entry file;
        /// without it the repository around the current folder.
        path: Option<PathBuf>,
        #[command(flatten)]
        inputs: Inputs,
        /// How the findings are written.
        #[arg(long, value_enum, default_value_t)]
        format: check::Format,
        /// Check what is staged in git's index, so what the next commit holds, and not what lies in
        /// the work tree (docs/pre-commit.md).
        #[arg(long, conflicts_with_all = ["manifest", "eval"])]
        staged: bool,
        /// Take the declarations from a manifest that Nix made.
        #[arg(long, value_name = "FILE", conflicts_with = "eval")]
        manifest: Option<PathBuf>,
        #[command(flatten)]
        by_nix: ByNix,
        /// Report only what concerns this host; as often as needed.
        #[arg(long = "host", value_name = "NAME", value_delimiter = ',')]
        hosts: Vec<String>,
        /// Report only what concerns the repository as a whole and no single host.
        #[arg(long, conflicts_with = "hosts")]
        no_hosts: bool,
        /// Write the report into a file too, if the check could run.
        #[arg(long, value_name = "OUT")]
        report: Option<PathBuf>,
        /// How the findings are written into that file, where not as with --format.
        #[arg(long, value_enum, value_name = "FORMAT", requires = "report")]
        report_format: Option<check::Format>,
        /// The lowest level that makes the exit code 1.
        #[arg(long, value_enum, default_value_t, value_name = "LEVEL")]
        fail_on: FailOn,
        #[command(flatten)]
        narrowed: check::Narrowed,
    },
    /// Print what every host declares and uses, as JSON (docs/manifest.md).
    ///
    /// With --compare, exit code: 0 nothing differs, 1 something does, 2 could not run or could not look at a file.
    Manifest {
        /// As for `check`.
        path: Option<PathBuf>,
        #[command(flatten)]
        inputs: Inputs,
        /// Print instead how it differs from another manifest of this repository, such as one that
        /// Nix made, or with --eval from what Nix says now (docs/comparison.md).
        #[arg(long, value_name = "FILE", num_args = 0..=1)]
        compare: Option<Option<PathBuf>>,
        #[command(flatten)]
        by_nix: ByNix,
        /// How the comparison is written.
        #[arg(long, value_enum, default_value_t, requires = "compare")]
        format: Format,
    },
    /// List what stopped the evaluator, the most harmful first, and what would help.
    Unknowns {
        /// Only of this host.
        host: Option<String>,
        /// As PATH of `check`.
        #[arg(long, value_name = "PATH")]
        repository: Option<PathBuf>,
        #[command(flatten)]
        inputs: Inputs,
        /// How it is written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Prove with private keys what they open and that it is whole (docs/verify.md).
    ///
    /// Exit code: 0 proved, 1 something that should open does not or is broken, 2 could not run or could not look at a file.
    Verify(verify::Arguments),
    /// Say which creation rule decides who can read a file, why not the others, who should read it and who can.
    Why {
        /// The file, sealed or yet to be made.
        file: PathBuf,
        #[command(flatten)]
        of: Repository,
        /// How it is written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Say what somebody can read, and through which key.
    Who {
        /// A host, a home-manager user, a name in .sops.yaml, or a recipient such as age1….
        #[arg(value_name = "HOST|NAME|RECIPIENT")]
        word: String,
        #[command(flatten)]
        of: Repository,
        /// How it is written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Show who can read which file, who should, and who wants to.
    Matrix {
        #[command(flatten)]
        of: Repository,
        /// How it is written.
        #[arg(long, value_enum, default_value_t)]
        format: matrix::Format,
    },
    /// List the hosts, their keys, and how these are known.
    Hosts {
        #[command(flatten)]
        of: Repository,
        /// How it is written.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Write what is written by hand otherwise: modules, environment templates, examples.
    Generate(generate::Arguments),
    /// Begin: write .sops.yaml, sealnix.toml and the git hook where they are not there yet.
    Init(init::Arguments),
    /// Add a host, take one out, or list them.
    #[command(subcommand)]
    Host(host::Command),
    /// Add a person's or backup key, or take one out.
    #[command(subcommand)]
    Recipient(recipient::Command),
    /// List the rules.
    Rules,
    /// Print the page of a rule.
    Explain {
        /// The rule's id, such as key-missing.
        #[arg(value_parser = shell::RuleId, hide_possible_values = true)]
        rule: String,
    },
    /// Print the JSON Schema of what other programs read.
    Schema {
        /// Of what.
        #[arg(value_enum, default_value_t)]
        contract: schema::Contract,
    },
    /// Print the script that completes commands, options and rules in a shell.
    Completions {
        /// The shell.
        shell: shell::Shell,
    },
    /// Print the manual page, or write those of all commands into a folder.
    Man(shell::Man),
}

/// What is read besides the path.
#[derive(Debug, Args)]
struct Inputs {
    /// The folder of the repository, which PATH lies in, where PATH does not tell it: a flake in a
    /// folder below. A manifest's paths are relative to it.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// A checkout of a flake input that is not here, such as a private one; as often as needed.
    #[arg(long = "input", value_name = "NAME=PATH")]
    given: Vec<Checkout>,
    /// Take what flake.lock locks from the local Nix store, where it is there.
    #[arg(long, value_name = "STORE", num_args = 0..=1, require_equals = true, default_missing_value = "/nix/store")]
    use_store: Option<PathBuf>,
}

/// The repository that a question is about.
#[derive(Debug, Args)]
struct Repository {
    /// As PATH of `check`.
    #[arg(long, value_name = "PATH")]
    repository: Option<PathBuf>,
    #[command(flatten)]
    inputs: Inputs,
}

impl Repository {
    fn here(&self) -> Result<Here, RunError> {
        Here::of(self.inputs.beside(&self.repository))
    }
}

impl Inputs {
    fn beside<'a>(&'a self, path: &'a Option<PathBuf>) -> Subject<'a> {
        let Inputs { root, given, use_store } = self;
        Subject {
            path: path.as_deref(),
            root: root.as_deref(),
            inputs: given,
            store: use_store.as_deref(),
            staged: false,
            quiet: false,
        }
    }
}

/// How a result is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Human,
    /// For other programs: the page of the command in docs/ says what it holds.
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum FailOn {
    #[default]
    Error,
    Warning,
    Note,
}

impl From<FailOn> for Level {
    fn from(level: FailOn) -> Self {
        match level {
            FailOn::Error => Level::Error,
            FailOn::Warning => Level::Warning,
            FailOn::Note => Level::Note,
        }
    }
}

/// How a command that ran ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// Findings at or above the level that was asked for.
    Findings,
    /// A file that matters was not looked at.
    NotLookedAt,
}

impl Outcome {
    /// The process' exit code.
    pub fn code(self) -> u8 {
        match self {
            Outcome::Clean => 0,
            Outcome::Findings => 1,
            Outcome::NotLookedAt => 2,
        }
    }
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Written as a whole: nothing is half said when an error ends the run.
    let mut output = Vec::new();
    let ran = match arguments.command {
        Command::Check {
            path,
            inputs,
            format,
            staged,
            manifest,
            by_nix,
            hosts,
            no_hosts,
            report,
            report_format,
            fail_on,
            narrowed,
        } => {
            let scope = match no_hosts {
                true => Scope::Repository,
                false if hosts.is_empty() => Scope::All,
                false => Scope::Hosts(hosts),
            };
            let report = report.map(|path| (path, report_format.unwrap_or(format)));
            let options = check::Options { format, manifest, by_nix, scope, report, fail_on: fail_on.into(), narrowed };
            let subject = Subject { staged, quiet: options.narrowed.quiet, ..inputs.beside(&path) };
            check::check(subject, &options, on_stdout(), &mut output)
        }
        Command::Manifest { path, inputs, compare: Some(file), by_nix, format } => {
            match by_nix.or_other_file(file.as_deref()) {
                Some(other) => manifest::against(inputs.beside(&path), other, format, &mut output),
                None => Err(RunError::NothingToCompare),
            }
        }
        Command::Manifest { path, inputs, by_nix, .. } => {
            manifest::manifest(inputs.beside(&path), by_nix.now(), &mut output)
        }
        Command::Unknowns { host, repository, inputs, format } => {
            unknowns::unknowns(inputs.beside(&repository), host.as_deref(), format, &mut output)
        }
        Command::Verify(arguments) => verify::verify(&arguments, &mut output),
        Command::Why { file, of, format } => of.here().and_then(|here| why::why(&here, &file, format, &mut output)),
        Command::Who { word, of, format } => of.here().and_then(|here| who::who(&here, &word, format, &mut output)),
        Command::Matrix { of, format } => {
            of.here().and_then(|here| matrix::matrix(&here, format, on_stdout(), &mut output))
        }
        Command::Hosts { of, format } => of.here().and_then(|here| hosts::hosts(&here, format, &mut output)),
        Command::Generate(arguments) => generate::generate(arguments, &mut output),
        Command::Init(arguments) => init::init(&arguments, &mut output),
        Command::Host(command) => host::host(command, &mut output),
        Command::Recipient(command) => recipient::recipient(command, &mut output),
        Command::Rules => rules::rules(&mut output),
        Command::Explain { rule } => explain::explain(&rule, &mut output),
        Command::Schema { contract } => schema::schema(contract, &mut output),
        Command::Completions { shell } => shell::completions(shell, &mut output),
        Command::Man(arguments) => shell::man(&arguments, &mut output),
    };
    let written = io::stdout().lock().write_all(&output).and_then(|()| io::stdout().flush());
    match (ran, written) {
        (Err(error), _) => fail(&error),
        // A reader that has seen enough (`| head`) is no error.
        (Ok(outcome), Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => outcome.code().into(),
        (Ok(_), Err(error)) => fail(&RunError::Write(error)),
        (Ok(outcome), Ok(())) => outcome.code().into(),
    }
}

fn fail(error: &RunError) -> ExitCode {
    let style = on_stderr();
    let text = match error {
        RunError::Config(errors) => errors.iter().map(|error| human::error(error, None, style)).collect(),
        RunError::NotGenerated(errors) => {
            errors.iter().map(|error| human::error(error, error.help().as_deref(), style)).collect()
        }
        error => human::error(error, error.help().as_deref(), style),
    };
    // Nobody is left to tell when this fails too.
    let _ = io::stderr().lock().write_all(text.as_bytes());
    ExitCode::from(2)
}

/// Colours and links as the terminal has them, and as NO_COLOR, FORCE_COLOR, CLICOLOR_FORCE and FORCE_HYPERLINK say it
/// (supports-color and supports-hyperlinks, which miette goes by).
fn style(stream: &impl IsTerminal, colours: supports_color::Stream, links: supports_hyperlinks::Stream) -> Style {
    let terminal = stream.is_terminal();
    let width = match terminal_size::terminal_size() {
        Some((width, _)) if terminal => usize::from(width.0).clamp(60, WIDTH),
        _ => WIDTH,
    };
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    let links = !is_dumb && supports_hyperlinks::on(links);
    // What Nix gives a builder (Nix manual, "Derivations"): its log is cut.
    let digest = !terminal && std::env::var_os("NIX_BUILD_TOP").is_some();
    Style { digest, colours: supports_color::on(colours).is_some(), links, width }
}

fn on_stdout() -> Style {
    style(&io::stdout(), supports_color::Stream::Stdout, supports_hyperlinks::Stream::Stdout)
}

fn on_stderr() -> Style {
    style(&io::stderr(), supports_color::Stream::Stderr, supports_hyperlinks::Stream::Stderr)
}
