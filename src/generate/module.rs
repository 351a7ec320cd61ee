//! A module that declares every key of encrypted files.

use std::collections::BTreeMap;
use std::fmt;

use thiserror::Error;

use super::delivered::LeftOut;
use super::recipe::{ModuleRecipe, System};
use super::secret::{self, Common, CommonError, Omission, RENDERED, Secret};
use super::{GenerateError, NixModule, document, namespace};
use crate::nearest::nearest;
use crate::nix::lib::escapes::shell_word;
use crate::sops::Document;
use crate::vault::Vault;

/// Why there is no module.
#[derive(Debug, Error)]
pub enum ModuleError {
    /// `--only` names what is not there.
    #[error("{} has no key `{key}`", quoted(files))]
    NoSuchKey {
        /// The key.
        key: String,
        /// The files that were searched.
        files: Vec<String>,
        /// The key that was probably meant.
        nearest: Option<String>,
    },
    /// It is a map, of which each key is a secret.
    #[error("`{key}` of {} is a map", quoted(files))]
    Map {
        /// The key.
        key: String,
        /// The files that were searched.
        files: Vec<String>,
        /// The keys below it.
        keys: Vec<String>,
    },
    /// No host can have such a unit or owner.
    #[error(transparent)]
    Common(#[from] CommonError),
    /// A key is wanted in two ways.
    #[error("`{key}` is both required and optional")]
    Both {
        /// The key.
        key: String,
    },
    /// `--only` names what cannot be declared.
    #[error("`{key}` of `{file}` cannot be declared: {why}")]
    Undeliverable {
        /// The key.
        key: String,
        /// Its file.
        file: String,
        /// Why.
        why: LeftOut,
    },
    /// `--only` for a file without keys.
    #[error("`{file}` is delivered whole, so no key of it can be chosen")]
    Whole {
        /// The file.
        file: String,
    },
    /// One name for two secrets.
    #[error("{first} and {second} would both be the secret `{name}`")]
    SameName {
        /// The name.
        name: String,
        /// One.
        first: Origin,
        /// The other.
        second: Origin,
    },
    /// The file of one secret would have to be a folder for another.
    #[error("the secret `{outer}` ({}) would be a file, and `{inner}` ({}) a file below it", origins.0, origins.1)]
    Nested {
        /// The shorter name.
        outer: String,
        /// The name below it.
        inner: String,
        /// Where they come from.
        origins: Box<(Origin, Origin)>,
    },
    /// A name that leads elsewhere.
    #[error("the secret's name would be `{name}`, which no file can have")]
    Name {
        /// The name.
        name: String,
    },
    /// The system's secrets have no such option.
    #[error("{option} is for secrets of {}, and this module is for {}", for_systems(option), system.title())]
    NoOption {
        /// The argument that asks for it.
        option: &'static str,
        /// What the module is for.
        system: System,
    },
    /// `--namespace` with several files.
    #[error("a module with options is for one file")]
    OneFile,
    /// `--namespace` for a file without keys.
    #[error("`{file}` is delivered whole, so a module cannot choose among its keys")]
    NoNames {
        /// The file.
        file: String,
    },
    /// `--namespace` is no option path.
    #[error("`{namespace}` is no path of options")]
    Namespace {
        /// As given.
        namespace: String,
    },
    /// Nothing is left.
    #[error("{} has no key that sops-nix delivers", quoted(files))]
    Nothing {
        /// The files.
        files: Vec<String>,
        /// One that it does not deliver, and why.
        example: Option<(String, LeftOut)>,
    },
}

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    file: String,
    key: Option<String>,
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(formatter, "`{key}` of `{}`", self.file),
            None => write!(formatter, "the file `{}`", self.file),
        }
    }
}

impl ModuleError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            ModuleError::NoSuchKey { nearest: Some(nearest), .. } => Some(format!("did you mean `{nearest}`?")),
            ModuleError::NoSuchKey { nearest: None, .. } | ModuleError::Common(_) => None,
            ModuleError::Both { .. } => Some("leave one out".to_owned()),
            ModuleError::Map { keys, .. } => {
                const SHOWN: usize = 5;
                let more = if keys.len() > SHOWN { ", …" } else { "" };
                let shown = keys.iter().take(SHOWN).map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
                Some(format!("name its keys: {shown}{more}"))
            }
            ModuleError::Undeliverable { file, why: LeftOut::NotText(_), .. } => {
                Some(format!("open it with `sops {}` and put the value in quotes", shell_word(file)))
            }
            ModuleError::Undeliverable { .. } | ModuleError::NoOption { .. } => None,
            ModuleError::Whole { file } => Some(format!("make a module of its own for `{file}`, without --only")),
            ModuleError::OneFile => Some("make one for each, with other paths".to_owned()),
            ModuleError::NoNames { file } => Some(format!("make a plain module of `{file}`, without --namespace")),
            ModuleError::Namespace { .. } => {
                Some("write it as in `--namespace services.web.secrets`, with at most 32 names".to_owned())
            }
            ModuleError::SameName { .. } | ModuleError::Nested { .. } => {
                Some("make a module for each, one of them with `--prefix`".to_owned())
            }
            ModuleError::Name { .. } => Some("choose another `--prefix`".to_owned()),
            ModuleError::Nothing { example, .. } => example.as_ref().map(|(key, why)| format!("`{key}`: {why}")),
        }
    }
}

fn quoted(files: &[String]) -> String {
    files.iter().map(|file| format!("`{file}`")).collect::<Vec<_>>().join(", ")
}

fn for_systems(option: &str) -> &'static str {
    if option == "--unit" { "NixOS" } else { "NixOS and nix-darwin" }
}

/// The module of a recipe; `out` is where it is to stand.
pub fn module(recipe: &ModuleRecipe, vault: &Vault, out: &str) -> Result<NixModule, GenerateError> {
    let mut documents = Vec::new();
    for file in &recipe.files {
        if documents.iter().all(|document: &&Document| &*document.path != file.as_str()) {
            documents.push(document(vault, file)?);
        }
    }
    Ok(match &recipe.namespace {
        Some(namespace) => namespace::module(recipe, namespace, &documents, out)?,
        None => declared(recipe, &documents, &common(recipe)?, out)?,
    })
}

/// What the recipe says of every secret, if the system has it.
pub fn common(recipe: &ModuleRecipe) -> Result<Common, ModuleError> {
    let system = recipe.system;
    let refuse = |option| Err(ModuleError::NoOption { option, system });
    if recipe.owner.is_some() && !system.has_owner() {
        return refuse("--owner");
    }
    if !recipe.units.is_empty() && !system.has_units() {
        return refuse("--unit");
    }
    Ok(Common::new(recipe.owner.as_deref(), &recipe.units)?)
}

fn declared(
    recipe: &ModuleRecipe,
    documents: &[&Document],
    common: &Common,
    out: &str,
) -> Result<NixModule, ModuleError> {
    let prefix = recipe.prefix.as_deref().unwrap_or_default();
    let of_file = |document| secret::of_file(document, prefix).into_iter().map(beside_templates).collect();
    let all: Vec<_> = documents.iter().map(|document| (*document, of_file(*document))).collect();
    check_keys(&recipe.only, &all)?;
    let mut names = Names::default();
    let mut omissions = Vec::new();
    let mut body = String::from("sops.secrets = {\n");
    for (document, secrets) in all {
        body += &secret::nested_json_note(document);
        for secret in secrets {
            match secret {
                Ok(secret) if is_chosen(&recipe.only, secret.key.as_deref()) => {
                    body += &secret.code(common, out);
                    names.add(secret)?;
                }
                Err(omission) if recipe.only.is_empty() => {
                    body += &omission.comment();
                    omissions.push(omission);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }
    body += "};";
    let secrets = names.0.len();
    if secrets == 0 {
        let example = omissions.into_iter().next().map(|Omission { key, why }| (key, why));
        return Err(ModuleError::Nothing { files: recipe.files.clone(), example });
    }
    names.check_nesting()?;
    Ok(NixModule { body, summary: summary(secrets, omissions.len()), ..NixModule::default() })
}

/// The host may have templates: no secret's file is to be their folder.
fn beside_templates(secret: Result<Secret, Omission>) -> Result<Secret, Omission> {
    match secret {
        Ok(secret) if secret.name == RENDERED => {
            Err(Omission { key: secret.key.unwrap_or(secret.file), why: LeftOut::Rendered })
        }
        other => other,
    }
}

fn is_chosen(only: &[String], key: Option<&str>) -> bool {
    only.is_empty() || key.is_some_and(|key| only.iter().any(|chosen| chosen == key))
}

/// What a module holds, as a person is told.
pub fn summary(secrets: usize, left_out: usize) -> String {
    let count = |count, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    match left_out {
        0 => count(secrets, "secret"),
        left_out => format!("{}, {} left out", count(secrets, "secret"), count(left_out, "key")),
    }
}

/// What a file gives.
pub type Secrets<'d> = (&'d Document, Vec<Result<Secret, Omission>>);

/// Whether the files have these keys, as secrets.
pub fn check_keys(asked: &[String], all: &[Secrets<'_>]) -> Result<(), ModuleError> {
    for chosen in asked {
        let mut keys = Vec::new();
        let mut unfit = None;
        for (document, secrets) in all {
            for secret in secrets {
                match secret {
                    Ok(Secret { key: None, .. }) => {
                        return Err(ModuleError::Whole { file: document.path.to_string() });
                    }
                    Ok(Secret { key: Some(key), .. }) => keys.push(key.as_str()),
                    Err(omission) if omission.key == *chosen => unfit = Some((document, omission.why)),
                    Err(_) => {}
                }
            }
        }
        if keys.contains(&chosen.as_str()) {
            continue;
        }
        let key = chosen.clone();
        return Err(match unfit {
            Some((document, why)) => undeliverable(&key, document, why),
            None => not_there(key, keys, all.iter().map(|(document, _)| document.path.to_string()).collect()),
        });
    }
    Ok(())
}

/// A key that was asked for and is none of these.
pub fn not_there(key: String, keys: Vec<&str>, files: Vec<String>) -> ModuleError {
    let is_below = |other: &&str| other.strip_prefix(&key).is_some_and(|rest| rest.starts_with('/'));
    let below: Vec<String> = keys.iter().copied().filter(is_below).map(str::to_owned).collect();
    match below.is_empty() {
        true => ModuleError::NoSuchKey { nearest: nearest(&key, keys).map(str::to_owned), key, files },
        false => ModuleError::Map { key, files, keys: below },
    }
}

/// A key that was asked for and cannot be declared.
pub fn undeliverable(key: &str, document: &Document, why: LeftOut) -> ModuleError {
    ModuleError::Undeliverable { key: key.to_owned(), file: document.path.to_string(), why }
}

/// The secrets by name.
#[derive(Default)]
pub struct Names(BTreeMap<String, Origin>);

impl Names {
    /// Adds one whose name a file can have, and no other one.
    pub fn add(&mut self, secret: Secret) -> Result<(), ModuleError> {
        let Secret { name, file, key, .. } = secret;
        // It is a path below `/run/secrets`.
        if name.split('/').any(|step| matches!(step, "" | "." | "..")) {
            return Err(ModuleError::Name { name });
        }
        let second = Origin { file, key };
        match self.0.insert(name.clone(), second.clone()) {
            Some(first) => Err(ModuleError::SameName { name, first, second }),
            None => Ok(()),
        }
    }

    /// No secret's file may be another one's folder (reference: sops.md, trap 27).
    fn check_nesting(&self) -> Result<(), ModuleError> {
        for (inner, below) in &self.0 {
            let folders = inner.match_indices('/').filter_map(|(at, _)| inner.get(..at));
            for outer in folders {
                if let Some(above) = self.0.get(outer) {
                    let origins = Box::new((above.clone(), below.clone()));
                    return Err(ModuleError::Nested { outer: outer.to_owned(), inner: inner.clone(), origins });
                }
            }
        }
        Ok(())
    }
}
