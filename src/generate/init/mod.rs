//! The first files of a repository: `.sops.yaml`, `sealnix.toml` and the hook.

use std::path::Path;
use std::process::Command;

use super::change::{ChangeError, Plan};
use crate::config;
use crate::policy::{self, Policy};
use crate::source::git::WorkTree;
use crate::source::{RepoPath, Tree};
use crate::vault::Vault;

/// A rule file without keys and rules, and how they come into it.
const SOPS_YAML: &str = include_str!("sops.yaml");
/// What can be said in `sealnix.toml`, as comments.
const SEALNIX_TOML: &str = include_str!("sealnix.toml");
/// The hook, relative to git's own folder (githooks(5)).
pub const HOOK: &str = "hooks/pre-commit";
const HOOK_TEXT: &str = include_str!("pre-commit");

/// What is to be written.
#[derive(Debug)]
pub struct Init {
    /// In the repository.
    pub files: Plan,
    /// Why no rule file is among them; nothing where one is, or is there at the root.
    pub no_rules: Option<NoRules>,
    /// In git's own folder, where there is one.
    pub hook: Hook,
}

/// Why no rule file is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoRules {
    /// There is one in a folder below.
    Below(RepoPath),
    /// The secrets are agenix's.
    Agenix,
}

/// How `sealnix check --staged` comes before each commit.
#[derive(Debug)]
pub enum Hook {
    /// By a hook of git, to be written.
    New(Plan),
    /// It is that already.
    There,
    /// By the pre-commit framework.
    Framework,
    /// Something else runs hooks here, named as a person knows it: that is left as it is.
    Other(&'static str),
    /// There is no git repository.
    NoGit,
    /// There is nothing yet that could be checked, so every commit would be stopped.
    NothingToCheck,
}

/// Plans the files that are missing. What is there stays as it is.
///
/// `has_entry`: whether there is a file that makes hosts, or may.
pub fn init(tree: &Tree, vault: &Vault, work_tree: Option<&WorkTree>, has_entry: bool) -> Result<Init, ChangeError> {
    let mut files = Plan::new(&tree.root);
    let no_rules = no_rules(tree, vault);
    let rules = no_rules.is_none().then_some((policy::parse::FILE_NAME, SOPS_YAML));
    for (path, text) in rules.into_iter().chain([(config::FILE_NAME, SEALNIX_TOML)]) {
        if files.text(path)?.is_none() {
            files.create(path, text.to_owned(), false)?;
        }
    }
    let hook = if has_entry { hook(&files, work_tree) } else { Hook::NothingToCheck };
    Ok(Init { files, no_rules, hook })
}

fn no_rules(tree: &Tree, vault: &Vault) -> Option<NoRules> {
    let mut below = Policy::read(tree).configs.into_iter().map(|config| config.path);
    if let Some(path) = below.find(|path| **path != *policy::parse::FILE_NAME) {
        return Some(NoRules::Below(path));
    }
    let is_agenix = vault.files.is_empty() && tree.files.keys().any(|path| path.ends_with(".age"));
    is_agenix.then_some(NoRules::Agenix)
}

fn hook(files: &Plan, work_tree: Option<&WorkTree>) -> Hook {
    let Some(work_tree) = work_tree else { return Hook::NoGit };
    if let Ok(Some(text)) = files.text(".pre-commit-config.yaml") {
        let runs_it = text.contains("sealnix check") || text.contains("id: sealnix");
        return if runs_it { Hook::There } else { Hook::Framework };
    }
    if has_hooks_path(work_tree.top()) {
        return Hook::Other("core.hooksPath");
    }
    let mut plan = Plan::new(work_tree.common());
    match plan.text(HOOK) {
        Ok(Some(text)) if text.contains("sealnix check") => Hook::There,
        Ok(None) if plan.create_executable(HOOK, HOOK_TEXT.to_owned()).is_ok() => Hook::New(plan),
        // No text, or a folder that leads elsewhere, is somebody's own too.
        Ok(_) | Err(_) => Hook::Other(".git/hooks/pre-commit"),
    }
}

/// Whether git looks for hooks elsewhere (git-config(1), core.hooksPath), be it for this person alone. Without
/// git there is nobody to run a hook.
fn has_hooks_path(top: &Path) -> bool {
    let asked = Command::new("git").arg("-C").arg(top).args(["config", "--get", "core.hooksPath"]).output();
    asked.is_ok_and(|answer| answer.status.success())
}
