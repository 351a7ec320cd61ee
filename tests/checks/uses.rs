//! Rules about who reads a secret: policies of denial, restarts, written-out paths, literals.

use super::*;
use sealnix::manifest::{BindMount, Container, OciContainer, Read, Template, Unit, Volume};

impl Facts {
    fn allows(&mut self, secrets: &str, to: &str) -> &mut Self {
        let text = format!("[[policy.deny]]\nsecrets = [\"{secrets}\"]\nto = [\"{to}\"]\n");
        self.config = config::Config::read(&Text::new("sealnix.toml".into(), text)).unwrap();
        self
    }

    fn mounted(&mut self, container: &str, host_path: &str) -> &mut Self {
        let mount = BindMount { host_path: Fact::Known(host_path.to_owned()), at: Some(Spot(at("web.nix", 40))) };
        let container = self.manifest.hosts[0].containers.entry(container.to_owned()).or_default();
        container.bind_mounts.insert("/in".to_owned(), mount);
        self
    }

    fn service(&mut self, name: &str, runs_once: Fact<bool>) -> &mut Unit {
        let unit = Unit { runs_once, ..Unit::default() };
        self.manifest.hosts[0].units.insert(name.to_owned(), unit);
        self.manifest.hosts[0].units.get_mut(name).unwrap()
    }

    fn template_of(&mut self, name: &str, secrets: &[&str]) -> &mut Template {
        let template = self.template(name);
        template.placeholders = Fact::Known(secrets.iter().map(|&secret| secret.to_owned()).collect());
        template
    }
}

fn literal(path: &str) -> Used {
    Used::LiteralPath { length: path.len() as u32, path: path.to_owned() }
}

mod denied_by_policy {
    use super::*;
    const ID: &str = "denied-by-policy";
    const ENVIRONMENT: &str = "systemd.services.web.serviceConfig.EnvironmentFile";
    const OCI: &str = "virtualisation.oci-containers.containers.app";

    fn with(secrets: &str, to: &str) -> Facts {
        let mut facts = Facts::new();
        facts.placed("db_password");
        facts.placed("api_token");
        facts.allows(secrets, to);
        facts
    }

    #[test]
    fn nothing_is_denied_by_default() {
        let mut facts = Facts::new();
        facts.placed("db_password");
        facts.mounted("app", "/run/secrets").is_silent(ID);
    }

    #[test]
    fn a_unit_that_is_given_the_file() {
        let mut facts = with("db_*", "unit:web.service");
        facts.secret_at(ENVIRONMENT, "api_token");
        facts.is_silent(ID);
        facts.secret_at("systemd.services.other.serviceConfig.EnvironmentFile", "db_password");
        facts.is_silent(ID);
        facts.secret_at(ENVIRONMENT, "db_password");
        let finding = facts.finding(ID);
        assert_eq!((finding.secret.as_deref(), finding.level), (Some("db_password"), Level::Error));
        assert_eq!(&*finding.others[0].place.path, "sealnix.toml");
        // One reader that is given it twice is one mistake.
        facts.secret_at("systemd.services.web.script", "db_password");
        facts.finding(ID);
    }

    /// (what the unit is given it by, whether that gives it the file).
    #[test]
    fn not_every_option_of_a_unit_gives_it_something() {
        for (setting, is_given) in [
            ("serviceConfig.LoadCredential", true),
            ("serviceConfig.ExecStart", true),
            ("environment.FILE", true),
            ("preStop", true),
            ("unitConfig.ConditionPathExists", false),
            ("restartTriggers", false),
            ("description", false),
        ] {
            let mut facts = with("db_password", "unit:web");
            facts.secret_at(&format!("systemd.services.web.{setting}"), "db_password");
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_given), "{setting}");
        }
    }

    #[test]
    fn what_nix_says_a_unit_reads() {
        let mut facts = with("db_password", "unit:web");
        facts.service("web", Fact::Known(false)).reads = vec![Read {
            what: Used::SecretPath { name: "db_password".to_owned() },
            option: "serviceConfig.LoadCredential".to_owned(),
            as_root: false,
        }];
        let finding = facts.finding(ID);
        // No place of the code is known: the policy's own is shown.
        assert_eq!((&*finding.primary.place.path, finding.others.len()), ("sealnix.toml", 1));
        // Where the code's place is known as well it is one mistake, there.
        facts.secret_at("systemd.services.web.serviceConfig.LoadCredential", "db_password");
        assert_eq!(&*facts.finding(ID).primary.place.path, "web.nix");
    }

    /// (path of the host, whether the secret can be seen through it).
    #[test]
    fn a_folder_holds_all_that_lies_below() {
        for (path, is_seen) in [
            ("/run/secrets", true),
            ("/run/secrets/", true),
            ("/run/secrets.d", true),
            ("/run/secrets.d/3", true),
            ("/run/secrets.d/3/db_password", true),
            ("/run/secrets.d/3/api_token", false),
            ("/run/secrets/db_password", true),
            ("/run", true),
            ("/run/secrets/db", false),
            ("/run/secrets/api_token", false),
            ("/run/secrets-for-users", false),
            ("/var/lib", false),
        ] {
            for to in ["containers", "container:app"] {
                let mut facts = with("db_password", to);
                facts.mounted("app", path);
                assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_seen), "{path}");
            }
        }
        let mut facts = with("db_password", "container:other");
        // A policy about nobody is said to be one.
        facts.mounted("app", "/run/secrets").is_undecided(ID);
        facts.mounted("other", "/srv").is_silent(ID);
    }

    #[test]
    fn early_secrets_and_those_of_agenix_lie_elsewhere() {
        for (path, is_seen) in
            [("/run/secrets-for-users", true), ("/run/secrets-for-users.d/1", true), ("/run/secrets", false)]
        {
            let mut facts = with("db_password", "containers");
            facts.placed("db_password").path = Fact::Known("/run/secrets-for-users/db_password".to_owned());
            facts.mounted("app", path);
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_seen), "{path}");
        }
    }

    #[test]
    fn a_file_elsewhere_is_a_link_into_the_folder_of_all() {
        let mut facts = with("db_password", "containers");
        facts.placed("db_password").path = Fact::Known("/etc/app/password".to_owned());
        assert!(
            facts.mounted("app", "/run/secrets").finding(ID).message.contains("in which secret `db_password` lies")
        );
        assert_eq!(facts.mounted("app", "/etc/app").verdict(ID).findings.len(), 1);
    }

    #[test]
    fn a_template_with_the_secret_in_it_is_denied_too() {
        let mut facts = with("db_password", "unit:web");
        facts.template_of("web.env", &["api_token"]);
        facts.use_at(ENVIRONMENT, Used::TemplatePath { name: "web.env".to_owned() });
        facts.is_silent(ID);
        facts.template_of("web.env", &["api_token", "db_password"]);
        let finding = facts.finding(ID);
        assert_eq!(finding.secret, None);
        assert!(finding.message.contains("Secret `db_password` is rendered into it."), "{}", finding.message);
    }

    /// (option of an engine's container, whether it gives the container the file).
    #[test]
    fn containers_of_podman_and_docker() {
        for (setting, is_given) in [
            ("environmentFiles", true),
            ("volumes", true),
            ("extraOptions", true),
            ("environment.PASSWORD_FILE", false),
            ("login.passwordFile", false),
        ] {
            let mut facts = with("db_password", "containers");
            facts.manifest.hosts[0].oci_containers.insert("app".to_owned(), OciContainer::default());
            facts.secret_at(&format!("{OCI}.{setting}"), "db_password");
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_given), "{setting}");
        }
        let mut facts = with("db_password", "container:app");
        let volume = Volume { host_path: "/run/secrets".to_owned(), at: None };
        let container = OciContainer { volumes: vec![volume] };
        facts.manifest.hosts[0].oci_containers.insert("app".to_owned(), container);
        facts.finding(ID);
    }

    #[test]
    fn several_that_are_denied_are_one_finding_and_several_policies_several() {
        let mut facts = with("*", "containers");
        let finding = facts.mounted("app", "/run/secrets").finding(ID);
        assert!(finding.message.contains("secret `api_token` and secret `db_password`"), "{}", finding.message);
        facts.config.deny.push(facts.config.deny[0].clone());
        assert_eq!(facts.verdict(ID).findings.len(), 2);
    }

    #[test]
    fn a_users_secrets_are_none_of_the_system_and_doubt_is_kept() {
        let mut facts = with("db_password", "unit:web");
        facts.secret_at(ENVIRONMENT, "db_password").user = Some("bo".to_owned());
        facts.is_silent(ID);
        facts.secret_at(ENVIRONMENT, "db_password").certainty = Certainty::Conditional("x".to_owned());
        assert_eq!(facts.finding(ID).certainty, Certainty::Conditional("x".to_owned()));
    }

    #[test]
    fn what_a_container_declares_itself_is_its_own() {
        let mut facts = with("db_password", "containers");
        facts.manifest.hosts[0].containers.insert("app".to_owned(), Container::default());
        facts.secret_at("containers.app.config.services.x.passwordFile", "db_password");
        facts.is_silent(ID);
        facts.secret_at("containers.app.bindMounts.x.hostPath", "db_password");
        facts.finding(ID);
    }
}

mod restart_units_missing {
    use super::*;
    const ID: &str = "restart-units-missing";
    const ENVIRONMENT: &str = "systemd.services.web.environment.TOKEN_FILE";

    fn read_at(option: &str) -> Facts {
        let mut facts = Facts::new();
        let secret = facts.placed("token");
        (secret.restart_units, secret.reload_units) = (Fact::Known(Vec::new()), Fact::Known(Vec::new()));
        facts.service("web", Fact::Known(false));
        facts.secret_at(option, "token");
        facts
    }

    fn units(names: &[&str]) -> Fact<Vec<String>> {
        Fact::Known(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn a_unit_of_the_secret_goes_on_with_the_old_one() {
        let mut facts = read_at(ENVIRONMENT);
        assert_eq!(
            facts.finding(ID).help.unwrap(),
            "write `sops.secrets.\"token\".restartUnits = [ \"web.service\" ];`"
        );
        // Two options of one unit are one mistake.
        facts.secret_at("systemd.services.web.script", "token");
        facts.finding(ID);
        // What is restarted already stays so.
        facts.sops().secrets.get_mut("token").unwrap().restart_units = units(&["db.service"]);
        let help = facts.finding(ID).help.unwrap();
        assert!(help.contains("[ \"db.service\" \"web.service\" ]"), "{help}");
    }

    #[test]
    fn restarted_or_reloaded() {
        for (restart, reload) in [(&["web.service"][..], &[][..]), (&[], &["web.service"])] {
            let mut facts = read_at(ENVIRONMENT);
            let secret = facts.sops().secrets.get_mut("token").unwrap();
            (secret.restart_units, secret.reload_units) = (units(restart), units(reload));
            facts.is_silent(ID);
        }
        // One list names it, whatever the other holds.
        let mut facts = read_at(ENVIRONMENT);
        let secret = facts.sops().secrets.get_mut("token").unwrap();
        (secret.restart_units, secret.reload_units) = (units(&["web.service"]), Fact::Unknown);
        facts.is_silent(ID);
        facts.sops().secrets.get_mut("token").unwrap().restart_units = units(&[]);
        facts.is_undecided(ID);
    }

    /// (option, whether what is read there is read once, when the unit starts).
    #[test]
    fn what_is_read_when_it_starts() {
        for (setting, is_read) in [
            ("environment.X", true),
            ("serviceConfig.Environment", true),
            ("serviceConfig.EnvironmentFile", true),
            ("serviceConfig.LoadCredential", true),
            ("serviceConfig.ExecStart", true),
            ("script", true),
            ("preStart", true),
            // Read anew each time, or by nobody.
            ("serviceConfig.ExecReload", false),
            ("serviceConfig.ExecStop", false),
            ("postStop", false),
            ("unitConfig.ConditionPathExists", false),
            ("serviceConfig.ReadWritePaths", false),
        ] {
            let found = read_at(&format!("systemd.services.web.{setting}")).verdict(ID).findings;
            assert_eq!(found.len(), usize::from(is_read), "{setting}");
        }
    }

    #[test]
    fn a_job_reads_it_at_each_run() {
        for (runs_once, is_found) in [(Fact::Known(false), true), (Fact::Known(true), false), (Fact::Unknown, false)] {
            let mut facts = read_at(ENVIRONMENT);
            facts.service("web", runs_once);
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_found));
        }
    }

    #[test]
    fn only_services_of_nixos_that_the_repository_writes() {
        for kind in [HostKind::Darwin, HostKind::Home] {
            let mut facts = read_at(ENVIRONMENT);
            facts.manifest.hosts[0].kind = kind;
            facts.is_silent(ID);
        }
        read_at("systemd.services.other.environment.X").is_silent(ID);
        read_at("systemd.user.services.web.environment.X").is_silent(ID);
        read_at("services.web.tokenFile").is_silent(ID);
    }

    #[test]
    fn a_users_secret_is_none_of_the_system() {
        let mut facts = read_at(ENVIRONMENT);
        facts.manifest.hosts[0].uses[0].user = Some("bo".to_owned());
        facts.is_silent(ID);
    }

    #[test]
    fn a_trigger_restarts_it() {
        let hash = || Used::FileHash { name: "token".to_owned() };
        let mut facts = read_at(ENVIRONMENT);
        facts.use_at("systemd.services.other.restartTriggers", hash());
        facts.finding(ID);
        facts.use_at("systemd.services.web.environment.HASH", hash());
        facts.finding(ID);
        for option in ["systemd.services.web.restartTriggers", "systemd.services.web.reloadTriggers"] {
            let mut facts = read_at(ENVIRONMENT);
            facts.use_at(option, hash());
            facts.is_silent(ID);
        }
        // The hash of another file stays as it is; of the same one it is the secret's own.
        for (file, is_found) in [("secrets/other.yaml", true), (FILE, false)] {
            let mut facts = read_at(ENVIRONMENT);
            facts.declare("other", file, "other");
            facts.use_at("systemd.services.web.restartTriggers", Used::FileHash { name: "other".to_owned() });
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_found), "{file}");
        }
        let mut unknown = read_at(ENVIRONMENT);
        unknown.declare("other", "secrets/other.yaml", "other").sops_file = Fact::Unknown;
        unknown.use_at("systemd.services.web.restartTriggers", Used::FileHash { name: "other".to_owned() });
        unknown.is_undecided(ID);
        // A trigger on the path never triggers, which is another rule's matter.
        let mut facts = read_at(ENVIRONMENT);
        facts.secret_at("systemd.services.web.restartTriggers", "token");
        facts.is_silent(ID);
        facts.finding("restart-trigger-on-path");
    }

    #[test]
    fn a_template_changes_with_each_of_its_secrets() {
        let facts = |restarting: [&[&str]; 2]| {
            let mut facts = Facts::new();
            facts.service("web", Fact::Known(false));
            for (name, restarting) in ["a", "b"].into_iter().zip(restarting) {
                let secret = facts.placed(name);
                (secret.restart_units, secret.reload_units) = (units(restarting), units(&[]));
            }
            let template = facts.template_of("web.env", &["a", "b"]);
            (template.restart_units, template.reload_units) = (units(&[]), units(&[]));
            let used = Used::TemplatePath { name: "web.env".to_owned() };
            facts.use_at("systemd.services.web.serviceConfig.EnvironmentFile", used);
            facts
        };
        facts([&["web.service"], &["web.service"]]).is_silent(ID);
        facts([&["web.service"], &[]]).finding(ID);
        let mut unknown = facts([&["web.service"], &[]]);
        unknown.sops().secrets.get_mut("b").unwrap().restart_units = Fact::Unknown;
        unknown.is_undecided(ID);
        // A trigger on a sealed file stands for the secrets of that file, and for no other.
        let hashed = |file: &str, names: &[&str]| {
            let mut facts = facts([&[], &[]]);
            let other = SopsFile { path: file.into(), kind: None };
            facts.sops().secrets.get_mut("b").unwrap().sops_file = Fact::Known(other);
            for name in names {
                let hash = Used::FileHash { name: (*name).to_owned() };
                facts.use_at("systemd.services.web.restartTriggers", hash);
            }
            facts
        };
        hashed(FILE, &["a"]).is_silent(ID);
        hashed("secrets/other.yaml", &["a"]).finding(ID);
        hashed("secrets/other.yaml", &["a", "b"]).is_silent(ID);
        // Its own list is enough.
        let mut own = facts([&[], &[]]);
        own.sops().templates.get_mut("web.env").unwrap().restart_units = units(&["web.service"]);
        own.is_silent(ID);
    }
}

mod hardcoded_secret_path {
    use super::*;
    const ID: &str = "hardcoded-secret-path";

    /// Line 30 of `web.nix`, where uses stand in these tests, has the path.
    fn written(path: &str, option: &str) -> Facts {
        let mut facts = Facts::new();
        facts.placed("token");
        let lines: String = (1..=40).map(|line| format!("{line:9}\n")).collect();
        let code = format!("{}\"{path}\";\n", &lines[..300]);
        let text = Text::new("web.nix".into(), code.clone());
        let place = text.place(300..code.len());
        facts.tree.texts.insert("web.nix".into(), text);
        facts.use_at(option, literal(path)).at = Spot(place);
        facts
    }

    const OPTION: &str = "services.web.tokenFile";

    #[test]
    fn the_path_of_a_declared_secret_one_that_is_near_and_none() {
        let finding = written("/run/secrets/token", OPTION).finding(ID);
        assert_eq!((finding.secret.as_deref(), finding.suggestion), (Some("token"), None));
        let finding = written("/run/secrets/tokne", OPTION).finding(ID);
        assert_eq!((finding.secret, finding.suggestion.as_deref()), (None, Some("token")));
        let finding = written("/run/secrets/mail", OPTION).finding(ID);
        assert_eq!((finding.secret, finding.suggestion), (None, None));
    }

    #[test]
    fn a_generation_is_removed_with_the_next() {
        let finding = written("/run/secrets.d/3/token", OPTION).finding(ID);
        assert_eq!(finding.secret.as_deref(), Some("token"));
        assert!(finding.message.contains("removes the old ones"), "{}", finding.message);
    }

    #[test]
    fn the_folders_themselves_are_no_secret() {
        for path in ["/run/secrets", "/run/secrets-for-users", "/run/agenix"] {
            written(path, OPTION).is_silent(ID);
        }
    }

    #[test]
    fn the_module_that_fills_the_folder_has_to_be_there() {
        let mut facts = written("/run/secrets/mail", OPTION);
        facts.manifest.hosts[0].sops = None;
        facts.is_silent(ID);
        let mut facts = written("/run/agenix/mail", OPTION);
        facts.is_silent(ID);
        facts.manifest.hosts[0].agenix = Some(Default::default());
        facts.finding(ID);
    }

    #[test]
    fn where_the_path_is_another_file_or_its_path_is_of_no_use() {
        for option in [
            "containers.app.config.services.x.tokenFile",
            "virtualisation.oci-containers.containers.app.volumes",
            "virtualisation.oci-containers.containers.app.environmentFiles",
            "virtualisation.arion.projects.x",
            "virtualisation.quadlet.containers.x",
            "sops.age.keyFile",
            "sops.gnupg.home",
            "age.identityPaths",
        ] {
            // Of the engine's options those two are the host's own paths.
            let is_host = option.ends_with("volumes") || option.ends_with("environmentFiles");
            let facts = written("/run/secrets/token", option);
            assert_eq!(facts.verdict(ID).findings.len(), usize::from(is_host), "{option}");
        }
        written("/run/secrets/token", "containers.app.bindMounts.x.hostPath").finding(ID);
        written("/run/secrets/token", "virtualisation.oci-containers.containers.app.environment.X").is_silent(ID);
    }

    #[test]
    fn a_folder_of_several_secrets_has_no_declaration() {
        let mut facts = written("/run/secrets/web", OPTION);
        facts.placed("web/token");
        facts.is_silent(ID);
    }

    #[test]
    fn within_a_text_only_what_is_installed_is_known() {
        let embedded = |path: &str| {
            let mut facts = written(path, OPTION);
            facts.manifest.hosts[0].uses[0].embedded = true;
            facts.verdict(ID).findings.len()
        };
        assert_eq!([embedded("/run/secrets/token"), embedded("/run/secrets/mail")], [1, 0]);
    }

    #[test]
    fn what_only_another_host_installs_runs_there() {
        let mut facts = written("/run/secrets/mail", OPTION);
        let other = Facts::new().placed("mail").clone();
        let sops = Sops { secrets: [("mail".to_owned(), other)].into(), ..Sops::default() };
        facts.manifest.hosts.push(Host { name: "mail".to_owned(), sops: Some(sops), ..Host::default() });
        facts.is_silent(ID);
    }

    #[test]
    fn what_is_read_from_another_file_takes_no_path() {
        let mut facts = written("/run/secrets/token", OPTION);
        let start = Position { line: 1, column: 1, byte: 0 };
        let end = Position { byte: 5, ..start };
        facts.manifest.hosts[0].uses[0].at = Spot(Place { path: "script.sh".into(), start, end });
        facts.is_silent(ID);
    }

    #[test]
    fn one_place_is_one_finding() {
        let mut facts = written("/run/secrets/token", OPTION);
        let again = Use { option: "services.other.tokenFile".to_owned(), ..facts.manifest.hosts[0].uses[0].clone() };
        facts.manifest.hosts[0].uses.push(again);
        facts.finding(ID);
    }
}

mod secret_in_plain_option {
    use super::*;
    const ID: &str = "secret-in-plain-option";

    #[test]
    fn one_literal_in_several_options_is_one_finding_and_is_masked() {
        let mut facts = Facts::new();
        let what = |name: &str| Used::PlainLiteral { length: 12, name: name.to_owned() };
        facts.use_at("services.web.password", what("password"));
        facts.use_at("services.db.password", what("password"));
        let finding = facts.finding(ID);
        assert!(finding.primary.masked);
        assert!(finding.message.starts_with("`services.web.password` is given"), "{}", finding.message);
        let mut facts = Facts::new();
        facts.use_at("systemd.services.web.serviceConfig.Environment", what("DB_PASSWORD"));
        assert!(facts.finding(ID).message.starts_with("`DB_PASSWORD` in `systemd.services.web"));
    }
}
