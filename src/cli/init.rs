//! `sealnix init`.

use std::fs;
use std::io::Write;
use std::path::Path;

use clap::Args;

use super::Outcome;
use super::error::RunError;
use super::run::{self, Declared};
use super::sealed;
use super::subject::Subject;
use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::init::{self, Hook, Init, NoRules};
use crate::source::WalkError;
use crate::source::git::WorkTree;
use crate::source::visible::clean_line;

/// The lines of a flake that make `nix flake check` look at the secrets.
const FLAKE: &str = r#"    inputs.sealnix.url = "github:OWNER/sealnix";
    inputs.sealnix.inputs.nixpkgs.follows = "nixpkgs";

    checks.x86_64-linux.sealnix = sealnix.lib.mkCheck {
      package = sealnix.packages.x86_64-linux.default;
      src = self;
    };
"#;

/// The same for flake-parts.
const FLAKE_PARTS: &str = r#"    inputs.sealnix.url = "github:OWNER/sealnix";
    inputs.sealnix.inputs.nixpkgs.follows = "nixpkgs";

    imports = [ inputs.sealnix.flakeModules.default ];
"#;

/// An entry for the pre-commit framework (<https://pre-commit.com>, "Repository-local hooks").
const FRAMEWORK: &str = "      - repo: local
        hooks:
          - id: sealnix
            name: sealnix
            entry: sealnix check --staged
            language: system
            pass_filenames: false
            always_run: true
";

/// `sealnix init`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Write nothing, and show what would be written.
    #[arg(long)]
    dry_run: bool,
}

/// Writes what the repository around the current folder does not have yet, and says what comes next.
pub fn init(arguments: &Arguments, out: &mut impl Write) -> Result<Outcome, RunError> {
    let sealed = sealed::around(Path::new("."))?;
    let work_tree = WorkTree::around(&sealed.root).map_err(WalkError::from)?;
    let Init { files, no_rules, hook } =
        init::init(&sealed.tree, &sealed.vault, work_tree.as_ref(), Subject::default().start().is_ok())
            .map_err(GenerateError::from)?;
    if arguments.dry_run {
        // Before the diff, where `git apply` passes over it: the hook lies in no work tree.
        if let Hook::New(plan) = &hook {
            writeln!(out, "{} would run `sealnix check --staged` before each commit\n", hook_path(plan, &sealed.root))?;
        }
        write!(out, "{}", files.diff())?;
        return Ok(Outcome::Clean);
    }
    files.apply().map_err(GenerateError::from)?;
    let written: Vec<&str> = files.files().map(|(path, _)| &**path).collect();
    for path in &written {
        writeln!(out, "wrote {path}")?;
    }
    match no_rules {
        Some(NoRules::Below(path)) => writeln!(out, "left  .sops.yaml: the rules are in {}", clean_line(&path))?,
        Some(NoRules::Agenix) => {
            writeln!(out, "left  .sops.yaml: the secrets are agenix's, which sealnix only checks")?
        }
        None => {}
    }
    if let Hook::New(plan) = &hook {
        let path = hook_path(plan, &sealed.root);
        match plan.apply() {
            Ok(()) => writeln!(out, "wrote {path}: `sealnix check --staged` runs before each commit")?,
            // The rest stands, and without it.
            Err(error) => writeln!(out, "left  {path}: {error}")?,
        }
    }
    next_steps(&written, &hook, out)?;
    Ok(Outcome::Clean)
}

/// Where the hook is: below the repository, but for a linked work tree.
fn hook_path(plan: &Plan, root: &Path) -> String {
    let folder = fs::canonicalize(plan.root()).unwrap_or_else(|_| plan.root().to_owned());
    let path = folder.join(init::HOOK);
    path.strip_prefix(root).unwrap_or(&path).display().to_string()
}

fn next_steps(written: &[&str], hook: &Hook, out: &mut impl Write) -> Result<(), RunError> {
    // A repository that does not evaluate yet is no reason not to begin.
    let declared = run::declared(Subject::default()).ok();
    if written.is_empty() && matches!(hook, Hook::There) {
        writeln!(out, "everything is there already")?;
    }
    if written.contains(&crate::policy::parse::FILE_NAME) {
        writeln!(out, "\nNow say who can open the secrets: your own key, then each machine's.\n")?;
        writeln!(out, "    sealnix recipient add NAME --age age1…    # `age-keygen` makes a key")?;
        let hosts = declared.iter().flat_map(|declared| &declared.manifest.hosts);
        let mut hosts: Vec<&str> = hosts.map(|host| host.name.as_str()).collect();
        hosts.dedup();
        if hosts.is_empty() {
            hosts.push("NAME");
        }
        for host in hosts {
            writeln!(out, "    sealnix host add {host} --ssh-file ssh_host_ed25519_key.pub")?;
        }
    }
    if !written.is_empty() {
        writeln!(out, "\n    git add {}", written.join(" "))?;
    }
    match hook {
        Hook::Framework => {
            write!(out, "\nTo check before each commit, in .pre-commit-config.yaml:\n\n{FRAMEWORK}")?;
        }
        Hook::Other(what) => {
            writeln!(out, "\n{what} decides what runs before a commit: add `sealnix check --staged` there.")?;
        }
        Hook::NothingToCheck => writeln!(
            out,
            "\nThere is no flake.nix, default.nix, hive.nix or configuration.nix yet: run `sealnix init` again when there is \
             one, and `sealnix check --staged` will run before each commit."
        )?,
        Hook::New(_) | Hook::There | Hook::NoGit => {}
    }
    match &declared {
        Some(declared) if crate::source::start::is_flake(&declared.entry) && !is_checked(declared) => {
            let code = if is_of_flake_parts(declared) { FLAKE_PARTS } else { FLAKE };
            write!(out, "\nFor `nix flake check`, in {} (docs/in-your-flake.md has more):\n\n{code}", declared.entry)?;
        }
        _ => {}
    }
    Ok(())
}

/// Whether the flake names sealnix already.
fn is_checked(declared: &Declared) -> bool {
    flake_text(declared).contains("sealnix")
}

fn is_of_flake_parts(declared: &Declared) -> bool {
    flake_text(declared).contains("flake-parts")
}

fn flake_text(declared: &Declared) -> &str {
    declared.tree.texts.get(&declared.entry).map_or("", |text| text.content())
}
