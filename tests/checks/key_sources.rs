//! With which keys the secrets are opened.

use super::*;
use sealnix::manifest::{AgeKeys, KeySource};

/// A host with a secret at its default path, and these key sources.
fn with_keys(key_file: Fact<Option<String>>, ssh_key_paths: Fact<Vec<String>>) -> Facts {
    let mut facts = Facts::new();
    facts.declare("age_key", FILE, "age_key").path = Fact::Known("/run/secrets/age_key".to_owned());
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.age = AgeKeys { key_file, ssh_key_paths, generate_key: Fact::Known(false) };
    sops.gnupg = GnupgKeys { home: Fact::Known(None), ssh_key_paths: Fact::Known(Vec::new()) };
    facts
}

fn file(path: &str) -> Fact<Option<String>> {
    Fact::Known(Some(path.to_owned()))
}

fn paths(paths: &[&str]) -> Fact<Vec<String>> {
    Fact::Known(paths.iter().map(|path| (*path).to_owned()).collect())
}

const HOST_KEY: &str = "/etc/ssh/ssh_host_ed25519_key";

#[test]
fn one_source_is_enough_and_one_that_is_not_known_may_be_one() {
    const RULE: &str = "key-source-missing";
    let mut facts = with_keys(Fact::Known(None), paths(&[]));
    assert_eq!(facts.finding(RULE).secret, None);
    with_keys(file("/k"), Fact::Unknown).is_silent(RULE);
    with_keys(Fact::Known(None), paths(&[HOST_KEY])).is_silent(RULE);
    with_keys(Fact::Known(None), Fact::Unknown).is_undecided(RULE);
    // Whatever sops is told by its environment (reference: the assertions of sops-nix).
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.environment = Fact::Known(vec!["SOPS_AGE_KEY_FILE".to_owned()]);
    facts.finding(RULE);
    // What is not known of the host may name a key.
    let complete = std::mem::replace(&mut facts.manifest.hosts[0].complete.secrets, Complete::No("x".to_owned()));
    facts.is_undecided(RULE);
    facts.manifest.hosts[0].complete.secrets = complete;
    // Something that is not here may enable openssh.
    let why = Certainty::Assumed("nothing enables it".to_owned());
    let source = KeySource { certainty: why, ..KeySource::default() };
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.key_sources.insert("age.sshKeyPaths".to_owned(), source);
    facts.is_undecided(RULE);
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.key_sources.insert("gnupg.qubes-split-gpg.enable".to_owned(), KeySource::default());
    facts.is_silent(RULE);
    // A host without secrets needs no key.
    facts.manifest.hosts[0].sops.as_mut().unwrap().secrets.clear();
    facts.is_silent(RULE);
}

/// (keyFile, sshKeyPaths): the secret that is named.
#[test]
fn a_key_that_is_decrypted_opens_nothing() {
    const RULE: &str = "key-source-is-a-secret";
    let cases = [
        (file("/run/secrets/age_key"), paths(&[HOST_KEY]), Some(Some("age_key"))),
        (file("/run/agenix/other"), paths(&[]), Some(None)),
        (Fact::Known(None), paths(&["/run/secrets/age_key"]), Some(Some("age_key"))),
        // Of ssh keys one that is there is enough.
        (Fact::Known(None), paths(&["/run/secrets/age_key", HOST_KEY]), None),
        (file("/var/lib/k"), paths(&["/run/secrets/age_key"]), None),
        (Fact::Unknown, paths(&["/run/secrets/age_key"]), None),
        (file("/var/lib/k"), paths(&[]), None),
    ];
    for (key_file, ssh_key_paths, named) in cases {
        let facts = with_keys(key_file, ssh_key_paths);
        match named {
            Some(secret) => assert_eq!(facts.finding(RULE).secret.as_deref(), secret),
            None => facts.is_silent(RULE),
        }
    }
}

#[test]
fn a_secret_with_a_path_of_its_own_may_have_been_there_before() {
    let mut facts = with_keys(file(HOST_KEY), paths(&[]));
    let secret = facts.declare("age_key", FILE, "age_key");
    secret.path = Fact::Known(HOST_KEY.to_owned());
    secret.definitions = vec![Definition { fields: [("path".to_owned(), None)].into(), ..Definition::default() }];
    facts.is_silent("key-source-is-a-secret");
}

#[test]
fn a_user_may_get_the_key_from_the_system() {
    let mut facts = with_keys(file("/run/secrets/age_key"), paths(&[]));
    let sops = facts.manifest.hosts[0].sops.take().unwrap();
    let secrets = [("mail".to_owned(), secret(FILE, "mail"))].into();
    let user = HomeUser { sops: Some(Sops { secrets, ..sops }), ..HomeUser::default() };
    facts.manifest.hosts[0].home_users.insert("bo".to_owned(), user);
    facts.is_silent("key-source-is-a-secret");
}

#[test]
fn a_key_that_is_copied_is_shown_where_it_is_set() {
    let mut facts = with_keys(Fact::Known(None), paths(&[HOST_KEY]));
    let sources = &mut facts.manifest.hosts[0].sops.as_mut().unwrap().key_sources;
    let source = KeySource { at: Some(Spot(at("web.nix", 9))), ..KeySource::default() };
    sources.insert("age.sshKeyPaths".to_owned(), source.clone());
    facts.is_silent("key-source-in-store");
    let sources = &mut facts.manifest.hosts[0].sops.as_mut().unwrap().key_sources;
    sources.insert("age.sshKeyPaths".to_owned(), KeySource { copied: true, ..source });
    assert_eq!(facts.finding("key-source-in-store").primary.place.start.line, 9);
}
