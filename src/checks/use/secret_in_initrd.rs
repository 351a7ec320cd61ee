//! A secret is wanted in the initial ramdisk, where there is none yet.

use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Level};
use crate::manifest::{Host, HostKind, Use};

use super::delivered::delivered;
use super::file::File;

pub const RULE: Rule = Rule {
    id: "secret-in-initrd",
    level: Level::Warning,
    page: include_str!("../../../docs/rules/secret-in-initrd.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for host in world.manifest.hosts.iter().filter(|host| host.kind == HostKind::Nixos) {
        verdict.findings.extend(host.uses.iter().filter_map(|used| finding(host, used)));
    }
}

fn finding(host: &Host, used: &Use) -> Option<Finding> {
    let setting = used.option.strip_prefix("boot.initrd.")?;
    let file = File::of(host, used)?;
    if !setting.starts_with("secrets.") && is_in_ramdisk(host, used) {
        return None;
    }
    let called = file.called();
    // NixOS copies these into the ramdisk when it installs the boot loader, from the running system.
    let is_copied = setting.starts_with("secrets.") || setting == "network.ssh.hostKeys";
    let (harm, help) = if is_copied {
        (
            "NixOS copies the file when it installs the boot loader, which a switch does before it decrypts the secrets: the \
             first switch fails, and a later one copies the old value.",
            "run `nixos-rebuild test` before the first `nixos-rebuild switch` and after each change of the secret, or put the \
             file on the host by hand and name that path",
        )
    } else {
        (
            "The ramdisk runs before the root file system is mounted, and the secrets are decrypted after that: the file is \
             not there. The build passes; the boot goes wrong where the file is wanted.",
            "put the file on the host by hand, and into the ramdisk with `boot.initrd.secrets`",
        )
    };
    Some(Finding {
        help: Some(help.to_owned()),
        names: vec![used.option.clone()],
        ..file.finding(
            &RULE,
            "not there in the ramdisk".to_owned(),
            format!("`{}` names the file of {called}. {harm}", used.option),
        )
    })
}

/// Whether `boot.initrd.secrets` has the file of a use at its own path; that has a finding of its own.
fn is_in_ramdisk(host: &Host, used: &Use) -> bool {
    let files = delivered(host);
    let path = files.iter().find(|file| file.is_path_of(&used.what)).and_then(|file| file.path);
    let is_key = |option: &str| option.strip_prefix("boot.initrd.secrets.").is_some_and(|key| Some(key) == path);
    host.uses.iter().any(|other| is_key(&other.option))
}
