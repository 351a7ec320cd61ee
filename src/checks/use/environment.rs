//! The secrets and templates that are read as environment files.

use crate::checks::declared::Declared;
use crate::manifest::{Host, Sops, Template, Use, Used};

/// Who reads an environment file. Their rules differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// systemd, by `EnvironmentFile=`; options of nixpkgs' services hand theirs on to it.
    Systemd,
    /// A container's engine, by `--env-file`, or something else.
    Other,
}

/// A secret or template whose path is an environment file.
pub struct EnvironmentFile<'a> {
    pub used: &'a Use,
    pub reader: Reader,
}

/// Those of a host.
pub fn environment_files(host: &Host) -> impl Iterator<Item = EnvironmentFile<'_>> {
    let files =
        host.uses.iter().filter(|used| matches!(used.what, Used::SecretPath { .. } | Used::TemplatePath { .. }));
    // In `-/run/secrets/web` the path is a part of the text, and all of the file's name; what a function makes of a
    // path may be anything.
    files.filter(|used| !used.embedded || used.through.is_none()).filter_map(|used| {
        // Lists may be numbered.
        let mut steps = used.option.rsplit('.').skip_while(|step| step.bytes().all(|byte| byte.is_ascii_digit()));
        if !matches!(steps.next()?, "EnvironmentFile" | "environmentFile" | "environmentFiles") {
            return None;
        }
        let by_systemd = used.option.starts_with("systemd.") || used.option.starts_with("services.");
        Some(EnvironmentFile { used, reader: if by_systemd { Reader::Systemd } else { Reader::Other } })
    })
}

/// The template that is used.
pub fn template_of<'h>(host: &'h Host, used: &Use) -> Option<(&'h str, &'h Template)> {
    let Used::TemplatePath { name } = &used.what else { return None };
    sops_of(host, used)?.templates.get_key_value(name).map(|(name, template)| (name.as_str(), template))
}

/// The secret that is used.
pub fn secret_of<'h>(host: &'h Host, used: &'h Use) -> Option<Declared<'h>> {
    let Used::SecretPath { name } = &used.what else { return None };
    let sops = sops_of(host, used)?;
    let (name, secret) = sops.secrets.get_key_value(name)?;
    Some(Declared { host, user: used.user.as_deref(), container: None, sops, name, secret })
}

fn sops_of<'h>(host: &'h Host, used: &Use) -> Option<&'h Sops> {
    match &used.user {
        Some(user) => host.home_users.get(user)?.sops.as_ref(),
        None => host.sops.as_ref(),
    }
}
