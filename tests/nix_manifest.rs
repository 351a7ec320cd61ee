//! `nix/manifest.nix`, run by the installed Nix on hosts written by hand: it gives what is recorded, and
//! its keys are those of the Rust types.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sealnix::manifest::Manifest;
use sealnix::source::Tree;
use serde_json::{Value, json};

use crate::support::installed_nix::Store;
use crate::support::schema;

/// Set to write what Nix gives instead of comparing it.
const RECORD: &str = "SEALNIX_TEST_RECORD";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn evaluated(store: &Store, units: bool) -> Value {
    store.evaluate(&format!("import ./fixtures/manifests/mock.nix {{ units = {units}; }}"))
}

fn text<'v>(value: &'v Value, field: &str) -> &'v str {
    value[field].as_str().unwrap()
}

fn recorded() -> Value {
    serde_json::from_str(&fs::read_to_string(root().join("fixtures/manifests/mock.json")).unwrap()).unwrap()
}

#[test]
fn the_recorded_manifests_are_those_that_nix_makes() {
    let Some(store) = Store::new() else { return };
    for (file, units) in [("mock.json", true), ("mock-without-units.json", false)] {
        let path = root().join("fixtures/manifests").join(file);
        let made = evaluated(&store, units);
        if std::env::var_os(RECORD).is_some() {
            fs::write(&path, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        }
        let recorded: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        assert!(made == recorded, "Nix gives another {file}; with {RECORD}=1 it is written anew");
    }
}

/// A text that leads to a package would have it built, and a path would be copied.
#[test]
fn nothing_is_built_or_copied() {
    let Some(store) = Store::new() else { return };
    let text = "builtins.toJSON (import ./fixtures/manifests/mock.nix { units = true; })";
    assert_eq!(store.evaluate(&format!("builtins.hasContext ({text})")), false);
    let kept = fs::read_dir(store.folder().join("store")).map(|entries| {
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| !name.starts_with('.')).collect::<Vec<_>>()
    });
    assert_eq!(kept.unwrap_or_default(), Vec::<String>::new());
}

/// What of the mock hosts is easily got wrong.
#[test]
fn what_nix_says_is_so() {
    let manifest = recorded();
    let alpha = &manifest["hosts"][0];
    let sops = &alpha["sops"];
    // Only Nix's own text of the group can be asked for where the owner is no user.
    assert_eq!(sops["secrets"]["token"]["group"], "root");
    assert_eq!(sops["secrets"]["spoken"]["group"], "app");
    assert!(sops["secrets"]["stray"].get("group").is_none());
    assert!(sops["secrets"]["missing"].get("sopsFile").is_none());
    assert_eq!(sops["secrets"]["shared"]["sopsFile"]["path"], "input:vault/shared.yaml");
    // Its name was generated elsewhere; its fields are written here.
    let made = &sops["secrets"]["made"];
    assert_eq!((made.get("at"), &made["definitions"][0]["pos"]), (None, &Value::Null));
    assert_eq!(made["definitions"][0]["fields"]["key"]["file"], "hosts.nix");
    assert_eq!(sops["environment"], json!(["SOPS_VERBOSE"]));
    assert_eq!(sops["templates"]["app.env"]["placeholders"], json!(["token"]));
    assert!(sops["templates"]["elsewhere"].get("placeholders").is_none());
    assert!(!manifest.to_string().contains("LEVEL=info"), "a content left Nix");
    // A user that is not enabled is not made.
    let users: Vec<&String> = alpha["users"].as_object().unwrap().keys().collect();
    assert_eq!(users, ["app", "mainUser", "root"]);
    assert_eq!((&alpha["users"]["mainUser"]["name"], alpha["users"]["app"].get("name")), (&json!("alice"), None));
    assert_eq!(alpha["groups"]["folk"]["name"], "people");
    // Home-manager has no owners, darwin no groups of users.
    let home = &alpha["homeUsers"]["ada"]["sops"]["secrets"]["mail"];
    assert!(["owner", "group", "neededForUsers", "restartUnits"].iter().all(|field| home.get(field).is_none()));
    let travel = "specialisation `travel` declares secrets of its own, which are not looked at";
    let complete = |host: usize| &manifest["hosts"][host]["complete"]["secrets"];
    assert_eq!((complete(0), complete(1)), (&json!(true), &json!(travel)));
    let mac = &manifest["hosts"][2];
    assert_eq!((&mac["users"]["ada"], &mac["hostName"]), (&json!({}), &Value::Null));
    let unknown = |unknown: &Value| format!("{} {} {}", unknown["user"], unknown["secret"], unknown["field"]);
    let unknowns: Vec<String> = alpha["unknowns"].as_array().unwrap().iter().map(unknown).collect();
    let expected = [
        "null null \"agenix.secrets.built.file\"",
        "null null \"agenix.secrets.gone.file\"",
        "null null \"agenix.secrets.lost.file\"",
        "null null \"containers.box.config\"",
        "null null \"containers.web.secrets.inner.mode\"",
        "\"bob\" null \"defaultSopsFile\"",
        "null \"missing\" \"sopsFile\"",
        "null \"stray\" \"group\"",
        "null null \"templates.elsewhere.placeholders\"",
        "null null \"units.odd.readsAll\"",
    ];
    assert_eq!(unknowns, expected);
    // SHA-256 over those of the host's key and of the file: what agenix-rekey names its file by.
    let door = &alpha["agenix"]["secrets"]["door"];
    let named = "secrets/rekeyed/alpha/742eedabfda78db1e34e62313a69e55a-door.age";
    assert_eq!((text(&door["file"], "path"), text(&door["rekeyFile"], "path")), (named, "secrets/door.age"));
    assert_eq!(alpha["agenix"]["secrets"]["own"]["rekeyFile"], Value::Null);
}

#[test]
fn units_read_what_their_definitions_name_as_a_whole() {
    let manifest = recorded();
    let units = &manifest["hosts"][0]["units"];
    let read = |read: &Value| {
        let as_root = if read["asRoot"] == true { " as root" } else { "" };
        format!("{} {} {}{as_root}", text(read, "kind"), text(read, "name"), text(read, "option"))
    };
    let mut reads: Vec<String> = units["app"]["reads"].as_array().unwrap().iter().map(read).collect();
    reads.sort();
    let expected = [
        "SecretPath db/password serviceConfig.Environment",
        "SecretPath db/password serviceConfig.ExecStartPre",
        "SecretPath db/password serviceConfig.LoadCredential",
        "SecretPath token script",
        "SecretPath token serviceConfig.ExecStart",
        "SecretPath token serviceConfig.ExecStartPre as root",
        "SecretPath tokens environment.TOKEN_FILE",
        "TemplatePath app.env serviceConfig.EnvironmentFile",
    ];
    assert_eq!(reads, expected);
    assert_eq!(units["other"]["reads"], json!([]));
    assert_eq!(units["app"]["supplementaryGroups"], json!(["keys", "video", "audio"]));
    assert_eq!((&units["app"]["dynamicUser"], &units["app"]["readsAll"]), (&json!(true), &json!(true)));
    // Nothing is said by an empty list or text; which capabilities a `~` leaves is not known.
    let odd = &units["odd"];
    assert_eq!((&odd["user"], &odd["group"], odd.get("readsAll")), (&Value::Null, &Value::Null, None));
    // One path is the start of the other, and of one that is nobody's.
    assert_eq!(
        units["mail"]["reads"].as_array().unwrap().iter().map(read).collect::<Vec<_>>(),
        ["SecretPath mail@example.org serviceConfig.ExecStart"]
    );
    let names: Vec<&String> = units.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "another",
            "app",
            "backup.timer",
            "mail",
            "masked",
            "odd",
            "other",
            "slow.slice",
            "srv-data.mount",
            "systemd-networkd"
        ]
    );
}

/// Both directions: Nix gives no key that the types do not know, and every one that it can know.
#[test]
fn nix_gives_the_keys_of_the_types() {
    let known = schema::keys(&serde_json::to_value(schema::full()).unwrap());
    let expected: BTreeSet<String> = known.into_iter().filter(|key| schema::is_by_nix(key)).collect();
    let given = schema::keys(&recorded());
    let unknown: Vec<&String> = given.difference(&expected).collect();
    let missing: Vec<&String> = expected.difference(&given).collect();
    assert!(unknown.is_empty() && missing.is_empty(), "no type has {unknown:?}; Nix does not give {missing:?}");
}

/// Nothing is lost on the way: what is read and written again has every key that Nix gave.
#[test]
fn every_key_that_nix_gives_is_read() {
    let given = recorded();
    let manifest = Manifest::from_json(&given.to_string(), "mock.json", &Tree::default()).unwrap();
    let written = schema::keys(&serde_json::to_value(manifest).unwrap());
    let given = schema::keys(&given);
    let lost: Vec<&String> = given.difference(&written).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// What a specialisation changes of the host's own is no more in the manifest than what it adds.
#[test]
fn a_specialisation_that_changes_the_secrets_leaves_them_incomplete() {
    let Some(store) = Store::new() else { return };
    let complete = |change: &str| {
        let host = "sops.secrets.a = { sopsFile = ./a.yaml; key = \"a\"; format = \"yaml\"; path = \"/a\"; }; \
                    sops.templates.t.content = \"x\";";
        let nested = "import ./nix/manifest/nested.nix { facts = import ./nix/manifest/facts.nix; }";
        let made = store.evaluate(&format!(
            "let host = {{ {host} }}; said = ({nested}) (host // {{ specialisation.s.configuration = host // {{ {change} }}; }}); \
             in map builtins.isBool [ said.secrets said.templates ]"
        ));
        (made[0] == true, made[1] == true)
    };
    let secret = |change: &str| {
        complete(&format!("sops = host.sops // {{ secrets.a = host.sops.secrets.a // {{ {change} }}; }};"))
    };
    let template = |change: &str| complete(&format!("sops = host.sops // {{ templates = {change}; }};"));
    assert_eq!(complete(""), (true, true));
    assert_eq!(secret("path = \"/b\";"), (true, true));
    assert_eq!(secret("sopsFile = ./b.yaml;"), (false, true));
    assert_eq!(secret("key = \"nope\";"), (false, true));
    assert_eq!(secret("key = throw \"no\";"), (false, true));
    assert_eq!(template("{ t.content = \"y\"; }"), (true, false));
    assert_eq!(template("host.sops.templates // { u.content = \"x\"; }"), (true, false));
}

/// To ask a flake for an input is to fetch it; a path that is not in the store is in none.
#[test]
fn no_input_is_fetched_for_a_path_of_the_host() {
    let Some(store) = Store::new() else { return };
    let relative = |root: &str, path: &str| {
        let files = format!(
            "import ./nix/manifest/files.nix {{ facts = import ./nix/manifest/facts.nix; root = {root}; \
             inputs.a = throw \"fetched\"; }}"
        );
        store.evaluate(&format!("builtins.tryEval (({files}).relative {path})"))["value"].clone()
    };
    let in_store = "\"${builtins.storeDir}/00000000000000000000000000000000-source\"";
    assert_eq!(relative(in_store, "/var/lib/secrets.yaml"), "/var/lib/secrets.yaml");
    assert_eq!(relative(in_store, "\"${builtins.storeDir}/11111111111111111111111111111111-other/x\""), false);
    // Without a flake an input may be a folder.
    assert_eq!(relative("/srv/repository", "/srv/vault/x"), false);
}

/// Without the definitions, as in a container, `file` of a template is not to be seen.
#[test]
fn placeholders_of_an_empty_content_are_not_known_without_definitions() {
    let Some(store) = Store::new() else { return };
    let placeholders = |content: &str| {
        let facts = "facts = import ./nix/manifest/facts.nix;";
        let made = store.evaluate(&format!(
            "let {facts} files = import ./nix/manifest/files.nix {{ inherit facts; root = ./.; inputs = {{ }}; }}; \
             definitions = import ./nix/manifest/definitions.nix {{ inherit facts files; }}; \
             search = import ./nix/manifest/search.nix; in (import ./nix/manifest/sops.nix \
             {{ inherit facts files definitions search; }} {{ kind = \"nixos\"; options = {{ }}; config.sops = {{ \
             secrets = {{ }}; templates.t = {{ content = {content}; }}; }}; }}).json"
        ));
        made["templates"]["t"].get("placeholders").cloned()
    };
    assert_eq!((placeholders("\"\""), placeholders("\"x\"")), (None, Some(json!([]))));
}

/// Every Nix file that is shipped or embedded.
#[test]
fn every_nix_file_is_read_by_nix() {
    let Some(store) = Store::new() else { return };
    let mut files: Vec<PathBuf> = ["nix", "src"]
        .iter()
        .flat_map(|folder| walkdir::WalkDir::new(root().join(folder)))
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "nix"))
        .collect();
    files.extend([root().join("flake.nix")].into_iter().filter(|file| file.is_file()));
    let parse: Vec<&str> = std::iter::once("--parse").chain(files.iter().map(|file| file.to_str().unwrap())).collect();
    let output = store.run("nix-instantiate", &parse);
    assert!(output.status.success() && files.len() > 10, "{}", String::from_utf8_lossy(&output.stderr));
}
