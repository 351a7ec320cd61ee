//! Rules about rule files and policies, on texts as people write them.

use super::*;
use sealnix::policy::parse::read;

impl Facts {
    /// `.sops.yaml` of a folder, as it is read.
    fn rules(&mut self, path: &str, text: &str) -> &mut Self {
        self.policy.configs.push(read(&Text::new(path.into(), text)));
        self
    }

    /// `sealnix.toml`, as it is read.
    fn wants(&mut self, text: &str) -> &mut Self {
        self.config = config::Config::read(&Text::new("sealnix.toml".into(), text)).unwrap();
        self
    }

    fn files(&mut self, paths: &[&str]) -> &mut Self {
        for path in paths {
            self.file(path, true);
        }
        self
    }

    fn changed(&mut self, path: &str, time: &str) -> &mut Self {
        self.sealed(path, vec![text("token")], &[WEB]);
        let Some(Sealed::Document(document)) = self.vault.files.get_mut(path) else { panic!("{path} was sealed") };
        document.metadata.last_modified = Some(time.to_owned());
        self
    }
}

/// Real recipients: of others `recipient-malformed` would speak.
const ONE: &str = "age1wy7vc8g70hpa5gtkrnnc5ysa495pn9zekv2e4a82248xxltekv3s2x584u";
const TWO: &str = "age1eafr6335a8kt0cnzn9wc66harx6jl5cd6khlcrgk9mpl6curd44sh374xh";

/// Rules for these expressions, the first at line 2.
fn with_rules(expressions: &[&str]) -> String {
    let rules = expressions.iter().map(|expression| format!("  - path_regex: '{expression}'\n    age: {ONE}\n"));
    format!("creation_rules:\n{}", rules.collect::<String>())
}

fn lines(verdict: &Verdict) -> Vec<u32> {
    verdict.findings.iter().map(|finding| finding.primary.place.start.line).collect()
}

mod rule_unreachable {
    use super::*;
    const ID: &str = "rule-unreachable";
    const NONE: [u32; 0] = [];

    fn unreached(expressions: &[&str], files: &[&str]) -> Vec<u32> {
        let mut facts = Facts::new();
        lines(&facts.files(files).rules(".sops.yaml", &with_rules(expressions)).verdict(ID))
    }

    #[test]
    fn all_that_it_matches_is_taken_before() {
        // Behind `^secrets/` no file of that folder comes to the second rule, of whatever name.
        assert_eq!(unreached(&["^secrets/", r"^secrets/web\.yaml$"], &["secrets/web.yaml"]), [4]);
        assert_eq!(unreached(&[r"^secrets/web\.yaml$", "^secrets/"], &["secrets/web.yaml", "secrets/a.yaml"]), NONE);
    }

    #[test]
    fn what_two_rules_take_together_never_comes_to_the_third() {
        let mut facts = Facts::new();
        facts.files(&["secrets/a.yaml", "secrets/b.yaml"]);
        facts.rules(".sops.yaml", &with_rules(&["^secrets/a", "^secrets/b", r"^secrets/[ab]\.yaml$"]));
        let finding = facts.finding(ID);
        assert_eq!(finding.primary.place.start.line, 6);
        let takers: Vec<u32> = finding.others.iter().map(|label| label.place.start.line).collect();
        assert_eq!(takers, [2, 4]);
    }

    #[test]
    fn a_rule_for_files_to_come_is_reachable() {
        // Another name, or another ending, in the same place.
        for behind in ["^secrets/.*$", r"^secrets/web\.(yaml|json)$"] {
            assert_eq!(unreached(&[r"^secrets/web\.yaml$", behind], &["secrets/web.yaml"]), NONE, "{behind}");
        }
    }

    #[test]
    fn one_that_matches_nothing_is_another_rules() {
        assert_eq!(unreached(&["^secrets/", "^keys/"], &["secrets/web.yaml"]), NONE);
    }

    #[test]
    fn behind_an_expression_that_does_not_compile_nothing_is_known() {
        assert_eq!(unreached(&["^secrets/", "([", r"^secrets/web\.yaml$"], &["secrets/web.yaml"]), NONE);
    }

    #[test]
    fn files_with_a_rule_file_nearer_to_them_do_not_count() {
        let mut facts = Facts::new();
        facts.files(&["infra/a.yaml"]).rules(".sops.yaml", &with_rules(&["^infra/", r"^infra/a\.yaml$"]));
        assert_eq!(lines(&facts.verdict(ID)), [4]);
        facts.rules("infra/.sops.yaml", &with_rules(&[r"\.yaml$"]));
        facts.is_silent(ID);
    }
}

mod regex_reads_like_a_glob {
    use super::*;
    const ID: &str = "regex-reads-like-a-glob";

    fn findings(expression: &str, files: &[&str]) -> Vec<Finding> {
        let mut facts = Facts::new();
        facts.files(files).rules(".sops.yaml", &with_rules(&[expression])).verdict(ID).findings
    }

    #[test]
    fn as_a_glob_it_would_match_more() {
        // `/*` is any number of slashes: `secrets/.yaml`, `secretsXyaml`, and no other.
        let files = ["secretsXyaml", "secrets/web.yaml"];
        let found = findings("secrets/*.yaml", &files);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].level, Level::Warning);
        let help = found[0].help.as_deref().unwrap();
        assert_eq!(help, r"write `path_regex: secrets/[^/]*\.yaml$`");
        let mended = regex::Regex::new(r"secrets/[^/]*\.yaml$").unwrap();
        assert!(mended.is_match("secrets/web.yaml"), "what is proposed matches what was missed");
    }

    #[test]
    fn one_that_matches_nothing_is_another_rules() {
        assert_eq!(findings("secrets/*.yaml", &["secrets/web.yaml"]), []);
    }

    #[test]
    fn one_that_matches_all_that_the_glob_would_does_no_harm() {
        // Unanchored, and the star repeats the slash: every file below the folder.
        assert_eq!(findings("secrets/*", &["secrets/web.yaml", "secrets/a/b.yaml"]), []);
    }

    #[test]
    fn what_has_other_signs_is_a_regular_expression() {
        for expression in ["secrets/.*", r"secrets/[^/]*\.yaml", "(secrets)*/web", "secrets/a+*", "sec|x*"] {
            assert_eq!(findings(expression, &["secrets/web.yaml", "x", "secrets/.yaml"]), [], "{expression}");
        }
    }
}

mod rule_matches_nothing {
    use super::*;
    const ID: &str = "rule-matches-nothing";

    #[test]
    fn what_is_proposed_takes_the_file_and_means_its_signs() {
        let cases = [
            ("hosts/web.d/*.yaml", "hosts/web.d/a.yaml", r"^hosts/web\.d/[^/]*\.yaml$"),
            (r"^/secrets/c\+\+\.yaml$", "secrets/c++.yaml", r"^secrets/c\+\+\.yaml$"),
        ];
        for (expression, file, proposed) in cases {
            let mut facts = Facts::new();
            facts.sealed(file, vec![text("token")], &[WEB]);
            facts.rules(".sops.yaml", &with_rules(&[expression]));
            let help = facts.finding(ID).help.unwrap();
            assert!(help.contains(proposed), "{help}");
            assert!(regex::Regex::new(proposed).unwrap().is_match(file));
        }
    }

    fn facts(expressions: &[&str]) -> Facts {
        let mut facts = Facts::new();
        facts.sealed("secrets/db.yaml", vec![text("token")], &[WEB]);
        facts.rules(".sops.yaml", &with_rules(expressions));
        facts
    }

    #[test]
    fn a_file_that_a_secret_names_is_another_rules_matter() {
        let mut facts = facts(&[r"^secrets/web\.yaml$", r"^secrets/db\.yaml$"]);
        assert_eq!(facts.finding(ID).level, Level::Warning);
        facts.declare("token", "secrets/web.yaml", "token");
        facts.is_silent(ID);
        facts.finding("sops-file-missing");
    }

    #[test]
    fn a_file_that_another_rule_takes_first_makes_it_no_better() {
        let mut facts = facts(&["^secrets/", r"^secrets/web\.yaml$"]);
        facts.declare("token", "secrets/web.yaml", "token");
        assert_eq!(facts.finding(ID).primary.place.start.line, 4);
    }

    /// As `sealnix host add` leaves it: the host has a key and a rule, and nothing is sealed by that yet.
    #[test]
    fn the_own_rule_of_who_is_new_waits_for_its_first_file() {
        let text = |anchor: &str, expression: &str| {
            format!("keys:\n  - &{anchor} {ONE}\ncreation_rules:\n  - path_regex: '{expression}'\n    age: *{anchor}\n")
        };
        let level = |anchor: &str, expression: &str| {
            let mut facts = Facts::new();
            facts.sealed("secrets/db.yaml", vec![super::text("token")], &[WEB]);
            facts.rules(".sops.yaml", &text(anchor, expression)).finding(ID).level
        };
        assert_eq!(level("finch", r"^secrets/finch/[^/]+\.yaml$"), Level::Note);
        assert_eq!(level("host_finch", r"^secrets/finch\.yaml$"), Level::Note);
        assert_eq!(level("host_wood_finch", r"^secrets/wood\-finch\.yaml$"), Level::Note);
        // It is nobody's own.
        assert_eq!(level("finch", r"^secrets/wren/[^/]+\.yaml$"), Level::Warning);
        assert_eq!(level("finch", r"^secrets/finches/[^/]+\.yaml$"), Level::Warning);
        // It is `db.yaml` that is meant.
        assert_eq!(level("dbs", r"^secrets/dbs\.yaml$"), Level::Warning);
    }

    #[test]
    fn who_has_secrets_is_not_new() {
        let mut facts = Facts::new();
        facts.sealed("secrets/db.yaml", vec![text("token")], &[WEB]);
        let rules = format!("keys:\n  - &web {ONE}\ncreation_rules:\n  - path_regex: ^hosts/web/\n    age: *web\n");
        facts.rules(".sops.yaml", &rules);
        assert_eq!(facts.finding(ID).level, Level::Note);
        facts.declare("token", "secrets/db.yaml", "token");
        assert_eq!(facts.finding(ID).level, Level::Warning);
    }

    #[test]
    fn what_lies_in_a_submodule_is_not_known() {
        let mut facts = facts(&[r"^private/web\.yaml$"]);
        facts.tree.submodules.insert("private".into());
        facts.is_undecided(ID);
    }

    #[test]
    fn a_rule_file_without_sealed_files_is_an_example() {
        let mut facts = Facts::new();
        facts.files(&["README.md"]).rules(".sops.yaml", &with_rules(&["^secrets/"])).is_silent(ID);
    }
}

mod required_recipient_missing {
    use super::*;
    const ID: &str = "required-recipient-missing";

    fn facts(recipients: &[&str], wanted: &str) -> Facts {
        let mut facts = Facts::new();
        facts.sealed(FILE, vec![text("token")], recipients);
        let names = format!("keys:\n  - &admin {ONE}\n  - &backup {TWO}\n");
        facts.rules(".sops.yaml", &(names + &with_rules(&["^secrets/"]).replace(ONE, "*admin")));
        facts.wants(&format!("[[policy.require]]\nfiles = [\"secrets/**\"]\nrecipients = [\"{wanted}\"]\n"));
        facts
    }

    #[test]
    fn a_recipient_is_named_or_written_out() {
        for wanted in ["backup", TWO] {
            let finding = facts(&[ONE], wanted).finding(ID);
            assert_eq!((finding.level, &*finding.primary.place.path), (Level::Error, FILE));
            assert!(
                finding.help.unwrap().starts_with("add it to the rule at `.sops.yaml:5`, then run `sops updatekeys")
            );
            facts(&[ONE, TWO], wanted).is_silent(ID);
        }
        // The rule has it already.
        let help = facts(&[TWO], "admin").finding(ID).help.unwrap();
        assert!(help.starts_with("run `sops updatekeys"), "{help}");
    }

    #[test]
    fn only_the_files_that_the_policy_names() {
        let mut facts = facts(&[ONE, TWO], "backup");
        facts.sealed("other/a.yaml", vec![text("token")], &[ONE]).is_silent(ID);
    }

    #[test]
    fn an_anchor_that_no_rule_file_has_is_said_once_with_the_nearest() {
        let mut facts = facts(&[ONE, TWO], "bakcup");
        facts.sealed("secrets/b.yaml", vec![text("token")], &[ONE]);
        let finding = facts.finding(ID);
        assert_eq!((&*finding.primary.place.path, finding.primary.place.start.line), ("sealnix.toml", 3));
        assert_eq!(finding.suggestion.as_deref(), Some("backup"));
        assert_eq!((&*finding.others[0].place.path, finding.others[0].place.start.line), (".sops.yaml", 3));
        assert_eq!(self::facts(&[ONE], "emergency").finding(ID).suggestion, None);
        // What cannot be read may name it.
        facts.rules("other/.sops.yaml", "keys: [").is_silent(ID);
    }

    #[test]
    fn a_name_that_rule_files_give_to_several_is_any_of_them() {
        let mut facts = facts(&[WEB], "admin");
        facts.finding(ID);
        facts.rules("infra/.sops.yaml", &format!("keys:\n  - &admin {WEB}\n"));
        // `age1web` is no recipient, so that no name is given to it.
        facts.finding(ID);
        facts.sealed(FILE, vec![text("token")], &[TWO]);
        facts.rules("apps/.sops.yaml", &format!("keys:\n  - &admin {TWO}\n")).is_silent(ID);
    }
}

mod rotation_due {
    use super::*;
    const ID: &str = "rotation-due";

    fn policy(files: &str, days: u32) -> String {
        format!("[[policy.rotate]]\nfiles = [\"{files}\"]\ndays = {days}\n")
    }

    // The day of the test is 20000 days after 1970-01-01, which is 2024-10-04.
    #[test]
    fn a_file_is_due_on_the_day_after_the_last_one() {
        let mut facts = Facts::new();
        facts.changed(FILE, "2024-09-04T23:59:59Z").wants(&policy("secrets/**", 30));
        facts.is_silent(ID);
        facts.changed(FILE, "2024-09-03T23:59:59Z");
        let finding = facts.finding(ID);
        assert_eq!(finding.level, Level::Warning);
        assert!(finding.message.contains("was last changed 31 days ago"), "{}", finding.message);
    }

    #[test]
    fn the_strictest_policy_counts() {
        let mut facts = Facts::new();
        facts.changed(FILE, "2024-09-01T00:00:00Z");
        facts.wants(&(policy("secrets/**", 365) + &policy("secrets/web.yaml", 7) + &policy("**", 14)));
        assert_eq!(facts.finding(ID).others[0].text, "at most 7 days");
    }

    #[test]
    fn only_what_is_named_and_says_when_it_was_changed() {
        let mut facts = Facts::new();
        facts.changed(FILE, "2020-01-01T00:00:00Z").is_silent(ID);
        facts.wants(&policy("other/**", 1)).is_silent(ID);
        facts.changed(FILE, "yesterday").wants(&policy("secrets/**", 1)).is_silent(ID);
    }
}

mod policy_invalid {
    use super::*;
    const ID: &str = "policy-invalid";

    #[test]
    fn what_is_no_yaml_and_what_is_no_rule_file() {
        // sops 3.11 says "error loading config" of each.
        for text in ["creation_rules: [\n", "- a\n", "creation_rules: 12\n", "a: b: c\n"] {
            let mut facts = Facts::new();
            facts.rules(".sops.yaml", text);
            let finding = facts.finding(ID);
            assert_eq!(finding.level, Level::Error);
            assert!(finding.message.contains("sops does not load the file at all"), "{text}");
            facts.is_silent("not-looked-at");
        }
    }

    #[test]
    fn what_is_more_than_is_read_here_may_be_in_order() {
        let mut facts = Facts::new();
        facts.rules(".sops.yaml", &format!("a: {}{}\n", "[".repeat(200), "]".repeat(200))).is_silent(ID);
        facts.finding("not-looked-at");
    }
}

mod recipient_malformed {
    use super::*;
    const ID: &str = "recipient-malformed";

    /// (`pgp` text, whether sops 3.11 with gpg 2.2 takes it as far as to look for the key).
    #[test]
    fn fingerprints() {
        let whole = "C54C4F75D45FAD86851782073E30282620741B35";
        let cases = [
            (whole.to_owned(), true),
            (whole.to_lowercase(), true),
            (format!("0x{whole}"), true),
            (format!("{whole}!"), true),
            (whole[24..].to_owned(), true),
            ("C54C 4F75 D45F AD86 8517 8207 3E30 2826 2074 1B35".to_owned(), true),
            // "not a valid long keyID", "No public key".
            (whole[32..].to_owned(), false),
            (format!("0x{}", &whole[32..]), false),
            (whole[..39].to_owned(), false),
            (whole.replace('5', "G"), false),
            ("admin@example.org".to_owned(), false),
            ("FINGERPRINT".to_owned(), false),
        ];
        for (text, is_taken) in cases {
            for rule in [format!("pgp: '{text}'"), format!("key_groups: [{{ pgp: ['{text}'] }}]")] {
                let mut facts = Facts::new();
                facts.sealed(FILE, vec![super::text("token")], &[WEB]);
                facts.rules(".sops.yaml", &format!("creation_rules:\n  - {rule}\n"));
                let found = facts.verdict(ID).findings;
                assert_eq!(found.is_empty(), is_taken, "{rule}: {found:?}");
                assert!(found.iter().all(|finding| finding.message.contains("40 hexadecimal digits")), "{found:?}");
            }
        }
    }
}
