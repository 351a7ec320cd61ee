//! How a file is generated: the arguments of `sealnix generate`, which its header repeats.

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::nix::lib::escapes::shell_word;

/// What is generated, and from what. Paths are relative to the repository once the command line is read.
#[derive(Debug, Clone, PartialEq, Eq, Subcommand)]
pub enum Recipe {
    /// Write a module that declares every key of encrypted files.
    Module(ModuleRecipe),
    /// Write a template that gives a unit the keys of an encrypted file as its environment.
    Env(EnvRecipe),
    /// Write the shape of an encrypted file, without its values.
    Example(ExampleRecipe),
}

/// `sealnix generate module`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ModuleRecipe {
    /// The encrypted files.
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// What the module is for.
    #[arg(long = "for", value_enum, default_value_t, value_name = "SYSTEM")]
    pub system: System,
    /// Only this key; as often as needed.
    #[arg(long, value_name = "KEY")]
    pub only: Vec<String>,
    /// Begin the secrets' names with this.
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// Who owns the secrets on the host.
    #[arg(long, value_name = "USER")]
    pub owner: Option<String>,
    /// Restart this unit when a secret changes; as often as needed.
    #[arg(long = "unit", value_name = "UNIT")]
    pub units: Vec<String>,
    /// Write a reusable module instead, with options below this path.
    #[arg(long, value_name = "OPTION.PATH", conflicts_with_all = ["prefix", "only"])]
    pub namespace: Option<String>,
    /// With --namespace: a key that the file must have; as often as needed. Without any, all that it has now.
    #[arg(long, value_name = "KEY", requires = "namespace")]
    pub required: Vec<String>,
    /// With --namespace: a key that is declared where the file has it; as often as needed.
    #[arg(long, value_name = "KEY", requires = "namespace")]
    pub optional: Vec<String>,
}

/// What a module is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// A NixOS module.
    #[default]
    Nixos,
    /// A nix-darwin module.
    Darwin,
    /// A home-manager module.
    HomeManager,
}

/// `sealnix generate env`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct EnvRecipe {
    /// The encrypted file.
    #[arg(value_name = "FILE")]
    pub file: String,
    /// The service that reads it.
    #[arg(long, value_name = "UNIT")]
    pub unit: String,
    /// Only this key; as often as needed.
    #[arg(long, value_name = "KEY")]
    pub only: Vec<String>,
    /// Give a key this name in the environment; as often as needed.
    #[arg(long = "map", value_name = "KEY=NAME", value_parser = mapping)]
    pub names: Vec<(String, String)>,
    /// Begin the secrets' names with this; the environment's stay those of the keys.
    #[arg(long, value_name = "TEXT")]
    pub prefix: Option<String>,
    /// How a value is quoted.
    #[arg(long, value_enum, default_value_t, value_name = "QUOTE")]
    pub quote: Quote,
    /// Who owns the rendered file on the host; without it the user of the unit, where that is known.
    #[arg(long, value_name = "USER")]
    pub owner: Option<String>,
    /// Leave the declarations of the secrets out: another module has them.
    #[arg(long)]
    pub template_only: bool,
}

/// How a value stands in an environment file (reference: systemd.exec(5), EnvironmentFile).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Quote {
    /// In single quotes: right for every value without one.
    #[default]
    Single,
    /// In double quotes: right for values without one and without backslashes.
    Double,
    /// As it is: right for one line without backslashes, outer blanks and leading quotes.
    None,
}

/// `sealnix generate example`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct ExampleRecipe {
    /// The encrypted file.
    #[arg(value_name = "FILE")]
    pub file: String,
}

impl System {
    /// Its name in prose.
    pub fn title(self) -> &'static str {
        match self {
            System::Nixos => "NixOS",
            System::Darwin => "nix-darwin",
            System::HomeManager => "home-manager",
        }
    }
}

fn mapping(text: &str) -> Result<(String, String), &'static str> {
    // A key may hold `=`, a name may not.
    let (key, name) = text.rsplit_once('=').ok_or("write it KEY=NAME")?;
    if key.is_empty() { Err("write it KEY=NAME") } else { Ok((key.to_owned(), name.to_owned())) }
}

impl Recipe {
    /// The encrypted files that it reads.
    pub fn sources_mut(&mut self) -> &mut [String] {
        match self {
            Recipe::Module(recipe) => &mut recipe.files,
            Recipe::Env(recipe) => std::slice::from_mut(&mut recipe.file),
            Recipe::Example(recipe) => std::slice::from_mut(&mut recipe.file),
        }
    }

    /// The encrypted files that it reads.
    pub fn sources(&self) -> &[String] {
        match self {
            Recipe::Module(recipe) => &recipe.files,
            Recipe::Env(recipe) => std::slice::from_ref(&recipe.file),
            Recipe::Example(recipe) => std::slice::from_ref(&recipe.file),
        }
    }

    /// Whether it makes the same kind of thing from the same files, whatever the options.
    pub fn is_of(&self, other: &Recipe) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other) && self.sources() == other.sources()
    }

    /// Itself, with the owner that another command has and that is otherwise the same: a command that names none
    /// has it looked up when a person runs it.
    pub fn with_owner_of(&self, other: &Recipe) -> Recipe {
        match (self, other) {
            (Recipe::Env(own), Recipe::Env(other)) if own.owner.is_none() => {
                let owned = EnvRecipe { owner: other.owner.clone(), ..own.clone() };
                Recipe::Env(if owned == *other { owned } else { own.clone() })
            }
            _ => self.clone(),
        }
    }

    /// Itself as arguments of `sealnix generate`, as a person would write them.
    pub fn words(&self) -> Vec<String> {
        let mut words = match self {
            Recipe::Module(_) => vec!["module".to_owned()],
            Recipe::Env(_) => vec!["env".to_owned()],
            Recipe::Example(_) => vec!["example".to_owned()],
        };
        words.extend(self.sources().iter().map(|path| dashed(path)));
        match self {
            Recipe::Module(recipe) => recipe.options(&mut words),
            Recipe::Env(recipe) => recipe.options(&mut words),
            Recipe::Example(_) => {}
        }
        words
    }

    /// Itself as one line for a shell.
    pub fn line(&self) -> String {
        self.words().iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ")
    }

    /// Reads what [`Recipe::line`] writes.
    ///
    /// # Errors
    /// If it is none: why, as a clause.
    pub fn read(line: &str) -> Result<Recipe, String> {
        Recipe::read_words(&shlex::split(line).ok_or("a quote is not closed")?)
    }

    /// Reads what [`Recipe::words`] writes.
    ///
    /// # Errors
    /// If it is none: why, as a clause.
    pub fn read_words(words: &[String]) -> Result<Recipe, String> {
        #[derive(Parser)]
        #[command(no_binary_name = true, disable_help_flag = true, disable_help_subcommand = true)]
        struct Line {
            #[command(subcommand)]
            recipe: Recipe,
        }
        if words.is_empty() {
            return Err("it is empty".to_owned());
        }
        let mut recipe = Line::try_parse_from(words).map_err(|error| reason(&error))?.recipe;
        for path in recipe.sources_mut() {
            *path = path.strip_prefix("./").unwrap_or(path).to_owned();
        }
        Ok(recipe)
    }
}

/// A path as an argument: its name may begin with `-`.
pub fn dashed(path: &str) -> String {
    if path.starts_with('-') { format!("./{path}") } else { path.to_owned() }
}

/// What the command line's reader says, as a clause.
fn reason(error: &clap::Error) -> String {
    let text = error.to_string();
    // What is missing, or possible, stands in lines of its own.
    let lines = text.lines().take_while(|line| !line.starts_with("Usage:")).map(str::trim);
    let said = lines.filter(|line| !line.is_empty() && !line.starts_with("tip:")).collect::<Vec<_>>().join(" ");
    said.strip_prefix("error: ").unwrap_or(&said).to_owned()
}

/// `--NAME VALUE`, or `--NAME=VALUE` where the value may be taken for an option.
fn option(words: &mut Vec<String>, name: &str, value: &str) {
    match value.starts_with('-') || value.is_empty() {
        true => words.push(format!("{name}={value}")),
        false => words.extend([name.to_owned(), value.to_owned()]),
    }
}

fn options(words: &mut Vec<String>, name: &str, values: &[String]) {
    values.iter().for_each(|value| option(words, name, value));
}

fn chosen<V: ValueEnum + Default + PartialEq>(words: &mut Vec<String>, name: &str, value: &V) {
    if let Some(possible) = value.to_possible_value().filter(|_| *value != V::default()) {
        option(words, name, possible.get_name());
    }
}

impl ModuleRecipe {
    fn options(&self, words: &mut Vec<String>) {
        chosen(words, "--for", &self.system);
        options(words, "--only", &self.only);
        options(words, "--prefix", self.prefix.as_slice());
        options(words, "--owner", self.owner.as_slice());
        options(words, "--unit", &self.units);
        options(words, "--namespace", self.namespace.as_slice());
        options(words, "--required", &self.required);
        options(words, "--optional", &self.optional);
    }
}

impl EnvRecipe {
    fn options(&self, words: &mut Vec<String>) {
        option(words, "--unit", &self.unit);
        options(words, "--only", &self.only);
        self.names.iter().for_each(|(key, name)| option(words, "--map", &format!("{key}={name}")));
        options(words, "--prefix", self.prefix.as_slice());
        chosen(words, "--quote", &self.quote);
        options(words, "--owner", self.owner.as_slice());
        if self.template_only {
            words.push("--template-only".to_owned());
        }
    }
}
