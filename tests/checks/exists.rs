//! Does the secret exist?

use super::*;

#[test]
fn sops_file_missing() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]);
    facts.declare("token", "secrets/wbe.yaml", "token");
    let finding = facts.finding("sops-file-missing");
    assert_eq!(finding.suggestion.as_deref(), Some(FILE));
    assert_eq!((finding.hosts, finding.secret.as_deref()), (vec!["web".to_owned()], Some("token")));
    assert_eq!(finding.primary.place, at("web.nix", 5));
    // The rules about keys have nothing to add.
    facts.is_silent("key-missing");

    facts.declare("token", FILE, "token");
    facts.is_silent("sops-file-missing");

    // What a submodule holds is not looked at.
    facts.declare("token", "secrets/private/web.yaml", "token");
    assert_eq!(facts.finding("sops-file-missing").level, Level::Error);
    facts.tree.submodules.insert("secrets/private".into());
    facts.is_undecided("sops-file-missing");
}

#[test]
fn a_file_that_is_not_known_is_not_missing() {
    let mut facts = Facts::new();
    facts.declare("token", "", "token").sops_file = Fact::Unknown;
    facts.is_undecided("sops-file-missing");
    // What lies outside the repository has a rule of its own.
    let paths = [("input:private/web.yaml", "sops-file-missing"), ("/etc/web.yaml", "sops-file-outside-repository")];
    for (path, rule) in paths {
        facts.declare("token", path, "token");
        facts.is_undecided(rule);
        facts.is_silent("sops-file-untracked");
        facts.is_silent("key-missing");
    }
}

#[test]
fn a_conditional_declaration_gives_a_conditional_finding() {
    let mut facts = Facts::new();
    let why = Certainty::Conditional("`services.x.enable` is not known".to_owned());
    facts.declare("token", FILE, "token").certainty = why.clone();
    assert_eq!(facts.finding("sops-file-missing").certainty, why);
}

#[test]
fn a_home_manager_user_has_secrets_too() {
    let mut facts = Facts::new();
    let sops = Sops { secrets: [("mail".to_owned(), secret(FILE, "mail"))].into(), ..Sops::default() };
    let user = HomeUser { sops: Some(sops), ..HomeUser::default() };
    facts.manifest.hosts[0].home_users.insert("bo".to_owned(), user);
    assert_eq!(facts.finding("sops-file-missing").user.as_deref(), Some("bo"));
}

#[test]
fn sops_file_untracked() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]).file(FILE, false);
    facts.declare("token", FILE, "token");
    let finding = facts.finding("sops-file-untracked");
    assert_eq!(finding.help.as_deref(), Some("`git add secrets/web.yaml`"));
    for other in ["sops-file-missing", "file-not-encrypted", "key-missing"] {
        facts.is_silent(other);
    }
    // Without a flake Nix reads the folder as it is.
    facts.tree.sees_untracked = true;
    facts.is_silent("sops-file-untracked");
}

#[test]
fn key_missing() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("db_password")], &[WEB]).sealed("secrets/db.yaml", vec![text("db_pasword")], &[WEB]);
    facts.declare("db_pasword", FILE, "db_pasword");
    let finding = facts.finding("key-missing");
    assert!(finding.message.starts_with("`db_pasword` is not in `secrets/web.yaml`; `db_password` is."), "{finding:?}");
    assert_eq!(finding.suggestion.as_deref(), Some("db_password"));
    // The nearest key, and the other file that has the key as written.
    let files: Vec<_> = finding.others.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(files, ["the nearest key of the file", "this file has `db_pasword`"]);

    facts.declare("db_pasword", FILE, "db_password");
    facts.is_silent("key-missing");
}

#[test]
fn metadata_is_no_value_and_the_build_does_not_notice() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("a")], &[WEB]);
    facts.declare("mac", FILE, "sops/mac");
    assert!(facts.finding("key-missing").message.contains("The build passes; activation then fails"));
}

#[test]
fn a_key_below_a_value_is_missing() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("db")], &[WEB]);
    facts.declare("db/password", FILE, "db/password");
    facts.finding("key-missing");
    facts.is_silent("key-is-not-a-leaf");
}

#[test]
fn no_key_is_looked_up_where_there_is_none() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("a")], &[WEB]);
    // The whole file.
    facts.declare("b", FILE, "");
    facts.is_silent("key-missing");
    // Formats without keys: the whole file is delivered, whatever `key` says.
    for format in ["dotenv", "ini", "binary"] {
        facts.declare("b", FILE, "b").format = Fact::Known(format.to_owned());
        facts.is_silent("key-missing");
    }
    facts.declare("b", FILE, "b").key = Fact::Unknown;
    facts.is_undecided("key-missing");
}

#[test]
fn key_is_not_a_leaf() {
    let null = child("null", Value::Leaf(Leaf::Null));
    let list = child("list", Value::List(Vec::new()));
    let map = child("map", Value::Map(vec![text("inner")]));
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![null, list, map], &[WEB]);
    for key in ["null", "list", "list/0", "map"] {
        facts.declare("x", FILE, key);
        assert_eq!(facts.finding("key-is-not-a-leaf").key.as_deref(), Some(key));
        facts.is_silent("key-missing");
    }
    facts.declare("x", FILE, "map/inner");
    facts.is_silent("key-is-not-a-leaf");
}

#[test]
fn a_key_of_a_later_document_is_no_leaf() {
    let mut facts = Facts::new();
    let mut two = document(FILE, vec![text("a")], &[&[WEB]]);
    two.parts.push(Node { value: Value::Map(vec![text("b")]), place: at(FILE, 5) });
    facts.file(FILE, true).vault.files.insert(FILE.into(), Sealed::Document(Box::new(two)));
    facts.declare("b", FILE, "b");
    facts.finding("key-is-not-a-leaf");
}

#[test]
fn value_not_a_string() {
    // A date arrives as text (sops-nix reads YAML with a library that keeps it so).
    let kinds = [
        ("whole", SealedType::Int, true),
        ("fraction", SealedType::Float, true),
        ("truth", SealedType::Bool, true),
        ("text", SealedType::Str, false),
        ("day", SealedType::Time, false),
    ];
    let mut facts = Facts::new();
    facts.sealed(FILE, kinds.iter().map(|(key, kind, _)| sealed(key, *kind)).collect(), &[WEB]);
    for (key, _, fires) in kinds {
        facts.declare("x", FILE, key);
        assert_eq!(!facts.verdict("value-not-a-string").findings.is_empty(), fires, "{key}");
    }
}

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
