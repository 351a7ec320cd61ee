//! `sealnix generate module|env|example`: one file.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::owner::{self, Owner};
use crate::cli::Outcome;
use crate::cli::error::RunError;
use crate::cli::sealed::SealedFiles;
use crate::generate::change::Plan;
use crate::generate::recipe::{EnvRecipe, Recipe};
use crate::generate::standing::{Standing, is_sealed};
use crate::generate::{self, GenerateError, Generated, header};
use crate::source::RepoPath;
use crate::source::visible::clean_line;
use crate::vault::Vault;

/// Where the file goes.
pub struct Target {
    /// The path, relative to the current folder; nothing for the standard output.
    pub out: Option<PathBuf>,
    /// Whether it may overwrite what was not generated.
    pub force: bool,
    /// Whether it is only shown.
    pub dry_run: bool,
}

/// Follows a recipe whose paths are relative to the current folder.
pub fn write(
    sealed: &SealedFiles,
    mut recipe: Recipe,
    target: &Target,
    output: &mut impl Write,
) -> Result<Outcome, RunError> {
    for path in recipe.sources_mut() {
        *path = sealed.inside(Path::new(path))?;
    }
    if let Recipe::Env(recipe) = &mut recipe {
        find_owner(recipe);
    }
    let Some(out) = &target.out else {
        let made = generate::file(&recipe, &sealed.vault, &name_without_place(&recipe))?;
        write!(output, "{}", made.text)?;
        return Ok(Outcome::Clean);
    };
    let mut plan = Plan::new(&sealed.root);
    let out = plan.real_path(&sealed.inside(out)?).map_err(GenerateError::from)?;
    let made = generate::file(&recipe, &sealed.vault, &out)?;
    let before = plan.text(&out).map_err(GenerateError::from)?;
    let standing = match &before {
        Some(text) if *text != made.text => standing(&out, text, &made, &recipe, &sealed.vault)?,
        _ => Standing::Own,
    };
    if standing == Standing::Filled && !target.force {
        return Err(GenerateError::Filled { path: out }.into());
    }
    let diff = standing.diff(&out, before.as_deref(), &made.text);
    plan.create(&out, made.text, target.force || standing == Standing::Own).map_err(GenerateError::from)?;
    if target.dry_run {
        write!(output, "{}", if plan.is_empty() { "" } else { &diff })?;
        return Ok(Outcome::Clean);
    }
    plan.apply().map_err(GenerateError::from)?;
    let out = clean_line(&out);
    let what = if made.summary.is_empty() { String::new() } else { format!(": {}", made.summary) };
    match plan.is_empty() {
        true => writeln!(output, "{out} is up to date{what}")?,
        false => writeln!(output, "wrote {out}{what}")?,
    }
    if before.is_none() && out.ends_with(".nix") {
        writeln!(output, "Import it in a host, and `git add` it: a flake sees only what git tracks.")?;
    }
    Ok(Outcome::Clean)
}

/// What stands where the file goes. What was generated from other sources is not its own.
fn standing(
    out: &RepoPath,
    text: &str,
    made: &Generated,
    recipe: &Recipe,
    vault: &Vault,
) -> Result<Standing, GenerateError> {
    if is_sealed(out, text, vault) {
        return Err(GenerateError::Sealed { path: out.clone() });
    }
    Ok(match (Standing::of(out, text, made.json()), header::recipe_of(text)) {
        (Standing::Own, Some(Ok(old))) if !old.is_of(recipe) => Standing::ByHand,
        (standing, _) => standing,
    })
}

/// What a file is called that goes to the standard output: its ending says what it is.
fn name_without_place(recipe: &Recipe) -> String {
    match recipe {
        Recipe::Example(recipe) => {
            let ending = recipe.file.rsplit(['/', '.']).next().unwrap_or_default();
            format!("example.{ending}")
        }
        Recipe::Module(_) | Recipe::Env(_) => "generated.nix".to_owned(),
    }
}

/// The recipe names the owner, so that following it again evaluates nothing.
fn find_owner(recipe: &mut EnvRecipe) {
    if recipe.owner.is_some() {
        return;
    }
    match owner::of_unit(&recipe.unit) {
        Owner::Account(name) => recipe.owner = Some(name),
        Owner::None => {}
        Owner::Unknown(why) => {
            // Nothing depends on it: the manager, which is root, reads the file. Nobody is left to tell when this fails.
            let _ = writeln!(std::io::stderr(), "no owner is set: {why}; --owner sets one");
        }
    }
}
