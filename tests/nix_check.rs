//! `lib.mkCheck` and `lib.mkChecks`: what `nix flake check` does with the binary that cargo built, on a flake whose
//! hosts are written by hand (`fixtures/nix-check`) and whose secrets are those of `fixtures/fleet-mended`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::installed_nix::Store;
use crate::support::scratch::{Scratch, fixtures};

/// A flake with its vault, in the folder of the store.
struct Flake {
    store: Store,
    folder: PathBuf,
}

impl Flake {
    /// None where there is no Nix. `inside` is the flake's folder in its repository, "" for the root.
    fn new(inside: &str) -> Option<Self> {
        let store = Store::new()?;
        let repository = store.folder().join("repository");
        let folder = if inside.is_empty() { repository.clone() } else { repository.join(inside) };
        fs::create_dir_all(folder.join("secrets")).unwrap();
        let mended = fixtures().join("fleet-mended");
        fs::write(repository.join(".sops.yaml"), rules(inside)).unwrap();
        for secret in ["archive.yaml", "atlas.yaml", "backup.yaml", "common.yaml"] {
            fs::copy(mended.join("secrets").join(secret), folder.join("secrets").join(secret)).unwrap();
        }
        // Its key that is not in quotes is a mistake, which `key-source-in-store` finds.
        let evaluated = fs::read_to_string(fixtures().join("manifests/mock/evaluated.nix")).unwrap();
        let (copied, text) = ("[ /etc/ssh/ssh_host_rsa_key ]", "[ \"/etc/ssh/ssh_host_rsa_key\" ]");
        assert!(evaluated.contains(copied));
        fs::write(folder.join("evaluated.nix"), evaluated.replace(copied, text)).unwrap();
        let vault = store.folder().join("vault");
        fs::create_dir_all(&vault).unwrap();
        fs::copy(mended.join("secrets/cinder.yaml"), vault.join("cinder.yaml")).unwrap();
        let package = store.folder().join("package");
        fs::create_dir_all(package.join("bin")).unwrap();
        // Outside Nix' store: nothing of it need be copied there.
        fs::hard_link(env!("CARGO_BIN_EXE_sealnix"), package.join("bin/sealnix"))
            .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_sealnix"), package.join("bin/sealnix")).map(drop))
            .unwrap();
        let system = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
        let sealnix = Path::new(env!("CARGO_MANIFEST_DIR")).join("nix");
        for file in ["flake.nix", "hosts.nix"] {
            let text = fs::read_to_string(fixtures().join("nix-check").join(file)).unwrap();
            let text = text
                .replace("@sealnix@", sealnix.to_str().unwrap())
                .replace("@vault@", vault.to_str().unwrap())
                .replace("@package@", package.to_str().unwrap())
                .replace("@system@", &system);
            fs::write(folder.join(file), text).unwrap();
        }
        Some(Flake { store, folder })
    }

    fn replace(&self, file: &str, from: &str, to: &str) {
        let path = self.folder.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// What `nix flake check` does.
    fn check(&self) -> Checked {
        self.check_at(&format!("path:{}", self.folder.display()))
    }

    fn check_at(&self, reference: &str) -> Checked {
        let arguments = ["flake", "check", "--keep-going", "--print-build-logs", "--offline", "--no-write-lock-file"];
        let output = self.store.run("nix", &[&arguments[..], &[reference]].concat());
        Checked { passed: output.status.success(), log: String::from_utf8(output.stderr).unwrap() }
    }
}

/// The rule file of the fleet, for the sops files that are taken from it, in this folder.
fn rules(inside: &str) -> String {
    let text = fs::read_to_string(fixtures().join("fleet-mended/.sops.yaml")).unwrap();
    let mut rules = text.split("  - path_regex: ^secrets/");
    let before = rules.next().unwrap().to_owned();
    let folder = if inside.is_empty() { "secrets/".to_owned() } else { format!("{inside}/secrets/") };
    let taken = ["common", "backup", "(atlas|", "(cinder|archive)"];
    let taken = rules.filter(|rule| taken.iter().any(|file| rule.starts_with(file)));
    before + &taken.map(|rule| format!("  - path_regex: ^{folder}{rule}")).collect::<String>()
}

struct Checked {
    passed: bool,
    log: String,
}

impl Checked {
    /// The checks that the log's lines with this beginning name, by what follows `sealnix` in their names.
    fn checks(&self, beginning: &str) -> Vec<String> {
        let lines = self.log.lines().filter(|line| line.trim_start().starts_with(beginning));
        let named = lines.flat_map(|line| line.split("-sealnix").skip(1)).filter_map(|it| it.split_once(".drv"));
        let checks: BTreeSet<String> = named.map(|(check, _)| check.to_owned()).collect();
        checks.into_iter().collect()
    }

    fn built(&self) -> Vec<String> {
        self.checks("building '")
    }

    fn failed(&self) -> Vec<String> {
        self.checks("error: ")
    }

    /// Whether a check says something, by what follows `sealnix` in its name.
    fn says(&self, check: &str, text: &str) -> bool {
        let said = format!("sealnix{check}> ");
        self.log.lines().any(|line| line.strip_prefix(&said).is_some_and(|line| line.contains(text)))
    }
}

/// Of all hosts at once.
const ALL: &str = "";
const CHECKS: [&str; 5] = [ALL, "-nixos-atlas", "-nixos-beacon", "-nixos-cinder", "-repository"];

#[test]
fn a_flake_in_order_passes() {
    let Some(flake) = Flake::new("") else { return };
    let checked = flake.check();
    assert!(checked.passed, "{}", checked.log);
    assert_eq!(checked.built(), CHECKS);
    // With the file of the other input. Four keys of the fleet's files are not declared by these three hosts.
    assert!(checked.says(ALL, "3 hosts, 8 secrets, 5 sops files: 0 errors, 4 warnings, 0 notes"), "{}", checked.log);
    assert!(checked.says("-nixos-atlas", "1 host, 3 secrets, 4 sops files: 0 errors"), "{}", checked.log);
    assert!(checked.says("-repository", "0 hosts, 0 secrets, 4 sops files: 0 errors"), "{}", checked.log);
}

/// A repository that is given as a path says of no host: the check would pass and have seen none.
#[test]
fn without_hosts_there_is_no_check() {
    let Some(flake) = Flake::new("") else { return };
    flake.replace("flake.nix", "src = self;", "src = ./.;");
    let checked = flake.check();
    assert_eq!((checked.passed, checked.built()), (false, Vec::new()), "{}", checked.log);
    assert!(checked.log.contains("sealnix: there are no hosts"), "{}", checked.log);
}

/// With a mistake these checks fail, and that of all hosts, with the rule and what it says; the others pass.
fn fails(failing: &[&str], rule: &str, message: &str, mistake: impl Fn(&Flake)) {
    let Some(flake) = Flake::new("") else { return };
    mistake(&flake);
    let checked = flake.check();
    assert_eq!((checked.passed, checked.built()), (false, CHECKS.map(str::to_owned).to_vec()), "{}", checked.log);
    let failing = [&[ALL], failing].concat();
    assert_eq!(checked.failed(), failing, "{}", checked.log);
    for check in failing {
        let says = |text: &str| checked.says(check, text);
        assert!(says(rule) && says(message) && says(": 1 error, "), "{check}: {}", checked.log);
    }
}

/// A file of the flake as it is in `fixtures/fleet`, with the mistake that was planted there.
fn as_in_fleet(flake: &Flake, file: &str) {
    fs::copy(fixtures().join("fleet").join(file), flake.folder.join(file)).unwrap();
}

#[test]
fn a_key_that_is_missing_fails_its_host() {
    fails(&["-nixos-beacon"], "key-missing", "`smtp/pasword` is not in `secrets/common.yaml`", |flake| {
        flake.replace("hosts.nix", "smtp/password", "smtp/pasword");
    });
}

#[test]
fn a_key_that_is_missing_in_another_input_fails_its_host() {
    fails(&["-nixos-cinder"], "key-missing", "`vpn/key` is not in `input:vault/cinder.yaml`", |flake| {
        flake.replace("hosts.nix", "\"vpn/private_key\".sopsFile", "\"vpn/key\".sopsFile");
    });
}

#[test]
fn a_host_that_is_no_recipient_fails() {
    fails(&["-nixos-atlas"], "host-not-a-recipient", "secrets/backup.yaml", |flake| {
        [".sops.yaml", "secrets/backup.yaml"].iter().for_each(|file| as_in_fleet(flake, file));
    });
}

/// A creation rule means the file too, and hosts that are written by hand are not to be seen without Nix.
#[test]
fn a_file_that_is_not_encrypted_fails_its_host() {
    fails(&["-nixos-cinder", "-repository"], "file-not-encrypted", "secrets/archive.yaml", |flake| {
        as_in_fleet(flake, "secrets/archive.yaml");
    });
}

#[test]
fn a_file_that_is_missing_fails_its_host() {
    fails(&["-nixos-atlas"], "sops-file-missing", "secrets/atlas.yaml", |flake| {
        fs::remove_file(flake.folder.join("secrets/atlas.yaml")).unwrap();
    });
}

#[test]
fn an_owner_that_is_no_user_fails_its_host() {
    fails(&["-nixos-beacon"], "owner-unknown", "`miri`", |flake| {
        flake.replace("hosts.nix", "owner = \"mira\"", "owner = \"miri\"");
    });
}

/// Nix 2.8 does not say in which folder of its source a flake lies; newer ones do.
#[test]
fn a_flake_in_a_folder_of_the_repository_passes() {
    let Some(flake) = Flake::new("machines") else { return };
    let repository = Scratch::copy_of(flake.folder.parent().unwrap(), &[], &[]);
    let checked = flake.check_at(&format!("git+file://{}?dir=machines", repository.path().display()));
    assert!(checked.passed, "{}", checked.log);
    assert!(checked.says(ALL, "3 hosts, 8 secrets, 5 sops files: 0 errors, 4 warnings"), "{}", checked.log);
}

/// Without a flake: the source is a path or a string, the hosts are given.
#[test]
fn nix_build_needs_no_flake() {
    let Some(flake) = Flake::new("") else { return };
    let folder = flake.folder.display();
    let (package, vault) = (flake.store.folder().join("package"), flake.store.folder().join("vault"));
    let (package, vault) = (package.display(), vault.display());
    for src in [format!("{folder}"), format!("\"{folder}\"")] {
        let check = format!(
            "(import ./nix {{ }}).mkCheck {{ package = \"{package}\"; system = builtins.currentSystem; src = {src}; \
             inputs.vault = {vault}; nixosConfigurations = import {folder}/hosts.nix {{ vault = {vault}; }}; }}"
        );
        let made = flake.store.build(&check).unwrap();
        assert!(made.contains("3 hosts, 8 secrets, 5 sops files: 0 errors"), "{made}");
    }
}

/// A build in a sandbox has the sources that it asks for: those of the files, and of no other input.
#[test]
fn a_check_asks_for_what_it_reads() {
    let Some(flake) = Flake::new("") else { return };
    let folder = flake.folder.display();
    let vault = flake.store.folder().join("vault");
    let vault = vault.display();
    let check = |host: &str, vault: &str, inputs: &str| {
        format!(
            "(import ./nix {{ }}).mkCheck {{ package = \"/package\"; system = \"x\"; src = {folder}; inputs = {inputs}; \
             nixosConfigurations.{host} = (import {folder}/hosts.nix {{ vault = {vault}; }}).{host}; }}"
        )
    };
    let sources = |check: String| {
        let references =
            format!("builtins.attrNames (builtins.getContext (toString (({check}).args ++ ({check}).outside)))");
        // Otherwise nothing is put into the store.
        let arguments = ["--eval", "--strict", "--json", "--read-write-mode", "--expr", &references];
        let output = flake.store.run("nix-instantiate", &arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let paths: Value = serde_json::from_slice(&output.stdout).unwrap();
        let paths: Vec<&str> = paths.as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
        let names = paths.iter().map(|path| path.rsplit('/').next().unwrap().split_once('-').unwrap().1.to_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    };
    let inputs = format!("{{ vault = {vault}; zoo = throw \"not asked for\"; }}");
    let of_input = sources(check("cinder", &vault.to_string(), &inputs));
    assert_eq!(of_input, ["manifest.json", "source", "vault"]);
    assert_eq!(sources(check("atlas", &vault.to_string(), &inputs)), ["manifest.json", "source"]);
    // A fetched tree is no input, but in the store.
    let fetched = format!("(builtins.path {{ path = {vault}; name = \"fetched\"; }})");
    assert_eq!(sources(check("cinder", &fetched, "{ }")), ["fetched", "manifest.json", "source"]);
}

#[test]
fn a_wrong_argument_is_told() {
    let Some(store) = Store::new() else { return };
    for (arguments, said) in [
        ("{ src = ./fixtures; }", "`package` is missing"),
        ("{ package = \"/p\"; system = \"x\"; }", "`src` is missing"),
        ("{ package = \"/p\"; src = ./fixtures; }", "`system` is missing"),
        ("{ package = \"/p\"; system = \"x\"; src = [ ]; }", "but not list"),
        ("{ package = \"/p\"; system = \"x\"; src = ./fixtures; pakage = 1; }", "unexpected argument 'pakage'"),
    ] {
        for function in ["mkCheck", "mkChecks"] {
            let call = format!("(import ./nix {{ }}).{function} ({arguments} // {{ nixosConfigurations = {{ }}; }})");
            let all = format!("let made = {call}; in made.drvPath or (builtins.mapAttrs (_: it: it.drvPath) made)");
            let output = store.run("nix-instantiate", &["--eval", "--strict", "--expr", &all]);
            let error = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success() && error.contains(said), "{call}: {error}");
        }
    }
}

/// So that a large fleet need not be evaluated in one process.
#[test]
fn the_check_of_a_host_evaluates_no_other() {
    let Some(store) = Store::new() else { return };
    let hosts =
        "a = (import ./fixtures/manifests/mock/hosts.nix).nixosConfigurations.bare; b = throw \"not asked for\";";
    let checks = format!(
        "(import ./nix {{ }}).mkChecks {{ package = \"/package\"; system = \"x\"; src = ./fixtures; \
         nixosConfigurations = {{ {hosts} }}; homeConfigurations.\"ada@a\" = throw \"nor this\"; }}"
    );
    let names = ["sealnix-home-ada@a", "sealnix-nixos-a", "sealnix-nixos-b", "sealnix-repository"];
    assert_eq!(store.evaluate(&format!("builtins.attrNames ({checks})")), json!(names));
    for check in ["sealnix-nixos-a", "sealnix-repository"] {
        assert!(store.evaluate(&format!("({checks}).{check}.drvPath")).as_str().unwrap().ends_with(".drv"));
    }
}

#[test]
fn one_host_has_a_manifest_too() {
    let Some(store) = Store::new() else { return };
    let host = "name = \"bare\"; kind = \"nixos\"; host = (import ./fixtures/manifests/mock/hosts.nix).nixosConfigurations.bare;";
    let manifest =
        store.evaluate(&format!("(import ./nix {{ }}).hostManifest {{ src = ./fixtures; units = false; {host} }}"));
    assert_eq!((&manifest["name"], &manifest["hostName"]), (&json!("bare"), &json!("bare")));
    assert_eq!(manifest["complete"]["units"], "Nix was not asked for the units");
}
