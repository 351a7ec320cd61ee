//! The first files of a host: the shape of its secrets, and the module that names them.

use crate::command;
use crate::generate::change::Plan;
use crate::generate::{GenerateError, nix_text};
use crate::nix::lib::escapes::shell_word;
use crate::sops::Format;
use crate::source::generated::MARK;

use super::{Repository, Request};

/// Where a host has its private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeySource {
    /// Its ssh host key.
    SshHostKey,
    /// A file of age keys.
    AgeFile,
}

/// Where sops-nix' manual has a host's age key.
const AGE_KEY_FILE: &str = "/var/lib/sops-nix/key.txt";

impl KeySource {
    /// What sops-nix is told (reference: its options `sops.age`).
    fn option(self) -> String {
        match self {
            KeySource::SshHostKey => "sops.age.sshKeyPaths = [ \"/etc/ssh/ssh_host_ed25519_key\" ];".to_owned(),
            KeySource::AgeFile => format!("sops.age.keyFile = lib.mkDefault \"{AGE_KEY_FILE}\";"),
        }
    }
}

/// Plans the files of a host whose secrets are `own`; `hosts` is the folder of the other hosts' folders. What is
/// left to do, a sentence each.
pub(super) fn plan(
    repository: &Repository<'_>,
    request: &Request,
    own: &str,
    hosts: Option<&str>,
    plan: &mut Plan,
    done: &mut Vec<String>,
) -> Result<Vec<String>, GenerateError> {
    let name = &request.name;
    let mut left = Vec::new();
    let rules = repository.rule_file(request.config.as_deref())?;
    let edit = command::edit_as(own, &rules.config);
    if !repository.tree.files.contains_key(own) {
        left.push(format!("`{edit}` makes its secrets"));
        if let Some(text) = example(own, &edit) {
            create(plan, &example_path(own), text, done)?;
        }
    }
    let folder = match request.folder.as_deref() {
        Some("") => Some(format!("{}/{name}", hosts.unwrap_or("hosts"))),
        Some(folder) => Some(folder.to_owned()),
        None => hosts.map(|hosts| format!("{hosts}/{name}")),
    };
    let in_folder = folder.as_ref().map(|folder| format!("{folder}/secrets.nix"));
    let module = request.module.clone().or(in_folder).unwrap_or_else(|| beside(own, name));
    let not_nix = || GenerateError::NotNix { out: module.clone() };
    create(plan, &module, stub(name, &module, own, &edit, request.key).ok_or_else(not_nix)?, done)?;
    if let KeySource::AgeFile = request.key {
        left.push(format!(
            "`{AGE_KEY_FILE}` on {name} holds its private key; else `sops.age.keyFile` says where it is"
        ));
    }
    match folder.filter(|_| request.folder.is_some()) {
        Some(folder) => {
            let path = format!("{folder}/default.nix");
            create(plan, &path, entry(name, &path, &module).ok_or_else(not_nix)?, done)?;
            left.push(format!("the flake makes {name} of `{folder}`"));
        }
        None => left.push(format!("the configuration of {name} imports `{module}`")),
    }
    let new: Vec<String> = plan.files().filter(|(_, is_new)| *is_new).map(|(path, _)| shell_word(path)).collect();
    left.extend((!new.is_empty()).then(|| format!("`git add {}`, and the secrets when they are made", new.join(" "))));
    Ok(left)
}

/// Makes a file; one that is there stays.
fn create(plan: &mut Plan, path: &str, text: String, done: &mut Vec<String>) -> Result<(), GenerateError> {
    match plan.text(path)? {
        Some(before) if before != text => done.push(format!("`{path}` is there already and stays as it is")),
        Some(_) => {}
        None => plan.create(path, text, false)?,
    }
    Ok(())
}

/// Where the module stands that has no folder of its host: `secrets/web/secrets.nix`, or `secrets/web.nix` for
/// `secrets/web.yaml`.
fn beside(own: &str, name: &str) -> String {
    let (folder, file) = own.rsplit_once('/').unwrap_or(("", own));
    if folder.rsplit('/').next() == Some(name) {
        return format!("{folder}/secrets.nix");
    }
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    if folder.is_empty() { format!("{stem}.nix") } else { format!("{folder}/{stem}.nix") }
}

/// The path of the example beside a file: `web.example.yaml` for `web.yaml`.
fn example_path(file: &str) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{stem}.example.{ending}")
}

/// The shape of a file that is yet to be made, with a header that says how; nothing for formats in which
/// there is no saying it. It holds keys without values, so that it may lie beside sealed files.
fn example(file: &str, edit: &str) -> Option<String> {
    let shape = match Format::of(file) {
        Format::Yaml => "example-key: \"\"\n",
        Format::Dotenv => "EXAMPLE_KEY=\n",
        Format::Json | Format::Ini | Format::Binary => return None,
    };
    let header = format!(
        "{MARK}for {file}, which is yet to be made: its shape, to be copied into the editor that opens it:\n# {edit}\n"
    );
    Some(header + shape)
}

/// The module of a host's secrets at `at`. What a module that the hosts share says of the same options counts more:
/// two plain definitions would be a conflict.
fn stub(name: &str, at: &str, file: &str, edit: &str, key: KeySource) -> Option<String> {
    let format = match Format::of(file) {
        Format::Yaml => "",
        Format::Json => "sops.defaultSopsFormat = lib.mkDefault \"json\";\n",
        Format::Dotenv => "sops.defaultSopsFormat = lib.mkDefault \"dotenv\";\n",
        Format::Ini => "sops.defaultSopsFormat = lib.mkDefault \"ini\";\n",
        Format::Binary => "sops.defaultSopsFormat = lib.mkDefault \"binary\";\n",
    };
    let header = nix_text::comment(&format!(
        "The secrets of {name}, to be imported by its configuration.\n`{edit}` makes the file, \
         `sealnix generate module {}` declares its keys.",
        shell_word(file)
    ));
    let path = nix_text::path(at, file);
    let option = key.option();
    nix_text::formatted(&format!(
        "{header}{{ lib, ... }}:\n{{\nsops.defaultSopsFile = lib.mkDefault {path};\n{format}{option}\n}}\n"
    ))
}

/// The module that makes a host of its parts.
fn entry(name: &str, at: &str, module: &str) -> Option<String> {
    let (name, module) = (nix_text::string(name), nix_text::path(at, module));
    nix_text::formatted(&format!("{{\nimports = [ {module} ];\nnetworking.hostName = {name};\n}}\n"))
}
