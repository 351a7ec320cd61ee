//! A template that gives a unit the keys of an encrypted file as its environment.

use std::collections::BTreeMap;

use thiserror::Error;

use super::module::{self, ModuleError, Names};
use super::recipe::{EnvRecipe, Quote};
use super::secret::{self, Common, Omission, Secret};
use super::{GenerateError, NixModule, document, nix_text};
use crate::environment::name as environment_name;
use crate::nix::lib::escapes::shell_word;
use crate::sops::{Document, Format, Value};
use crate::source::visible::clean_line;
use crate::vault::Vault;

/// Why there is no template.
#[derive(Debug, Error)]
pub enum EnvError {
    /// Not a service.
    #[error("`{unit}` is no service, and only those have an environment")]
    NotAService {
        /// What was given.
        unit: String,
    },
    /// A file without names, or with names in sections.
    #[error("`{file}` is {what}, of which systemd reads no environment")]
    NoNames {
        /// The file.
        file: String,
        /// What it is.
        what: &'static str,
    },
    /// A dotenv file's lines are what they are.
    #[error("`{file}` is delivered whole, line by line as it is, so {option} has no say in it")]
    Whole {
        /// The file.
        file: String,
        /// The option.
        option: &'static str,
    },
    /// sops-nix' build reads a dotenv file with a reader that is stricter than sops (reference: sops.md, trap 34).
    #[error(
        "the key `{key}` of `{file}` holds a `/`: sops opens such a dotenv file, but the build of a host refuses it"
    )]
    Slash {
        /// The file.
        file: String,
        /// The key.
        key: String,
    },
    /// The template's file or its folder cannot be made beside a secret of that name (reference: sops.md, trap 27).
    #[error("the secret `{name}` would stand where the template does, at `{template}` below /run/secrets")]
    InTheWay {
        /// The secret.
        name: String,
        /// The template, as a path below the folder of the secrets.
        template: String,
    },
    /// No letter, no digit.
    #[error("the key `{key}` has no letter or digit, so no name can be made of it")]
    NoName {
        /// The key.
        key: String,
    },
    /// `--map` with a name that systemd would drop.
    #[error("`{name}` is no name of an environment variable: letters, digits and `_`, no digit first")]
    InvalidName {
        /// The key.
        key: String,
        /// The name.
        name: String,
    },
    /// `--map` for a key that is not delivered, or twice.
    #[error("--map has no say in `{key}`: {why}")]
    IdleMap {
        /// The key.
        key: String,
        /// Why it has no effect.
        why: &'static str,
    },
    /// One name for two keys.
    #[error("the keys `{first}` and `{second}` would both be `{name}`")]
    SameName {
        /// The name.
        name: String,
        /// One.
        first: String,
        /// The other.
        second: String,
    },
}

impl EnvError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        let map = |key: &str| format!("--map {}", shell_word(&format!("{key}=NAME")));
        Some(match self {
            EnvError::NotAService { .. } => {
                "name the service that reads it; a timer's or socket's is its namesake".into()
            }
            EnvError::NoNames { .. } => {
                "put its values into a YAML file, a key for each; or hand the file over as it is, with \
                 `sealnix generate module` and systemd's LoadCredential"
                    .into()
            }
            EnvError::Whole { .. } => "leave it out, or put the values into a YAML file".into(),
            EnvError::Slash { file, .. } => format!("open it with `sops {}` and rename the key", shell_word(file)),
            EnvError::InTheWay { .. } => {
                "give the secrets other names with --prefix, or choose the keys of the environment with --only".into()
            }
            EnvError::NoName { key } | EnvError::InvalidName { key, .. } => format!("choose one: {}", map(key)),
            EnvError::SameName { second, .. } => format!("choose another: {}", map(second)),
            EnvError::IdleMap { .. } => return None,
        })
    }
}

/// The service that a template is for.
struct Unit {
    /// Its attribute in `systemd.services`.
    service: String,
    /// Its whole name.
    name: String,
}

impl Unit {
    /// A name with or without `.service` (reference: systemd.unit(5)).
    fn parse(unit: &str) -> Result<Self, EnvError> {
        let name = secret::unit_name(unit);
        match name.strip_suffix(".service") {
            Some(service) if secret::is_unit(&name) => Ok(Unit { service: service.to_owned(), name }),
            _ => Err(EnvError::NotAService { unit: unit.to_owned() }),
        }
    }

    /// `foo@`: it never runs itself.
    fn is_template(&self) -> bool {
        self.service.ends_with('@')
    }

    /// Who may read what is delivered, and what restarts with it.
    fn common(&self, owner: Option<&String>) -> Common {
        let units = if self.is_template() { Vec::new() } else { vec![self.name.clone()] };
        Common { owner: owner.cloned(), units }
    }

    /// Why nothing restarts, where nothing does.
    fn note(&self) -> String {
        match self.is_template() {
            true => format!("# No restartUnits: {} is a template, and only its instances run.\n", self.name),
            false => String::new(),
        }
    }

    /// The line that makes the service read a file.
    fn reads(&self, path: &str) -> String {
        format!("systemd.services.{}.serviceConfig.EnvironmentFile = {path};", nix_text::name(&self.service))
    }
}

/// The module of a recipe; `out` is where it is to stand.
pub fn module(recipe: &EnvRecipe, vault: &Vault, out: &str) -> Result<NixModule, GenerateError> {
    let unit = Unit::parse(&recipe.unit)?;
    Common::new(recipe.owner.as_deref(), &[]).map_err(ModuleError::from)?;
    let document = document(vault, &recipe.file)?;
    match document.format {
        Format::Yaml | Format::Json => template(recipe, &unit, document, out),
        Format::Dotenv => whole(recipe, &unit, document, out),
        Format::Ini => Err(no_names(document, "an ini file")),
        Format::Binary => Err(no_names(document, "one sealed value")),
    }
}

fn no_names(document: &Document, what: &'static str) -> GenerateError {
    EnvError::NoNames { file: document.path.to_string(), what }.into()
}

/// Each key as a line of a template.
fn template(recipe: &EnvRecipe, unit: &Unit, document: &Document, out: &str) -> Result<NixModule, GenerateError> {
    let EnvRecipe { only, names, template_only, quote, .. } = recipe;
    let all = secret::of_file(document, recipe.prefix.as_deref().unwrap_or_default());
    let asked: Vec<String> = only.iter().chain(names.iter().map(|(key, _)| key)).cloned().collect();
    module::check_keys(&asked, &[(document, all.clone())])?;
    let all = all.into_iter().filter(|secret| match secret {
        Ok(Secret { key, .. }) => only.is_empty() || key.as_ref().is_some_and(|key| only.contains(key)),
        Err(_) => only.is_empty(),
    });
    let (secrets, omissions): (Vec<_>, Vec<_>) = all.partition(Result::is_ok);
    let secrets: Vec<Secret> = secrets.into_iter().filter_map(Result::ok).collect();
    let omissions: Vec<Omission> = omissions.into_iter().filter_map(Result::err).collect();
    if secrets.is_empty() {
        let example = omissions.into_iter().next().map(|Omission { key, why }| (key, why));
        return Err(ModuleError::Nothing { files: vec![recipe.file.clone()], example }.into());
    }
    let file = format!("{}.env", unit.service);
    check_names(&secrets, &file)?;
    let lines = lines(&secrets, names, *quote)?;
    let file = nix_text::string(&file);
    let left_out: String = omissions.iter().map(Omission::comment).collect();
    let declarations = match template_only {
        true if left_out.is_empty() => String::new(),
        true => left_out + "\n",
        false => {
            // The template is rendered anew, and the unit restarted, whenever one of its secrets changes: they
            // restart nothing themselves. Nor does the service's user read them: they stay root's.
            let code: String = secrets.iter().map(|secret| secret.code(&Common::default(), out)).collect();
            format!("sops.secrets = {{\n{}{code}{left_out}}};\n\n", secret::nested_json_note(document))
        }
    };
    let body = format!(
        "{declarations}sops.templates.{file} = {{\n{}content = ''\n{lines}'';\n{}{}}};\n\n{}",
        nix_text::comment(condition(*quote)),
        unit.common(recipe.owner.as_ref()).fields().iter().map(|field| format!("{field}\n")).collect::<String>(),
        unit.note(),
        unit.reads(&format!("config.sops.templates.{file}.path")),
    );
    let summary = module::summary(secrets.len(), omissions.len());
    Ok(NixModule { arguments: vec!["config"], body, summary, ..NixModule::default() })
}

/// Whether the secrets and a template can lie in one folder.
fn check_names(secrets: &[Secret], template: &str) -> Result<(), GenerateError> {
    let mut names = Names::default();
    let template = format!("rendered/{template}");
    let holds = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    for secret in secrets {
        let name = &secret.name;
        if holds(name, &template) || holds(&template, name) {
            return Err(EnvError::InTheWay { name: name.clone(), template }.into());
        }
        names.add(secret.clone())?;
    }
    Ok(())
}

/// A line for each secret, in file order.
fn lines(secrets: &[Secret], mapped: &[(String, String)], quote: Quote) -> Result<String, EnvError> {
    let mut keys: BTreeMap<String, &str> = BTreeMap::new();
    let mut lines = String::new();
    for (index, (key, name)) in mapped.iter().enumerate() {
        if !environment_name::is_valid(name) {
            return Err(EnvError::InvalidName { key: key.clone(), name: name.clone() });
        }
        let idle = |why| Err(EnvError::IdleMap { key: key.clone(), why });
        if mapped.iter().take(index).any(|(earlier, _)| earlier == key) {
            return idle("it has a name already");
        }
        if secrets.iter().all(|secret| secret.key.as_ref() != Some(key)) {
            return idle("--only leaves it out");
        }
    }
    for secret in secrets {
        // A secret without a key is a whole file, and has no line.
        let Some(key) = secret.key.as_deref() else { continue };
        let name = match mapped.iter().find(|(mapped, _)| mapped == key) {
            Some((_, name)) => name.clone(),
            None => environment_name::of_key(key).ok_or_else(|| EnvError::NoName { key: key.to_owned() })?,
        };
        let mark = mark(quote);
        // A name holds nothing that needs an escape in an indented string.
        lines += &format!("{name}={mark}${{config.sops.placeholder.{}}}{mark}\n", nix_text::string(&secret.name));
        if let Some(first) = keys.insert(name.clone(), key) {
            return Err(EnvError::SameName { name, first: first.to_owned(), second: key.to_owned() });
        }
    }
    Ok(lines)
}

fn mark(quote: Quote) -> &'static str {
    match quote {
        Quote::Single => "'",
        Quote::Double => "\"",
        Quote::None => "",
    }
}

/// Which values systemd reads as they are, and no others (reference: systemd.exec(5), EnvironmentFile, and
/// sops.md section 8; tests/generate_env_values.rs proves it).
fn condition(quote: Quote) -> &'static str {
    match quote {
        Quote::Single => "No value may hold a ': systemd would read another one.",
        Quote::Double => {
            "No value may hold a \", or a \\ before a \\, `, $ or line break, or end in a \\: systemd would read another\n\
             one."
        }
        Quote::None => {
            "No value may hold a line break or a \\, begin with ' or \", or begin or end with a blank: systemd would\n\
             read another one."
        }
    }
}

/// A dotenv file, which systemd reads itself.
fn whole(recipe: &EnvRecipe, unit: &Unit, document: &Document, out: &str) -> Result<NixModule, GenerateError> {
    let options = [
        ("--only", !recipe.only.is_empty()),
        ("--map", !recipe.names.is_empty()),
        ("--quote", recipe.quote != Quote::default()),
    ];
    if let Some((option, _)) = options.into_iter().find(|(_, is_given)| *is_given) {
        return Err(EnvError::Whole { file: document.path.to_string(), option }.into());
    }
    if let Some(key) = keys(document).find(|key| key.contains('/')) {
        return Err(EnvError::Slash { file: document.path.to_string(), key: key.to_owned() }.into());
    }
    let secret = secret::whole(document, recipe.prefix.as_deref().unwrap_or_default());
    Names::default().add(secret.clone())?;
    let mut body = String::new();
    if !recipe.template_only {
        let code = secret.code(&unit.common(recipe.owner.as_ref()), out);
        body += &format!("{}sops.secrets.{code}\n", unit.note());
    }
    let dropped = dropped(document);
    body += &nix_text::comment(DIFFERENT);
    if !dropped.is_empty() {
        body += &nix_text::comment(&clean_line(&format!("It drops {dropped}: no name of a variable.")));
    }
    body += &unit.reads(&format!("config.sops.secrets.{}.path", nix_text::name(&secret.name)));
    let dropped = if dropped.is_empty() { dropped } else { format!("; systemd drops {dropped}") };
    let summary = format!("1 secret{dropped}");
    Ok(NixModule { arguments: vec!["config"], body, summary, ..NixModule::default() })
}

/// What nobody who wrote the file with sops may expect.
const DIFFERENT: &str = "\
To sops a value is all that follows the =. systemd takes quotes at its start for syntax, drops blanks
around it, and outside of quotes takes each \\ away: no value of several lines arrives.";

/// The keys of a dotenv file.
fn keys(document: &Document) -> impl Iterator<Item = &str> {
    let children = match document.parts.first().map(|part| &part.value) {
        Some(Value::Map(children)) => children.as_slice(),
        Some(Value::Leaf(_) | Value::List(_)) | None => &[],
    };
    children.iter().map(|child| child.key.as_str())
}

/// The names that systemd drops, each in quotes.
fn dropped(document: &Document) -> String {
    // It takes blanks around a name away.
    let dropped = keys(document).filter(|key| !environment_name::is_valid(key.trim_matches([' ', '\t'])));
    dropped.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}
