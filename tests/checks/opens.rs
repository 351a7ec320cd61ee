//! Can the host open it?

use super::*;

#[test]
fn host_not_a_recipient() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).rule(Some("^secrets/"), &[&[ADMIN, WEB]]);
    facts.holds(WEB, Evidence::Name).declare("token", FILE, "token");
    let finding = facts.finding("host-not-a-recipient");
    assert_eq!(&*finding.primary.place.path, FILE);
    assert!(finding.message.contains("`web`") && finding.message.contains(FILE), "{finding:?}");
    assert!(finding.help.unwrap().contains("`sops updatekeys secrets/web.yaml`"));

    facts.sealed(FILE, vec![text("token")], &[ADMIN, WEB]);
    facts.is_silent("host-not-a-recipient");
}

#[test]
fn a_host_in_one_of_several_groups_is_a_recipient() {
    let mut facts = Facts::new();
    let groups = document(FILE, vec![text("token")], &[&[ADMIN], &[WEB]]);
    facts.file(FILE, true).vault.files.insert(FILE.into(), Sealed::Document(Box::new(groups)));
    facts.holds(WEB, Evidence::Name).declare("token", FILE, "token");
    facts.is_silent("host-not-a-recipient");
}

#[test]
fn an_ssh_recipient_is_another_rules_matter() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[&format!("{SSH} root@web")]);
    facts.holds(WEB, Evidence::PublicKeyFile).declare("token", FILE, "token");
    facts.finding("host-not-a-recipient");
    if let Some(Identity::Known(held)) = facts.identities.hosts.get_mut(&web()) {
        held[0].ssh = Some(SSH.to_owned());
    }
    facts.is_silent("host-not-a-recipient");
}

const FINGERPRINT: &str = "85D77543B3D624B63CEA9E6DBC17301B491B3F21";

/// A file that a PGP key opens beside the administrator's.
fn with_pgp(fingerprint: &str) -> Facts {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).holds(WEB, Evidence::Name).declare("token", FILE, "token");
    let Some(Sealed::Document(document)) = facts.vault.files.get_mut(FILE) else { panic!("it is sealed") };
    document.metadata.groups[0].push(Recipient {
        kind: "pgp",
        identity: fingerprint.to_owned(),
        enc: "".into(),
        place: at(FILE, 9),
    });
    facts
}

#[test]
fn a_pgp_recipient_may_be_the_host_unless_it_has_no_pgp_key() {
    let rsa = vec!["/etc/ssh/ssh_host_rsa_key".to_owned()];
    let ring = Some("/var/lib/sops".to_owned());
    // (gnupg.home, gnupg.sshKeyPaths): only a host that is known to have neither has no such key.
    let cases = [
        (Fact::Known(None), Fact::Known(Vec::new()), true),
        (Fact::Known(None), Fact::Known(rsa.clone()), false),
        (Fact::Known(ring), Fact::Known(Vec::new()), false),
        (Fact::Known(None), Fact::Unknown, false),
        (Fact::Unknown, Fact::Known(Vec::new()), false),
        (Fact::Unknown, Fact::Unknown, false),
    ];
    for (home, ssh_key_paths, fires) in cases {
        let mut facts = with_pgp(FINGERPRINT);
        facts.manifest.hosts[0].sops.as_mut().unwrap().gnupg = GnupgKeys { home, ssh_key_paths };
        if fires {
            facts.finding("host-not-a-recipient");
        } else {
            facts.is_undecided("host-not-a-recipient");
        }
    }
}

#[test]
fn a_fingerprint_is_the_same_key_however_it_is_written() {
    // gpg prints it in groups of four, and takes either case.
    let mut facts = with_pgp("85d7 7543 b3d6 24b6 3cea  9e6d bc17 301b 491b 3f21");
    facts.holds(FINGERPRINT, Evidence::Name);
    facts.is_silent("host-not-a-recipient");
}

#[test]
fn a_system_and_a_home_of_one_name_are_two_hosts() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]).holds(WEB, Evidence::Name).declare("token", FILE, "token");
    let mut home = facts.manifest.hosts[0].clone();
    home.kind = HostKind::Home;
    facts.manifest.hosts.push(home);
    let of_home = facts.identities.hosts[&web()].clone();
    facts.identities.hosts.insert((HostKind::Home, "web".to_owned()), of_home);
    facts.is_silent("host-not-a-recipient");
    facts.identities.hosts.remove(&(HostKind::Home, "web".to_owned()));
    facts.is_undecided("host-not-a-recipient");
}

#[test]
fn who_may_hold_another_key_is_not_judged() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).holds(WEB, Evidence::Name);
    facts.declare("token", FILE, "token");
    facts.manifest.hosts[0].sops.as_mut().unwrap().environment = Fact::Known(vec!["SOPS_AGE_KEY_CMD".to_owned()]);
    facts.is_undecided("host-not-a-recipient");
    facts.identities.hosts.clear();
    facts.is_undecided("host-not-a-recipient");
}

/// sops-nix takes the keys of `age.keyFile` and of `age.sshKeyPaths` together.
#[test]
fn an_ssh_key_does_not_tell_what_the_key_file_holds() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).holds(WEB, Evidence::PublicKeyFile);
    facts.declare("token", FILE, "token");
    let Some(Identity::Known(held)) = facts.identities.hosts.get_mut(&web()) else { panic!("it holds a key") };
    held[0].ssh = Some(SSH.to_owned());
    let mut with_key_file = |file: Fact<Option<String>>| {
        facts.manifest.hosts[0].sops.as_mut().unwrap().age.key_file = file;
        facts.verdict("host-not-a-recipient").findings.len()
    };
    assert_eq!(with_key_file(Fact::Known(None)), 1);
    assert_eq!(with_key_file(Fact::Known(Some("/var/lib/sops/keys.txt".to_owned()))), 0);
    assert_eq!(with_key_file(Fact::Unknown), 0);
    // An anchor of the host's name is the key in that file.
    facts.holds(WEB, Evidence::Name);
    facts.finding("host-not-a-recipient");
}

#[test]
fn a_host_that_opens_nothing_may_have_another_key() {
    // All its files share a recipient that nothing names.
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN, OLD]).sealed("secrets/db.yaml", vec![text("db")], &[OLD, ADMIN]);
    facts.rule(None, &[&[ADMIN, WEB]]).holds(WEB, Evidence::Name).declare("token", FILE, "token");
    facts.declare("db", "secrets/db.yaml", "db");
    facts.is_undecided("host-not-a-recipient");
    // One that a rule file names is somebody else's.
    facts.sealed(FILE, vec![text("token")], &[ADMIN]);
    assert_eq!(facts.verdict("host-not-a-recipient").findings.len(), 2);
}

#[test]
fn a_name_that_only_resembles_is_assumed() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).holds(WEB, Evidence::StrippedName);
    facts.declare("token", FILE, "token");
    assert!(matches!(facts.finding("host-not-a-recipient").certainty, Certainty::Assumed(_)));
}

#[test]
fn host_identity_unknown() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[ADMIN]).rule(None, &[&[ADMIN]]);
    // Who needs no file needs no key.
    facts.is_silent("host-identity-unknown");
    facts.declare("token", FILE, "token");
    assert_eq!(facts.finding("host-identity-unknown").level, Level::Note);
    facts.holds(ADMIN, Evidence::Config);
    facts.is_silent("host-identity-unknown");
}

/// What one rule says of a host with this key, of a file sealed for these groups.
fn with_groups(groups: &[&[&str]], threshold: Option<u32>) -> Facts {
    let mut facts = Facts::new();
    let mut document = document(FILE, vec![text("token")], groups);
    document.metadata.threshold = threshold;
    facts.file(FILE, true).vault.files.insert(FILE.into(), Sealed::Document(Box::new(document)));
    facts.holds(WEB, Evidence::Name).declare("token", FILE, "token");
    // Neither a key ring nor a key file that may hold another key.
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.age.key_file = Fact::Known(None);
    facts
}

#[test]
fn enough_groups_are_those_that_sops_wants() {
    const RULE: &str = "shamir-threshold-unreachable";
    // Without a threshold sops wants all (reference: sops.md section 2).
    with_groups(&[&[ADMIN], &[WEB]], None).finding(RULE);
    with_groups(&[&[ADMIN], &[WEB], &[OLD]], Some(2)).finding(RULE);
    with_groups(&[&[ADMIN, WEB], &[WEB], &[OLD]], Some(2)).is_silent(RULE);
    // With one group a threshold has no effect.
    with_groups(&[&[ADMIN, WEB]], Some(2)).is_silent(RULE);
    // Who is in none is no recipient at all.
    with_groups(&[&[ADMIN], &[OLD]], Some(2)).is_silent(RULE);
}

#[test]
fn an_ssh_recipient_is_usable_where_sops_has_the_ssh_key() {
    const RULE: &str = "ssh-recipient-not-usable";
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[&format!("{SSH} root@web")]);
    facts.holds(WEB, Evidence::PublicKeyFile).declare("token", FILE, "token");
    if let Some(Identity::Known(held)) = facts.identities.hosts.get_mut(&web()) {
        held[0].ssh = Some(SSH.to_owned());
    }
    // A key file may hold any key.
    facts.is_undecided(RULE);
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.age.key_file = Fact::Known(None);
    let finding = facts.finding(RULE);
    assert!(finding.help.unwrap().contains(WEB));
    let sops = facts.manifest.hosts[0].sops.as_mut().unwrap();
    sops.environment = Fact::Known(vec!["SOPS_AGE_SSH_PRIVATE_KEY_FILE".to_owned()]);
    facts.is_silent(RULE);
}

#[test]
fn several_key_groups_without_a_threshold_are_an_accident() {
    const RULE: &str = "accidental-key-groups";
    let mut facts = Facts::new();
    facts.rule(Some("^secrets/"), &[&[ADMIN], &[WEB]]);
    facts.finding(RULE);
    facts.policy.configs[0].rules[0].threshold = Some(2);
    facts.is_silent(RULE);
    let mut facts = Facts::new();
    facts.rule(Some("^secrets/"), &[&[ADMIN, WEB], &[]]);
    facts.is_silent(RULE);
}
