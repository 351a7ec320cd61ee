//! The manifest's keys, by its types: a value in which every field is known. A field that is added to a
//! type is missed here by the compiler.

use std::collections::{BTreeMap, BTreeSet};

use sealnix::manifest::{
    AgeKeys, Agenix, AgenixSecret, AssumedAbsent, BindMount, Certainty, Complete, CompleteParts, Container, Definition,
    EvaluationError, Fact, GnupgKeys, Group, HomeUser, Host, HostKind, KeySource, Manifest, MasterIdentity,
    OciContainer, Read, Rekey, Secret, Sops, SopsFile, Spot, Template, Unit, Unknown, Used, User, VERSION, Volume,
};
use sealnix::source::{Place, Position};
use serde_json::Value;

/// The keys that Nix code does not give, each with the reason. Wherever they stand: a part of the path.
const NOT_BY_NIX: [(&str, &str); 18] = [
    ("manifest.unknowns", "Nix evaluates every host that it is asked for"),
    ("hosts.uses", "a path has no string context, so only the static evaluator sees where it ends"),
    ("hosts.ociContainers", "they become units; only the static evaluator reads them"),
    ("bindMounts.*.at", "Nix knows in which module an option is set, and not where in it"),
    ("units.*.runsOnce", "whether nixpkgs' own units are jobs makes no difference"),
    ("hosts.evaluationError", "an error ends the evaluation; `--eval` writes it"),
    ("unknowns.place", "an error that is caught has no place"),
    ("*.certainty", "absent is certain"),
    ("*.why", "likewise"),
    ("secrets.*.complete", "absent is complete"),
    ("secrets.*.origin", "Nix knows where the attribute is written, not where its name is"),
    ("sops.assumedAbsent", "Nix assumes nothing"),
    ("agenix.assumedAbsent", "likewise"),
    ("keySources.*.at", "Nix knows in which module an option is set, and not where in it"),
    ("rekey.hostPubkeyAt", "likewise"),
    ("byte", "Nix gives lines and columns"),
    ("end", "likewise"),
    ("end.byte", "likewise"),
];

/// Whether Nix code gives a key.
pub fn is_by_nix(key: &str) -> bool {
    let path = format!(".{}.", key.replace("[]", ""));
    !NOT_BY_NIX.iter().any(|(part, _)| path.contains(&format!(".{part}.")))
}

/// The paths of all keys. A name that a person gave is `*`, an element of a list `[]`.
pub fn keys(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(value, "manifest", &mut found);
    found
}

/// The objects whose keys are names.
const NAMED: [&str; 11] = [
    "secrets",
    "ociContainers",
    "templates",
    "keySources",
    "homeUsers",
    "users",
    "groups",
    "units",
    "containers",
    "bindMounts",
    "fields",
];

fn collect(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let is_named = path.rsplit('.').next().is_some_and(|last| NAMED.contains(&last));
            for (key, value) in fields {
                let below = format!("{path}.{}", if is_named { "*" } else { key });
                // One type, wherever it stands.
                let path = if matches!(key.as_str(), "sops" | "agenix") { key } else { &below };
                collect(value, path, found);
                found.insert(below);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, &format!("{path}[]"), found)),
        _ => {}
    }
}

/// A manifest with one of everything.
pub fn full() -> Manifest {
    Manifest { version: VERSION, hosts: vec![host()], unknowns: vec![unknown()] }
}

fn host() -> Host {
    Host {
        name: text(),
        kind: HostKind::Nixos,
        attr: text(),
        system: known(Some(text())),
        host_name: known(Some(text())),
        evaluation_error: Some(EvaluationError { message: text(), at: Some(spot()), units_only: true }),
        complete: CompleteParts {
            secrets: Complete::Yes,
            templates: Complete::Yes,
            users: Complete::Yes,
            units: Complete::Yes,
        },
        sops: Some(sops()),
        agenix: Some(agenix()),
        home_users: named(HomeUser { sops: Some(sops()), agenix: Some(agenix()) }),
        users: named(User {
            name: Some(text()),
            group: known(Some(text())),
            hashed_password_file: known(Some(text())),
        }),
        groups: named(Group { name: Some(text()), members: known(vec![text()]) }),
        units: named(unit()),
        containers: named(Container {
            sops: Some(sops()),
            agenix: Some(agenix()),
            bind_mounts: named(BindMount { host_path: known(text()), at: Some(spot()) }),
        }),
        oci_containers: named(OciContainer { volumes: vec![Volume { host_path: text(), at: Some(spot()) }] }),
        uses: Vec::new(),
        failed_assertions: Vec::new(),
        unknowns: vec![unknown()],
    }
}

fn unit() -> Unit {
    Unit {
        user: known(Some(text())),
        group: known(Some(text())),
        supplementary_groups: known(vec![text()]),
        dynamic_user: known(true),
        reads_all: known(true),
        runs_once: known(true),
        reads: vec![Read { what: Used::SecretPath { name: text() }, option: text(), as_root: true }],
    }
}

fn sops() -> Sops {
    Sops {
        secrets: named(secret()),
        templates: named(Template {
            // These three only the static evaluator gives.
            name: Fact::Unknown,
            stray_placeholders: 0,
            variables: Vec::new(),
            path: known(text()),
            mode: known(text()),
            owner: known(Some(text())),
            group: known(Some(text())),
            uid: known(Some(0)),
            gid: known(Some(0)),
            restart_units: known(vec![text()]),
            reload_units: known(vec![text()]),
            placeholders: known(vec![text()]),
            certainty: Certainty::Assumed(text()),
            at: Some(spot()),
            definitions: vec![definition()],
        }),
        default_sops_file: known(Some(file())),
        age: AgeKeys { key_file: known(Some(text())), ssh_key_paths: known(vec![text()]), generate_key: known(true) },
        gnupg: GnupgKeys { home: known(Some(text())), ssh_key_paths: known(vec![text()]) },
        key_sources: [(
            "age.keyFile".to_owned(),
            KeySource { at: Some(spot()), copied: true, certainty: Certainty::Assumed(text()) },
        )]
        .into(),
        environment: Fact::Known(vec![text()]),
        assumed_absent: vec![AssumedAbsent { secrets: vec![text()], why: text(), at: Some(spot()) }],
        validate_sops_files: known(true),
    }
}

fn secret() -> Secret {
    Secret {
        name: known(text()),
        key: known(text()),
        format: known(text()),
        path: known(text()),
        mode: known(text()),
        owner: known(Some(text())),
        group: known(Some(text())),
        uid: known(Some(0)),
        gid: known(Some(0)),
        needed_for_users: known(true),
        restart_units: known(vec![text()]),
        reload_units: known(vec![text()]),
        sops_file: known(file()),
        certainty: Certainty::Assumed(text()),
        complete: Complete::No(text()),
        at: Some(spot()),
        origin: Some(spot()),
        definitions: vec![definition()],
    }
}

fn agenix() -> Agenix {
    let secret = AgenixSecret {
        name: known(text()),
        file: known(file()),
        path: known(text()),
        mode: known(text()),
        owner: known(text()),
        group: known(text()),
        symlink: known(true),
        rekey_file: known(Some(file())),
        certainty: Certainty::Assumed(text()),
        complete: Complete::No(text()),
        at: Some(spot()),
        origin: Some(spot()),
        definitions: vec![definition()],
    };
    let identity = MasterIdentity { identity: text(), pubkey: Some(text()) };
    Agenix {
        secrets: named(secret),
        identity_paths: known(vec![text()]),
        assumed_absent: vec![AssumedAbsent { secrets: vec![text()], why: text(), at: Some(spot()) }],
        rekey: Some(Rekey {
            host_pubkey: known(text()),
            host_pubkey_at: Some(spot()),
            master_identities: known(vec![identity]),
            storage_mode: known(text()),
        }),
    }
}

fn definition() -> Definition {
    Definition { file: text(), pos: Some(spot()), fields: named(Some(spot())) }
}

fn file() -> SopsFile {
    SopsFile { path: text().into(), kind: Some("path".to_owned()) }
}

fn unknown() -> Unknown {
    Unknown {
        host: Some(text()),
        user: Some(text()),
        secret: Some(text()),
        field: text(),
        why: text(),
        place: Some(spot()),
    }
}

fn spot() -> Spot {
    let start = Position { line: 1, column: 1, byte: 1 };
    Spot(Place { path: text().into(), start, end: start })
}

fn text() -> String {
    "x".to_owned()
}

fn known<T>(value: T) -> Fact<T> {
    Fact::Known(value)
}

fn named<T>(value: T) -> BTreeMap<String, T> {
    BTreeMap::from([(text(), value)])
}
