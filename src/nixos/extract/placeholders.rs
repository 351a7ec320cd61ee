//! What a template's content is made of: the placeholders of secrets in it, and which variables it sets. None
//! of its text is kept.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use super::Reader;
use crate::environment::shape::{self, Piece, Variable};
use crate::manifest::Fact;
use crate::nix::Symbol;
use crate::nix::eval::Coercion;
use crate::nix::unknown::{Reason, Stop, Unknown};
use crate::nix::value::{Outcome, Str, Value};
use crate::nixos::configuration::Configuration;

/// What is known of a template's content.
#[derive(Default)]
pub(super) struct Content {
    /// The secrets whose placeholder is in it, sorted.
    pub(super) placeholders: Fact<Vec<String>>,
    /// How many placeholders in it are of no secret.
    pub(super) strays: u32,
    /// What it sets as an environment file.
    pub(super) variables: Vec<Variable>,
}

impl<'a> Reader<'a, '_> {
    /// Reads the content of a template; `secrets` are those that the configuration declares.
    pub(super) fn content(
        &mut self,
        configuration: &Configuration<'a>,
        label: &str,
        content: Outcome<'a>,
        secrets: &BTreeSet<&str>,
    ) -> Content {
        let mut parts = Parts {
            scope: configuration.scope,
            secrets,
            names: BTreeSet::new(),
            strays: 0,
            pieces: Vec::new(),
            unknown: None,
        };
        let unknown = content.and_then(|content| self.add_parts(content, &mut parts)).err().or(parts.unknown);
        let placeholders = match unknown {
            None => Fact::Known(parts.names.into_iter().collect()),
            Some(stop) => {
                self.note(None, &format!("{label}.placeholders"), stop);
                Fact::Unknown
            }
        };
        Content { placeholders, strays: parts.strays, variables: shape::variables(&parts.pieces) }
    }

    /// Goes through the pieces of a text that is not known as a whole. A package in it is a path of the
    /// store, which holds no placeholder; what a function of a package set made of one may hold any.
    fn add_parts(&self, text: Value<'a>, parts: &mut Parts<'a, '_>) -> Outcome<'a, ()> {
        let _depth = self.eval.limits.enter(self.eval)?;
        match self.eval.coerce(text, Coercion::Plain) {
            Ok(text) => parts.add(text),
            Err(Stop::Unknown(unknown)) if !unknown.pieces.is_empty() => {
                for piece in unknown.pieces {
                    let piece = self.eval.settle(self.eval.force(piece))?;
                    self.add_parts(piece, parts)?;
                }
            }
            Err(Stop::Unknown(unknown)) if unknown.is_limit() => return Err(Stop::Unknown(unknown)),
            Err(stop) => {
                parts.pieces.push(Piece::Unknown);
                if !matches!(stop, Stop::Unknown(unknown) if is_of_a_package(unknown)) {
                    parts.unknown = parts.unknown.or(Some(stop));
                }
            }
        }
        Ok(())
    }
}

struct Parts<'a, 's> {
    /// Of the configuration whose template it is.
    scope: u32,
    secrets: &'s BTreeSet<&'s str>,
    names: BTreeSet<String>,
    strays: u32,
    pieces: Vec<Piece>,
    /// The first part that is not known.
    unknown: Option<Stop<'a>>,
}

const BEFORE: &str = "<SOPS:";
const AFTER: &str = ":PLACEHOLDER>";

impl<'a> Parts<'a, '_> {
    fn add(&mut self, text: &'a Str<'a>) {
        let kind = Symbol::new("placeholder");
        let own = text.context.iter().filter(|mark| mark.kind == kind && mark.scope == self.scope);
        let own: BTreeSet<&str> = own.map(|mark| mark.name).collect();
        self.names.extend(own.iter().map(|name| (*name).to_owned()));
        let mut rest = text.text;
        while let Some((before, after)) = rest.split_once(BEFORE) {
            let Some((inside, after)) = after.split_once(AFTER).filter(|(inside, _)| !inside.contains(['<', '\n']))
            else {
                self.pieces.push(Piece::Text(format!("{before}{BEFORE}")));
                rest = after;
                continue;
            };
            self.pieces.push(Piece::Text(before.to_owned()));
            match own.get(inside).copied().or_else(|| hashed(self.secrets, inside)) {
                Some(name) => {
                    self.names.insert(name.to_owned());
                    self.pieces.push(Piece::Secret(name.to_owned()));
                }
                None => {
                    self.strays += 1;
                    self.pieces.push(Piece::Text(format!("{BEFORE}{AFTER}")));
                }
            }
            rest = after;
        }
        self.pieces.push(Piece::Text(rest.to_owned()));
    }
}

/// The secret whose placeholder is written out (sops-nix: the SHA-256 of the attribute's name).
fn hashed<'s>(secrets: &BTreeSet<&'s str>, inside: &str) -> Option<&'s str> {
    let is_of = |name: &&&str| format!("{:x}", Sha256::digest(name.as_bytes())) == inside;
    secrets.iter().find(is_of).copied()
}

/// Whether something unknown is an attribute of a package set, and nothing went into it.
fn is_of_a_package(unknown: &Unknown<'_>) -> bool {
    unknown.reason == Reason::Package && unknown.parts.is_empty() && !unknown.path.is_empty()
}
