//! The promise: what is printed is as `sealnix schema` says, and what is not so does not validate.
//!
//! The schemas let a later version add fields. Here every object is closed, so that no field is printed that they do
//! not name.

use std::fs;
use std::path::{Path, PathBuf};

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::support::schema;
use crate::support::scratch::{Scratch, fixtures, sealnix_in};

/// A schema that is printed, as a validator takes it.
struct Contract {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Contract {
    fn of(name: &str) -> Self {
        let mut schema = printed(name);
        close(&mut schema);
        Contract::compiled(schema)
    }

    fn compiled(schema: Value) -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource("schema.json", schema).unwrap();
        let index = compiler.compile("schema.json", &mut schemas).unwrap();
        Contract { schemas, index }
    }

    fn takes(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }

    #[track_caller]
    fn assert_takes(&self, value: &Value, of: &str) {
        if let Err(error) = self.schemas.validate(value, self.index) {
            panic!("{of}: {error:#}");
        }
    }
}

fn printed(name: &str) -> Value {
    let run = sealnix_in(Path::new(env!("CARGO_MANIFEST_DIR")), &["schema", name]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    run.json().unwrap()
}

/// Lets no object have a field that the schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("type") == Some(&json!("object")) && fields.contains_key("properties") {
                fields.insert("unevaluatedProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// The folders in a folder of fixtures.
fn folders(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(fixtures().join(folder)).unwrap();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
}

#[test]
fn real_output_validates() {
    let (findings, manifest) = (Contract::of("findings"), Contract::of("manifest"));
    let rules = folders("rules").into_iter().map(|rule| rule.join("fires"));
    let cases = folders("conformance/cases").into_iter().map(|case| case.join("repo"));
    let whole = ["fleet", "contract"].map(|name| fixtures().join(name));
    let mut seen = 0;
    for folder in rules.chain(cases).chain(whole).filter(|folder| folder.is_dir()) {
        let repository = Scratch::copy_of(&folder, &[], &[]);
        // Without a host, an unreadable file or the like there is an error and no report: another test's.
        for (contract, command) in [(&findings, ["check", "--format", "json"].as_slice()), (&manifest, &["manifest"])] {
            if let Ok(said) = repository.sealnix(command).json() {
                contract.assert_takes(&said, &format!("{} {command:?}", folder.display()));
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "only {seen} outputs");
}

#[test]
fn every_field_of_the_manifest_is_named() {
    let manifest = Contract::of("manifest");
    let full = serde_json::to_value(schema::full()).unwrap();
    manifest.assert_takes(&full, "a manifest with one of everything");
    let by_nix: Value =
        serde_json::from_str(&fs::read_to_string(fixtures().join("fleet-by-nix.json")).unwrap()).unwrap();
    manifest.assert_takes(&by_nix, "a manifest by Nix");
    // Each is refused where it is of another type: the schema says something of every field.
    for pointer in leaves(&full) {
        let mut broken = full.clone();
        *broken.pointer_mut(&pointer).unwrap() = json!({ "another": "type" });
        assert!(!manifest.takes(&broken), "{pointer} may be anything");
    }
}

/// The JSON pointers of all that is neither object nor array.
fn leaves(value: &Value) -> Vec<String> {
    let below = |key: String, value: &Value| {
        leaves(value).into_iter().map(move |rest| format!("/{key}{rest}")).collect::<Vec<_>>()
    };
    match value {
        Value::Object(fields) => fields.iter().flat_map(|(key, value)| below(key.replace('/', "~1"), value)).collect(),
        Value::Array(items) => items.iter().enumerate().flat_map(|(at, value)| below(at.to_string(), value)).collect(),
        _ => vec![String::new()],
    }
}

#[test]
fn broken_findings_do_not_validate() {
    // As it is printed: fields may be added, and none may be missing or of another type.
    let open = Contract::compiled(printed("findings"));
    let said =
        Scratch::copy_of(&fixtures().join("fleet"), &[], &[]).sealnix(&["check", "--format", "json"]).json().unwrap();
    open.assert_takes(&said, "the fleet");
    let broken = |pointer: &str, value: Value| {
        let mut broken = said.clone();
        *broken.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        broken
    };
    for (pointer, value) in [
        ("/version", json!(2)),
        ("/findings/0/level", json!("fatal")),
        ("/findings/0/rule", json!("Key Missing")),
        ("/findings/0/certainty", json!("assumed")), // without `why`
        ("/findings/0/fingerprints/0", json!("0123")),
        ("/findings/0/places", json!([])),
        ("/findings/0/places/0/primary", json!(false)),
        ("/findings/0/places/0/start/line", json!(0)),
        ("/summary/errors", json!(-1)),
        ("/summary/unknown", json!([])),
    ] {
        assert!(!open.takes(&broken(pointer, value)), "{pointer}");
    }
    for (of, field) in
        [("/findings/0", "file"), ("/findings/0/places/0", "end"), ("/summary", "complete"), ("", "findings")]
    {
        let mut broken = said.clone();
        broken.pointer_mut(of).unwrap().as_object_mut().unwrap().remove(field).unwrap();
        assert!(!open.takes(&broken), "{of} without {field}");
    }
    let mut later = said.clone();
    later["findings"][0]["added"] = json!(true);
    open.assert_takes(&later, "a later version");
    assert!(!Contract::of("findings").takes(&later), "the closed one is closed");
}

#[test]
fn findings_are_the_default() {
    let run = sealnix_in(Path::new(env!("CARGO_MANIFEST_DIR")), &["schema"]);
    assert_eq!(run.json().unwrap(), printed("findings"));
}
