//! The promise: sealnix knows which key a host holds, says how it knows, and otherwise says that
//! it does not know.

use std::fs;
use std::path::{Path, PathBuf};

use sealnix::agenix::Agenix;
use sealnix::config::Config;
use sealnix::identity::{Evidence, Held, Identities, Identity};
use sealnix::keys::ssh::{PublicKey, SshError};
use sealnix::keys::{Bech32Error, Malformed, Recipient};
use sealnix::manifest::{AgeKeys, Agenix as AgenixOptions, Fact, HomeUser, Host, HostKind, Manifest, Rekey, Sops};
use sealnix::nixos;
use sealnix::policy::Policy;
use sealnix::source::{Entry, Text, Tree};
use sealnix::vault::Vault;
use serde_json::Value;

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
const BOB: &str = "age1e5qnelgjvx3kxxzsp6rzu0sa4khyv3j7zh6egzs8l99k5m2qkatql80tm3";
/// An ssh key and what `ssh-to-age` made of it (fixtures/vectors/identities).
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZgAgXDWFgf9FSqNY5pPrd8Q3hANJguj4AuqlP7cobN";
const SSH_AS_AGE: &str = "age1kaj8v8ps2uyhkrxyr3zgdudyl93xuzg36gr9ywfh4n2xypw8sgwswr9zcs";

fn tree(files: &[(&str, &str)]) -> Tree {
    let mut tree = Tree { sees_untracked: true, ..Tree::default() };
    for (path, content) in files {
        let content = content.replace("$A", ALICE).replace("$B", BOB).replace("$S", SSH);
        add(&mut tree, path, content);
    }
    tree
}

fn add(tree: &mut Tree, path: &str, content: String) {
    tree.files.insert(path.into(), Entry { tracked: true, size: content.len() as u64 });
    tree.texts.insert(path.into(), Text::new(path.into(), content));
}

fn host(name: &str) -> Host {
    Host { name: name.to_owned(), sops: Some(Sops::default()), ..Host::default() }
}

fn find(hosts: Vec<Host>, tree: &Tree, config: &Config) -> Identities {
    let manifest = Manifest { hosts, ..Manifest::default() };
    let has_rules = tree.files.keys().any(|path| path.ends_with("secrets.nix"));
    let agenix = if has_rules { Agenix::read(tree, &nixos::program(tree), &[]).unwrap() } else { Agenix::default() };
    Identities::find(&manifest, &Policy::read(tree), &agenix, &Vault::read(tree), tree, config)
}

fn identity_of<'a>(identities: &'a Identities, kind: HostKind, name: &str) -> &'a Identity {
    &identities.hosts[&(kind, name.to_owned())]
}

fn held(identity: &Identity) -> Vec<(&str, Evidence, bool)> {
    match identity {
        Identity::Known(held) => {
            held.iter().map(|held| (held.recipient.as_str(), held.evidence, held.corroborated)).collect()
        }
        Identity::Unknown { .. } => Vec::new(),
    }
}

/// What is known of a host called `web`.
fn web(files: &[(&str, &str)]) -> Identity {
    find(vec![host("web"), host("db")], &tree(files), &Config::default())
        .hosts
        .remove(&(HostKind::Nixos, "web".to_owned()))
        .unwrap()
}

fn why(identity: &Identity) -> String {
    match identity {
        Identity::Unknown { why, settled_by } => format!("{why}; {settled_by}"),
        Identity::Known(held) => panic!("{held:?}"),
    }
}

#[test]
fn names_of_a_host() {
    let named = |name: &str| web(&[(".sops.yaml", &format!("keys:\n  - &{name} $A\n"))]);
    assert_eq!(held(&named("web")), [(ALICE, Evidence::Name, true)]);
    assert_eq!(held(&named("Web")), [(ALICE, Evidence::FoldedName, true)]);
    assert_eq!(held(&named("we-b_")), [(ALICE, Evidence::FoldedName, true)]);
    for name in ["host_web", "server-web", "m_web", "web_ssh", "sys_web_age"] {
        assert_eq!(held(&named(name)), [(ALICE, Evidence::StrippedName, false)], "{name}");
    }
    for name in ["webserver", "user_web", "web_db", "host_", "host_db", "mweb"] {
        assert_eq!(held(&named(name)), [], "{name}");
    }
    let commented = web(&[(".sops.yaml", "creation_rules:\n  - key_groups: [{age: [\n    \"$A\", # web\n    $B]}]\n")]);
    assert_eq!(held(&commented), [(ALICE, Evidence::Name, true)]);
    let by_host_name = Host { host_name: Fact::Known(Some("web".into())), ..host("work") };
    let identities = find(vec![by_host_name], &tree(&[(".sops.yaml", "keys: [&web $A]")]), &Config::default());
    assert_eq!(held(identity_of(&identities, HostKind::Nixos, "work")), [(ALICE, Evidence::Name, true)]);
}

#[test]
fn a_name_belongs_to_whom_it_fits_best() {
    let hosts = vec![host("web-1"), host("web1")];
    let identities = find(hosts, &tree(&[(".sops.yaml", "keys: [&web-1 $A, &web1 $B]")]), &Config::default());
    assert_eq!(held(identity_of(&identities, HostKind::Nixos, "web-1")), [(ALICE, Evidence::Name, true)]);
    assert_eq!(held(identity_of(&identities, HostKind::Nixos, "web1")), [(BOB, Evidence::Name, true)]);
}

#[test]
fn a_rule_or_file_of_its_own_corroborates() {
    let rule = |regex: &str| {
        web(&[(
            ".sops.yaml",
            &format!(
                "keys: [&host_web $A]\ncreation_rules: [{{path_regex: '{regex}', key_groups: [{{age: [*host_web]}}]}}]"
            ),
        )])
    };
    for regex in [r"secrets/web\.yaml$", r"^hosts/web/.*", r"secrets/(db|web)/[^/]+$"] {
        assert_eq!(held(&rule(regex)), [(ALICE, Evidence::StrippedName, true)], "{regex}");
    }
    assert_eq!(held(&rule(r"secrets/webhooks\.yaml$")), [(ALICE, Evidence::StrippedName, false)]);
}

/// As a rule or file of its own does in the case of sops.
#[test]
fn an_agenix_entry_of_its_own_corroborates() {
    let entry = |file: &str| {
        web(&[("secrets.nix", &format!("let host_web = \"$A\"; in {{ \"{file}\".publicKeys = [ host_web ]; }}"))])
    };
    for file in ["web.age", "hosts/web/token.age", "web/x.age"] {
        assert_eq!(held(&entry(file)), [(ALICE, Evidence::StrippedName, true)], "{file}");
    }
    assert_eq!(held(&entry("webhooks.age")), [(ALICE, Evidence::StrippedName, false)]);
}

#[test]
fn two_answers_of_one_kind_are_none() {
    let identity = web(&[(".sops.yaml", "keys: [&web $A]"), ("sub/.sops.yaml", "keys:\n  - &web $B")]);
    let why = why(&identity);
    assert!(why.contains(".sops.yaml:1 and sub/.sops.yaml:2"), "{why}");
    assert!(why.contains("`[hosts.web] recipients = [\"age1…\"]`"), "{why}");
    let same = web(&[(".sops.yaml", "keys: [&web $A]"), ("sub/.sops.yaml", "keys:\n  - &web $A")]);
    assert_eq!(held(&same), [(ALICE, Evidence::Name, true)]);
}

#[test]
fn different_kinds_add_up() {
    let both = web(&[(".sops.yaml", "keys: [&web $A]"), ("hosts/web/ssh_host_ed25519_key.pub", "$S root@web\n")]);
    assert_eq!(held(&both), [(SSH_AS_AGE, Evidence::PublicKeyFile, true), (ALICE, Evidence::Name, true)]);
}

#[test]
fn nothing_is_unknown_with_the_line_that_settles_it() {
    let identities = find(vec![host("a b")], &Tree::default(), &Config::default());
    let why = why(identity_of(&identities, HostKind::Nixos, "a b"));
    assert!(why.contains("`[hosts.\"a b\"] recipients = [\"age1…\"]` in `sealnix.toml`"), "{why}");
}

#[test]
fn public_key_files_of_a_host() {
    let surely = [
        "hosts/web/ssh_host_ed25519_key.pub",
        "machines/web/keys/ssh_host_ed25519_key.pub",
        "keys/web.pub",
        "web_ssh_host_ed25519_key.pub",
        "keys/host-web.pub",
        "hosts/web/key.pub",
    ];
    for path in surely {
        let identity = web(&[(path, "$S root@somewhere\n")]);
        assert_eq!(held(&identity), [(SSH_AS_AGE, Evidence::PublicKeyFile, true)], "{path}");
        let Identity::Known(held) = identity else { panic!() };
        assert_eq!(held[0].ssh.as_deref(), Some(SSH), "{path}");
    }
    let nobodys = [
        "users/web/ssh_host_ed25519_key.pub",
        "hosts/web/initrd_ssh_host_ed25519_key.pub",
        "hosts/db/ssh_host_ed25519_key.pub",
        "keys/website.pub",
    ];
    for path in nobodys {
        assert_eq!(held(&web(&[(path, "$S\n")])), [], "{path}");
    }
    let rule = (".sops.yaml", &*format!("creation_rules: [{{age: '{SSH_AS_AGE}'}}]"));
    for path in ["hosts/web/deploy.pub", "web_deploy.pub"] {
        assert_eq!(held(&web(&[(path, "$S\n")])), [], "{path}: a key that nothing is sealed for");
        assert_eq!(held(&web(&[(path, "$S\n"), rule])), [(SSH_AS_AGE, Evidence::PublicKeyFile, true)], "{path}");
    }
    let known_hosts = web(&[("ssh_known_hosts", "db,10.0.0.1 $S\n# web\nweb,10.0.0.2 $S\n")]);
    assert_eq!(held(&known_hosts), [(SSH_AS_AGE, Evidence::PublicKeyFile, true)]);
}

#[test]
fn an_ssh_key_counts_only_where_it_opens() {
    let files = [("hosts/web/ssh_host_ed25519_key.pub", "$S\n")];
    let age = AgeKeys { ssh_key_paths: Fact::Known(Vec::new()), ..AgeKeys::default() };
    let mut web = Host { sops: Some(Sops { age, ..Sops::default() }), ..host("web") };
    assert_eq!(
        held(identity_of(&find(vec![web.clone()], &tree(&files), &Config::default()), HostKind::Nixos, "web")),
        []
    );
    web.sops.as_mut().unwrap().environment = Fact::Known(vec!["SOPS_AGE_SSH_PRIVATE_KEY_FILE".into()]);
    let identities = find(vec![web], &tree(&files), &Config::default());
    assert_eq!(held(identity_of(&identities, HostKind::Nixos, "web")), [(SSH_AS_AGE, Evidence::PublicKeyFile, true)]);
}

#[test]
fn users() {
    let mut web = host("web");
    let user = HomeUser { sops: Some(Sops::default()), ..HomeUser::default() };
    web.home_users.extend(["ann", "bo", "cy"].map(|name| (name.to_owned(), user.clone())));
    let of_host =
        AgeKeys { ssh_key_paths: Fact::Known(vec!["/etc/ssh/ssh_host_ed25519_key".into()]), ..AgeKeys::default() };
    web.home_users.get_mut("cy").unwrap().sops.as_mut().unwrap().age = of_host;
    let files = [(".sops.yaml", "keys: [&user_ann $A, &web $B, &bo-ssh $A]")];
    let identities = find(vec![web], &tree(&files), &Config::default());
    let of = |user: &str| held(&identities.users[&(HostKind::Nixos, "web".to_owned(), user.to_owned())]);
    assert_eq!(of("ann"), [(ALICE, Evidence::StrippedName, false)]);
    assert_eq!(of("bo"), [(ALICE, Evidence::StrippedName, false)]);
    assert_eq!(of("cy"), [(BOB, Evidence::Name, true)], "it opens with the host's key");
    let alone = Host { kind: HostKind::Home, ..host("ann@desk") };
    let identities = find(vec![alone.clone()], &tree(&[(".sops.yaml", "keys: [&ann $A]")]), &Config::default());
    assert_eq!(held(identity_of(&identities, HostKind::Home, "ann@desk")), [(ALICE, Evidence::Name, true)]);
    let identities = find(vec![alone], &Tree::default(), &Config::default());
    assert!(why(identity_of(&identities, HostKind::Home, "ann@desk")).contains("`[users.\"ann@desk\"]"));
}

/// What agenix-rekey is told is above names, and adds up with them; its default is nobody's key.
#[test]
fn the_key_that_agenix_rekey_is_told() {
    let told = |key: &str| {
        let rekey = Rekey { host_pubkey: Fact::Known(key.to_owned()), ..Rekey::default() };
        Host { agenix: Some(AgenixOptions { rekey: Some(rekey), ..AgenixOptions::default() }), ..host("web") }
    };
    let find = |key: &str, files: &[(&str, &str)]| {
        find(vec![told(key)], &tree(files), &Config::default()).hosts.into_values().next().unwrap()
    };
    assert_eq!(held(&find(SSH, &[])), [(SSH_AS_AGE, Evidence::Evaluated, true)]);
    assert_eq!(held(&find(ALICE, &[])), [(ALICE, Evidence::Evaluated, true)]);
    let beside = [(".sops.yaml", "keys: [&web $B]"), ("hosts/web/ssh_host_ed25519_key.pub", "$S\n")];
    let expected =
        [(SSH_AS_AGE, Evidence::PublicKeyFile, true), (ALICE, Evidence::Evaluated, true), (BOB, Evidence::Name, true)];
    assert_eq!(held(&find(ALICE, &beside)), expected);
    // The default of `age.rekey.hostPubkey` in agenix-rekey's module, and a path on the host.
    for nobody in ["age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq", "/etc/ssh/key.pub"] {
        assert_eq!(held(&find(nobody, &[])), [], "{nobody}");
    }
}

#[test]
fn a_home_manager_user_may_use_the_key_of_the_host_in_agenix() {
    let paths =
        |path: &str| AgenixOptions { identity_paths: Fact::Known(vec![path.to_owned()]), ..AgenixOptions::default() };
    let user = |path: &str| HomeUser { agenix: Some(paths(path)), ..HomeUser::default() };
    let mut web = host("web");
    web.home_users.insert("ann".into(), user("/etc/ssh/ssh_host_ed25519_key"));
    web.home_users.insert("bob".into(), user("/home/bob/.ssh/id_ed25519"));
    let identities = find(vec![web], &tree(&[(".sops.yaml", "keys: [&web $A]")]), &Config::default());
    let of = |user: &str| held(&identities.users[&(HostKind::Nixos, "web".to_owned(), user.to_owned())]);
    assert_eq!((of("ann"), of("bob")), (vec![(ALICE, Evidence::Name, true)], vec![]));
}

fn config(content: &str) -> Result<Config, Vec<sealnix::config::ConfigError>> {
    Config::read(&Text::new("sealnix.toml".into(), content.replace("$A", ALICE).replace("$S", SSH)))
}

#[test]
fn what_sealnix_toml_says_is_all_that_counts() {
    let content = "[hosts.web]\nrecipients = [\"$A\", \"$S\"]\n[users.\"ann@web\"]\nrecipients = [\"$A\"]\n";
    let config = config(content).unwrap();
    let files = [(".sops.yaml", "keys: [&web $B]"), ("sub/.sops.yaml", "keys: [&web $A]")];
    let mut web = host("web");
    web.home_users.insert("ann".into(), HomeUser::default());
    let identities = find(vec![web], &tree(&files), &config);
    assert_eq!(
        held(identity_of(&identities, HostKind::Nixos, "web")),
        [(ALICE, Evidence::Config, true), (SSH_AS_AGE, Evidence::Config, true)]
    );
    assert_eq!(
        held(&identities.users[&(HostKind::Nixos, "web".to_owned(), "ann".to_owned())]),
        [(ALICE, Evidence::Config, true)]
    );
}

#[test]
fn recipients_in_all_their_forms() {
    let age = |text: &str| Recipient::parse_age(text);
    assert_eq!(age(&format!(" {ALICE} ")).unwrap().canonical(), ALICE);
    assert_eq!(age(&format!("{SSH} vec-ed25519")).unwrap().canonical(), SSH);
    assert_eq!(age(SSH).unwrap().held_as(), SSH_AS_AGE);
    // From the plugin's own documentation.
    let plugin = age("age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt").unwrap();
    assert!(matches!(&plugin, Recipient::Plugin { name, .. } if name == "yubikey"));
    let fingerprint = Recipient::parse_pgp("fbc7 b9e2 a4f9 289a c0c1  d484 3d16 cee4 a27d 5a01").unwrap();
    assert_eq!(fingerprint.canonical(), "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27D5A01");
    let wrong_sum = ALICE.replace("age1g6", "age1g7");
    assert_eq!(age(&wrong_sum), Err(Malformed::Bech32(Bech32Error::Checksum)));
    assert_eq!(age("age1yourkeyhere"), Err(Malformed::Bech32(Bech32Error::Character)));
    assert_eq!(age(&format!("{ALICE}\n{BOB}")), Err(Malformed::Blank));
    assert_eq!(age("notakey"), Err(Malformed::UnknownForm));
    assert_eq!(age(&SSH.replace("AAAAC3", "AAAAD3")), Err(Malformed::Ssh(SshError::BadBlob("ssh-ed25519"))));
    assert_eq!(age("ssh-dss AAAA"), Err(Malformed::Ssh(SshError::UnsupportedType)));
    assert!(Recipient::parse_pgp("notafingerprint").is_err());
}

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conformance/cases").join(name)
}

/// The public keys of each case by name: what `age-keygen` and `ssh-to-age` left as a comment in
/// the private key's file, and the ssh public key where it was made from one.
fn public_keys() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/identity/public-keys.json");
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn read_tree(root: &Path) -> Tree {
    let mut tree = Tree { sees_untracked: true, ..Tree::default() };
    let mut pending = vec![root.to_owned()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(content) = fs::read_to_string(&path) {
                add(&mut tree, path.strip_prefix(root).unwrap().to_str().unwrap(), content);
            }
        }
    }
    tree
}

#[test]
fn every_conversion_is_that_of_ssh_to_age() {
    let keys = public_keys();
    let all = keys.as_object().unwrap().values().flat_map(|case| case.as_object().unwrap().values());
    let converted: Vec<&Value> = all.filter(|key| key.get("ssh").is_some()).collect();
    assert_eq!(converted.len(), 5);
    for key in converted {
        assert_eq!(PublicKey::parse(key["ssh"].as_str().unwrap()).unwrap().age.as_deref(), key["age"].as_str());
    }
}

/// Every host of these cases has the key that bears its name; `02` names no key, `21` only in a
/// comment.
#[test]
fn hosts_of_the_conformance_cases() {
    let keys = public_keys();
    for entry in fs::read_dir(case("")).unwrap() {
        let case = entry.unwrap().path();
        let name = case.file_name().unwrap().to_str().unwrap().to_owned();
        if !case.join("repo/.sops.yaml").exists() {
            continue;
        }
        let expected: Value = serde_json::from_str(&fs::read_to_string(case.join("expected.json")).unwrap()).unwrap();
        let named: Vec<&str> = expected["hosts"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|host| host["kind"] != "home")
            .map(|host| host["name"].as_str().unwrap())
            .collect();
        let identities =
            find(named.iter().map(|name| host(name)).collect(), &read_tree(&case.join("repo")), &Config::default());
        for host in named {
            let identity = identity_of(&identities, HostKind::Nixos, host);
            if name.starts_with("02-") {
                assert_eq!(held(identity), [], "{name} {host}");
                continue;
            }
            let Identity::Known(known) = identity else { panic!("{name} {host}: {}", why(identity)) };
            let recipients: Vec<&str> = known.iter().map(|Held { recipient, .. }| recipient.as_str()).collect();
            assert_eq!(recipients, [keys[&name][host]["age"].as_str().unwrap()], "{name}");
            let is_alone_in_all_files = name.starts_with("03-");
            assert_eq!(known[0].corroborated, !is_alone_in_all_files, "{name} {host}");
        }
    }
}

#[test]
fn a_system_and_a_home_of_one_name_do_not_share_a_key() {
    let home = Host { kind: HostKind::Home, ..host("laptop") };
    let policy = "keys:\n  - &laptop $A\n";
    let identities = find(vec![host("laptop"), home], &tree(&[(".sops.yaml", policy)]), &Config::default());
    assert_eq!(identities.hosts.len(), 2);
    assert_eq!(held(identity_of(&identities, HostKind::Nixos, "laptop")), [(ALICE, Evidence::Name, true)]);
}

/// A kind of evidence each, with what resembles it and must not count. `expected.json` gives of each host or `user@host` its
/// keys with how each is known, strongest first; null: nothing sure tells.
#[test]
fn every_kind_of_evidence() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/identity/evidence");
    let (mut cases, mut wrong) = (0, Vec::new());
    for entry in fs::read_dir(root).unwrap() {
        let folder = entry.unwrap().path();
        let text = fs::read_to_string(folder.join("expected.json")).unwrap();
        let expected: serde_json::Map<String, Value> = serde_json::from_str(&text).unwrap();
        let tree = read_tree(&folder.join("repo"));
        let config = tree.texts.get("sealnix.toml").map(|text| Config::read(text).unwrap()).unwrap_or_default();
        let identities = find(hosts_of(expected.keys()), &tree, &config);
        for (holder, keys) in &expected {
            let (name, _) = holder.split_once(" (").unwrap_or((holder, ""));
            let identity = match name.split_once('@') {
                Some((user, host)) => &identities.users[&(HostKind::Nixos, host.to_owned(), user.to_owned())],
                None => identity_of(&identities, HostKind::Nixos, name),
            };
            let known: Vec<String> =
                held(identity).iter().map(|(key, how, _)| format!("{} {}", letter(key), word(*how))).collect();
            let wanted: Vec<&str> = keys.as_array().into_iter().flatten().map(|key| key.as_str().unwrap()).collect();
            if known != wanted {
                wrong.push(format!("{} {holder}: {known:?}, and not {wanted:?}", folder.display()));
            }
            if known.is_empty() {
                assert!(why(identity).contains("in `sealnix.toml`"), "{}", why(identity));
            }
        }
        cases += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(cases, 19);
}

/// The hosts that are asked about, with their home-manager users.
fn hosts_of<'n>(names: impl Iterator<Item = &'n String>) -> Vec<Host> {
    let mut hosts: Vec<Host> = Vec::new();
    for holder in names {
        let (name, note) = holder.split_once(" (").unwrap_or((holder, ""));
        let (user, machine) = name.split_once('@').map_or((None, name), |(user, host)| (Some(user), host));
        let known = hosts.iter().position(|host| host.name == machine);
        let place = known.unwrap_or_else(|| {
            hosts.push(host(machine));
            hosts.len() - 1
        });
        if let Some(user) = user {
            hosts[place]
                .home_users
                .insert(user.to_owned(), HomeUser { sops: Some(Sops::default()), ..HomeUser::default() });
        }
        if note.starts_with("no sshKeyPaths") {
            hosts[place].sops.as_mut().unwrap().age.ssh_key_paths = Fact::Known(Vec::new());
        }
    }
    hosts
}

/// The keys of the fixtures; `T` and `U` are what `ssh-to-age` makes of two ssh keys.
fn letter(key: &str) -> &str {
    match key {
        ALICE => "A",
        BOB => "B",
        "age1uwtl6pp4py55xr2zq35p0n35kr0p5pvzav8y0g73zcxnhl9k8d7qp8mehf" => "C",
        SSH_AS_AGE => "T",
        SSH => "S",
        "age1l3kug9djv7ngfd4rxy85nreppfvvwrl5sfcseldkq6p47l9cl37q4aspd0" => "U",
        "FBC7B9E2A4F9289AC0C1D4843D16CEE4A27D5A01" => "P",
        other => other,
    }
}

fn word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::Config => "config",
        Evidence::PublicKeyFile => "publicKeyFile",
        Evidence::Evaluated => "evaluated",
        Evidence::Name => "name",
        Evidence::FoldedName => "foldedName",
        Evidence::StrippedName => "strippedName",
    }
}
