//! What each rule says of facts that are given, and where it stays silent. The facts are made by
//! hand; what is expected follows from the rule's page and from what sops and sops-nix do.

mod accounts;
mod attributes;
mod exists;
mod key_sources;
mod names;
mod opens;
mod policies;
mod quoting;
mod sealed;
mod uses;

use sealnix::agenix::Agenix;
use sealnix::checks::{self, Verdict, World};
use sealnix::config;
use sealnix::finding::{Finding, Level, merge};
use sealnix::identity::{Evidence, Held, Identities, Identity};
use sealnix::manifest::{
    AssumedAbsent, Certainty, Complete, Definition, Fact, GnupgKeys, HomeUser, Host, HostKind, Manifest, Namespace,
    Secret, Sops, SopsFile, Spot, Use, Used,
};
use sealnix::policy::{Config, CreationRule, Named, Policy, RuleRecipient};
use sealnix::sops::{Child, CryptRule, Document, Format, Leaf, Metadata, Node, Recipient, Seal, SealedType, Value};
use sealnix::source::{Entry, NotLooked, Place, Position, RepoPath, SyntaxError, Text, Tree};
use sealnix::vault::{Sealed, Vault};

const ADMIN: &str = "age1admin";
const WEB: &str = "age1web";
const OLD: &str = "age1old";
const SSH: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEZgAgXDWFgf9FSqNY5pPrd8Q3hANJguj4AuqlP7cobN";

/// The facts of a repository with `flake.nix`, under git, with one host `web` that declares
/// nothing yet.
struct Facts {
    manifest: Manifest,
    vault: Vault,
    policy: Policy,
    identities: Identities,
    tree: Tree,
    syntax_errors: Vec<SyntaxError>,
    entry: RepoPath,
    config: config::Config,
}

impl Facts {
    fn new() -> Self {
        let host = Host { name: "web".to_owned(), sops: Some(Sops::default()), ..Host::default() };
        let mut facts = Facts {
            manifest: Manifest { hosts: vec![host], ..Manifest::default() },
            vault: Vault::default(),
            policy: Policy::default(),
            identities: Identities::default(),
            tree: Tree { git: true, ..Tree::default() },
            syntax_errors: Vec::new(),
            entry: "flake.nix".into(),
            config: config::Config::default(),
        };
        facts.file("flake.nix", true);
        facts
    }

    fn file(&mut self, path: &str, tracked: bool) -> &mut Self {
        self.tree.files.insert(path.into(), Entry { tracked, size: 100 });
        self
    }

    /// A tracked sops file with these values, sealed for one group of recipients.
    fn sealed(&mut self, path: &str, values: Vec<Child>, recipients: &[&str]) -> &mut Self {
        self.file(path, true);
        let document = document(path, values, &[recipients]);
        self.vault.files.insert(path.into(), Sealed::Document(Box::new(document)));
        self
    }

    fn declare(&mut self, name: &str, path: &str, key: &str) -> &mut Secret {
        let secrets = &mut self.manifest.hosts[0].sops.as_mut().unwrap().secrets;
        secrets.insert(name.to_owned(), secret(path, key));
        secrets.get_mut(name).unwrap()
    }

    fn rule(&mut self, regex: Option<&str>, groups: &[&[&str]]) -> &mut Self {
        if self.policy.configs.is_empty() {
            let path = ".sops.yaml";
            let named = |name: &str, recipient: &str| Named {
                name: name.to_owned(),
                recipient: recipient.to_owned(),
                place: at(path, 2),
                is_anchor: true,
            };
            let names = vec![named("admin", ADMIN), named("web", WEB)];
            self.policy.configs.push(Config {
                path: path.into(),
                readable: true,
                is_beyond_bounds: false,
                rules: Vec::new(),
                names,
                problems: Vec::new(),
                unknown_fields: Vec::new(),
            });
        }
        let recipient = |identity: &&str| RuleRecipient {
            kind: "age",
            identity: (*identity).to_owned(),
            anchor: None,
            in_text: false,
            place: at(".sops.yaml", 8),
        };
        self.policy.configs[0].rules.push(CreationRule {
            place: at(".sops.yaml", 6),
            path_regex: regex.map(|regex| (regex.to_owned(), at(".sops.yaml", 6))),
            regex: regex.map(|regex| regex::Regex::new(regex).unwrap()),
            groups: groups.iter().map(|group| group.iter().map(recipient).collect()).collect(),
            threshold: None,
            crypt: None,
            mac_only_encrypted: false,
        });
        self
    }

    fn holds(&mut self, recipient: &str, evidence: Evidence) -> &mut Self {
        let held = Held {
            recipient: recipient.to_owned(),
            ssh: None,
            evidence,
            place: at(".sops.yaml", 3),
            corroborated: false,
        };
        self.identities.hosts.insert(web(), Identity::Known(vec![held]));
        self
    }

    /// What one rule says.
    fn verdict(&self, id: &str) -> Verdict {
        let world = World {
            manifest: &self.manifest,
            vault: &self.vault,
            policy: &self.policy,
            agenix: &Agenix::default(),
            access: Default::default(),
            identities: &self.identities,
            tree: &self.tree,
            config: &self.config,
            entry: &self.entry,
            today: 20_000,
            syntax_errors: &self.syntax_errors,
            evaluated: &Default::default(),
        };
        let rule = checks::rules().find(|rule| rule.id == id).expect("the rule is listed");
        let mut verdict = Verdict::default();
        (rule.check)(&world, &mut verdict);
        assert!(verdict.findings.iter().all(|finding| finding.rule == id));
        verdict
    }

    /// The one finding of a rule.
    fn finding(&self, id: &str) -> Finding {
        let mut findings = self.verdict(id).findings;
        assert_eq!(findings.len(), 1, "{findings:#?}");
        findings.remove(0)
    }

    /// Nothing is found, and nothing is left open.
    fn is_silent(&self, id: &str) {
        let verdict = self.verdict(id);
        assert!(verdict.findings.is_empty() && verdict.undecided.is_empty(), "{verdict:#?}");
    }

    /// Nothing is found, and that is said.
    fn is_undecided(&self, id: &str) {
        let verdict = self.verdict(id);
        assert!(verdict.findings.is_empty(), "{verdict:#?}");
        assert_eq!(verdict.undecided.len(), 1, "{verdict:#?}");
        assert!(verdict.undecided[0].clause.starts_with("whether "), "{verdict:#?}");
    }
}

/// The key of the host `web`.
fn web() -> (HostKind, String) {
    (HostKind::Nixos, "web".to_owned())
}

fn at(path: &str, line: u32) -> Place {
    let start = Position { line, column: 3, byte: line * 10 };
    Place { path: path.into(), start, end: Position { column: 6, byte: start.byte + 3, ..start } }
}

fn secret(path: &str, key: &str) -> Secret {
    Secret {
        key: Fact::Known(key.to_owned()),
        format: Fact::Known("yaml".to_owned()),
        sops_file: Fact::Known(SopsFile { path: path.into(), kind: None }),
        at: Some(Spot(at("web.nix", 5))),
        ..Secret::default()
    }
}

fn child(key: &str, value: Value) -> Child {
    let place = at("secrets/web.yaml", 1);
    Child { key: key.to_owned(), key_place: place.clone(), node: Node { value, place } }
}

fn sealed(key: &str, sealed_type: SealedType) -> Child {
    child(key, Value::Leaf(Leaf::Sealed(Seal { sealed_type, length: 8 })))
}

fn text(key: &str) -> Child {
    sealed(key, SealedType::Str)
}

fn document(path: &str, values: Vec<Child>, groups: &[&[&str]]) -> Document {
    let recipient = |identity: &&str| Recipient {
        kind: "age",
        identity: (*identity).to_owned(),
        enc: "".into(),
        place: at(path, 9),
    };
    Document {
        path: path.into(),
        text: Text::new(path.into(), ""),
        format: Format::Yaml,
        parts: vec![Node { value: Value::Map(values), place: at(path, 1) }],
        metadata: Metadata {
            groups: groups.iter().map(|group| group.iter().map(recipient).collect()).collect(),
            threshold: None,
            version: Some("3.11.0".to_owned()),
            last_modified: None,
            mac: "".into(),
            crypt: CryptRule::default(),
            mac_only_encrypted: false,
            unusable: Vec::new(),
            place: at(path, 8),
        },
    }
}

const FILE: &str = "secrets/web.yaml";

// Could it be read?

#[test]
fn nix_syntax() {
    let mut facts = Facts::new();
    facts.is_silent("nix-syntax");
    facts.file("web.nix", true).file("old.nix", true).file("draft.nix", false);
    let error = |path: &str, line, imported| SyntaxError {
        place: at(path, line),
        message: "expected `;`".to_owned(),
        imported,
    };
    facts.syntax_errors = vec![
        error("web.nix", 3, true),
        error("web.nix", 9, true),
        error("old.nix", 1, false),
        error("draft.nix", 1, false),
    ];
    let findings = facts.verdict("nix-syntax").findings;
    // The first error of a file only, and only of files that git tracks.
    let said: Vec<_> =
        findings.iter().map(|one| (&*one.primary.place.path, one.primary.place.start.line, one.level)).collect();
    assert_eq!(said, [("web.nix", 3, Level::Error), ("old.nix", 1, Level::Warning)]);

    // What is still to be written is a mistake where it is imported.
    facts.file("later.nix", true);
    facts.tree.texts.insert("later.nix".into(), Text::new("later.nix".into(), "\n  # TODO\n"));
    facts.syntax_errors = vec![error("later.nix", 1, false)];
    facts.is_silent("nix-syntax");
    facts.syntax_errors = vec![error("later.nix", 1, true)];
    assert_eq!(facts.finding("nix-syntax").level, Level::Error);
}

#[test]
fn not_looked_at() {
    let mut facts = Facts::new();
    facts.is_silent("not-looked-at");
    let not_looked = |path: &str| NotLooked { path: path.into(), why: "is not UTF-8".to_owned() };
    facts.tree.not_looked = vec![not_looked("web.nix")];
    let finding = facts.finding("not-looked-at");
    assert_eq!((&*finding.primary.place.path, finding.primary.masked), ("web.nix", true));
    // What git does not track, a host does not see.
    facts.file("web.nix", false).is_silent("not-looked-at");
}

// Is it sealed?

#[test]
fn file_not_encrypted() {
    let mut facts = Facts::new();
    facts.file(FILE, true).declare("token", FILE, "token");
    let finding = facts.finding("file-not-encrypted");
    assert!(finding.primary.masked, "what stands there may be the secret");
    for other in ["sops-file-missing", "key-missing", "host-not-a-recipient"] {
        facts.is_silent(other);
    }
    facts.sealed(FILE, vec![text("token")], &[WEB]);
    facts.is_silent("file-not-encrypted");
}

#[test]
fn hosts_of_different_certainty_are_two_findings() {
    let mut facts = Facts::new();
    facts.file(FILE, true).declare("token", FILE, "token");
    let mut other = facts.manifest.hosts[0].clone();
    other.name = "db".to_owned();
    let perhaps = Certainty::Conditional("`services.x.enable` is not known".to_owned());
    let secrets = &mut other.sops.as_mut().unwrap().secrets;
    secrets.get_mut("token").unwrap().certainty = perhaps.clone();
    facts.manifest.hosts.push(other.clone());
    let found = |facts: &Facts| -> Vec<_> {
        let findings = facts.verdict("file-not-encrypted").findings;
        findings.into_iter().map(|finding| (finding.certainty, finding.hosts)).collect()
    };
    let of = |host: &str| vec![host.to_owned()];
    assert_eq!(found(&facts), [(Certainty::Certain, of("web")), (perhaps, of("db"))]);
    // What a host declares surely counts for it.
    facts.manifest.hosts.remove(0);
    let secrets = &mut facts.manifest.hosts[0].sops.as_mut().unwrap().secrets;
    secrets.insert("other".to_owned(), secret(FILE, "other"));
    assert_eq!(found(&facts).iter().map(|(certainty, _)| certainty).collect::<Vec<_>>(), [&Certainty::Certain]);
}

#[test]
fn many_hosts_with_one_mistake_are_one_finding() {
    let mut facts = Facts::new();
    facts.sealed(FILE, (0..300).map(|n| text(&format!("key{n}x"))).collect(), &[WEB]);
    for n in 0..30 {
        facts.declare(&format!("missing{n}z"), FILE, &format!("missing{n}z"));
    }
    let host = facts.manifest.hosts[0].clone();
    facts.manifest.hosts = (0..500).map(|n| Host { name: format!("web{n:03}"), ..host.clone() }).collect();
    let findings = merge(facts.verdict("key-missing").findings);
    assert_eq!(findings.len(), 30);
    assert!(findings.iter().all(|finding| finding.hosts.len() == 500 && finding.hosts.is_sorted()));
}

#[test]
fn a_rule_with_an_expression_means_its_files() {
    let mut facts = Facts::new();
    for path in ["secrets/a.yaml", "secrets/default.nix", "secrets/README.md", "secrets/host.pub", "secrets/.gitkeep"] {
        facts.file(path, true);
    }
    facts.file("docker-compose.yaml", true).file("secrets/draft.yaml", false).rule(Some("^secrets/"), &[&[ADMIN]]);
    assert_eq!(&*facts.finding("file-not-encrypted").primary.place.path, "secrets/a.yaml");
}

#[test]
fn a_rule_for_everything_means_nothing_in_particular() {
    for regex in [None, Some(r"\.yaml$"), Some(".*"), Some(r"[^/]+\.(yaml|json)$")] {
        let mut facts = Facts::new();
        facts.file("docker-compose.yaml", true).rule(regex, &[&[ADMIN]]);
        facts.is_silent("file-not-encrypted");
    }
}

#[test]
fn a_rule_for_a_folder_of_code_does_not_mean_its_other_files() {
    let mut facts = Facts::new();
    facts.file("hosts/web/default.nix", true).file("hosts/web/disks.nix", true).file("hosts/web/loki.yaml", true);
    facts.sealed("hosts/web/secrets.yaml", vec![text("token")], &[ADMIN]).rule(Some("hosts/web/.+"), &[&[ADMIN]]);
    facts.is_undecided("file-not-encrypted");
    // One file of code beside the secrets is no such folder.
    facts.tree.files.remove("hosts/web/disks.nix");
    facts.finding("file-not-encrypted");
}

/// `infra/.*` of a Terraform folder takes its code too; a file of a kind that is sealed there is meant.
#[test]
fn a_rule_for_a_folder_means_the_kinds_that_it_seals() {
    let mut facts = Facts::new();
    facts.rule(Some("infra/.*"), &[&[ADMIN]]).sealed("infra/secrets.yaml", vec![text("token")], &[ADMIN]);
    facts.file("infra/dns.tf", true).file("infra/mail.tf", true);
    facts.is_undecided("file-not-encrypted");
    facts.file("infra/more.yaml", true);
    assert_eq!(&*facts.finding("file-not-encrypted").primary.place.path, "infra/more.yaml");
    // One of another kind among many that are sealed was forgotten.
    facts.tree.files.retain(|path, _| !path.ends_with(".tf") && !path.ends_with("more.yaml"));
    facts.file("infra/tls.key", true);
    assert_eq!(&*facts.finding("file-not-encrypted").primary.place.path, "infra/tls.key");
}

// Does `.sops.yaml` say what was meant?

#[test]
fn recipients_drifted() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[OLD, ADMIN]).rule(Some("^secrets/"), &[&[ADMIN, WEB]]);
    let finding = facts.finding("recipients-drifted");
    assert_eq!(&*finding.primary.place.path, FILE);
    assert!(finding.message.contains("Missing in the file, so unable to open it: `web` (age1web)."), "{finding:?}");
    assert!(finding.message.contains("Still able to open it, though the rule does not name them: `age1old`."));
    assert!(finding.help.unwrap().contains("`sops updatekeys secrets/web.yaml`"));
    // Order counts for nothing within a group.
    facts.sealed(FILE, vec![text("token")], &[WEB, ADMIN]);
    facts.is_silent("recipients-drifted");
}

#[test]
fn groups_are_compared_in_their_order() {
    // `sops updatekeys` compares group by group, so swapped groups are a change.
    let mut facts = Facts::new();
    let groups = document(FILE, vec![text("token")], &[&[WEB], &[ADMIN]]);
    facts.file(FILE, true).vault.files.insert(FILE.into(), Sealed::Document(Box::new(groups)));
    facts.rule(Some("^secrets/"), &[&[ADMIN], &[WEB]]);
    assert!(facts.finding("recipients-drifted").message.contains("other key groups"));
}

#[test]
fn the_first_rule_that_matches_decides() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]);
    facts.rule(Some("^hosts/"), &[&[OLD]]).rule(Some("^secrets/"), &[&[WEB]]).rule(None, &[&[ADMIN]]);
    facts.is_silent("recipients-drifted");
    // No rule: nothing to drift from.
    facts.policy.configs[0].rules.clear();
    facts.is_silent("recipients-drifted");
}

// Is it used as it can be used?

#[test]
fn undeclared_secret_reference() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("api_token")], &[WEB]).declare("api_token", FILE, "api_token");
    facts.is_silent("undeclared-secret-reference");
    let used = |of| Use {
        what: Used::NotDeclared { of, name: "apitoken".to_owned() },
        user: None,
        option: "systemd.services.web.environment.TOKEN_FILE".to_owned(),
        at: Spot(at("web.nix", 21)),
        embedded: false,
        substituted: false,
        variable: None,
        through: None,
        certainty: Certainty::Certain,
    };
    facts.manifest.hosts[0].uses = vec![used(Namespace::Secrets), used(Namespace::Placeholder)];
    let finding = facts.finding("undeclared-secret-reference");
    assert_eq!((finding.primary.place, finding.suggestion.as_deref()), (at("web.nix", 21), Some("api_token")));
    // Its declaration is there, and counts where what is assumed does not hold.
    let why = "services.nginx.enable is not set here";
    let absent = |secrets: &[&str]| AssumedAbsent {
        secrets: secrets.iter().map(|&name| name.to_owned()).collect(),
        why: why.to_owned(),
        at: None,
    };
    for (secrets, certainty) in [
        (&["other"][..], Certainty::Certain),
        (&["apitoken", "other"], Certainty::Assumed(why.to_owned())),
        (&[], Certainty::Assumed(why.to_owned())),
    ] {
        facts.manifest.hosts[0].sops.as_mut().unwrap().assumed_absent = vec![absent(secrets)];
        assert_eq!(facts.finding("undeclared-secret-reference").certainty, certainty);
    }
    // Where the use rests on an assumption as well, both may count or neither.
    for used in &mut facts.manifest.hosts[0].uses {
        used.certainty = Certainty::Assumed(why.to_owned());
    }
    facts.is_undecided("undeclared-secret-reference");
    // Something may be declared that is not seen.
    facts.manifest.hosts[0].complete.secrets = Complete::No("a module of the input `private`".to_owned());
    facts.is_undecided("undeclared-secret-reference");
}
