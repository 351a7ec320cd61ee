//! The key that opens the secrets is itself one of them, or another one that is decrypted on the host.

use crate::checks::declared::{Declared, configurations, owner};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Label, Level};
use crate::manifest::{Fact, Host, HostKind, Sops};
use crate::source::Place;

pub const RULE: Rule = Rule {
    id: "key-source-is-a-secret",
    level: Level::Error,
    page: include_str!("../../../docs/rules/key-source-is-a-secret.md"),
    check,
};

/// Where a system's secrets are placed that are decrypted no earlier than those of sops-nix.
const DECRYPTED: [&str; 5] =
    ["/run/secrets/", "/run/secrets.d/", "/run/secrets-for-users/", "/run/agenix/", "/run/agenix.d/"];

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for (host, user, sops) in configurations(world.manifest).filter(|(.., sops)| !sops.secrets.is_empty()) {
        let configuration = Configuration { host, user, sops };
        verdict.findings.extend(configuration.mistake().map(|(option, key)| configuration.finding(option, key)));
    }
}

/// Who opens secrets, and with what it is told.
struct Configuration<'a> {
    host: &'a Host,
    user: Option<&'a str>,
    sops: &'a Sops,
}

impl<'a> Configuration<'a> {
    /// The option that names a secret, with its path. A key file that is not there stops sops-nix; of ssh keys
    /// those that are there are enough (reference: sops.md section 5).
    fn mistake(&self) -> Option<(&'static str, &'a str)> {
        let Sops { age, gnupg, .. } = self.sops;
        let single = [("age.keyFile", &age.key_file), ("gnupg.home", &gnupg.home)];
        let mut named = single.iter().filter_map(|(option, path)| Some((*option, path.known()?.as_deref()?)));
        if let Some(mistake) = named.find(|(_, path)| self.is_secret(path)) {
            return Some(mistake);
        }
        let is_unset = |path: &Fact<Option<String>>| path.known() == Some(&None);
        let lists = [("age.sshKeyPaths", &age.ssh_key_paths), ("gnupg.sshKeyPaths", &gnupg.ssh_key_paths)];
        // One that is not known may be another way.
        let are_secrets = |paths: &Fact<Vec<String>>| {
            paths.known().is_some_and(|paths| paths.iter().all(|path| self.is_secret(path)))
        };
        let is_only_way =
            single.iter().all(|(_, path)| is_unset(path)) && lists.iter().all(|(_, paths)| are_secrets(paths));
        let mut first =
            lists.into_iter().filter_map(|(option, paths)| Some((option, paths.known()?.first()?.as_str())));
        first.next().filter(|_| is_only_way)
    }

    /// Whether a path is there only after secrets are decrypted. A home-manager user may well be given a key by
    /// the system.
    fn is_secret(&self, path: &str) -> bool {
        let is_home = self.user.is_some() || self.host.kind == HostKind::Home;
        self.secret(path).is_some() || !is_home && DECRYPTED.iter().any(|folder| path.starts_with(folder))
    }

    /// The own secret that is placed at a path by default: one with a path of its own may have been brought
    /// there before.
    fn secret(&self, path: &str) -> Option<Declared<'a>> {
        let Configuration { host, user, sops } = *self;
        let mut secrets = sops.secrets.iter();
        let (name, secret) =
            secrets.find(|(_, secret)| secret.path.known().is_some_and(|of| of == path) && !secret.says("path"))?;
        Some(Declared { host, user, container: None, sops, name, secret })
    }

    fn finding(&self, option: &'static str, path: &str) -> Finding {
        let who = owner(self.host, self.user);
        let secret = self.secret(path);
        let source = self.sops.key_sources.get(option);
        let set_at = source.and_then(|source| source.at.as_ref()).map(|at| at.0.clone());
        let of_secret = secret.as_ref().map(Declared::place);
        let place = set_at.or_else(|| of_secret.clone()).unwrap_or_else(|| Place::whole_file("flake.nix".into()));
        let declared_at = of_secret.filter(|at| *at != place).map(|at| Label::new(at, "the secret is declared here"));
        let what = match &secret {
            Some(secret) => format!("the file of its own secret `{}`", secret.name),
            None => "a file that is there only after secrets are decrypted".to_owned(),
        };
        let help = match self.user.is_some() || self.host.kind == HostKind::Home {
            true => {
                "name a key that the user has before any secret is decrypted, such as \
                     `sops.age.keyFile = \"/home/USER/.config/sops/age/keys.txt\";`"
            }
            false => {
                "name a key that the host has before any secret is decrypted, such as \
                      `sops.age.sshKeyPaths = [ \"/etc/ssh/ssh_host_ed25519_key\" ];`"
            }
        };
        let certainty = source.map(|source| source.certainty.clone()).unwrap_or_default();
        Finding {
            hosts: vec![self.host.name.clone()],
            user: self.user.map(str::to_owned),
            secret: secret.as_ref().map(|secret| secret.name.to_owned()),
            certainty,
            help: Some(help.to_owned()),
            others: declared_at.into_iter().collect(),
            names: vec![option.to_owned()],
            ..RULE.finding(
                Label::new(place, "the key is itself a secret"),
                format!(
                    "`sops.{option}` of {who} names {what}: sops-nix needs the key to decrypt the key. The build passes; \
                     activation fails and installs no secret at all, at the latest after the next reboot, when \
                     `/run` is empty."
                ),
            )
        }
    }
}
