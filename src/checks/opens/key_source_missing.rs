//! Secrets are declared, and nothing says with which key they are to be opened.

use crate::checks::declared::{Declared, configurations, owner};
use crate::checks::{Rule, Verdict, World};
use crate::finding::{Finding, Level};
use crate::manifest::{Complete, Fact, Host, HostKind, Sops};

pub const RULE: Rule = Rule {
    id: "key-source-missing",
    level: Level::Error,
    page: include_str!("../../../docs/rules/key-source-missing.md"),
    check,
};

fn check(world: &World<'_>, verdict: &mut Verdict) {
    for (host, user, sops) in configurations(world.manifest) {
        let Some(declared) = surest(host, user, sops) else { continue };
        let source = match (source(sops), &host.complete.secrets) {
            // What else declares secrets may name a key too.
            (Source::None, Complete::No(why)) => Source::NotKnown(why.clone()),
            (source, _) => source,
        };
        match source {
            Source::Named => {}
            Source::NotKnown(why) => {
                let who = owner(host, user);
                let clause = format!("whether {who} has a key to open its secrets with: {why}");
                verdict.undecided_of(host, clause);
            }
            Source::None => verdict.findings.push(finding(&declared)),
        }
    }
}

/// The declaration that is surest, of several the first.
fn surest<'a>(host: &'a Host, user: Option<&'a str>, sops: &'a Sops) -> Option<Declared<'a>> {
    let secrets = sops.secrets.iter();
    let declared = secrets.map(|(name, secret)| Declared { host, user, container: None, sops, name, secret });
    declared.min_by_key(|declared| (declared.secret.certainty.clone(), declared.place()))
}

/// What a configuration says of the keys that it opens its secrets with.
enum Source {
    Named,
    /// Why, as a clause.
    NotKnown(String),
    None,
}

/// sops-nix refuses a configuration with secrets in which all of these are empty, whatever its
/// `sops.environment` (reference: the assertions of its modules).
fn source(sops: &Sops) -> Source {
    let (age, gnupg) = (&sops.age, &sops.gnupg);
    let path = |fact: &Fact<Option<String>>| fact.known().map(Option::is_some);
    let paths = |fact: &Fact<Vec<String>>| fact.known().map(|paths| !paths.is_empty());
    let split_gpg = sops.key_sources.contains_key("gnupg.qubes-split-gpg.enable");
    let options = [
        ("gnupg.qubes-split-gpg.enable", Some(split_gpg)),
        ("age.keyFile", path(&age.key_file)),
        ("age.sshKeyPaths", paths(&age.ssh_key_paths)),
        ("gnupg.home", path(&gnupg.home)),
        ("gnupg.sshKeyPaths", paths(&gnupg.ssh_key_paths)),
    ];
    if options.iter().any(|(_, named)| *named == Some(true)) {
        return Source::Named;
    }
    if let Some((option, _)) = options.into_iter().find(|(_, named)| named.is_none()) {
        return Source::NotKnown(format!("`sops.{option}` is not known"));
    }
    // Modules that are not here are shared profiles of servers too, and those enable openssh.
    let doubt = sops.key_sources.values().find_map(|source| source.certainty.why());
    doubt.map_or(Source::None, |why| Source::NotKnown(format!("a module that is not here may enable openssh: {why}")))
}

fn finding(declared: &Declared<'_>) -> Finding {
    let is_home = declared.user.is_some() || declared.host.kind == HostKind::Home;
    let (what, help) = if is_home {
        (
            "home-manager has no key by itself, not even the system's",
            "write `sops.age.keyFile = \"/home/USER/.config/sops/age/keys.txt\";`, or name an ssh key without a \
             passphrase in `sops.age.sshKeyPaths`",
        )
    } else {
        (
            "neither is openssh enabled, whose host keys it would take",
            "write `services.openssh.enable = true;` to use the host key, or `sops.age.keyFile = \
             \"/var/lib/sops-nix/key.txt\";` for a key that is brought to the host",
        )
    };
    let who = owner(declared.host, declared.user);
    Finding {
        // It is a mistake of the configuration, not of one secret.
        secret: None,
        help: Some(help.to_owned()),
        ..declared.finding(
            &RULE,
            "nothing opens this",
            format!(
                "{who} declares secrets, but no key to open them with: `sops.age.keyFile`, `sops.age.sshKeyPaths`, \
                 `sops.gnupg.home` and `sops.gnupg.sshKeyPaths` are empty, and {what}. The configuration does not \
                 build: sops-nix says \"No key source configured for sops\"."
            ),
        )
    }
}
