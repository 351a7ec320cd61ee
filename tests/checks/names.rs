//! Names and where they lead: placeholders, paths, passwords, environment files.

use super::*;
use sealnix::environment::shape::{Held as InValue, Quote, Variable};
use sealnix::manifest::{Container, Template};

impl Facts {
    pub(super) fn sops(&mut self) -> &mut Sops {
        self.manifest.hosts[0].sops.as_mut().unwrap()
    }

    /// A secret `name` of the file's key `name`, placed as sops-nix does by itself.
    pub(super) fn placed(&mut self, name: &str) -> &mut Secret {
        let secret = self.declare(name, FILE, name);
        secret.name = Fact::Known(name.to_owned());
        secret.path = Fact::Known(format!("/run/secrets/{name}"));
        secret.needed_for_users = Fact::Known(false);
        secret
    }

    pub(super) fn template(&mut self, name: &str) -> &mut Template {
        let template = Template {
            name: Fact::Known(name.to_owned()),
            path: Fact::Known(format!("/run/secrets/rendered/{name}")),
            placeholders: Fact::Known(Vec::new()),
            at: Some(Spot(at("web.nix", 20))),
            ..Template::default()
        };
        self.sops().templates.insert(name.to_owned(), template);
        self.sops().templates.get_mut(name).unwrap()
    }

    pub(super) fn use_at(&mut self, option: &str, what: Used) -> &mut Use {
        let used = Use {
            what,
            user: None,
            option: option.to_owned(),
            at: Spot(at("web.nix", 30)),
            embedded: false,
            substituted: false,
            variable: None,
            through: None,
            certainty: Certainty::Certain,
        };
        let uses = &mut self.manifest.hosts[0].uses;
        uses.push(used);
        uses.last_mut().unwrap()
    }

    pub(super) fn secret_at(&mut self, option: &str, name: &str) -> &mut Use {
        self.use_at(option, Used::SecretPath { name: name.to_owned() })
    }
}

fn conditional() -> Certainty {
    Certainty::Conditional("it depends on a package".to_owned())
}

mod secret_name_nests {
    use super::*;
    const ID: &str = "secret-name-nests";

    #[test]
    fn a_file_and_a_folder_of_one_name() {
        let mut facts = Facts::new();
        facts.placed("web");
        facts.placed("web/token");
        facts.placed("webhook");
        assert_eq!(facts.finding(ID).secret.as_deref(), Some("web"));
    }

    #[test]
    fn the_name_counts_and_not_the_attribute() {
        let mut facts = Facts::new();
        facts.placed("web").name = Fact::Known("web-value".to_owned());
        facts.placed("web/token");
        facts.is_silent(ID);
    }

    #[test]
    fn what_is_needed_for_users_lies_elsewhere() {
        let mut facts = Facts::new();
        facts.placed("web").needed_for_users = Fact::Known(true);
        facts.placed("web/token");
        facts.is_silent(ID);
    }

    #[test]
    fn one_that_may_be_elsewhere_does_not_hide_another() {
        let mut facts = Facts::new();
        facts.placed("q").certainty = conditional();
        facts.placed("q/a").certainty = conditional();
        assert!(facts.verdict(ID).findings.is_empty());
        facts.placed("q/b");
        assert!(facts.finding(ID).message.contains("secret `q/b`"));
    }

    #[test]
    fn templates_lie_in_a_folder_called_rendered() {
        let mut facts = Facts::new();
        facts.placed("rendered");
        facts.is_silent(ID);
        facts.template("value");
        let finding = facts.finding(ID);
        assert_eq!(finding.secret.as_deref(), Some("rendered"));
        assert!(finding.help.unwrap().contains("such as `rendered-value`"));
    }
}

mod duplicate_secret_path {
    use super::*;
    const ID: &str = "duplicate-secret-path";

    #[test]
    fn one_name_is_one_file_whatever_the_paths() {
        let mut facts = Facts::new();
        facts.placed("a");
        facts.is_silent(ID);
        let secret = facts.placed("b");
        (secret.name, secret.path) = (Fact::Known("a".to_owned()), Fact::Known("/etc/b".to_owned()));
        assert_eq!(facts.finding(ID).certainty, Certainty::Certain);
    }

    #[test]
    fn a_template_may_lie_where_a_secret_does() {
        let mut facts = Facts::new();
        facts.placed("a").path = Fact::Known("/etc/a".to_owned());
        facts.template("a.conf").path = Fact::Known("/etc/a".to_owned());
        assert!(facts.finding(ID).message.contains("template `a.conf`"));
    }

    #[test]
    fn one_may_stand_for_the_other() {
        let mut facts = Facts::new();
        for name in ["a", "b"] {
            let secret = facts.placed(name);
            secret.path = Fact::Known("/etc/a".to_owned());
            secret.certainty = conditional();
        }
        assert!(facts.verdict(ID).findings.is_empty());
        facts.placed("a").path = Fact::Known("/etc/a".to_owned());
        assert_eq!(facts.finding(ID).certainty, conditional());
    }

    #[test]
    fn one_that_stands_for_another_does_not_hide_a_third() {
        let mut facts = Facts::new();
        for (name, certainty) in [("a", conditional()), ("b", Certainty::Certain), ("c", conditional())] {
            let secret = facts.placed(name);
            secret.path = Fact::Known("/etc/x".to_owned());
            secret.certainty = certainty;
        }
        assert_eq!(facts.verdict(ID).findings.len(), 2);
    }
}

mod path_not_absolute {
    use super::*;
    const ID: &str = "path-not-absolute";

    #[test]
    fn a_folder_is_no_file() {
        let mut facts = Facts::new();
        facts.placed("a").path = Fact::Known("/etc/web/".to_owned());
        assert!(facts.finding(ID).help.unwrap().contains("/etc/web/a"));
    }

    #[test]
    fn nothing_stands_for_a_home_but_in_a_shell() {
        for path in ["~/.ssh/id", "$HOME/.ssh/id"] {
            let mut facts = Facts::new();
            facts.placed("a").path = Fact::Known(path.to_owned());
            let help = facts.finding(ID).help.unwrap();
            assert!(help.contains("`path = \"${config.users.users.NAME.home}/.ssh/id\";`"), "{help}");
            let sops = facts.manifest.hosts[0].sops.take();
            facts.manifest.hosts[0].home_users.insert("bo".to_owned(), HomeUser { sops, agenix: None });
            let help = facts.finding(ID).help.unwrap();
            assert!(help.contains("`path = \"${config.home.homeDirectory}/.ssh/id\";`"), "{help}");
        }
    }

    #[test]
    fn a_users_path_may_begin_with_what_stands_for_a_folder() {
        let mut facts = Facts::new();
        facts.placed("a").path = Fact::Known("%r/a".to_owned());
        assert_eq!(facts.finding(ID).level, Level::Error);
        let sops = facts.manifest.hosts[0].sops.take();
        facts.manifest.hosts[0].home_users.insert("bo".to_owned(), HomeUser { sops, agenix: None });
        facts.is_silent(ID);
    }
}

mod template_without_secrets {
    use super::*;
    const ID: &str = "template-without-secrets";

    #[test]
    fn where_not_every_secret_is_known_there_may_be_one() {
        let mut facts = Facts::new();
        facts.template("web.conf");
        assert_eq!(facts.finding(ID).hosts, ["web"]);
        facts.manifest.hosts[0].complete.secrets = Complete::No("an input is not here".to_owned());
        facts.is_undecided(ID);
        let host = &mut facts.manifest.hosts[0];
        let container = Container { sops: host.sops.take(), ..Container::default() };
        host.containers.insert("db".to_owned(), container);
        facts.is_undecided(ID);
        let host = &mut facts.manifest.hosts[0];
        host.sops = host.containers.remove("db").unwrap().sops;
        facts.placed("a");
        facts.is_silent(ID);
    }
}

mod undeclared_placeholder {
    use super::*;
    const ID: &str = "undeclared-placeholder";

    #[test]
    fn one_that_was_written_out_belongs_to_no_secret() {
        let mut facts = Facts::new();
        facts.placed("a");
        facts.template("web.conf").stray_placeholders = 1;
        assert!(facts.finding(ID).message.contains("web.conf"));
        facts.manifest.hosts[0].complete.secrets = Complete::No("an input is not here".to_owned());
        facts.is_undecided(ID);
    }
}

mod passwords {
    use super::*;
    const ID: &str = "password-not-needed-for-users";
    const OPTION: &str = "users.users.bo.hashedPasswordFile";

    #[test]
    fn only_a_users_password_is_early() {
        let mut facts = Facts::new();
        facts.placed("hash");
        facts.secret_at("services.web.passwordFile", "hash");
        facts.is_silent(ID);
        facts.secret_at(OPTION, "hash");
        assert_eq!(facts.finding(ID).primary.place, at("web.nix", 30));
        facts.placed("hash").needed_for_users = Fact::Known(true);
        facts.is_silent(ID);
    }

    #[test]
    fn nix_tells_it_by_the_path() {
        let mut facts = Facts::new();
        facts.placed("hash");
        let hashed_password_file = Fact::Known(Some("/run/secrets/hash".to_owned()));
        let user = sealnix::manifest::User { hashed_password_file, ..Default::default() };
        facts.manifest.hosts[0].users.insert("bo".to_owned(), user);
        assert_eq!(facts.finding(ID).primary.place, at("web.nix", 5));
        // The same by both ways is one mistake.
        facts.secret_at(OPTION, "hash");
        assert_eq!(facts.finding(ID).primary.place, at("web.nix", 30));
    }

    #[test]
    fn a_short_value_is_no_hash_but_for_one_that_locks() {
        const ID: &str = "password-too-short-for-a-hash";
        for (length, findings) in [(1, 0), (2, 1), (12, 1), (13, 0)] {
            let mut facts = Facts::new();
            facts.placed("hash");
            facts.secret_at(OPTION, "hash");
            let leaf = Leaf::Sealed(Seal { sealed_type: SealedType::Str, length });
            facts.sealed(FILE, vec![child("hash", Value::Leaf(leaf))], &[ADMIN]);
            assert_eq!(facts.verdict(ID).findings.len(), findings, "{length}");
        }
    }
}

mod environment_files {
    use super::*;
    const OPTION: &str = "systemd.services.web.serviceConfig.EnvironmentFile";

    /// A secret of so many bytes, read as an environment file.
    fn with(name: &str, length: usize, option: &str) -> Verdict {
        let mut facts = Facts::new();
        facts.placed(name);
        facts.secret_at(option, name);
        let leaf = Leaf::Sealed(Seal { sealed_type: SealedType::Str, length });
        facts.sealed(FILE, vec![child(name, Value::Leaf(leaf))], &[ADMIN]);
        facts.verdict("environment-file-not-dotenv")
    }

    #[test]
    fn what_is_bare_is_known_by_name_and_length() {
        let says = |name, length| {
            let verdict = with(name, length, OPTION);
            (verdict.findings.len(), verdict.undecided.len())
        };
        assert_eq!(says("api_token", 20), (1, 0));
        // A name, a `=` and forty bytes.
        assert_eq!(says("api_token", 57), (0, 1));
        assert_eq!(says("grafana", 20), (0, 1));
        assert_eq!(says("grafana", 8), (1, 0));
        assert_eq!(says("envoy_token", 11), (1, 0));
        for name in ["web-env", "web.env", "envFile", "restic_environment"] {
            assert_eq!(says(name, 8), (0, 0), "{name}");
        }
    }

    #[test]
    fn lists_and_engines_of_containers_read_them_too() {
        for option in ["services.web.environmentFiles", "virtualisation.oci-containers.containers.web.environmentFiles"]
        {
            assert_eq!(with("api_token", 20, option).findings.len(), 1, "{option}");
        }
        assert_eq!(with("api_token", 20, "services.web.tokenFile").findings.len(), 0);
    }

    #[test]
    fn a_file_that_may_be_missing_is_one_too() {
        // systemd.exec(5): "prefixed with "-", which indicates that if the file does not exist, it will not be read".
        let found = |through: Option<&str>| {
            let mut facts = Facts::new();
            facts.placed("api_token");
            let used = facts.secret_at(OPTION, "api_token");
            (used.embedded, used.through) = (true, through.map(str::to_owned));
            let leaf = Leaf::Sealed(Seal { sealed_type: SealedType::Str, length: 20 });
            facts.sealed(FILE, vec![child("api_token", Value::Leaf(leaf))], &[ADMIN]);
            facts.verdict("environment-file-not-dotenv").findings.len()
        };
        assert_eq!(found(None), 1);
        assert_eq!(found(Some("writeText")), 0, "the text that holds the path is the file");
    }

    fn template(variable: Variable, option: &str) -> Facts {
        let mut facts = Facts::new();
        facts.placed("token").key = Fact::Known(String::new());
        facts.placed("pin");
        facts.template("web.env").variables = vec![variable];
        facts.use_at(option, Used::TemplatePath { name: "web.env".to_owned() });
        facts
    }

    fn held(name: &str, secret: &str, quote: Quote) -> Variable {
        let secrets = vec![InValue { secret: secret.to_owned(), quote }];
        Variable { name: Some(name.to_owned()), line: 1, secrets, unclosed: false }
    }

    #[test]
    fn what_certainly_goes_wrong_is_a_warning() {
        const ID: &str = "environment-template-quoting";
        let level = |variable| template(variable, OPTION).finding(ID).level;
        assert_eq!(level(held("PIN", "pin", Quote::None)), Level::Note);
        assert_eq!(level(held("TOKEN", "token", Quote::None)), Level::Warning, "a whole file");
        assert_eq!(level(Variable { unclosed: true, ..held("PIN", "pin", Quote::Double) }), Level::Warning);
        template(held("TOKEN", "token", Quote::Single), OPTION).is_silent(ID);
        template(held("PIN", "pin", Quote::Unknown), OPTION).is_silent(ID);
        // docker takes quotes for a part of the value.
        let by_engine = "virtualisation.oci-containers.containers.web.environmentFiles";
        template(held("PIN", "pin", Quote::None), by_engine).is_silent(ID);
    }

    #[test]
    fn names_that_systemd_drops() {
        const ID: &str = "environment-name-invalid";
        for name in ["export PIN", "PIN-CODE", "1PIN"] {
            assert!(template(held(name, "pin", Quote::Single), OPTION).finding(ID).message.contains(name));
        }
        let both = template(held("export PIN-CODE", "pin", Quote::Single), OPTION).finding(ID).help.unwrap();
        assert!(both.starts_with("leave `export` out") && both.contains("rename"), "{both}");
        template(held("PIN_1", "pin", Quote::Single), OPTION).is_silent(ID);
    }
}

#[test]
fn a_key_that_code_names_without_effect_is_a_note() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token"), text("legacy_token"), text("old_token")], &[WEB]);
    facts.declare("token", FILE, "token");
    // No host has the module; the other name stands in a comment.
    let module = "{ sops.secrets.legacy_token = { }; }\n# sops.secrets.old_token = { };\n";
    facts.tree.texts.insert("legacy.nix".into(), Text::new("legacy.nix".into(), module));
    let mut findings = facts.verdict("unused-key").findings;
    findings.sort_by(|a, b| a.key.cmp(&b.key));
    let said: Vec<_> = findings.iter().map(|finding| (finding.key.as_deref().unwrap(), finding.level)).collect();
    assert_eq!(said, [("legacy_token", Level::Note), ("old_token", Level::Warning)]);
    assert_eq!(&*findings[0].others[0].place.path, "legacy.nix");

    // What another file gives to a host under this name is no declaration of this one.
    facts.sealed("secrets/db.yaml", vec![text("legacy_token")], &[WEB]);
    facts.declare("legacy_token", "secrets/db.yaml", "legacy_token");
    assert!(facts.verdict("unused-key").findings.iter().all(|finding| finding.level == Level::Warning));
}

#[test]
fn what_a_script_decrypts_it_may_read_by_any_key() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token"), text("old_token")], &[WEB]);
    facts.declare("token", FILE, "token");
    let mut script = |line: &str| {
        facts.tree.texts.insert("push.sh".into(), Text::new("push.sh".into(), line));
        facts.verdict("unused-key")
    };
    assert_eq!(script("sops updatekeys secrets/web.yaml\n").findings.len(), 1);
    assert_eq!(script("sops -d \"$root/secrets/web.yaml\" | yq \".$1\"\n").undecided.len(), 1);
}

#[test]
fn what_people_keep_beside_a_secret_is_not_unused() {
    let mut facts = Facts::new();
    let kept = ["signing_key_pub", "hub-public-key", "cache.public", "publicKey", "db_password"];
    let values = ["token", "db_password_hash"].iter().chain(&kept).map(|key| text(key));
    facts.sealed(FILE, values.collect(), &[WEB]);
    facts.declare("token", FILE, "token");
    facts.declare("db_password_hash", FILE, "db_password_hash");
    facts.is_silent("unused-key");
    facts.sealed(FILE, vec![text("token"), text("epub"), text("public_token"), text("token_salt")], &[WEB]);
    assert_eq!(facts.verdict("unused-key").findings.len(), 3);
}

#[test]
fn a_rule_may_wait_for_the_first_secret_of_its_folder() {
    let mut facts = Facts::new();
    facts.sealed(FILE, vec![text("token")], &[WEB]).file("hosts/db/default.nix", true);
    facts.rule(Some(r"^hosts/db/secrets\.yaml$"), &[&[ADMIN]]);
    assert_eq!(facts.finding("rule-matches-nothing").level, Level::Note);
    // Beside other secrets it is one that is gone, or misspelt.
    facts.sealed("hosts/db/tls.yaml", vec![text("key")], &[WEB]);
    assert_eq!(facts.finding("rule-matches-nothing").level, Level::Warning);
    facts.policy.configs.clear();
    facts.rule(Some(r"^hosts/gone/secrets\.yaml$"), &[&[ADMIN]]);
    assert_eq!(facts.finding("rule-matches-nothing").level, Level::Warning);
}
