//! The first files of a repository: `.sops.yaml`, `sealnix.toml` and the hook.

use std::path::Path;

use super::change::{ChangeError, Plan};
use crate::config;
use crate::policy;
use crate::source::git::WorkTree;

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
    /// In git's own folder, where there is one.
    pub hook: Hook,
}

/// How `sealnix check` comes before each commit.
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
}

/// Plans the files that are missing. What is there stays as it is.
pub fn init(root: &Path, work_tree: Option<&WorkTree>) -> Result<Init, ChangeError> {
    let mut files = Plan::new(root);
    for (path, text) in [(policy::parse::FILE_NAME, SOPS_YAML), (config::FILE_NAME, SEALNIX_TOML)] {
        if files.text(path)?.is_none() {
            files.create(path, text.to_owned(), false)?;
        }
    }
    let hook = hook(&files, work_tree)?;
    Ok(Init { files, hook })
}

fn hook(files: &Plan, work_tree: Option<&WorkTree>) -> Result<Hook, ChangeError> {
    let Some(work_tree) = work_tree else { return Ok(Hook::NoGit) };
    if files.text(".pre-commit-config.yaml")?.is_some() {
        return Ok(Hook::Framework);
    }
    let mut plan = Plan::new(work_tree.common());
    // git-config(1), core.hooksPath: git does not look into its own folder then.
    if plan.text("config")?.is_some_and(|config| config.to_ascii_lowercase().contains("hookspath")) {
        return Ok(Hook::Other("core.hooksPath"));
    }
    match plan.text(HOOK)? {
        Some(text) if text.contains("sealnix check") => Ok(Hook::There),
        Some(_) => Ok(Hook::Other(".git/hooks/pre-commit")),
        None => {
            plan.create_executable(HOOK, HOOK_TEXT.to_owned())?;
            Ok(Hook::New(plan))
        }
    }
}
