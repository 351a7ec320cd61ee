//! What is to be sealed and lies in clear.

use super::*;
use sealnix::policy::Problem;

/// A tracked file in clear.
fn clear(facts: &mut Facts, path: &str, content: &str) {
    facts.file(path, true).tree.texts.insert(path.into(), Text::new(path.into(), content));
}

fn not_encrypted(facts: &Facts) -> Vec<String> {
    let findings = facts.verdict("file-not-encrypted").findings;
    findings.iter().map(|finding| finding.primary.place.path.to_string()).collect()
}

/// A second file in clear beside a first one makes neither of them less secret.
#[test]
fn what_lies_beside_it_does_not_excuse_a_file_in_clear() {
    let mut facts = Facts::new();
    facts.rule(Some("^secrets/"), &[&[ADMIN]]).sealed("secrets/a.yaml", vec![text("token")], &[ADMIN]);
    for name in ["db", "mail", "web"] {
        clear(&mut facts, &format!("secrets/{name}.env"), "# of the database\nexport DB_PASSWORD=hunter2\n\n");
    }
    assert_eq!(not_encrypted(&facts), ["secrets/db.env", "secrets/mail.env", "secrets/web.env"]);
    // Nor does code.
    for name in ["x", "y", "z"] {
        facts.file(&format!("secrets/{name}.nix"), true);
    }
    clear(&mut facts, "secrets/b.yaml", "db:\n  password: hunter2\n");
    assert_eq!(not_encrypted(&facts).len(), 4);
    assert!(facts.verdict("file-not-encrypted").undecided.is_empty());
}

/// Of what is neither of a sealed kind nor a list of values a rule that takes code says nothing for sure.
#[test]
fn what_a_rule_for_a_folder_may_mean_is_left_open_once() {
    let mut facts = Facts::new();
    facts.rule(Some("infra/.*"), &[&[ADMIN]]).sealed("infra/secrets.yaml", vec![text("token")], &[ADMIN]);
    facts.file("infra/dns.tf", true).file("infra/mail.tf", true).file("infra/README.md", true);
    clear(&mut facts, "infra/hosts.json", "{\"hosts\": [{\"name\": \"web\"}]}");
    clear(&mut facts, "infra/hosts.ini", "[web]\n10.0.0.1\n");
    facts.is_undecided("file-not-encrypted");
    clear(&mut facts, "infra/more.json", "{\"web\": {\"password\": \"hunter2\", \"port\": 9}}");
    clear(&mut facts, "infra/more.ini", "[web]\npassword = hunter2\n");
    assert_eq!(not_encrypted(&facts), ["infra/more.ini", "infra/more.json"]);
}

/// A creation rule never means Markdown and public keys; a secret that is declared to lie in one does.
#[test]
fn a_declared_file_is_meant_whatever_its_name() {
    let mut facts = Facts::new();
    facts.file("secrets/wg.pub", true).file("secrets/k.md", true).rule(Some("^secrets/"), &[&[ADMIN]]);
    facts.is_silent("file-not-encrypted");
    facts.declare("wg", "secrets/wg.pub", "");
    facts.declare("k", "secrets/k.md", "k");
    assert_eq!(not_encrypted(&facts), ["secrets/k.md", "secrets/wg.pub"]);
}

/// sops stops at the rule file, so that its command alone mends nothing.
#[test]
fn what_sops_stops_at_is_mended_first() {
    let mut facts = Facts::new();
    facts.rule(Some("^secrets/"), &[&[ADMIN]]);
    facts.policy.configs[0].problems.push(Problem {
        place: at(".sops.yaml", 8),
        why: "its checksum is wrong".to_owned(),
        rule: Some(0),
        is_recipient: true,
    });
    // A rule file that nothing is sealed by, nor is to be, is an example.
    facts.is_silent("recipient-malformed");
    clear(&mut facts, FILE, "token: hunter2\n");
    facts.finding("recipient-malformed");
    facts.declare("token", FILE, "token");
    let help = facts.finding("file-not-encrypted").help.unwrap();
    assert!(help.starts_with("mend `.sops.yaml:8` first"), "{help}");
}

/// A number or boolean in clear is as readable as a text, and stops the build (sops.md section 6, trap 5); what is
/// empty sops never seals.
#[test]
fn a_clear_value_that_is_no_text() {
    let clear = |key: &str, sealed_type| child(key, Value::Leaf(Leaf::ClearOther(sealed_type)));
    let mut facts = Facts::new();
    let values = vec![
        text("token"),
        clear("port_unencrypted", SealedType::Int),
        clear("flag_unencrypted", SealedType::Bool),
        child("none_unencrypted", Value::Leaf(Leaf::Null)),
        child("empty_unencrypted", Value::Leaf(Leaf::ClearText { length: 0 })),
        child("word_unencrypted", Value::Leaf(Leaf::ClearText { length: 7 })),
    ];
    let keys: Vec<String> = values.iter().map(|value| value.key.clone()).collect();
    facts.sealed(FILE, values, &[WEB]);
    for key in &keys {
        facts.declare(key, FILE, key);
    }
    let findings = facts.verdict("value-in-plaintext").findings;
    let said = |key: &str| &findings.iter().find(|one| one.key.as_deref() == Some(key)).unwrap().message;
    assert_eq!(findings.len(), 3, "{findings:#?}");
    assert!(said("port_unencrypted").contains("a whole number") && said("flag_unencrypted").contains("a boolean"));
    assert!(said("port_unencrypted").contains("does not build") && said("word_unencrypted").contains("All works"));
}

/// Added to git as it is, a file in clear would be committed in clear.
#[test]
fn an_untracked_file_in_clear_is_sealed_before_it_is_added() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]).file(FILE, false).declare("token", FILE, "token");
    assert_eq!(facts.finding("sops-file-untracked").help.unwrap(), format!("`git add {FILE}`"));
    facts.vault.files.clear();
    let help = facts.finding("sops-file-untracked").help.unwrap();
    assert_eq!(help, format!("`sops --encrypt --in-place {FILE}` first, then `git add {FILE}`"));
}

#[test]
fn a_folder_is_no_file() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]).declare("token", "secrets", "token");
    let finding = facts.finding("sops-file-missing");
    assert!(finding.message.contains("which is a folder"), "{finding:?}");
    assert_eq!(finding.suggestion.as_deref(), Some(FILE));
}
