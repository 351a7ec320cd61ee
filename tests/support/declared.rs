//! What hosts of a scratch repository declare, as text.

use std::fmt::Write;
use std::fs;

use serde_json::{Map, Value};

use crate::support::scratch::{Scratch, fixtures};

/// What the hosts of a fixture declare: a line a host, `NAME KEY PLACE` a secret, and no unknowns.
pub fn declared(library: &str) -> String {
    declared_in(&Scratch::copy_of(&fixtures().join("wirings").join(library), &[], &[]))
}

pub fn declared_in(repository: &Scratch) -> String {
    let manifest = repository.sealnix(&["manifest"]).json().expect("a manifest");
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

/// A repository of one file.
pub fn written(entry: &str, text: &str) -> Scratch {
    let scratch = Scratch::copy_of(&fixtures().join("wirings/below"), &["nix"], &[]);
    fs::write(scratch.path().join(entry), text).unwrap();
    scratch.git(&["add", entry]);
    scratch
}
