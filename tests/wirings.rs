//! Hosts of flakes whose outputs a library makes: one fixture a library. What each host declares was
//! worked out from the library's documentation; where a test says so, real Nix and the library itself
//! gave it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

#[allow(dead_code, reason = "a part of it is used here")]
mod scratch;

use std::fmt::Write;

use serde_json::{Map, Value};

use self::scratch::{Scratch, fixtures};

/// What the hosts of a fixture declare: a line a host, `NAME KEY PLACE` a secret, and no unknowns.
fn declared(library: &str) -> String {
    let folder = fixtures().join("wirings").join(library);
    let manifest = Scratch::copy_of(&folder, &[], &[]).sealnix(&["manifest"]).json().expect("a manifest");
    let mut text = String::new();
    for unknown in manifest["unknowns"].as_array().into_iter().flatten() {
        writeln!(text, "unknown {unknown}").unwrap();
    }
    for host in manifest["hosts"].as_array().expect("hosts") {
        writeln!(text, "{} {}", host["kind"].as_str().unwrap(), host["name"].as_str().unwrap()).unwrap();
        list(&mut text, "", &host["sops"]);
        for (user, of_user) in host["homeUsers"].as_object().unwrap_or(&Map::new()) {
            list(&mut text, &format!("{user}: "), &of_user["sops"]);
        }
    }
    text
}

fn list(text: &mut String, before: &str, sops: &Value) {
    for (name, secret) in sops["secrets"].as_object().unwrap_or(&Map::new()) {
        let [key, certainty] = ["key", "certainty"].map(|field| secret[field].as_str().unwrap_or("?"));
        let place = format!("{}:{}", secret["at"]["file"].as_str().unwrap_or("?"), secret["at"]["line"]);
        let certainty = if certainty == "certain" { String::new() } else { format!(" {certainty}") };
        writeln!(text, "  {before}{name} {key} {place}{certainty}").unwrap();
    }
}

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
