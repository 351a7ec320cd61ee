//! Whose is it, and who reads it? What a host has is all known here, as Nix gives it.

use super::*;
use sealnix::manifest::{Definition, Group, Read, Template, Unit, User};

/// A host with the users `web` and `db`, of groups of their names, and a secret of the first.
fn facts() -> Facts {
    let mut facts = Facts::new();
    let host = &mut facts.manifest.hosts[0];
    for name in ["root", "web", "db"] {
        let group = Fact::Known(Some(name.to_owned()));
        host.users.insert(name.to_owned(), User { group, ..User::default() });
    }
    for name in ["root", "web", "db", "secrets"] {
        host.groups.insert(name.to_owned(), Group { members: Fact::Known(Vec::new()), ..Group::default() });
    }
    facts.own(Some("web"), Some("web"), "0400");
    facts
}

impl Facts {
    fn own(&mut self, owner: Option<&str>, group: Option<&str>, mode: &str) -> &mut Secret {
        let secret = self.declare("token", FILE, "token");
        secret.owner = Fact::Known(owner.map(str::to_owned));
        secret.group = Fact::Known(group.map(str::to_owned));
        secret.mode = Fact::Known(mode.to_owned());
        secret.needed_for_users = Fact::Known(false);
        secret.restart_units = Fact::Known(Vec::new());
        secret.reload_units = Fact::Known(Vec::new());
        secret
    }

    /// Fields that a definition of the secret says.
    fn said(&mut self, fields: &[&str]) {
        let fields = fields.iter().map(|field| ((*field).to_owned(), None)).collect();
        let definition = Definition { file: "web.nix".to_owned(), fields, ..Definition::default() };
        let sops = self.manifest.hosts[0].sops.as_mut().unwrap();
        sops.secrets.get_mut("token").unwrap().definitions = vec![definition];
    }

    fn unit(&mut self, name: &str, user: Option<&str>, option: &str) -> &mut Unit {
        let what = Used::SecretPath { name: "token".to_owned() };
        let unit = Unit {
            user: Fact::Known(user.map(str::to_owned)),
            group: Fact::Known(None),
            supplementary_groups: Fact::Known(Vec::new()),
            dynamic_user: Fact::Known(false),
            reads_all: Fact::Known(false),
            runs_once: Fact::Unknown,
            reads: vec![Read { what, option: option.to_owned(), as_root: false }],
        };
        let units = &mut self.manifest.hosts[0].units;
        units.insert(name.to_owned(), unit);
        units.get_mut(name).unwrap()
    }
}

mod owner_unknown {
    use super::*;
    const ID: &str = "owner-unknown";

    #[test]
    fn a_user_that_is_not_there_breaks_the_build_or_the_activation() {
        let mut facts = facts();
        facts.is_silent(ID);
        facts.own(Some("wbe"), None, "0400").group = Fact::Unknown;
        let finding = facts.finding(ID);
        assert_eq!((finding.level, finding.suggestion.as_deref()), (Level::Error, Some("web")));
        assert!(finding.message.contains("does not build"), "{finding:?}");
        // The group is said, so Nix does not ask for that of the owner.
        facts.own(Some("wbe"), Some("web"), "0400");
        facts.said(&["owner", "group"]);
        assert!(facts.finding(ID).message.contains("failed to lookup user"));
    }

    #[test]
    fn groups_and_templates_too() {
        let mut facts = facts();
        facts.own(Some("web"), Some("secrts"), "0400");
        assert_eq!(facts.finding(ID).suggestion.as_deref(), Some("secrets"));
        facts.own(None, None, "0400");
        facts.is_silent(ID);
        let template =
            Template { owner: Fact::Known(Some("dbb".to_owned())), group: Fact::Known(None), ..Template::default() };
        facts.manifest.hosts[0].sops.as_mut().unwrap().templates.insert("db.env".to_owned(), template);
        assert!(facts.finding(ID).message.starts_with("Template `db.env`"));
    }

    /// sops-nix looks up what the system calls an account; only the group's default goes by the attribute.
    #[test]
    fn an_account_may_be_called_otherwise_than_its_attribute() {
        let mut facts = facts();
        let host = &mut facts.manifest.hosts[0];
        let [user, group] = ["alice", "people"].map(|name| Some(name.to_owned()));
        host.users
            .insert("mainUser".to_owned(), User { name: user, group: Fact::Known(group.clone()), ..User::default() });
        host.groups.insert("folk".to_owned(), Group { name: group, members: Fact::Known(Vec::new()) });
        facts.own(Some("alice"), Some("people"), "0400");
        facts.said(&["owner", "group"]);
        facts.is_silent(ID);
        facts.unit("app", Some("alice"), "script");
        facts.is_silent("unit-cannot-read-secret");
        facts.own(Some("mainUser"), Some("people"), "0400");
        assert!(facts.finding(ID).message.contains("failed to lookup user"));
        // Neither is it there for the default of the group.
        facts.own(Some("alice"), None, "0400").group = Fact::Unknown;
        facts.said(&["owner"]);
        assert!(facts.finding(ID).message.contains("`users.users.alice` by default, which is missing"));
    }

    #[test]
    fn a_number_is_no_name() {
        let mut facts = facts();
        facts.own(Some("1000"), Some("web"), "0400");
        assert!(facts.finding(ID).help.unwrap().contains("`uid = 1000;`"));
    }

    #[test]
    fn a_dynamic_user_is_not_there_yet() {
        let mut facts = facts();
        facts.own(Some("probe"), Some("web"), "0400");
        facts.unit("probe", None, "environment.X").dynamic_user = Fact::Known(true);
        assert!(facts.finding(ID).help.unwrap().contains("`LoadCredential`"));
    }

    #[test]
    fn what_is_installed_before_users_exist_is_not_looked_up() {
        let mut facts = facts();
        facts.own(Some("wbe"), Some("web"), "0400").needed_for_users = Fact::Known(true);
        facts.is_silent(ID);
    }

    /// Statically nixpkgs' users are not known, and macOS' never.
    #[test]
    fn it_knows_nothing_where_users_may_be_missing() {
        let mut facts = facts();
        facts.own(Some("wbe"), Some("web"), "0400");
        facts.manifest.hosts[0].kind = HostKind::Darwin;
        facts.is_silent(ID);
        facts.manifest.hosts[0].kind = HostKind::Nixos;
        facts.manifest.hosts[0].complete.users = Complete::No("x".to_owned());
        facts.is_silent(ID);
    }

    #[test]
    fn an_owner_that_is_not_known_is_said() {
        let mut facts = facts();
        facts.own(None, None, "0400").owner = Fact::Unknown;
        facts.is_undecided(ID);
    }
}

mod unit_cannot_read_secret {
    use super::*;
    const ID: &str = "unit-cannot-read-secret";

    /// Who may read a file of `web:secrets`, by its mode, as POSIX has it: the first class that fits decides.
    #[test]
    fn owner_then_group_then_others() {
        for (mode, user, is_member, may) in [
            ("0400", "web", false, true),
            ("0400", "db", false, false),
            ("0440", "db", true, true),
            ("0440", "db", false, false),
            ("0444", "db", false, true),
            ("0404", "db", true, false),
            ("0040", "web", true, false),
            ("0400", "root", false, true),
        ] {
            let mut facts = facts();
            facts.own(Some("web"), Some("secrets"), mode);
            if is_member {
                facts.manifest.hosts[0].groups.get_mut("secrets").unwrap().members = Fact::Known(vec![user.to_owned()]);
            }
            facts.unit("app", Some(user), "environment.TOKEN_FILE");
            match may {
                true => facts.is_silent(ID),
                false => assert_eq!(facts.finding(ID).level, Level::Warning, "{mode} {user}"),
            }
        }
    }

    #[test]
    fn a_unit_has_the_groups_that_it_is_given_and_those_of_its_user() {
        let mut facts = facts();
        facts.own(None, Some("db"), "0440");
        facts.unit("app", Some("db"), "script");
        facts.is_silent(ID);
        facts.unit("app", Some("web"), "script");
        facts.finding(ID);
        facts.unit("app", Some("web"), "script").group = Fact::Known(Some("db".to_owned()));
        facts.is_silent(ID);
        facts.unit("app", Some("web"), "script").supplementary_groups = Fact::Known(vec!["db".to_owned()]);
        facts.is_silent(ID);
        // `Group` takes the place of the user's own (systemd.exec(5)).
        facts.unit("app", Some("db"), "script").group = Fact::Known(Some("secrets".to_owned()));
        facts.finding(ID);
        // Which group has a number is not known.
        facts.unit("app", Some("web"), "script").group = Fact::Known(Some("990".to_owned()));
        facts.is_undecided(ID);
    }

    /// capabilities(7): CAP_DAC_READ_SEARCH bypasses the permission checks for reading.
    #[test]
    fn a_capability_may_read_all() {
        let mut facts = facts();
        facts.unit("backup", Some("db"), "environment.RESTIC_PASSWORD_FILE").reads_all = Fact::Known(true);
        facts.is_silent(ID);
        facts.unit("backup", Some("db"), "environment.RESTIC_PASSWORD_FILE").reads_all = Fact::Unknown;
        facts.is_undecided(ID);
    }

    #[test]
    fn systemd_reads_as_root_for_the_unit() {
        for option in ["EnvironmentFile", "LoadCredential", "LoadCredentialEncrypted"] {
            let mut facts = facts();
            facts.unit("app", Some("db"), &format!("serviceConfig.{option}"));
            facts.is_silent(ID);
        }
        let mut facts = facts();
        facts.unit("app", Some("db"), "serviceConfig.ExecStartPre").reads[0].as_root = true;
        facts.is_silent(ID);
        facts.unit("app", Some("db"), "serviceConfig.ExecStart");
        facts.finding(ID);
        // Without a user it is root's.
        facts.unit("app", None, "serviceConfig.ExecStart");
        facts.is_silent(ID);
    }

    #[test]
    fn a_dynamic_user_owns_nothing() {
        let mut facts = facts();
        facts.unit("app", None, "environment.TOKEN_FILE").dynamic_user = Fact::Known(true);
        let finding = facts.finding(ID);
        assert!(finding.help.unwrap().contains("`LoadCredential`"));
        facts.own(None, Some("secrets"), "0440");
        let unit = facts.unit("app", None, "environment.TOKEN_FILE");
        unit.dynamic_user = Fact::Known(true);
        unit.supplementary_groups = Fact::Known(vec!["secrets".to_owned()]);
        facts.is_silent(ID);
    }

    #[test]
    fn what_is_installed_before_users_exist_is_root_s() {
        let mut facts = facts();
        facts.own(Some("web"), Some("web"), "0400").needed_for_users = Fact::Known(true);
        facts.unit("app", Some("web"), "script");
        facts.finding(ID);
    }

    #[test]
    fn a_fact_that_is_missing_is_said() {
        let is_undecided = |change: &dyn Fn(&mut Facts)| {
            let mut facts = facts();
            facts.own(None, None, "0440");
            facts.unit("app", Some("web"), "script");
            change(&mut facts);
            facts.is_undecided(ID);
        };
        is_undecided(&|facts| facts.unit("app", None, "script").user = Fact::Unknown);
        is_undecided(&|facts| {
            facts.unit("app", Some("%i"), "script");
        });
        is_undecided(&|facts| facts.own(None, None, "0440").mode = Fact::Unknown);
        // A number that is not known owns it.
        is_undecided(&|facts| facts.said(&["uid"]));
        is_undecided(&|facts| facts.own(None, None, "0440").gid = Fact::Known(Some(990)));
        is_undecided(&|facts| facts.manifest.hosts[0].complete.users = Complete::No("x".to_owned()));
        is_undecided(&|facts| facts.manifest.hosts[0].users.get_mut("web").unwrap().group = Fact::Unknown);
    }

    #[test]
    fn what_a_unit_reads_may_not_be_known() {
        let mut facts = facts();
        facts.unit("app", Some("web"), "script").reads.clear();
        let field = "units.app.reads".to_owned();
        facts.manifest.hosts[0].unknowns.push(sealnix::manifest::Unknown { field, ..Default::default() });
        facts.is_undecided(ID);
    }

    #[test]
    fn the_place_is_where_the_unit_names_the_file() {
        let mut facts = facts();
        facts.unit("app", Some("db"), "environment.TOKEN_FILE");
        let place = at("app.nix", 4);
        facts.manifest.hosts[0].uses.push(Use {
            what: Used::SecretPath { name: "token".to_owned() },
            user: None,
            option: "systemd.services.app.environment.TOKEN_FILE".to_owned(),
            at: Spot(place.clone()),
            embedded: false,
            substituted: false,
            variable: None,
            through: None,
            certainty: Certainty::Certain,
        });
        assert_eq!(facts.finding(ID).primary.place, place);
    }
}

mod restart_unit_unknown {
    use super::*;
    const ID: &str = "restart-unit-unknown";

    fn restarting(units: &[&str]) -> Facts {
        let mut facts = facts();
        for unit in ["postgresql", "backup@", "mail.timer", "Mail"] {
            facts.manifest.hosts[0].units.insert(unit.to_owned(), Unit::default());
        }
        let units = units.iter().map(|&unit| unit.to_owned()).collect();
        facts.own(None, None, "0400").restart_units = Fact::Known(units);
        facts
    }

    #[test]
    fn units_that_are_there() {
        restarting(&["postgresql.service", "backup@home.service", "mail.timer", "Mail.service"]).is_silent(ID);
    }

    #[test]
    fn units_that_are_not_there() {
        for (unit, meant) in [
            ("postgres.service", Some("postgresql.service")),
            ("bakup@.service", Some("backup@.service")),
            // Without its ending it is no name of a unit, be there one or not.
            ("postgresql", Some("postgresql.service")),
            ("gitea", None),
        ] {
            let finding = restarting(&[unit]).finding(ID);
            assert_eq!((finding.level, finding.suggestion.as_deref()), (Level::Warning, meant), "{unit}");
        }
        let mut facts = restarting(&[]);
        facts.own(None, None, "0400").reload_units = Fact::Known(vec!["postgres.service".to_owned()]);
        assert!(facts.finding(ID).message.contains("keeps the old value"));
    }

    #[test]
    fn templates_too() {
        let mut facts = restarting(&[]);
        let template = Template {
            restart_units: Fact::Known(vec!["postgres.service".to_owned()]),
            reload_units: Fact::Known(Vec::new()),
            ..Template::default()
        };
        facts.manifest.hosts[0].sops.as_mut().unwrap().templates.insert("git.env".to_owned(), template);
        assert!(facts.finding(ID).message.contains("template `git.env`"));
    }

    #[test]
    fn units_that_something_else_may_bring() {
        for unit in [
            "systemd-resolved.service",
            "getty@tty1.service",
            "srv-data.mount",
            "fwupd-refresh.timer",
            "ModemManager.service",
            // Of the packages mdadm and nfs-utils; of the generator of podman.
            "mdmonitor.service",
            "nfsdcld.service",
            "quad.service",
            "ldconfig.service",
        ] {
            restarting(&[unit]).is_undecided(ID);
        }
    }

    #[test]
    fn it_knows_nothing_where_units_may_be_missing() {
        let mut facts = restarting(&["gitea.service"]);
        facts.manifest.hosts[0].complete.units = Complete::No("x".to_owned());
        facts.is_silent(ID);
    }
}
