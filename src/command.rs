//! The commands that mend things, ready to be pasted in the repository's root; for a file of another
//! repository, in the root of that one's checkout, which a comment of the shell says.

use crate::manifest::{Host, HostKind, Secret};
use crate::nix::lib::escapes::nix_string;
use crate::policy::Config;
use crate::sops::{Document, Format, Found};
use crate::source::start::is_flake;
use crate::source::{input_of, stored};

/// A sops file that a command is about, and the form that it has or is to have.
#[derive(Debug, Clone, Copy)]
pub struct SopsFile<'a> {
    path: &'a str,
    format: Format,
}

/// In the form of its name.
impl<'a, P: AsRef<str> + ?Sized> From<&'a P> for SopsFile<'a> {
    fn from(path: &'a P) -> Self {
        let path = path.as_ref();
        SopsFile { path, format: Format::of(path) }
    }
}

impl<'a> SopsFile<'a> {
    /// In the form that it has, whichever it was read in: sops writes a file in the form that it is told, and would
    /// make YAML of JSON, which sops-nix reads as YAML.
    pub fn read(document: &'a Document) -> Self {
        let path = &document.path;
        let is_json = document.format == Format::Yaml && document.text.content().trim_start().starts_with('{');
        let format = match Format::of(path) {
            Format::Yaml => document.format,
            Format::Binary if is_json && matches!(document.find("data"), Found::Leaf { .. }) => Format::Binary,
            _ if is_json => Format::Json,
            _ => document.format,
        };
        SopsFile { path, format }
    }

    /// In the form that sops-nix will read it in for a secret. JSON is YAML too.
    pub fn of_secret(path: &'a str, secret: &Secret) -> Self {
        let named = Format::of(path);
        let declared = secret.format.known().and_then(|word| Format::named(word)).unwrap_or(named);
        let is_both = named == Format::Json && declared == Format::Yaml;
        SopsFile { path, format: if is_both { named } else { declared } }
    }

    /// What tells sops the form where the name tells it another one.
    fn types(self, options: &[&str]) -> String {
        let is_named = Format::of(self.path) == self.format;
        let told = options.iter().filter(|_| !is_named).map(|option| format!(" {option} {}", self.format.word()));
        told.collect()
    }

    fn input_type(self) -> String {
        self.types(&["--input-type"])
    }

    fn both_types(self) -> String {
        self.types(&["--input-type", "--output-type"])
    }
}

/// Writes the recipients of the rule file that decides into a sops file. sops looks for its rule
/// file from the working directory upwards, so a rule file in a folder wants to be called there.
pub fn updatekeys<'a>(file: impl Into<SopsFile<'a>>, config: Option<&Config>) -> String {
    let file = file.into();
    in_folder_of(&format!("updatekeys{}", file.input_type()), file.path, config)
}

/// The same without the question whether the changes are right.
pub fn updatekeys_unasked<'a>(file: impl Into<SopsFile<'a>>, config: Option<&Config>) -> String {
    let file = file.into();
    in_folder_of(&format!("updatekeys -y{}", file.input_type()), file.path, config)
}

/// Makes a new data key and seals it for every recipient that the file has.
pub fn rotate<'a>(file: impl Into<SopsFile<'a>>) -> String {
    let file = file.into();
    on(&format!("sops rotate --in-place{}", file.both_types()), file.path)
}

/// Takes recipients out of a sops file that no rule takes; `kind` is `age` or `pgp`.
pub fn remove_recipients<'a>(file: impl Into<SopsFile<'a>>, kind: &str, recipients: &[&str]) -> String {
    let file = file.into();
    let rotate = format!("sops rotate --in-place{}", file.both_types());
    on(&format!("{rotate} --rm-{kind} {}", quoted(&recipients.join(","))), file.path)
}

/// A rule file of another name is only found when it is told.
fn in_folder_of(command: &str, path: &str, config: Option<&Config>) -> String {
    let sops = |option: &str| {
        let words = ["sops", option, command].into_iter().filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join(" ")
    };
    match config.map(|config| (config, config.path.rsplit_once('/').unwrap_or(("", &config.path)))) {
        Some((_, (folder, ".sops.yaml"))) if !folder.is_empty() => {
            let below = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
            let below = below.unwrap_or(path);
            format!("(cd {} && {} {})", quoted(folder), sops(""), quoted(below))
        }
        Some((config, (_, name))) if name != ".sops.yaml" => {
            on(&sops(&format!("--config {}", quoted(&config.path))), path)
        }
        _ => on(&sops(""), path),
    }
}

/// Seals every file of a rules file of agenix anew, for whom it names now.
pub fn agenix_rekey(rules: &str) -> String {
    agenix("--rekey", rules)
}

/// Opens a file of agenix in the editor, or makes it, by the name that its rules file has for it.
pub fn agenix_edit(rules: &str, name: &str) -> String {
    agenix(&format!("--edit {}", quoted(name)), rules)
}

/// agenix-rekey makes the hosts' files anew.
pub const AGENIX_REKEY: &str = "agenix rekey";

/// agenix looks for its files and for `secrets.nix` in the folder that it is called in; another rules file it
/// takes from the environment.
fn agenix(option: &str, rules: &str) -> String {
    let (folder, name) = rules.rsplit_once('/').unwrap_or(("", rules));
    let command = match name {
        "secrets.nix" => format!("agenix {option}"),
        name => format!("RULES={} agenix {option}", quoted(&format!("./{name}"))),
    };
    if folder.is_empty() { command } else { format!("(cd {} && {command})", quoted(folder)) }
}

/// Opens a sops file in the editor, or makes it.
pub fn edit<'a>(file: impl Into<SopsFile<'a>>) -> String {
    let file = file.into();
    on(&format!("sops{}", file.both_types()), file.path)
}

/// The same where it is made by the rules of a file.
pub fn edit_as<'a>(file: impl Into<SopsFile<'a>>, config: &Config) -> String {
    let file = file.into();
    in_folder_of(file.both_types().trim_start(), file.path, Some(config))
}

/// The line of a Nix file in the root that declares a secret, of the default sops file where none is given.
pub fn declaration(name: &str, file: Option<&str>) -> String {
    let secret = attribute("sops.secrets", name);
    match file {
        Some(path) => format!("{secret}.sopsFile = {};", nix_path(path)),
        None => format!("{secret} = {{ }};"),
    }
}

/// A path from the root as Nix reads it in a file there; what its path literals cannot hold behind a `+`.
fn nix_path(path: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-+/".contains(c);
    if path.chars().all(is_plain) { format!("./{path}") } else { format!("./. + {}", nix_string(&format!("/{path}"))) }
}

/// An attribute of a set as Nix reads it, whatever the name holds: `sops.secrets."web.env"`.
pub fn attribute(set: &str, name: &str) -> String {
    format!("{set}.{}", nix_string(name))
}

/// A text in quotes, as Nix reads it.
pub fn text(text: &str) -> String {
    nix_string(text)
}

/// Takes a value out of a sops file; its key as sops-nix names it, with `/` between the steps. sops knows no escape for
/// a quote in a key: that is taken out in the editor.
pub fn unset<'a>(file: impl Into<SopsFile<'a>>, key: &str) -> String {
    let file = file.into();
    if key.contains(['"', '\\']) {
        return edit(file);
    }
    let steps = key.split('/').map(|step| format!("[\"{step}\"]"));
    format!("{} {}", on(&format!("sops unset{}", file.both_types()), file.path), quoted(&steps.collect::<String>()))
}

/// Seals a file that lies there in clear.
pub fn encrypt<'a>(file: impl Into<SopsFile<'a>>) -> String {
    let file = file.into();
    on(&format!("sops --encrypt --in-place{}", file.both_types()), file.path)
}

/// The same by the rules of a file.
pub fn encrypt_as<'a>(file: impl Into<SopsFile<'a>>, config: &Config) -> String {
    let file = file.into();
    in_folder_of(&format!("--encrypt --in-place{}", file.both_types()), file.path, Some(config))
}

/// Puts a sealed file into clear, so that it can be sealed by other settings.
pub fn decrypt<'a>(file: impl Into<SopsFile<'a>>) -> String {
    let file = file.into();
    on(&format!("sops --decrypt --in-place{}", file.both_types()), file.path)
}

/// Tells git, and so a flake, of a file.
pub fn git_add(path: &str) -> String {
    on("git add", path)
}

/// The same of one that git is told to ignore.
pub fn git_add_ignored(path: &str) -> String {
    on("git add --force", path)
}

/// Evaluates a host as a whole, with Nix's way to an error. `entry` is the file that makes it.
pub fn evaluate(host: &Host, entry: &str) -> String {
    let whole = match host.kind {
        HostKind::Nixos | HostKind::Darwin => "config.system.build.toplevel",
        HostKind::Home => "activationPackage",
    };
    let (folder, file) = entry.rsplit_once('/').unwrap_or(("", entry));
    let attr = attribute_path(host);
    // The nodes of a hive are no configurations before colmena has made them.
    if file == "hive.nix" || attr.starts_with("colmena.") {
        return format!("colmena -f {} --show-trace build --on {}", quoted(entry), quoted(&host.name));
    }
    if is_flake(entry) {
        let flake = if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") };
        return format!("nix eval {} --show-trace", quoted(&format!("{flake}#{attr}.{whole}.drvPath")));
    }
    let entry = quoted(&format!("./{entry}"));
    match attr.as_str() {
        "" if file == "configuration.nix" => {
            format!("nix-instantiate '<nixpkgs/nixos>' -A system --arg configuration {entry} --show-trace")
        }
        "" => format!("nix-instantiate {entry} -A {whole} --show-trace"),
        attr => format!("nix-instantiate {entry} -A {} --show-trace", quoted(&format!("{attr}.{whole}"))),
    }
}

/// The host's attribute path as Nix reads it: a name with a dot in quotes.
fn attribute_path(host: &Host) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '\'');
    let is_name =
        host.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && host.name.chars().all(is_plain);
    match host.attr.strip_suffix(&host.name) {
        Some(before) if !is_name && !host.name.is_empty() => format!("{before}\"{}\"", host.name),
        _ => host.attr.clone(),
    }
}

/// Shows the error that Nix gives for a file.
pub fn nix_parse(path: &str) -> String {
    on("nix-instantiate --parse", path)
}

/// Takes a file out of git and leaves it where it is.
pub fn git_rm_cached(path: &str) -> String {
    on("git rm --cached", path)
}

/// Takes a file as a commit has it, or in an open merge as one side has it, `--ours`.
pub fn git_checkout(commit: &str, path: &str) -> String {
    on(&format!("git checkout {commit} --"), path)
}

/// Deletes a file that git tracks.
pub fn git_rm(path: &str) -> String {
    on("git rm", path)
}

fn on(command: &str, path: &str) -> String {
    match (input_of(path), stored(path)) {
        (Some((input, path)), _) => format!("{command} {} # in the checkout of {}", quoted(path), quoted(input)),
        (None, Some((object, path))) if !path.is_empty() => {
            format!("{command} {} # in the repository that {} is a copy of", quoted(path), quoted(object))
        }
        _ => format!("{command} {}", quoted(path)),
    }
}

/// A path as a word for a POSIX shell, never taken for an option.
fn quoted(path: &str) -> String {
    let path = if path.starts_with('-') { format!("./{path}") } else { path.to_owned() };
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+=:,".contains(c);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', r"'\''")) }
}
