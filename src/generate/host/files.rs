//! The first files of a host: the shape of its secrets, and the module that names them.

use crate::generate::nix_text;
use crate::sops::Format;
use crate::source::generated::MARK;

/// Where a host has its private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// Its ssh host key.
    SshHostKey,
    /// A file of age keys.
    AgeFile,
}

impl KeySource {
    /// What sops-nix is told (reference: its options `sops.age`; the paths are those of its manual).
    fn option(self) -> &'static str {
        match self {
            KeySource::SshHostKey => "sops.age.sshKeyPaths = [ \"/etc/ssh/ssh_host_ed25519_key\" ];",
            KeySource::AgeFile => "sops.age.keyFile = \"/var/lib/sops-nix/key.txt\";",
        }
    }
}

/// The path of the example beside a file: `web.example.yaml` for `web.yaml`.
pub fn example_path(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{stem}.example.{ending}")
}

/// The shape of a file that is yet to be made, with a header that says how; nothing for formats in which
/// there is no saying it. It holds keys without values, so that it may lie beside sealed files.
pub fn example(file: &str, keys: &[String]) -> Option<String> {
    let header = format!(
        "{MARK}for {file}, which is yet to be made: its shape, to be copied into the editor that opens it:\n\
         # sops {file}\n"
    );
    match Format::of(file) {
        Format::Yaml if keys.is_empty() => Some(header + "example-key: \"\"\n"),
        Format::Yaml => {
            let map: std::collections::BTreeMap<&str, &str> = keys.iter().map(|key| (key.as_str(), "")).collect();
            Some(header + &serde_yaml::to_string(&map).ok()?)
        }
        Format::Dotenv => Some(header + "EXAMPLE_KEY=\n"),
        Format::Json | Format::Ini | Format::Binary => None,
    }
}

/// The module of a host's secrets at `at`.
pub fn stub(name: &str, at: &str, file: &str, key: KeySource) -> Option<String> {
    let format = match Format::of(file) {
        Format::Yaml => "",
        Format::Json => "sops.defaultSopsFormat = \"json\";\n",
        Format::Dotenv => "sops.defaultSopsFormat = \"dotenv\";\n",
        Format::Ini => "sops.defaultSopsFormat = \"ini\";\n",
        Format::Binary => "sops.defaultSopsFormat = \"binary\";\n",
    };
    let header = nix_text::comment(&format!(
        "The secrets of {name}, to be imported by its configuration.\n`sops {file}` makes the file, \
         `sealnix generate module {file}` declares its keys."
    ));
    let path = nix_text::path(at, file);
    let option = key.option();
    nix_text::formatted(&format!("{header}{{\nsops.defaultSopsFile = {path};\n{format}{option}\n}}\n"))
}

/// The module that makes a host of its parts.
pub fn entry(name: &str) -> Option<String> {
    let name = nix_text::string(name);
    nix_text::formatted(&format!("{{\nimports = [ ./secrets.nix ];\nnetworking.hostName = {name};\n}}\n"))
}
