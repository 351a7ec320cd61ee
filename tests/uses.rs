//! How sure it is that a use counts.

use crate::support::small_flake::{host, manifest_of};

/// What nothing declares is missed only where the option is read. nixpkgs' modules and the repository's own
/// read theirs; whether a module that is not here does is not known.
#[test]
fn an_option_of_a_module_that_is_not_here_may_never_be_read() {
    let flake = r#"{
      outputs = { nixpkgs, sops-nix, other, ... }: {
        nixosConfigurations.web = nixpkgs.lib.nixosSystem {
          modules = [
            sops-nix.nixosModules.sops
            other.nixosModules.tunnel
            ({ config, lib, ... }: let inherit (config.sops.secrets.lost) path; in {
              options.own.file = lib.mkOption { };
              config = {
                environment.etc.a.text = path;
                own.file = path;
                services.tunnel = { enable = true; defaults.file = path; };
              };
            })
          ];
        };
      };
    }"#;
    let manifest = manifest_of(flake);
    let uses = manifest["hosts"][0]["uses"].as_array().unwrap().iter();
    let said: Vec<_> =
        uses.map(|used| [&used["option"], &used["certainty"]].map(|field| field.as_str().unwrap())).collect();
    assert_eq!(
        said,
        [["environment.etc.a.text", "certain"], ["own.file", "certain"], ["services.tunnel.defaults.file", "assumed"]]
    );
}

/// The module of a service that is off does not read its options (`mkIf cfg.enable`), so that what nothing
/// declares is not missed there; one that nobody turns on here may be on.
#[test]
fn what_is_off_misses_nothing() {
    let host = host(
        r#"{ config, lib, ... }: {
          options.my.tunnel = { enable = lib.mkEnableOption "it"; file = lib.mkOption { }; };
          config = {
            my.tunnel = { enable = false; file = config.sops.secrets.a.path; };
            services.gitea = { enable = false; database.passwordFile = config.sops.secrets.b.path; };
            services.vaultwarden.environmentFile = config.sops.secrets.c.path;
            services.traefik = { enable = true; environmentFiles = [ config.sops.secrets.d.path ]; };
          };
        }"#,
    );
    let uses = host["uses"].as_array().unwrap().iter();
    let said: Vec<_> =
        uses.map(|used| [&used["name"], &used["certainty"]].map(|field| field.as_str().unwrap())).collect();
    assert_eq!(said, [["c", "assumed"], ["d", "certain"]]);
}

/// home-manager's library writes the `data` of an entry; the use is where the repository writes the entry.
#[test]
fn a_use_stands_in_the_repository_where_a_library_made_the_set_around_it() {
    let host = host(
        r#"{ config, ... }: {
          sops.secrets.token = { };
          home-manager.users.ada = { lib, ... }: {
            home.activation.login = lib.hm.dag.entryAfter [ ] "login $(cat ${config.sops.secrets.token.path})";
          };
        }"#,
    );
    let used = &host["uses"][0];
    assert_eq!(used["name"], "token");
    assert_eq!(used["at"]["file"], "flake.nix");
}

/// systemd's `Environment` holds assignments: what follows `NAME=` is the whole value of a variable, and a literal
/// there is given to it.
#[test]
fn an_assignment_in_environment_is_the_value_of_its_variable() {
    let host = host(
        r#"{ config, ... }: {
          sops.secrets.token = { };
          systemd.services.web.serviceConfig.Environment = [
            "TOKEN_FILE=${config.sops.secrets.token.path}"
            "ARGUMENTS=--token-file=${config.sops.secrets.token.path}"
            "TOKEN=$(cat ${config.sops.secrets.token.path})"
          ];
          systemd.services.db.serviceConfig.Environment = "A=1 B_FILE=/run/secrets/db \"C=/run/secrets/c\"";
          systemd.services.app.serviceConfig.Environment = [ "DB_PASSWORD=correct-horse" "DB_PASSWORD_FILE=hunter2-x" ];
          systemd.services.no.serviceConfig.ExecStart = "DB_PASSWORD=correct-horse";
        }"#,
    );
    let uses = host["uses"].as_array().unwrap().iter();
    let mut said: Vec<String> = uses
        .map(|used| {
            let what = ["path", "name"].iter().find_map(|field| used[field].as_str()).unwrap();
            let flags = ["embedded", "substituted"].map(|flag| if used[flag] == true { flag } else { "" });
            format!("{what} {} {} {}", used["variable"].as_str().unwrap_or("-"), flags[0], flags[1])
        })
        .collect();
    said.sort();
    assert_eq!(
        said,
        [
            "/run/secrets/c C  ",
            "/run/secrets/db B_FILE  ",
            "DB_PASSWORD -  ",
            "token - embedded ",
            "token - embedded substituted",
            "token TOKEN_FILE  ",
        ]
    );
}
