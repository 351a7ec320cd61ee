//! Hosts of flakes whose outputs a library makes, and of repositories without a flake: one fixture a
//! library or kind of entry file. What each host declares was
//! worked out from the library's documentation; where a test says so, real Nix and the library itself
//! gave it.

use std::fs;

use serde_json::Value;

use crate::support::declared::{declared, declared_in, written};
use crate::support::scratch::{Scratch, fixtures};

/// haumea loads hosts, hidden modules and text files; real Nix with haumea itself gives the same
/// secrets. `mapAttrs'` puts a name where its `value` is written.
#[test]
fn haumea_loads_folders() {
    let expected = "\
nixos mail
  common common hosts/__common.nix:4
  mail/ann admin-password hosts/mail.nix:17
  mail/bob guest-password hosts/mail.nix:17
  team-list team-list hosts/mail.nix:20
nixos web
  tls/key certificate-key hosts/_profiles/proxy.nix:3
";
    assert_eq!(declared("haumea"), expected);
}

/// flake-utils-plus: every host gets what `hostDefaults` says, its name and domain from its
/// attribute, `extraArgs` and `specialArgs`; another `output` has its own builder.
#[test]
fn flake_utils_plus_makes_hosts_from_channels() {
    let expected = "\
nixos mail
  common site/mail modules/common.nix:5
  relay unstable hosts/mail.nix:10
nixos org.example.web
  common site/web modules/common.nix:5
  example.org front-aarch64-linux hosts/web.nix:8
home ann
  token token hosts/ann.nix:5
";
    assert_eq!(declared("flake-utils-plus"), expected);
}

/// nixos-unified: a file below `configurations/` is a host, one below `modules/` a module; modules get
/// `flake`, with what flake-parts' options say.
#[test]
fn nixos_unified_wires_files() {
    let expected = "\
nixos mail
  common site/common modules/nixos/common.nix:5
nixos spare
  spare spare modules/flake/site.nix:10
nixos web
  common site/common modules/nixos/common.nix:5
  root@web root@web configurations/nixos/web.nix:9
  ann: token token modules/home/token.nix:5
darwin laptop
  laptop x86_64-darwin configurations/darwin/laptop.nix:6
home ann
  token token modules/home/token.nix:5
";
    assert_eq!(declared("nixos-unified"), expected);
}

/// globset: what is hidden, or the configuration of a user's program, is no module.
#[test]
fn globset_chooses_modules() {
    let expected = "\
nixos web
  ann ann modules/users/ann/default.nix:1
  dns dns modules/net/dns.nix:1
  top top modules/top.nix:1
";
    assert_eq!(declared("globset"), expected);
}

/// adios-flake: `flake` makes hosts, with the packages of a system at hand.
#[test]
fn adios_flake_leaves_hosts_to_flake() {
    let expected = "\
nixos web
  token x86_64-linux flake.nix:39
";
    assert_eq!(declared("adios-flake"), expected);
}

/// colmena: a node is its own module, the hive's `defaults` and `deployment`; it gets `name`, `nodes`
/// and the hive's arguments, and its system from its package set. A node that is among
/// nixosConfigurations too is said once, there.
#[test]
fn colmena_makes_nodes() {
    let expected = "\
nixos desk
  desk desk flake.nix:20
nixos mail
  agent mail.example.org root flake.nix:46
  key /run/keys/bootstrap mail.nix:8
  mail/token south/x86_64-linux flake.nix:45
  tags mail mail.nix:9
nixos web
  agent web deploy flake.nix:46
  peer mail flake.nix:53
  web/token north/aarch64-linux flake.nix:45
";
    assert_eq!(declared("colmena"), expected);
}

/// A hive without a flake: what npins fetches is known by name, and Nix sees files that git does not track.
#[test]
fn a_hive_without_a_flake() {
    let expected = "\
nixos mail
  mail mail hive.nix:12
  shared shared hive.nix:21
nixos web
  certificate certificate web.nix:1
  web web hive.nix:12
";
    let repository = Scratch::copy_of(&fixtures().join("wirings/hive"), &[], &["web.nix"]);
    assert_eq!(declared_in(&repository), expected);
    let manifest = repository.sealnix(&["manifest"]).json().unwrap();
    let [mail, web] = [0, 1].map(|index| &manifest["hosts"][index]);
    assert_eq!([&mail["attr"], &web["attr"]], ["mail", "web"]);
    assert_eq!(mail["sops"]["secrets"]["shared"]["sopsFile"]["path"], "input:own-modules/shared.yaml");
    // A module of the owner's other repository may declare anything; those of sops-nix do not.
    assert_eq!(mail["complete"]["secrets"], "the flake input own-modules is not here");
    assert_eq!(web["complete"]["secrets"], true);
}

/// `default.nix`: configurations at any depth, made by `nixos`, `eval-config.nix` and `pkgs.nixos` of
/// the nixpkgs that niv pins. A host is named by its attribute.
#[test]
fn configurations_without_a_flake() {
    let expected = "\
nixos desk
  desk desk default.nix:34
nixos mail
  ann aarch64-linux hosts/mail.nix:4
nixos web
  certificate web/certificate hosts/web.nix:7
  token web/token hosts/web.nix:7
";
    assert_eq!(declared("without-flake"), expected);
}

/// `default.nix` that gives only what is built of configurations: by `import <nixpkgs/nixos>`, `eval-config.nix`
/// and `pkgs.nixos`, at any depth. Two builds of one configuration are one host, called by its host name.
#[test]
fn configurations_behind_what_is_built() {
    let expected = "\
nixos desk
  desk desk default.nix:8
nixos mail
  mail mail default.nix:8
nixos web
  web web default.nix:8
";
    assert_eq!(declared("toplevel"), expected);
    let alone = "(import <nixpkgs/nixos> { configuration = { imports = [ <sops-nix/modules/sops> ]; \
                 sops.secrets.own = { }; }; }).config.system.build.toplevel";
    let manifest = written("default.nix", alone).sealnix(&["manifest"]).json().expect("a manifest");
    assert_eq!(manifest["hosts"][0]["name"], "nixos");
    assert_eq!(manifest["hosts"][0]["sops"]["secrets"]["own"]["key"], "own");
}

/// deploy-rs: a node is a host where no output holds its configuration, by its own name or another; so is
/// a profile made from a home. Nodes of a hive are hosts beside them.
#[test]
fn deploy_rs_nodes_are_hosts_once() {
    let expected = "\
nixos backup
  backup backup flake.nix:25
nixos mail-server
  mail mail flake.nix:25
nixos relay
  relay relay flake.nix:70
nixos spare
  spare spare flake.nix:25
nixos web
  web web flake.nix:25
home ann
  ann ann flake.nix:35
home bob@spare
  bob bob flake.nix:35
";
    assert_eq!(declared("deploy-rs"), expected);
}

/// `configuration.nix` alone is one host, named by `networking.hostName`, whose default is "nixos".
#[test]
fn a_configuration_alone() {
    let expected = "\
nixos nixos
  disk disk hardware-configuration.nix:4
  wifi wifi configuration.nix:11
  ann: mail mail configuration.nix:17
";
    assert_eq!(declared("alone"), expected);
}

/// The one flake of a repository in a folder below: paths are those of the repository.
#[test]
fn a_flake_below() {
    assert_eq!(declared("below"), "nixos web\n  token token nix/flake.nix:11\n");
}

/// What is declared in a system within a host is not the host's, and is said: the container, the
/// guest, and the specialisation whose secrets hang on what the host sets.
#[test]
fn systems_within_a_host() {
    assert_eq!(declared("nested"), "nixos web\n  web web web.nix:3\n");
    let repository = Scratch::copy_of(&fixtures().join("wirings/nested"), &[], &[]);
    let manifest = repository.sealnix(&["manifest"]).json().unwrap();
    let unknowns = manifest["hosts"][0]["unknowns"].as_array().unwrap().iter();
    let said: Vec<_> = unknowns
        .map(|unknown| {
            let what = unknown["why"].as_str().unwrap().split(" declares sops secrets of its own").next().unwrap();
            format!("{what} {}:{}", unknown["place"]["file"].as_str().unwrap(), unknown["place"]["line"])
        })
        .collect();
    assert_eq!(
        said,
        ["container `db` flake.nix:13", "specialisation `travel` web.nix:8", "microvm guest `guest` flake.nix:17"]
    );
}

/// Where nothing makes a host, that is said with what to do, and is never clean.
#[test]
fn no_host_at_all() {
    let repository = Scratch::copy_of(&fixtures().join("wirings/without-flake"), &["default.nix"], &[]);
    std::fs::write(repository.path().join("default.nix"), "{ tools = import ./nix/sources.nix; }").unwrap();
    let run = repository.sealnix(&["check"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stdout.contains("default.nix: no configuration is in it\n"), "{}", run.stdout);
    assert!(run.stdout.contains("no host was found, so no secret was checked: name the file"), "{}", run.stdout);
}

/// snowfall-lib: folders are hosts, users and modules; a home without a host is on every host of its
/// system; the system of an image is no host.
#[test]
fn snowfall_lib_reads_folders() {
    let expected = "\
nixos mail
  common site/mail nix/modules/nixos/common/default.nix:9
  relay relay nix/systems/x86_64-linux/mail/default.nix:3
  bob: token /data/bob nix/modules/home/token/default.nix:4
nixos web
  common site/web nix/modules/nixos/common/default.nix:9
  dns dns nix/modules/nixos/services/dns/default.nix:9
  ann: mine site/mine nix/homes/x86_64-linux/ann@web/default.nix:7
  ann: token /home/ann nix/modules/home/token/default.nix:4
  bob: token /home/bob nix/modules/home/token/default.nix:4
darwin laptop
  laptop site/aarch64-darwin nix/systems/aarch64-darwin/laptop/default.nix:4
home ann@web
  mine site/mine nix/homes/x86_64-linux/ann@web/default.nix:7
  token /home/ann nix/modules/home/token/default.nix:4
home bob
  token /home/bob nix/modules/home/token/default.nix:4
";
    assert_eq!(declared("snowfall-lib"), expected);
}

/// tack's pins are flakes by name; one that is patched, and called as Nix calls flakes, offers what it did.
#[test]
fn tack_pins_flakes() {
    assert_eq!(declared("tack"), "nixos web\n  token token web.nix:1\n");
}

/// easy-hosts: hosts that folders name and hosts that options name, with what their class and tags
/// say; real Nix with easy-hosts itself gives the same.
#[test]
fn easy_hosts_makes_hosts_of_classes_and_tags() {
    let expected = "\
nixos owl
  class/wsl class/wsl flake.nix:29
  north/owl north/owl modules/common.nix:10
  owl aarch64-linux hosts/aarch64-wsl/owl/default.nix:1
nixos wren
  class/nixos class/nixos flake.nix:29
  north/wren north/wren modules/common.nix:10
  tag/laptop tag/laptop flake.nix:32
  wren wren hosts/x86_64-nixos/wren/default.nix:1
darwin mac
  class/darwin class/darwin flake.nix:29
  mac mac extra/mac.nix:1
  south/mac south/mac modules/common.nix:10
";
    assert_eq!(declared("easy-hosts"), expected);
}

/// lite-config: every host has the module of its folder, or its own, and those of all; real Nix with
/// lite-config itself gives the same.
#[test]
fn lite_config_makes_hosts_of_folders() {
    let expected = "\
nixos wren
  host/wren host/wren modules/common.nix:4
  wren wren hosts/wren/default.nix:1
darwin mac
  host/mac host/mac modules/common.nix:4
  mac mac modules/mac.nix:1
";
    assert_eq!(declared("lite-config"), expected);
}

/// nixos-raspberrypi: a NixOS system of the one platform that it documents.
#[test]
fn nixos_raspberrypi_makes_systems_for_the_board() {
    let expected = "\
nixos board
  board aarch64-linux flake.nix:19
";
    assert_eq!(declared("nixos-raspberrypi"), expected);
}

/// clan: machines are written in the flake, described in the inventory or folders; each is incomplete,
/// since clan's own modules declare what it generates.
#[test]
fn clan_makes_machines() {
    let expected = "\
nixos mail
  disk disk/mail machines/mail/disko.nix:2
  relay relay machines/mail/configuration.nix:2
nixos web
  acme/example.org acme/example.org flake.nix:23
  host hosts/web machines/web/configuration.nix:4
  proxy proxy modules/proxy.nix:2
darwin laptop
  tap tap flake.nix:25
";
    let scratch = Scratch::copy_of(&fixtures().join("wirings/clan-core"), &[], &[]);
    assert_eq!(declared_in(&scratch), expected);
    let manifest = scratch.sealnix(&["manifest"]).json().expect("a manifest");
    for host in manifest["hosts"].as_array().unwrap() {
        assert_eq!(host["complete"]["secrets"], "the flake input clan-core is not here");
    }
    let relay = &manifest["hosts"][0]["sops"]["secrets"]["relay"];
    assert_eq!(relay["sopsFile"], Value::Null, "a module of clan may set sops.defaultSopsFile");
}

/// The same through clan's flake-parts module; other modules of the flake make hosts beside it.
#[test]
fn clan_makes_machines_in_flake_parts() {
    let scratch = Scratch::copy_of(&fixtures().join("wirings/clan-core"), &["flake.nix"], &[]);
    let flake = r#"{
  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
  inputs.flake-parts.url = "github:hercules-ci/flake-parts";
  inputs.clan-core.url = "git+https://git.clan.lol/clan/clan-core";
  outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } {
    systems = [ ];
    imports = [ inputs.clan-core.flakeModules.default { clan.machines.web.sops.secrets.more = { }; } ];
    clan.meta.name = "site";
    clan.machines.web.imports = [ ./modules/proxy.nix ];
    flake.nixosConfigurations.own = inputs.nixpkgs.lib.nixosSystem { modules = [ ]; };
  };
}"#;
    fs::write(scratch.path().join("flake.nix"), flake).unwrap();
    scratch.git(&["add", "flake.nix"]);
    let expected = "\
nixos mail
  disk disk/mail machines/mail/disko.nix:2
  relay relay machines/mail/configuration.nix:2
nixos own
nixos web
  host hosts/web machines/web/configuration.nix:4
  more more flake.nix:7
  proxy proxy modules/proxy.nix:2
";
    assert_eq!(declared_in(&scratch), expected);
}

/// Where hosts may be that cannot be seen, that is said, and never that there is none.
#[test]
fn hosts_that_may_be_there_are_said() {
    let table = [
        // An output that is there and fails.
        ("flake.nix", "{ outputs = _: { colmenaHive = { }.hive; }; }", "colmenaHive: attribute 'hive' missing"),
        // No module that can be read makes a host.
        (
            "flake.nix",
            r#"{
              inputs.flake-parts.url = "github:hercules-ci/flake-parts";
              inputs.other.url = "github:a/b";
              outputs = inputs: inputs.flake-parts.lib.mkFlake { inherit inputs; } {
                systems = [ ];
                imports = [ inputs.other.flakeModule ];
              };
            }"#,
            "nixosConfigurations: the flake input other is not here",
        ),
        // A set within the file's set.
        (
            "default.nix",
            "{ more = { web = import <nixpkgs/nixos> { configuration = { }; }; } // (import <private>).hosts; }",
            "more may hold more: the flake input private is not here",
        ),
    ];
    for (entry, text, why) in table {
        let manifest = written(entry, text).sealnix(&["manifest"]).json().expect("a manifest");
        let said = manifest["unknowns"][0]["why"].as_str().unwrap_or_default();
        assert!(said.starts_with(why), "{text}: {said}");
    }
}

/// A home within a host may import what the host's configuration says, by either name; the name of the
/// system is that of the host unless it is set.
#[test]
fn a_home_imports_what_its_host_says() {
    let flake = r#"{
      outputs = { nixpkgs, sops-nix, home-manager, ... }: {
        nixosConfigurations.web = nixpkgs.lib.nixosSystem {
          modules = [
            home-manager.nixosModules.home-manager
            {
              networking.hostName = "www";
              home-manager.users.ann = { lib, nixosConfig, osConfig, osClass, _class, ... }: {
                imports = lib.optional (nixosConfig.networking.hostName == "www") sops-nix.homeManagerModules.sops;
                sops.secrets.token.key = "${osConfig.system.name}/${osClass}/${_class}";
              };
            }
          ];
        };
      };
    }"#;
    let expected = "\
nixos web
  ann: token www/nixos/homeManager flake.nix:10
";
    assert_eq!(declared_in(&written("flake.nix", flake)), expected);
}

/// A module may be called anything; one that is not called `.nix` was not read.
#[test]
fn a_module_of_another_name_is_not_read() {
    let flake = "{ outputs = { nixpkgs, ... }: { nixosConfigurations.web = nixpkgs.lib.nixosSystem { \
                 modules = [ ./web.conf ]; }; }; }";
    let scratch = written("flake.nix", flake);
    fs::write(scratch.path().join("web.conf"), "{ sops.secrets.token = { }; }").unwrap();
    scratch.git(&["add", "web.conf"]);
    let manifest = scratch.sealnix(&["manifest"]).json().expect("a manifest");
    assert_eq!(manifest["hosts"][0]["complete"]["secrets"], "web.conf was not looked at");
}

/// A module that is kept among the homes is none.
#[test]
fn a_module_among_the_homes_is_no_host() {
    let scratch = written("flake.nix", "{ outputs = _: { homeConfigurations.ann = { pkgs, ... }: { }; }; }");
    assert_eq!(declared_in(&scratch), "");
}

/// A `default.nix` beside a flake takes arguments for a package; alone it would be read as a module.
#[test]
fn a_package_beside_a_flake_is_no_host() {
    let scratch = written("flake.nix", "{ outputs = _: { packages = { }; }; }");
    fs::write(scratch.path().join("default.nix"), "{ stdenv, ... }: stdenv.mkDerivation { }").unwrap();
    scratch.git(&["add", "default.nix"]);
    assert_eq!(declared_in(&scratch), "");
}

/// What follows a private input, or one of its inputs, may be as private; nor does a name make a private
/// repository a public one.
#[test]
fn what_follows_a_private_input_may_declare_anything() {
    let flake = r#"{
      inputs.nixpkgs.url = "github:NixOS/nixpkgs";
      inputs.den.url = "git+ssh://git@example.org/ours/den";
      inputs.nested.follows = "den/nested";
      inputs.public.url = "github:a/b";
      inputs.same.follows = "den";
      inputs.shown.follows = "public/shown";
      outputs = inputs: {
        nixosConfigurations = builtins.mapAttrs (name: _: inputs.nixpkgs.lib.nixosSystem {
          modules = [ inputs.${name}.nixosModules.default ];
        }) { inherit (inputs) den nested same shown; };
      };
    }"#;
    let manifest = written("flake.nix", flake).sealnix(&["manifest"]).json().expect("a manifest");
    let complete: Vec<&Value> =
        manifest["hosts"].as_array().unwrap().iter().map(|host| &host["complete"]["secrets"]).collect();
    let not_here = |name: &str| Value::from(format!("the flake input {name} is not here"));
    assert_eq!(complete, [&not_here("den"), &not_here("nested"), &not_here("same"), &Value::Bool(true)]);
}
