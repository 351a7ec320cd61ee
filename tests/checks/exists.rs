//! Does the secret exist?

use super::*;

/// A host that reads a key of a file in a format, and what the file is by its name.
fn reads(path: &str, format: &str, key: &str, is: Format, values: Vec<Child>) -> Facts {
    let mut facts = Facts::new();
    facts.file(path, true);
    let document = Document { format: is, ..document(path, values, &[&[ADMIN]]) };
    facts.vault.files.insert(path.into(), Sealed::Document(Box::new(document)));
    facts.declare("token", path, key).format = Fact::Known(format.to_owned());
    facts
}

#[test]
fn a_format_that_reads_the_file_is_no_mismatch() {
    let fits = [
        ("web.yaml", "yaml", Format::Yaml),
        ("web.json", "json", Format::Json),
        // JSON is YAML.
        ("web.json", "yaml", Format::Json),
        ("web.env", "dotenv", Format::Dotenv),
        ("web.ini", "ini", Format::Ini),
    ];
    for (path, format, is) in fits {
        reads(path, format, "token", is, vec![text("token")]).is_silent("format-mismatch");
    }
    for (path, format, is) in [("web.env", "yaml", Format::Dotenv), ("web.yaml", "json", Format::Yaml)] {
        let facts = reads(path, format, "token", is, vec![text("token")]);
        facts.finding("format-mismatch");
        facts.is_silent("key-missing");
    }
}

/// sops writes a binary file as JSON with the one key `data`.
#[test]
fn what_is_read_as_binary_has_data() {
    reads("web.key", "binary", "token", Format::Binary, vec![text("data")]).is_silent("format-mismatch");
    let facts = reads("web.json", "binary", "token", Format::Binary, vec![text("token")]);
    let finding = facts.finding("format-mismatch");
    assert!(finding.message.contains("The build passes"), "{finding:?}");
    assert!(finding.help.unwrap().contains("`format = \"json\";`"));
}

/// sops-nix reads a binary file as YAML, and finds its one key there.
#[test]
fn a_binary_file_read_as_yaml_has_only_data() {
    let yaml = |key: &str| {
        let mut facts = reads("web.key", "yaml", key, Format::Binary, vec![text("data")]);
        let read = document("web.key", vec![text("data")], &[&[ADMIN]]);
        facts.vault.declared.insert(("web.key".into(), Format::Yaml), Sealed::Document(Box::new(read)));
        facts
    };
    yaml("data").is_silent("format-mismatch");
    let facts = yaml("token");
    assert!(facts.finding("format-mismatch").help.unwrap().contains("`format = \"binary\";`"));
    facts.is_silent("key-missing");
}

#[test]
fn a_definition_that_is_not_known_may_say_the_format() {
    let mut facts = reads("web.env", "yaml", "token", Format::Dotenv, vec![text("token")]);
    facts.declare("token", "web.env", "token").complete = Complete::No("`f` is not known".to_owned());
    facts.is_undecided("format-mismatch");
}

#[test]
fn early_secrets_are_another_manifest() {
    let mut facts = reads("web.json", "json", "token", Format::Json, vec![text("token"), text("hash")]);
    facts.declare("hash", "web.json", "hash").needed_for_users = Fact::Known(true);
    facts.is_silent("formats-conflict");
    facts.declare("hash", "web.json", "hash").needed_for_users = Fact::Known(false);
    assert_eq!(facts.finding("formats-conflict").secret, None);
}

fn written(secret: &mut Secret, fields: &[&str]) {
    let fields = fields.iter().map(|field| ((*field).to_owned(), Some(Spot(at("web.nix", 6)))));
    let file = "web.nix".to_owned();
    secret.definitions = vec![Definition { file, pos: None, fields: fields.collect() }];
}

#[test]
fn only_a_key_that_is_written_is_ignored() {
    let mut facts = reads("web.env", "dotenv", "token", Format::Dotenv, vec![text("token")]);
    facts.is_silent("key-ignored-by-format");
    let token = |facts: &mut Facts, key: &str, format: &str| {
        let secret = facts.declare("token", "web.env", key);
        secret.format = Fact::Known(format.to_owned());
        written(secret, &["key"]);
    };
    token(&mut facts, "token", "dotenv");
    assert_eq!(facts.finding("key-ignored-by-format").key.as_deref(), Some("token"));
    token(&mut facts, "", "dotenv");
    facts.is_silent("key-ignored-by-format");
    // Of a binary file `data` is all.
    let mut facts = reads("web.env", "binary", "data", Format::Binary, vec![text("data")]);
    token(&mut facts, "data", "binary");
    facts.is_silent("key-ignored-by-format");
}

/// (in a flake, the type of the value, `validateSopsFiles`): whether Nix refuses the file.
#[test]
fn which_files_outside_nix_refuses() {
    let cases = [
        ("flake.nix", "path", Fact::Known(true), true),
        ("flake.nix", "string", Fact::Known(true), true),
        ("default.nix", "string", Fact::Known(true), true),
        // Copied into the store from where it lies.
        ("default.nix", "path", Fact::Known(true), false),
        ("flake.nix", "string", Fact::Known(false), false),
        ("flake.nix", "string", Fact::Unknown, false),
    ];
    for (entry, kind, validates, refused) in cases {
        let mut facts = Facts::new();
        facts.entry = entry.into();
        let file = SopsFile { path: "/opt/web.yaml".into(), kind: Some(kind.to_owned()) };
        facts.declare("token", "", "token").sops_file = Fact::Known(file);
        facts.manifest.hosts[0].sops.as_mut().unwrap().validate_sops_files = validates;
        if refused {
            facts.finding("sops-file-outside-repository");
        } else {
            facts.is_undecided("sops-file-outside-repository");
        }
    }
}
