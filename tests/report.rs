//! What is shown: in place, harmless for a terminal, and never a secret.

use std::collections::BTreeMap;
use std::ops::Range;

use proptest::prelude::*;
use sealnix::agenix::Agenix;
use sealnix::checks::World;
use sealnix::config::{Config, Levels, Setting};
use sealnix::finding::{Finding, Label, Level};
use sealnix::identity::Identities;
use sealnix::levels::ignores::Ignores;
use sealnix::levels::{Judged, judge};
use sealnix::manifest::{Certainty, Complete, Host, Manifest, Spot, Unknown, Use, Used};
use sealnix::policy::Policy;
use sealnix::report::home::page;
use sealnix::report::human::{self, Style};
use sealnix::report::{Summary, json};
use sealnix::sops::crypt::CryptRule;
use sealnix::sops::document::{Child, Document, Format, Leaf, Node, Value};
use sealnix::sops::metadata::Metadata;
use sealnix::sops::seal::SealedType;
use sealnix::source::{Entry, NotLooked, Place, SyntaxError, Text, Tree};
use sealnix::vault::{Sealed, Vault};

const PLAIN: Style = Style::plain(100);

/// A small repository in memory.
#[derive(Default)]
struct Repo {
    tree: Tree,
    manifest: Manifest,
    vault: Vault,
}

impl Repo {
    fn with(mut self, path: &str, content: &str) -> Self {
        self.tree.files.insert(path.into(), Entry { tracked: true, size: content.len() as u64 });
        self.tree.texts.insert(path.into(), Text::new(path.into(), content));
        self
    }

    /// The place of the first occurrence of `needle`.
    fn place(&self, path: &str, needle: &str) -> Place {
        let text = &self.tree.texts[path];
        let start = text.content().find(needle).unwrap_or_else(|| panic!("{needle} is in {path}"));
        text.place(start..start + needle.len())
    }

    fn label(&self, path: &str, needle: &str, text: &str) -> Label {
        Label { place: self.place(path, needle), text: text.to_owned(), masked: false }
    }

    /// `key: value` lines as a flat sops file whose metadata begins at `sops:`.
    fn sealed(mut self, path: &str, content: &str) -> Self {
        self = self.with(path, content);
        let text = &self.tree.texts[path];
        let metadata = content.find("sops:").unwrap();
        let place = |range: Range<usize>| text.place(range);
        let mut children = Vec::new();
        let mut start = 0;
        for line in content[..metadata].split_inclusive('\n') {
            if let Some((key, value)) = line.trim_end().split_once(": ").filter(|_| !line.starts_with('#')) {
                let from = start + key.len() + 2;
                let node = Node {
                    value: Value::Leaf(Leaf::ClearOther(SealedType::Int)),
                    place: place(from..from + value.len()),
                };
                children.push(Child { key: key.to_owned(), key_place: place(start..start + key.len()), node });
            }
            start += line.len();
        }
        let whole = place(0..metadata);
        let metadata = Metadata {
            groups: Vec::new(),
            threshold: None,
            version: None,
            last_modified: None,
            mac: "".into(),
            crypt: CryptRule::default(),
            mac_only_encrypted: false,
            unusable: Vec::new(),
            place: place(metadata..content.len()),
        };
        let parts = vec![Node { value: Value::Map(children), place: whole }];
        let document = Document { path: path.into(), text: text.clone(), format: Format::Yaml, parts, metadata };
        self.vault.files.insert(path.into(), Sealed::Document(Box::new(document)));
        self
    }

    fn show(&self, findings: &[Finding], style: Style) -> String {
        self.show_with(findings, style, &[])
    }

    fn show_with(&self, findings: &[Finding], style: Style, syntax_errors: &[SyntaxError]) -> String {
        let (policy, identities) = (Policy::default(), Identities::default());
        let world = World {
            manifest: &self.manifest,
            vault: &self.vault,
            policy: &policy,
            agenix: &Agenix::default(),
            access: Default::default(),
            identities: &identities,
            today: 20_000,
            syntax_errors,
            evaluated: &Default::default(),
            tree: &self.tree,
            config: &Config::default(),
            entry: &"flake.nix".into(),
        };
        let judged = Judged { findings: findings.to_vec(), ..Judged::default() };
        let summary = Summary::new(&world, &judged, &[], &world.not_looked_at());
        let mut out = Vec::new();
        human::write(&mut out, findings, &summary, &world, style).unwrap();
        String::from_utf8(out).unwrap()
    }
}

fn finding(primary: Label) -> Finding {
    let message = "secrets/web.yaml has no key `db/pasword`, so the activation of the host fails".to_owned();
    Finding {
        hosts: vec!["web".to_owned()],
        secret: Some("db/pasword".to_owned()),
        key: Some("db/pasword".to_owned()),
        help: Some("write `db/password`, or add the key:\n  sops secrets/web.yaml".to_owned()),
        suggestion: Some("db/password".to_owned()),
        ..Finding::new("key-missing", Level::Error, primary, message)
    }
}

const MODULE: &str = "{ config, ... }:\n{\n  # the database\n  sops.secrets = {\n    \"db/pasword\" = {\n      owner = \"postgres\";\n    };\n  };\n}\n";
const SEALED: &str = "# hunter2 was the old one\ndb: ENC[AES256_GCM,data:c2VjcmV0,iv:aXY=,tag:dGFn,type:str]\nport_unencrypted: 4711\nsops:\n  age:\n    - recipient: age1qqq\n";

fn repo() -> Repo {
    Repo::default().with("modules/db.nix", MODULE).sealed("secrets/web.yaml", SEALED)
}

fn two_files(repo: &Repo) -> Finding {
    let mut finding = finding(repo.label("modules/db.nix", "\"db/pasword\"", "declared here"));
    finding.others.push(repo.label("secrets/web.yaml", "db", "the nearest key"));
    finding.others.push(repo.label("secrets/web.yaml", "age1qqq", "the only recipient"));
    finding
}

#[test]
fn a_finding_over_two_files() {
    let repo = repo();
    insta::assert_snapshot!(repo.show(&[two_files(&repo)], PLAIN));
}

#[test]
fn an_uncertain_warning_on_two_hosts() {
    let repo = repo();
    let mut finding = finding(repo.label("modules/db.nix", "\"db/pasword\"", "declared here"));
    finding.level = Level::Warning;
    finding.certainty = Certainty::Assumed("nothing outside the repository enables services.db".to_owned());
    finding.hosts.push("db".to_owned());
    finding.user = Some("ada".to_owned());
    insta::assert_snapshot!(repo.show(&[finding], PLAIN));
}

#[test]
fn no_value_of_a_sops_file_and_no_comment_is_shown() {
    let repo = repo();
    let shown = repo.show(&[two_files(&repo)], PLAIN);
    for secret in ["ENC[", "c2VjcmV0", "4711", "hunter2"] {
        assert!(!shown.contains(secret), "{secret} is shown:\n{shown}");
    }
    assert!(shown.contains("db: …") && shown.contains("port_unencrypted: …"), "{shown}");
    assert!(shown.contains("age1qqq"), "{shown}");
}

#[test]
fn a_file_that_should_be_sealed_is_named_but_not_shown() {
    let repo = repo().with("secrets/plain.yaml", "token: hunter2\n");
    let mut finding = finding(repo.label("modules/db.nix", "sops.secrets", "declared here"));
    finding.others.push(Label {
        place: Place::whole_file("secrets/plain.yaml".into()),
        text: "holds no sops metadata".to_owned(),
        masked: false,
    });
    let shown = repo.show(&[finding], PLAIN);
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("secrets/plain.yaml: holds no sops metadata"), "{shown}");
}

#[test]
fn a_file_without_text_is_shown_by_path_and_line() {
    let repo = repo();
    let place = Place::whole_file("input:private/secrets.yaml".into());
    let shown = repo.show(&[finding(Label { place, text: "this file".to_owned(), masked: false })], PLAIN);
    assert!(shown.contains("input:private/secrets.yaml: this file"), "{shown}");
}

#[test]
fn masked_places_are_blank_also_around_another_finding() {
    let module = "{\n  a.password = \"correct horse\";\n  b.token = \"battery staple\";\n  c = 1;\n}\n";
    let mut repo = Repo::default().with("m.nix", module);
    let at = Spot(repo.place("m.nix", "\"battery staple\""));
    let used = Use {
        what: Used::PlainLiteral { length: 14, name: "token".to_owned() },
        user: None,
        option: "b.token".to_owned(),
        at,
        embedded: false,
        substituted: false,
        variable: None,
        through: None,
        certainty: Certainty::Certain,
    };
    repo.manifest.hosts.push(Host { name: "web".to_owned(), uses: vec![used], ..Host::default() });
    let mut label = repo.label("m.nix", "\"correct horse\"", "a secret in the open");
    label.masked = true;
    let other = finding(repo.label("m.nix", "c = 1", "here"));
    for findings in [vec![finding(label.clone()), other.clone()], vec![finding(label)]] {
        let shown = repo.show(&findings, PLAIN);
        assert!(!shown.contains("correct horse") && !shown.contains("battery staple"), "{shown}");
        assert!(shown.contains("a.password = …;") && shown.contains("b.token = …;"), "{shown}");
    }
}

#[test]
fn what_strings_and_comments_hold_is_blank_and_columns_stay_right() {
    let module = concat!(
        "{ config, ... }: {\n  a.password = \"hunter2hunter2\"; # was hunter1\n",
        "  s.secrets.\"web/token\" = { k = \"hunter3\"; }; /* hunter4 */ b = ''hunter5 ${config.x.y} hunter6'';\n",
        "  c = ''\n    hunter7\n  '';\n}\n",
    );
    let repo = Repo::default().with("m.nix", module);
    let mut finding = finding(repo.label("m.nix", "s.secrets.\"web/token\"", "declared here"));
    finding.others.push(repo.label("m.nix", "config.x.y", "used here"));
    let shown = repo.show(&[finding], PLAIN);
    assert!(!shown.contains("hunter"), "{shown}");
    for line in [
        r#"a.password = "…"; # …"#,
        r#"s.secrets."web/token" = { k = "…"; }; /* … */ b = ''… ${config.x.y} …'';"#,
        "4 │   c = ''\n 5 │     …\n",
    ] {
        assert!(shown.contains(line), "{line} is not in\n{shown}");
    }
    // The label stands below what it points at, though the line became shorter.
    let mut lines = shown.lines().skip_while(|line| !line.contains("${config"));
    let (line, below) = (lines.next().unwrap(), lines.next().unwrap());
    let end_of_name = line.find("config.x.y").map(|at| line[..at].chars().count() + "config.x.y".len());
    assert_eq!(Some(below.chars().count()), end_of_name, "{shown}");
}

#[test]
fn a_key_that_the_message_says_is_shown() {
    let module = "{\n  s.secrets.a = {\n    key = \"db/pasword\";\n    owner = \"mira\";\n  };\n}\n";
    let repo = Repo::default().with("m.nix", module);
    let shown = repo.show(&[finding(repo.label("m.nix", "key", "its key is written here"))], PLAIN);
    assert!(shown.contains("key = \"db/pasword\";") && shown.contains("owner = \"…\";"), "{shown}");
}

#[test]
fn where_a_quote_is_missing_code_and_text_may_have_changed_places() {
    let module = "{\n  a = 1;\n  b = \"open;\n  password = \"hunter2\";\n}\n";
    let repo = Repo::default().with("m.nix", module);
    let finding = finding(repo.label("m.nix", "a = 1", "here"));
    let error = SyntaxError { place: repo.place("m.nix", "a"), message: "unexpected".to_owned(), imported: true };
    assert!(!repo.show_with(&[finding], PLAIN, &[error]).contains("hunter2"));
}

#[test]
fn private_keys_are_blank_wherever_they_stand() {
    let module = "{\n  key = ''\n    -----BEGIN OPENSSH PRIVATE KEY-----\n    b3BlbnNzaC1r\n    -----END OPENSSH PRIVATE KEY-----\n  '';\n  age = \"AGE-SECRET-KEY-1QQQQ\";\n}\n";
    let repo = Repo::default().with("m.nix", module);
    let findings = [finding(repo.label("m.nix", "key", "x")), finding(repo.label("m.nix", "age", "y"))];
    let shown = repo.show(&findings, PLAIN);
    assert!(!shown.contains("b3BlbnNzaC1r") && !shown.contains("SECRET-KEY"), "{shown}");
}

#[test]
fn escape_and_bidi_characters_do_not_reach_the_terminal() {
    let repo = Repo::default().with("m.nix", "{\n  a = \"\u{1b}[31mred\u{202e}\";\r\n  b\u{7} = 2;\n}\n");
    let mut finding = finding(repo.label("m.nix", "a = \"\u{1b}[31mred\u{202e}\"", "lab\u{1b}el"));
    finding.message = "mes\u{1b}]8;;http://x\u{7}sage".to_owned();
    finding.help = Some("he\u{9b}lp".to_owned());
    finding.hosts = vec!["ho\u{202e}st".to_owned()];
    finding.certainty = Certainty::Conditional("w\u{1b}hy".to_owned());
    let shown = repo.show(&[finding], PLAIN);
    let bad = shown.chars().find(|&c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c));
    assert_eq!(bad, None, "{shown}");
    assert!(shown.contains("␛[31mred"), "{shown}");
}

#[test]
fn colours_and_links_are_apart() {
    let repo = repo();
    let plain = repo.show(&[two_files(&repo)], PLAIN);
    assert!(!plain.contains('\u{1b}') && !plain.contains("http"), "{plain}");
    // Without a home there is nowhere to lead to.
    let link = page("key-missing").map(|page| format!("\u{1b}]8;;{page}"));
    let shown = |colours, links| repo.show(&[two_files(&repo)], Style { colours, links, ..PLAIN });
    let coloured = shown(true, false);
    assert!(coloured.contains("\u{1b}[") && !coloured.contains("http"), "{coloured}");
    let linked = shown(false, true);
    assert!(link.is_none_or(|link| linked.contains(&link)) && !linked.contains("\u{1b}["), "{linked}");
    // Where a log is cut everything is said twice.
    let cut = repo.show(&[two_files(&repo)], Style { digest: true, ..PLAIN });
    assert!(cut.contains("error[key-missing]") && !plain.contains("error[key-missing]"), "{plain}");
}

#[test]
fn a_command_is_never_broken_over_lines() {
    let repo = repo();
    let command = "`sops updatekeys secrets/a-rather-long-folder/and-a-long-file.yaml`";
    for filler in 0..30 {
        let mut finding = two_files(&repo);
        finding.help = Some(format!("{} run {command} and commit", "word ".repeat(filler)));
        finding.message = format!("{} so run {command}", "word ".repeat(filler));
        // In message, help and digest.
        assert_eq!(repo.show(&[finding], Style { digest: true, ..PLAIN }).matches(command).count(), 3);
    }
}

#[test]
fn lines_keep_their_numbers_in_a_long_file() {
    let filler = "  # filler\n".repeat(5_000);
    let module = format!("{{\n{filler}  first = 1;\n{filler}  second = 2;\n}}\n");
    let repo = Repo::default().with("m.nix", &module);
    let mut finding = finding(repo.label("m.nix", "first", "one"));
    finding.others.push(repo.label("m.nix", "second", "two"));
    let shown = repo.show(&[finding], PLAIN);
    // 1 line, 5000 of filler, then the first; 5000 more and the second.
    assert!(shown.contains("m.nix:5002:3") && shown.contains("m.nix:10003:3"), "{shown}");
    assert!(shown.lines().count() < 40, "{shown}");
}

#[test]
fn a_very_wide_line_is_cut_around_its_label() {
    let module = format!("{{ a = {}; needle = 1; b = {}; }}\n", "x".repeat(3000), "y".repeat(3000));
    let repo = Repo::default().with("m.nix", &module);
    let shown = repo.show(&[finding(repo.label("m.nix", "needle", "here"))], PLAIN);
    assert!(shown.lines().all(|line| line.chars().count() <= 160), "{shown}");
    // Before it stand `{ a = `, 3000 letters and `; `.
    assert!(shown.contains("needle = 1") && shown.contains("m.nix:1:3009"), "{shown}");
    // A line of another file is not torn.
    let repo = repo.with("n.nix", "{\n  b = 1;\n}\n");
    let mut nested = finding(repo.label("n.nix", "b", "here"));
    nested.others.push(repo.label("m.nix", "needle", "there"));
    let shown = repo.show(&[nested], PLAIN);
    let drawn = shown.lines().take_while(|line| !line.starts_with("error["));
    assert!(drawn.into_iter().all(|line| line.chars().count() <= PLAIN.width), "{shown}");
    assert_eq!(shown.matches("xxx; needle = 1; b = yyy").count(), 1, "{shown}");
}

#[test]
fn the_summary_groups_what_is_unknown() {
    let mut repo = repo();
    let unknown = |why: &str| Unknown { why: why.to_owned(), field: "key".to_owned(), ..Unknown::default() };
    let mut host = Host { name: "web".to_owned(), ..Host::default() };
    host.unknowns.extend((0..12).map(|_| unknown("the input `private` is not here")));
    host.unknowns.extend(('a'..='j').map(|name| unknown(&format!("`pkgs.{name}` is a package"))));
    repo.manifest.hosts.push(host);
    repo.tree.not_looked.push(NotLooked { path: "big.nix".into(), why: "is larger than 1 MiB".to_owned() });
    insta::assert_snapshot!(repo.show(&[], PLAIN));
}

#[test]
fn what_is_unknown_has_a_subject() {
    let mut repo = repo();
    let of = |user: Option<&str>, secret: Option<&str>, field: &str, why: &str| Unknown {
        host: Some("web".to_owned()),
        user: user.map(str::to_owned),
        secret: secret.map(str::to_owned),
        field: field.to_owned(),
        why: why.to_owned(),
        place: None,
    };
    let mut host = Host { name: "web".to_owned(), ..Host::default() };
    host.unknowns = vec![
        of(None, Some("wifi"), "owner", "it depends on a package"),
        of(None, Some("wifi"), "group", "it depends on a package"),
        of(Some("bo"), Some("mail"), "declared", "it depends on x"),
        of(None, None, "age.keyFile", "it depends on y"),
    ];
    host.complete.secrets = Complete::No("z failed".to_owned());
    host.complete.templates = Complete::No("z failed".to_owned());
    repo.manifest.hosts.push(host);
    repo.manifest.unknowns.push(Unknown {
        field: "hosts".to_owned(),
        why: "all is lost".to_owned(),
        ..Unknown::default()
    });
    let shown = repo.show(&[], PLAIN);
    let lines = shown.lines().skip_while(|line| *line != "unknown:").skip(1);
    let lines: Vec<&str> = lines.take_while(|line| line.starts_with(' ')).collect();
    assert_eq!(
        lines,
        [
            "  `owner` of secret `wifi` on web: it depends on a package (and 1 more)",
            "  `age.keyFile` on web: it depends on y",
            "  all is lost",
            "  the secrets and templates of web: z failed",
            "  whether bo on web declares secret `mail`: it depends on x",
        ]
    );
}

#[test]
fn the_findings_contract() {
    let repo = repo();
    let (policy, identities) = (Policy::default(), Identities::default());
    let world = World {
        manifest: &repo.manifest,
        vault: &repo.vault,
        policy: &policy,
        agenix: &Agenix::default(),
        access: Default::default(),
        identities: &identities,
        syntax_errors: &[],
        evaluated: &Default::default(),
        today: 20_000,
        tree: &repo.tree,
        config: &Config::default(),
        entry: &"flake.nix".into(),
    };
    let mut uncertain = two_files(&repo);
    uncertain.certainty = Certainty::Conditional("`cfg.enable` is unknown".to_owned());
    let judged = judge(vec![two_files(&repo), uncertain], &Default::default(), &Ignores::of_tree(&repo.tree));
    let summary = Summary::new(&world, &judged, &["the keys of web are unknown".to_owned()], &[]);
    let mut out = Vec::new();
    json::write(&mut out, &judged.findings, &summary).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    for finding in value["findings"].as_array().unwrap() {
        let primary = finding["places"].as_array().unwrap().iter().filter(|place| place["primary"] == true);
        assert_eq!(primary.count(), 1);
    }
    insta::assert_snapshot!(String::from_utf8(out).unwrap());
}

#[test]
fn what_is_not_certain_is_a_level_lower_and_an_uncertain_note_is_dropped() {
    let repo = repo();
    let of = |level, certainty| Finding { level, certainty, ..two_files(&repo) };
    let assumed = || Certainty::Assumed("x".to_owned());
    let findings = vec![
        of(Level::Error, Certainty::Certain),
        of(Level::Error, assumed()),
        of(Level::Warning, assumed()),
        of(Level::Note, assumed()),
    ];
    let judged = judge(findings, &Default::default(), &Ignores::of_tree(&repo.tree));
    let levels: Vec<Level> = judged.findings.iter().map(|finding| finding.level).collect();
    assert_eq!(levels, [Level::Error, Level::Warning, Level::Note]);
    assert_eq!((judged.dropped, judged.suppressed), (1, 0));
}

#[test]
fn the_configuration_sets_levels() {
    let repo = repo();
    let place = Place::whole_file("sealnix.toml".into());
    let levels = |setting| {
        judge(
            vec![two_files(&repo)],
            &Levels {
                everywhere: BTreeMap::from([(
                    "key-missing".to_owned(),
                    Setting { level: setting, place: place.clone() },
                )]),
                ..Levels::default()
            },
            &Ignores::default(),
        )
    };
    assert_eq!(levels(Some(Level::Note)).findings[0].level, Level::Note);
    assert_eq!((levels(None).findings.len(), levels(None).suppressed), (0, 1));
}

#[test]
fn a_comment_on_or_above_the_line_silences_its_rules_only() {
    let silenced = |line: &str, above: &str| {
        let repo = Repo::default().with("m.nix", &format!("{{\n{above}\n  a = 1;{line}\n}}\n"));
        judge(vec![finding(repo.label("m.nix", "a =", ""))], &Default::default(), &Ignores::of_tree(&repo.tree))
            .suppressed
            == 1
    };
    assert!(silenced(" # sealnix: ignore[key-missing] rotated by hand", ""));
    assert!(silenced("", "  # sealnix: ignore[unused-key, key-missing] both"));
    assert!(silenced("", "  # sealnix: ignore[key-missing] why\n  # and more about it"));
    assert!(!silenced(" # sealnix: ignore[key-is-not-a-leaf] another rule", ""));
    assert!(!silenced("", "  # sealnix: ignore[key-missing] further up\n  b = 2;"));
    assert!(!silenced(" # ignore[key-missing]", ""));
}

proptest! {
    /// Whatever the text, the label and the hidden ranges: no panic, nothing for the terminal to
    /// act upon, nothing of what is hidden.
    #[test]
    fn any_text_is_shown_safely(
        lines in proptest::collection::vec("[a-z \t\u{1b}\u{202e}é\r]{0,30}|[a-z]{200,260}", 1..30),
        from in 0usize..2000,
        length in 0usize..300,
        secret in 0usize..30,
    ) {
        let mut lines = lines;
        let at = secret % lines.len();
        lines[at].push_str("AGE-SECRET-KEY-1ABC");
        let repo = Repo::default().with("m.nix", &lines.join("\n"));
        let text = &repo.tree.texts["m.nix"];
        let content = text.content();
        let (start, end) = (content.floor_char_boundary(from), content.floor_char_boundary(from + length));
        let label = Label { place: text.place(start..end), text: "here".to_owned(), masked: false };
        let masked = Label { masked: true, ..label.clone() };
        for label in [label, masked] {
            let shown = repo.show(&[finding(label)], PLAIN);
            prop_assert!(!shown.contains("SECRET-KEY"));
            prop_assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{}", shown);
        }
    }
}
