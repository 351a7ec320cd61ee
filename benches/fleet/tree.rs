//! A repository as large fleets have it: a folder a host, shared modules behind `enable` options, a
//! sops file a host, home-manager users.

use std::fs;
use std::path::Path;

use super::keys::{host_key, sealed};

/// Shared modules; every host imports all of them.
const MODULES: usize = 200;
/// Secrets that a host declares itself.
const OWN_SECRETS: usize = 12;
/// Services that a host turns on, each with one secret.
const SERVICES: usize = 6;
/// Secrets of the home-manager user. A host has 20 secrets in all.
const HOME_SECRETS: usize = 2;

/// Writes the repository of a fleet of so many hosts.
pub fn write(folder: &Path, hosts: usize) {
    let put = |path: String, text: String| {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("flake.nix".into(), FLAKE.into());
    put("home/mira.nix".into(), HOME.into());
    put("modules/default.nix".into(), ALL_MODULES.into());
    for number in 0..MODULES {
        let template = [SERVICE, SERVICE, INSTANCES, PROFILE][number % 4];
        put(format!("modules/{}.nix", module(number)), template.replace("NAME", &module(number)));
    }
    let admin = host_key(hosts).age.unwrap();
    let home: Vec<_> = (0..HOME_SECRETS).map(|number| format!("login-{number}")).collect();
    put("secrets/users/mira.yaml".into(), sealed(&home, &[&admin]));
    let mut anchors = format!("keys:\n  - &user_mira {admin}\n");
    let mut rules =
        "creation_rules:\n  - path_regex: ^secrets/users/mira\\.yaml$\n    key_groups:\n      - age: [*user_mira]\n"
            .to_owned();
    for number in 0..hosts {
        let name = format!("node-{number:04}");
        let key = host_key(number);
        let recipient = key.age.unwrap();
        let services: Vec<_> = (0..SERVICES).map(|service| module(service_of(number, service))).collect();
        put(format!("hosts/{name}/default.nix"), host(&name, number, &services));
        put(format!("hosts/{name}/ssh_host_ed25519_key.pub"), format!("{} root@{name}\n", key.text));
        let own = (0..OWN_SECRETS).map(|secret| format!("own-{secret:02}"));
        let keys: Vec<_> = own.chain(services.iter().map(|service| format!("{service}/token"))).collect();
        put(format!("secrets/hosts/{name}.yaml"), sealed(&keys, &[&admin, &recipient]));
        anchors += &format!("  - &{name} {recipient}\n");
        rules += &format!(
            "  - path_regex: ^secrets/hosts/{name}\\.yaml$\n    key_groups:\n      - age: [*user_mira, *{name}]\n"
        );
    }
    put(".sops.yaml".into(), anchors + &rules);
}

fn module(number: usize) -> String {
    format!("service-{number:03}")
}

/// Half of the modules are services with a secret: two in four.
fn service_of(host: usize, service: usize) -> usize {
    let nth = (host * 7 + service * 11) % (MODULES / 2);
    nth / 2 * 4 + nth % 2
}

fn host(name: &str, number: usize, services: &[String]) -> String {
    let enabled: Vec<_> = services.iter().map(|service| format!("    {service}.enable = true;\n")).collect();
    let secrets: Vec<_> = (0..OWN_SECRETS).map(|secret| format!("\"own-{secret:02}\"")).collect();
    HOST.replace("NAME", name)
        .replace("SERVICES", &enabled.concat())
        .replace("SECRETS", &secrets.join(" "))
        .replace("NUMBER", &(number % 200 + 1).to_string())
}

const FLAKE: &str = r#"{
  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-25.05";
    sops-nix.url = "github:Mic92/sops-nix";
    home-manager.url = "github:nix-community/home-manager/release-25.05";
  };

  outputs =
    { self, nixpkgs, sops-nix, home-manager, ... }@inputs:
    let
      inherit (nixpkgs) lib;
      names = lib.attrNames (lib.filterAttrs (_: type: type == "directory") (builtins.readDir ./hosts));
      mkHost = name: lib.nixosSystem {
        system = "x86_64-linux";
        specialArgs = { inherit inputs self; };
        modules = [
          sops-nix.nixosModules.sops
          home-manager.nixosModules.home-manager
          ./modules
          (./hosts + "/${name}")
          { networking.hostName = lib.mkDefault name; }
        ];
      };
    in
    {
      nixosConfigurations = lib.genAttrs names mkHost;
    };
}
"#;

const ALL_MODULES: &str = r#"{ lib, ... }:
{
  imports = map (file: ./. + "/${file}") (
    lib.filter (file: lib.hasSuffix ".nix" file && file != "default.nix") (lib.attrNames (builtins.readDir ./.))
  );
}
"#;

const HOST: &str = r#"{ config, lib, pkgs, inputs, ... }:
{
  sops = {
    defaultSopsFile = ../../secrets/hosts/NAME.yaml;
    secrets = lib.genAttrs [ SECRETS ] (name: { mode = "0440"; group = "wheel"; });
  };

  fleet = {
SERVICES  };

  networking = {
    interfaces.lan.ipv4.addresses = [ { address = "10.0.0.NUMBER"; prefixLength = 24; } ];
    firewall.allowedTCPPorts = [ 22 443 ];
  };

  users.users.mira = {
    isNormalUser = true;
    extraGroups = [ "wheel" ];
    hashedPasswordFile = config.sops.secrets.own-00.path;
  };

  systemd.services.report = {
    wantedBy = [ "multi-user.target" ];
    serviceConfig.LoadCredential = "token:${config.sops.secrets.own-01.path}";
    script = "${lib.getExe pkgs.curl} --header @${config.sops.secrets.own-02.path} https://report.example";
  };

  home-manager = {
    useGlobalPkgs = true;
    sharedModules = [ inputs.sops-nix.homeManagerModules.sops ];
    users.mira = import ../../home/mira.nix;
  };

  nixpkgs.hostPlatform = "x86_64-linux";
  system.stateVersion = "25.05";
}
"#;

const HOME: &str = r#"{ config, lib, pkgs, ... }:
{
  sops = {
    defaultSopsFile = ../secrets/users/mira.yaml;
    age.keyFile = "${config.home.homeDirectory}/.config/sops/age/keys.txt";
    secrets = lib.genAttrs [ "login-0" "login-1" ] (_: { });
  };
  programs.git = {
    enable = true;
    extraConfig.credential.helper = "store --file ${config.sops.secrets.login-0.path}";
  };
  home.packages = with pkgs; [ ripgrep fd ];
  home.stateVersion = "25.05";
}
"#;

const SERVICE: &str = r#"{ config, lib, pkgs, ... }:
let
  cfg = config.fleet.NAME;
  inherit (lib) mkEnableOption mkIf mkOption types;
in
{
  options.fleet.NAME = {
    enable = mkEnableOption "NAME";
    port = mkOption { type = types.port; default = 8080; };
    user = mkOption { type = types.str; default = "NAME"; };
    openFirewall = mkOption { type = types.bool; default = false; };
    settings = mkOption { type = types.attrsOf (types.nullOr types.str); default = { }; };
  };

  config = mkIf cfg.enable {
    sops.secrets."NAME/token" = {
      owner = cfg.user;
      restartUnits = [ "NAME.service" ];
    };
    sops.templates."NAME.env".content = ''
      TOKEN=${config.sops.placeholder."NAME/token"}
      PORT=${toString cfg.port}
    '';
    fleet.NAME.settings = { log = lib.mkDefault "info"; bind = "127.0.0.1"; };
    users.users.${cfg.user} = { isSystemUser = true; group = cfg.user; };
    users.groups.${cfg.user} = { };
    systemd.services.NAME = {
      description = "The service NAME";
      wantedBy = [ "multi-user.target" ];
      after = [ "network.target" ];
      environment = lib.mapAttrs' (name: value: lib.nameValuePair (lib.toUpper name) value) cfg.settings;
      serviceConfig = {
        User = cfg.user;
        ExecStart = "${pkgs.hello}/bin/hello --port ${toString cfg.port}";
        EnvironmentFile = config.sops.templates."NAME.env".path;
        Restart = "on-failure";
      };
    };
    networking.firewall.allowedTCPPorts = mkIf cfg.openFirewall [ cfg.port ];
  };
}
"#;

const INSTANCES: &str = r#"{ config, lib, ... }:
with lib;
let
  cfg = config.fleet.NAME;
  instance = { name, config, ... }: {
    options = {
      host = mkOption { type = types.str; default = "${name}.example"; };
      port = mkOption { type = types.port; default = 443; };
      url = mkOption { type = types.str; };
    };
    config.url = mkDefault "https://${config.host}:${toString config.port}";
  };
in
{
  options.fleet.NAME = {
    enable = mkEnableOption "NAME" // { default = true; };
    instances = mkOption { type = types.attrsOf (types.submodule instance); default = { }; };
  };

  config = mkMerge [
    { fleet.NAME.instances.main.port = mkDefault 8443; }
    (mkIf (cfg.enable && cfg.instances != { }) {
      environment.etc = mapAttrs' (
        name: value: nameValuePair "NAME/${name}.conf" { text = "url = ${value.url}\n"; mode = "0444"; }
      ) cfg.instances;
    })
  ];
}
"#;

const PROFILE: &str = r#"{ lib, pkgs, ... }:
{
  environment.systemPackages = with pkgs; [ hello ripgrep ] ++ lib.optionals stdenv.isLinux [ strace ];
  environment.variables."NAME" = lib.mkDefault "on";
  boot.kernel.sysctl."net.NAME" = lib.mkDefault 1;
  programs.bash.interactiveShellInit = ''
    # NAME
    alias ll="ls -l"
  '';
  services.openssh = {
    enable = true;
    settings.PasswordAuthentication = lib.mkDefault false;
  };
}
"#;
