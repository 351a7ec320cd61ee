//! The promise: `why`, `who`, `matrix` and `hosts` say who can read what, who should, and how that is known.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::scratch::{Run, Scratch, fixtures, sealnix_in};

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";
const BOB: &str = "age1e5qnelgjvx3kxxzsp6rzu0sa4khyv3j7zh6egzs8l99k5m2qkatql80tm3";
const CAROL: &str = "age1uwtl6pp4py55xr2zq35p0n35kr0p5pvzav8y0g73zcxnhl9k8d7qp8mehf";
/// An ssh key, and what `ssh-to-age` makes of it (fixtures/vectors/identities).
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZgAgXDWFgf9FSqNY5pPrd8Q3hANJguj4AuqlP7cobN";
const SSH_AS_AGE: &str = "age1kaj8v8ps2uyhkrxyr3zgdudyl93xuzg36gr9ywfh4n2xypw8sgwswr9zcs";

fn fleet() -> Scratch {
    Scratch::copy_of(&fixtures().join("fleet"), &[], &[])
}

fn said(run: &Run) -> String {
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{}", run.stdout);
    run.stdout.clone()
}

fn json_of(run: &Run) -> Value {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let value = run.json().unwrap();
    assert_eq!(value["version"], 1);
    value
}

/// A sops file in form, sealed by nobody, for key groups of recipients.
fn sealed(groups: &[&[&str]], threshold: Option<u32>) -> String {
    let group = |recipients: &[&str], indent: &str| -> String {
        let one = |recipient: &&str| format!("{indent}- recipient: {}\n{indent}  enc: none\n", replaced(recipient));
        recipients.iter().map(one).collect()
    };
    let keys = match groups {
        [one] => format!("    age:\n{}", group(one, "        ")),
        groups => {
            let groups: String =
                groups.iter().map(|one| format!("        - age:\n{}", group(one, "            "))).collect();
            format!("    key_groups:\n{groups}")
        }
    };
    let threshold = threshold.map(|number| format!("    shamir_threshold: {number}\n")).unwrap_or_default();
    format!(
        "token: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\nsops:\n{threshold}{keys}    lastmodified: \
         \"2026-11-21T23:49:53Z\"\n    mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n    version: 3.11.0\n"
    )
}

fn replaced(text: &str) -> String {
    let text = text.replace("$A", ALICE).replace("$B", BOB).replace("$C", CAROL);
    text.replace("$T", SSH_AS_AGE).replace("$S", SSH)
}

fn repository(files: &[(&str, &str)]) -> Scratch {
    let folder = TempDir::new().unwrap();
    for (path, content) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, replaced(content)).unwrap();
    }
    Scratch::copy_of(folder.path(), &[], &[])
}

/// A flake of NixOS hosts that declare one secret of `secrets.yaml`, each with lines of its own.
fn flake(hosts: &[(&str, &str)]) -> String {
    let hosts: String = hosts
        .iter()
        .map(|(name, lines)| {
            format!(
                "      {name} = nixpkgs.lib.nixosSystem {{\n        system = \"x86_64-linux\";\n        modules = [\n          \
                 sops-nix.nixosModules.sops\n          {{ sops.secrets.token.sopsFile = ./secrets.yaml; services.openssh.enable = true; {lines} }}\n        \
                 ];\n      }};\n"
            )
        })
        .collect();
    format!(
        "{{\n  inputs.nixpkgs.url = \"github:NixOS/nixpkgs\";\n  inputs.sops-nix.url = \"github:Mic92/sops-nix\";\n  outputs = {{ \
         nixpkgs, sops-nix, ... }}: {{\n    nixosConfigurations = {{\n{hosts}    }};\n  }};\n}}\n"
    )
}

#[test]
fn what_a_person_sees_of_the_fleet() {
    let fleet = fleet();
    for (name, arguments) in [
        ("hosts", &["hosts"][..]),
        ("matrix", &["matrix"]),
        ("matrix_csv", &["matrix", "--format", "csv"]),
        ("matrix_markdown", &["matrix", "--format", "markdown"]),
        ("why_declared_but_closed", &["why", "secrets/backup.yaml"]),
        ("why_drifted", &["why", "secrets/users/jonas.yaml"]),
        ("why_absent", &["why", "secrets/archive.yaml"]),
        ("why_without_a_rule", &["why", "secrets/new.yaml"]),
        ("who_host", &["who", "atlas"]),
        ("who_person", &["who", "recovery"]),
        ("who_nameless", &["who", "age13a0drzt9hq"]),
    ] {
        insta::assert_snapshot!(name, said(&fleet.sealnix(arguments)));
    }
    assert_eq!(said(&fleet.sealnix(&["host", "list"])), said(&fleet.sealnix(&["hosts"])));
}

#[test]
fn what_programs_see_of_the_fleet() {
    let fleet = fleet();
    insta::assert_snapshot!("why_json", said(&fleet.sealnix(&["why", "secrets/users/jonas.yaml", "--format", "json"])));
    let who = json_of(&fleet.sealnix(&["who", "atlas", "--format", "json"]));
    let files: Vec<&str> =
        who["holders"][0]["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    let expected = [
        "secrets/atlas.yaml",
        "secrets/backup.yaml",
        "secrets/common.yaml",
        "secrets/platform.yaml",
        "secrets/users/mira.yaml",
    ];
    assert_eq!(files, expected);
    assert_eq!(who["holders"][0]["files"][1]["mark"], "declares, cannot read");
    assert_eq!(who["holders"][0]["keys"][0]["knownBy"], "name");
    let matrix = json_of(&fleet.sealnix(&["matrix", "--format", "json"]));
    assert_eq!(matrix["files"].as_array().unwrap().len(), 8);
    let hosts = json_of(&fleet.sealnix(&["hosts", "--format", "json"]));
    assert_eq!(hosts["hosts"].as_array().unwrap().len(), 3);
}

#[test]
fn one_key_of_several_groups_does_not_open() {
    let rules = "keys: [&web $A, &db $B, &ann $C]\ncreation_rules:\n  - shamir_threshold: 2\n    key_groups:\n      - age: [*web, \
                 *ann]\n      - age: [*db, *ann]\n";
    let files = [
        ("flake.nix", &*flake(&[("web", ""), ("db", "")])),
        (".sops.yaml", rules),
        ("secrets.yaml", &sealed(&[&["$A", "$C"], &["$B", "$C"]], Some(2))),
    ];
    let scratch = repository(&files);
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    let expected = "file,db,web,ann\nsecrets.yaml,\"declares, cannot read\",\"declares, cannot read\",reads\n";
    assert_eq!(csv, expected);
    let why = said(&scratch.sealnix(&["why", "secrets.yaml"]));
    assert!(why.contains("2 of the 2 groups together: [web, ann] and [db, ann]"), "{why}");
    assert!(why.ends_with("needs a key in more of its key groups to read it alone: db, web\n"), "{why}");
    let who = said(&scratch.sealnix(&["who", "ann"]));
    assert!(who.contains("can read 1 file:") && who.contains("through group 1, group 2 (2 of 2 are needed)"), "{who}");
}

#[test]
fn an_ssh_recipient_is_not_opened_by_the_age_key_made_of_it() {
    let host = ("hosts/web/ssh_host_ed25519_key.pub", "$S root@web\n");
    let flake = flake(&[("web", "")]);
    let rules = (".sops.yaml", "creation_rules: [{age: $S}]\n");
    let scratch = repository(&[("flake.nix", &flake), host, rules, ("secrets.yaml", &sealed(&[&["$S"]], None))]);
    let hosts = said(&scratch.sealnix(&["hosts"]));
    assert!(hosts.contains("web   nixos      0         1"), "{hosts}");
    let why = said(&scratch.sealnix(&["why", "secrets.yaml"]));
    assert!(why.contains("web (only as ssh key)") && why.contains("web (cannot read it): token"), "{why}");
    assert!(
        why.contains(&format!("can read it: `{SSH_AS_AGE}`\n")) && why.contains("updatekeys secrets.yaml"),
        "{why}"
    );
    let scratch = repository(&[("flake.nix", &flake), host, rules, ("secrets.yaml", &sealed(&[&["$T"]], None))]);
    assert!(said(&scratch.sealnix(&["hosts"])).contains("web   nixos      1         1"));
}

#[test]
fn a_word_may_mean_several() {
    let rules =
        "keys:\n  - &web $A\n  - &ann $B\nother:\n  - &ann-laptop $C # ann\ncreation_rules: [{age: [*web, *ann]}]\n";
    let scratch = repository(&[
        ("flake.nix", &flake(&[("web", "")])),
        (".sops.yaml", rules),
        ("sub/.sops.yaml", "keys: [&ann $C]\n"),
        ("secrets.yaml", &sealed(&[&["$A", "$B"]], None)),
    ]);
    let who = said(&scratch.sealnix(&["who", "ann"]));
    assert!(who.starts_with("`ann` means 2 holders of keys."), "{who}");
    assert!(who.contains("(`ann` at sub/.sops.yaml:1 is its key)"), "{who}");
    // By recipient, by its start, and as it is shown in short.
    for word in [BOB, &BOB[..14], "age1e5qnelgjvx…80tm3"] {
        assert!(said(&scratch.sealnix(&["who", word])).starts_with("ann: "), "{word}");
    }
    // Another way to write it.
    assert!(said(&scratch.sealnix(&["who", "Ann-Laptop"])).starts_with("ann-laptop: "));
}

#[test]
fn who_is_not_known_is_said_with_what_may_be_meant() {
    let fleet = fleet();
    for (word, expected) in [
        ("atls", "did you mean `atlas`?"),
        ("tailscale/auth_key", "it is a secret; `sealnix why FILE` says who can read its file: secrets/common.yaml"),
        ("secrets/common.yaml", "it is a file: `sealnix why FILE`"),
        ("zzz", "`sealnix hosts` lists the hosts"),
        (CAROL, "no sops file and no rule of a .sops.yaml holds this recipient"),
    ] {
        let run = fleet.sealnix(&["who", word]);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{word}");
        let flat = run.stderr.split_whitespace().collect::<Vec<_>>().join(" ").replace("│ ", "");
        assert!(flat.contains(expected), "{word}: {flat}");
    }
}

#[test]
fn a_repository_that_cannot_be_evaluated_is_known_by_its_files() {
    let rules = "keys: [&web $A, &ann $B]\ncreation_rules: [{age: [*web, *ann]}]\n";
    let scratch = repository(&[(".sops.yaml", rules), ("secrets.yaml", &sealed(&[&["$A"]], None))]);
    for arguments in [&["matrix"][..], &["why", "secrets.yaml"], &["who", "web"], &["hosts"]] {
        let text = said(&scratch.sealnix(arguments));
        assert!(text.starts_with("The hosts' configurations are not known"), "{text}");
    }
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    assert_eq!(csv, "file,ann,web\nsecrets.yaml,\"in rule, cannot read\",reads\n");
}

#[test]
fn without_a_rule_file_the_recipients_tell() {
    let scratch = repository(&[
        ("flake.nix", &flake(&[("web", "")])),
        ("keys/web.pub", "$S\n"),
        ("secrets.yaml", &sealed(&[&["$T", "$A"]], None)),
    ]);
    let why = said(&scratch.sealnix(&["why", "secrets.yaml"]));
    assert!(why.contains("No .sops.yaml lies on its way up"), "{why}");
    assert!(why.contains("Can read it:    web, age1g6e50tyffy…nlsp2a"), "{why}");
    let matrix = json_of(&scratch.sealnix(&["matrix", "--format", "json"]));
    assert_eq!(
        matrix["files"][0]["cells"][0],
        json!({"holder": "web", "mark": "reads", "declares": true, "inRule": null, "reach": "alone"})
    );
}

#[test]
fn the_nearest_rule_file_hides_the_outer_ones() {
    let scratch = repository(&[
        (".sops.yaml", "creation_rules: [{path_regex: x, age: $A}, {age: $B}]\n"),
        (
            "sub/.sops.yaml",
            "creation_rules:\n  - path_regex: ^b\n    age: $C\n  - path_regex: '['\n    age: $A\n  - age: $C\n",
        ),
        ("sub/a.yaml", &sealed(&[&["$C"]], None)),
    ]);
    let why = said(&scratch.sealnix(&["why", "sub/a.yaml"]));
    assert!(why.contains("Rule 2 of sub/.sops.yaml (line 4, `[`) does not compile: sops stops there."), "{why}");
    assert!(why.contains("rule 1 (line 2, `^b`) does not match"), "{why}");
    assert!(why.contains("It hides .sops.yaml, whose rule 2 would take the file."), "{why}");
    let run = sealnix_in(&scratch.path().join("sub"), &["why", "b.yaml"]);
    assert!(
        run.stdout.contains("sub/b.yaml: there is no such file") && run.stdout.contains("(cd sub && sops b.yaml)"),
        "{}",
        run.stdout
    );
}

/// A fleet of many hosts: no line is wider than it may be, and every mark of the CSV is in the table.
#[test]
fn a_wide_matrix_fits() {
    let key = |number: usize| {
        // A cloud key may have any name.
        format!("arn:aws:kms:eu-west-1:1234:key/{number:04}")
    };
    let mut files: Vec<(String, String)> = Vec::new();
    for file in 0..60 {
        let keys: String = (0..200)
            .filter(|number| number % 60 == file || file == 0)
            .map(|number| {
                format!(
                    "        - arn: {}\n          created_at: \"2026-11-21T23:49:53Z\"\n          enc: none\n",
                    key(number)
                )
            })
            .collect();
        let content = format!(
            "token: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\nsops:\n    kms:\n{keys}    lastmodified: \
             \"2026-11-21T23:49:53Z\"\n    mac: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n    version: 3.11.0\n"
        );
        files.push((format!("secrets/a-rather-long-name-of-a-folder/below/another-one/file-{file:02}.yaml"), content));
    }
    files.push((".sops.yaml".to_owned(), "creation_rules: []\n".to_owned()));
    let borrowed: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let scratch = repository(&borrowed);
    let table = said(&scratch.sealnix(&["matrix"]));
    let widest = table.lines().skip(2).map(|line| line.chars().count()).max().unwrap();
    assert!(widest <= 100, "{widest}\n{table}");
    // 60 columns: of the 200 keys those that open the same files are one.
    assert!(table.contains("BH = ") && !table.contains("BI = "), "{table}");
    let marks = table.lines().filter(|line| line.starts_with("…")).map(|line| line.matches(" x").count());
    assert_eq!(marks.sum::<usize>(), 60 + 59);
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    assert_eq!(csv.matches(",reads").count(), 200 + 200 - 4, "{csv}");
}

#[test]
fn markdown_and_csv_are_escaped() {
    let rules = "keys:\n  - &a|b* $A\n  - &\"x $B\ncreation_rules: [{age: [$A, $B]}]\n";
    let scratch = repository(&[(".sops.yaml", rules), ("se|cr_et,.yaml", &sealed(&[&["$A", "$B"]], None))]);
    let markdown = said(&scratch.sealnix(&["matrix", "--format", "markdown"]));
    assert!(
        markdown.starts_with("| File | \"x | a\\|b\\* |\n|---|:-:|:-:|\n| se\\|cr\\_et,.yaml | `x` | `x` |\n"),
        "{markdown}"
    );
    let csv = said(&scratch.sealnix(&["matrix", "--format", "csv"]));
    assert_eq!(csv, "file,\"\"\"x\",a|b*\n\"se|cr_et,.yaml\",reads,reads\n");
}

/// No control character of a repository reaches the terminal.
#[test]
fn control_characters_are_shown_and_not_obeyed() {
    let rules = "keys:\n  - \"\\e[31mred\": $A\ncreation_rules: [{path_regex: \"\\e[2J\", age: $B}, {age: $A}]\n";
    let scratch = repository(&[(".sops.yaml", rules), ("secrets.yaml", &sealed(&[&["$A"]], None))]);
    for arguments in [&["matrix"][..], &["matrix", "--format", "markdown"], &["why", "secrets.yaml"], &["who", ALICE]] {
        let text = said(&scratch.sealnix(arguments));
        assert!(!text.contains('\u{1b}') && text.contains('␛'), "{text}");
    }
}

#[test]
fn a_path_outside_is_refused() {
    let fleet = fleet();
    let run = fleet.sealnix(&["why", "../elsewhere.yaml"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("does not lie in the repository"), "{}", run.stderr);
    let there = fleet.path().join("secrets/common.yaml");
    let run =
        sealnix_in(Path::new("/"), &["why", there.to_str().unwrap(), "--repository", fleet.path().to_str().unwrap()]);
    assert!(
        run.stdout.starts_with("secrets/common.yaml: sealed, 4 values, 5 recipients"),
        "{}{}",
        run.stdout,
        run.stderr
    );
}

/// A file that nobody could look into may be open to anybody.
#[test]
fn what_was_not_looked_at_is_named_and_never_clean() {
    let repository = repository(&[("secrets/a.yaml", &sealed(&[&["$A"]], None)), ("secrets/b.yaml", "placeholder")]);
    let latin = [b"# caf\xe9\n", sealed(&[&["$B"]], None).as_bytes()].concat();
    fs::write(repository.path().join("secrets/b.yaml"), latin).unwrap();
    for line in [&["matrix"][..], &["who", ALICE]] {
        let run = repository.sealnix(line);
        assert_eq!(run.code, Some(2), "{}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains("secrets/a.yaml"), "{}", run.stdout);
        assert!(run.stdout.ends_with("not looked at: secrets/b.yaml is not UTF-8\n"), "{}", run.stdout);
        let json = repository.sealnix(&[line, &["--format", "json"]].concat()).json().unwrap();
        assert_eq!(json["notLooked"], json!([{ "path": "secrets/b.yaml", "why": "is not UTF-8" }]));
    }
}

/// An `encrypted_regex` that matches nothing leaves all in clear (reference: sops.md section 1).
#[test]
fn values_in_clear_are_counted() {
    let file = sealed(&[&["$A"]], None)
        .replace("token: ENC[AES256_GCM,data:AAAA,iv:AAAA,tag:AAAA,type:str]\n", "token: plain\n");
    let repository = repository(&[("a.yaml", &file)]);
    assert!(said(&repository.sealnix(&["why", "a.yaml"])).contains("\na.yaml: sealed, 1 value (1 in clear), "));
}
