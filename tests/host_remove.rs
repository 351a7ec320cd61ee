//! Who goes, and what is said of the files that the key could open.

use std::fs;

use tempfile::TempDir;

use crate::support::scratch;
use crate::support::scratch::{Run, Scratch};

/// Public keys that `age-keygen` made.
const ADMIN: &str = "age12eng0x9u8dg3xl2vwu5jgpl43hnag0h8058wgy35yhawwnfxqamqe5nwg7";
const WREN: &str = "age1qlrnltfql2lhnukecnsz0ghfcrwnrclq5x2z62feav5nea3grv2qcted8q";
const ROBIN: &str = "age10aaszjznneyrga5w7sem3wtwhzr9acmdqv7qrpmeeapkjvgvf9asc8erfw";
/// One that `ssh-keygen` made, and what `ssh-to-age` makes of it.
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAlZwMoMJXxYrojrN03Mpc1mmPtAMXfefG40Q4l0KCBC";

/// A file as sops writes it, but for its ciphertexts, which nothing here opens.
fn sealed(recipients: &[&str]) -> String {
    let recipients: String = recipients
        .iter()
        .map(|recipient| {
            format!(
                "        - recipient: {recipient}\n          enc: |\n            -----BEGIN AGE ENCRYPTED FILE-----\n            \
                 YWdlLWVuY3J5cHRpb24ub3JnL3YxCg==\n            -----END AGE ENCRYPTED FILE-----\n"
            )
        })
        .collect();
    format!(
        "token: ENC[AES256_GCM,data:Tw==,iv:VjNMcHNoaHdvbUdUNkVKYUZJZ1o0a0dQ,tag:d0dQVjNMcHNoaHdvbUdUNg==,type:str]\n\
         sops:\n    age:\n{recipients}    lastmodified: \"2026-01-01T00:00:00Z\"\n    mac: \
         ENC[AES256_GCM,data:Tw==,iv:VjNMcHNoaHdvbUdUNkVKYUZJZ1o0a0dQ,tag:d0dQVjNMcHNoaHdvbUdUNg==,type:str]\n    \
         version: 3.11.0\n"
    )
}

fn repository(files: &[(&str, String)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Scratch::copy_of(folder.path(), &[], &[])
}

fn with_rules(keys: &[(&str, &str)], rules: &[(&str, &str)], files: &[(&str, String)]) -> Scratch {
    let file = (".sops.yaml", rule_file(keys, rules));
    repository(&[&[file], files].concat())
}

fn rule_file(keys: &[(&str, &str)], rules: &[(&str, &str)]) -> String {
    let keys: String = keys.iter().map(|(name, key)| format!("  - &{name} {key}\n")).collect();
    let rules: String = rules.iter().map(|(path, age)| format!("  - path_regex: {path}\n    age: [{age}]\n")).collect();
    format!("keys:\n{keys}creation_rules:\n{rules}")
}

fn rules_of(repository: &Scratch) -> String {
    fs::read_to_string(repository.path().join(".sops.yaml")).unwrap()
}

fn words(text: &str) -> String {
    text.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ")
}

fn refused(run: &Run, says: &[&str]) {
    let said = words(&run.stderr);
    assert_eq!(run.code, Some(2), "{}{said}", run.stdout);
    says.iter().for_each(|says| assert!(said.contains(says), "{says}: {said}"));
}

fn done(run: &Run, says: &[&str]) {
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    says.iter().for_each(|says| assert!(run.stdout.contains(says), "{says}: {}", run.stdout));
}

#[test]
fn one_name_of_two_for_a_key_is_not_taken_out() {
    let repository = with_rules(
        &[("admin", ADMIN), ("framebox", WREN), ("desktop", WREN)],
        &[
            (r"^secrets/framebox\.yaml$", "*admin, *framebox"),
            (r"^secrets/desktop\.yaml$", "*admin, *desktop"),
            (".*", "*admin"),
        ],
        &[],
    );
    let before = rules_of(&repository);
    for name in ["framebox", "desktop", WREN] {
        refused(&repository.sealnix(&["host", "remove", name]), &["`&desktop` and `&framebox` name one key"]);
    }
    assert_eq!(rules_of(&repository), before);
}

#[test]
fn a_host_is_no_person() {
    let repository = with_rules(
        &[("alice", ADMIN), ("host_alice", WREN), ("host_robin", ROBIN)],
        &[(".*", "*alice, *host_alice, *host_robin")],
        &[],
    );
    refused(&repository.sealnix(&["recipient", "remove", "robin"]), &["is a host", "`sealnix host remove robin`"]);
    done(&repository.sealnix(&["host", "remove", "alice"]), &["`&host_alice` is taken out"]);
    assert_eq!(
        rules_of(&repository),
        rule_file(&[("alice", ADMIN), ("host_robin", ROBIN)], &[(".*", "*alice, *host_robin")])
    );
    refused(&repository.sealnix(&["host", "remove", "alice"]), &["a person's", "`sealnix recipient remove alice`"]);
    let two = with_rules(
        &[("host_web-1", WREN), ("server_web_1", ROBIN), ("admin", ADMIN)],
        &[(".*", "*host_web-1, *server_web_1, *admin")],
        &[],
    );
    refused(&two.sealnix(&["host", "remove", "WEB-1"]), &["may be any of host_web-1, server_web_1"]);
}

#[test]
fn every_file_that_holds_the_key_gets_a_line() {
    let repository = with_rules(
        &[("admin", ADMIN), ("host_wren", WREN), ("host_robin", ROBIN)],
        &[("^secrets/", "*admin, *host_wren, *host_robin"), ("^drifted/", "*admin, *host_wren")],
        &[
            ("secrets/a.yaml", sealed(&[ADMIN, WREN, ROBIN])),
            ("drifted/b b.yaml", sealed(&[ADMIN, ROBIN])),
            ("loose/c.yaml", sealed(&[ADMIN, ROBIN])),
            ("loose/only.yaml", sealed(&[ROBIN])),
            ("sub/d.yaml", sealed(&[ADMIN, ROBIN])),
            ("sub/.sops.yaml", rule_file(&[("admin", ADMIN)], &[(".*", "*admin")])),
            ("deep/e.yaml", sealed(&[ADMIN, ROBIN])),
            ("deep/.sops.yaml", rule_file(&[("robin", ROBIN)], &[(".*", "*robin")])),
        ],
    );
    let run = repository.sealnix(&["host", "remove", "robin"]);
    done(
        &run,
        &[
            "  sops updatekeys -y secrets/a.yaml\n",
            "  sops updatekeys -y 'drifted/b b.yaml'\n",
            &format!("  sops rotate --in-place --rm-age {ROBIN} loose/c.yaml\n"),
            "  (cd sub && sops updatekeys -y d.yaml)\n",
            "`deep/.sops.yaml` still holds its key: `sealnix host remove ",
            "`loose/only.yaml`, which it could read (nobody else can open this file): `token`\n",
        ],
    );
    for file in ["secrets/a", "drifted/b b", "loose/c", "sub/d", "deep/e"] {
        assert!(run.stdout.contains(&format!("change the values of `{file}.yaml`")), "{}", run.stdout);
    }
    assert!(!run.stdout.contains("updatekeys -y e.yaml"), "{}", run.stdout);
}

#[test]
fn both_forms_of_a_key_are_one() {
    let age = sealnix::keys::ssh::PublicKey::parse(SSH).unwrap().age.unwrap();
    let files = [("a.yaml", sealed(&[ADMIN, SSH])), ("b.yaml", sealed(&[ADMIN, &age]))];
    for (written, name) in [(SSH, "robin"), (&age, "robin"), (&age, SSH)] {
        let repository = with_rules(
            &[("admin", ADMIN), ("host_robin", written), ("host_wren", WREN)],
            &[(".*", "*admin, *host_robin, *host_wren")],
            &files,
        );
        let run = repository.sealnix(&["host", "remove", name]);
        done(&run, &["values of `a.yaml`", "values of `b.yaml`", "updatekeys -y a.yaml", "updatekeys -y b.yaml"]);
    }
}

#[test]
fn what_is_not_known_is_said() {
    let repository = with_rules(
        &[("admin", ADMIN), ("host_robin", ROBIN), ("host_wren", WREN)],
        &[(".*", "*admin, *host_robin, *host_wren")],
        &[
            ("broken.yaml", sealed(&[ADMIN, ROBIN]).replace("ENC[AES256_GCM,data:Tw==,iv:", "ENC[AES256_GCM,data:")),
            ("vendor/a.yaml", sealed(&[ADMIN, ROBIN])),
            ("sealnix.toml", "exclude = [\"vendor/**\"]\n".to_owned()),
        ],
    );
    let run = repository.sealnix(&["host", "remove", "robin", "--dry-run"]);
    done(&run, &["excludes was not looked at and may hold its key too: `vendor/a.yaml`"]);
}

#[test]
fn a_rule_file_of_another_name_is_told_to_sops() {
    let repository = repository(&[
        (
            "sops-prod.yaml",
            rule_file(
                &[("admin", ADMIN), ("host_robin", ROBIN), ("host_wren", WREN)],
                &[("^prod/", "*admin, *host_robin, *host_wren")],
            ),
        ),
        ("prod/a.yaml", sealed(&[ADMIN, ROBIN, WREN])),
    ]);
    let run = repository.sealnix(&["host", "remove", "robin", "--config", "sops-prod.yaml"]);
    done(&run, &["  sops --config sops-prod.yaml updatekeys -y prod/a.yaml\n", "values of `prod/a.yaml`"]);
}

#[test]
fn what_is_to_be_rotated_is_said_of_a_refused_edit_too() {
    let rules = format!(
        "keys:\n  - &admin {ADMIN}\n  - &hosts [&host_wren {WREN}, &host_robin {ROBIN}]\ncreation_rules:\n  - path_regex: \
         .*\n    age: *hosts\n  - path_regex: a\n    age: [*admin, *host_robin]\n"
    );
    let repository = repository(&[(".sops.yaml", rules), ("a.yaml", sealed(&[ADMIN, ROBIN]))]);
    let run = repository.sealnix(&["host", "remove", "robin"]);
    let said = words(&format!("{}{}", run.stdout, run.stderr));
    assert!(said.contains("change the values of `a.yaml`, which it could read: `token`"), "{said}");
}

#[test]
fn a_rule_for_others_too_stays() {
    let hosts = [("admin", ADMIN), ("host_robin", ROBIN), ("host_wren", WREN)];
    let others = [
        r"^secrets/(robin|desk)\.yaml$",
        r"^home/kim@robin\.yaml$",
        r"^hosts/(robin/)?secrets\.yaml$",
        r"^hosts/robin/wren\.yaml$",
        r"^a/robin\.yaml$|^b/desk\.yaml$",
    ];
    for expression in others {
        let rules = [(expression, "*admin, *host_robin"), ("^x", "*host_wren"), (".*", "*admin")];
        let run = with_rules(&hosts, &rules, &[]).sealnix(&["host", "remove", "robin"]);
        done(&run, &["it is taken out of the rule of line 6\n"]);
        assert!(!run.stdout.contains("its own rule"), "{expression}: {}", run.stdout);
    }
    let own = [
        r"^secrets/robin\.yaml$",
        r"hosts/robin/.*",
        r"^secrets/robin/[^/]+\.(yaml|json|env|ini)$",
        r"^(hosts|secrets)/robin\.yaml$",
    ];
    for expression in own {
        let rules = [(expression, "*admin, *host_robin"), ("^x", "*host_wren"), (".*", "*admin, *host_wren")];
        let files = ["hosts/robin/a.yaml", "secrets/robin.yaml", "secrets/robin/b.yaml", "hosts/robin.yaml"];
        let files = files.map(|path| (path, sealed(&[ADMIN, ROBIN])));
        let run = with_rules(&hosts, &rules, &files).sealnix(&["host", "remove", "robin"]);
        done(&run, &["its own rule of line 6 is taken out\n"]);
        // The line of the rule in the file as it was.
        done(&run, &["is taken by the rule of line 10 now: delete it, or `sops updatekeys "]);
    }
    let rules = [("hosts/robin.*", "*admin, *host_robin"), ("^x", "*host_wren"), (".*", "*admin")];
    let files = [("hosts/robin2/a.yaml", sealed(&[ADMIN, ROBIN]))];
    let run = with_rules(&hosts, &rules, &files).sealnix(&["host", "remove", "robin"]);
    done(&run, &["it is taken out of the rule of line 6\n", "  sops updatekeys -y hosts/robin2/a.yaml\n"]);
}

#[test]
fn from_below_it_is_said_where_the_commands_run() {
    let repository = with_rules(
        &[("admin", ADMIN), ("host_robin", ROBIN), ("host_wren", WREN)],
        &[(".*", "*admin, *host_robin, *host_wren")],
        &[("secrets/a.yaml", sealed(&[ADMIN, ROBIN, WREN]))],
    );
    let root = repository.sealnix(&["host", "remove", "robin", "--dry-run"]);
    assert!(!root.stdout.contains("from the repository's root"), "{}", root.stdout);
    let below = scratch::sealnix_in(&repository.path().join("secrets"), &["host", "remove", "robin"]);
    done(&below, &["Paths and commands are from the repository's root.\n"]);
}
