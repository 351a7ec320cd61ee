//! Evaluating rules files.

use super::names;
use super::{Agenix, Entry, FILE_NAME, Gap, PublicKey, RulesFile};
use crate::keys::Recipient;
use crate::manifest::Certainty;
use crate::nix::Symbol;
use crate::nix::arena::Arena;
use crate::nix::eval::Eval;
use crate::nix::eval::limits::{DeepStackError, on_deep_stack};
use crate::nix::ir::{FileId, Program, Span};
use crate::nix::path;
use crate::nix::unknown::{Stop, Unknown};
use crate::nix::value::{Attr, Doubt, Outcome, Str, Value};
use crate::nixos::extract;
use crate::nixos::hosts::flakeless;
use crate::nixos::world::World;
use crate::source::{Place, RepoPath, Tree};

/// Steps that one rules file may take.
const STEPS: u64 = 1_000_000;

impl Agenix {
    /// Reads the rules files that are `chosen`; where none is, every `secrets.nix` whose value has the shape of
    /// one.
    ///
    /// # Errors
    /// No thread could be started, or the evaluator panicked.
    pub fn read(tree: &Tree, program: &Program, chosen: &[RepoPath]) -> Result<Agenix, DeepStackError> {
        let found = || tree.files.keys().filter(|path| is_named_as_rules(path) && tree.is_visible(path));
        let paths: Vec<&RepoPath> = if chosen.is_empty() { found().collect() } else { chosen.iter().collect() };
        if paths.is_empty() {
            return Ok(Agenix::default());
        }
        on_deep_stack(|| {
            let mut arena = Arena::new();
            let read = paths.iter().filter_map(|path| {
                arena.reset();
                read_file(&arena, tree, program, path, !chosen.is_empty())
            });
            Agenix { files: read.collect() }
        })
    }
}

fn is_named_as_rules(path: &str) -> bool {
    path.rsplit('/').next() == Some(FILE_NAME) && !path.contains(':')
}

/// One rules file; none where nobody said that it is one and it does not look like one.
fn read_file(arena: &Arena, tree: &Tree, program: &Program, path: &RepoPath, chosen: bool) -> Option<RulesFile> {
    let file = RulesFile { path: path.clone(), ..RulesFile::default() };
    let gap = |why: &str| Gap { why: why.to_owned(), place: Some(Place::whole_file(path.clone())) };
    let Some(&id) = program.by_path.get(path) else {
        let why = if tree.files.contains_key(path) { "git does not track it" } else { "it is not in the repository" };
        return chosen.then(|| RulesFile { open: Some(gap(why)), ..file });
    };
    let eval = Eval::new(arena, program, tree);
    flakeless::prepare(&eval, World::new(&eval));
    eval.limits.set_steps(STEPS);
    let reader = Reader { eval: &eval };
    match eval.force(eval.file(id)) {
        Ok(Value::Attrs(attrs)) if chosen || looks_like_rules(&eval, attrs.entries) => {
            let entries = attrs.entries.iter().map(|attr| reader.entry(path, attr)).collect();
            let open = attrs.open.map(|open| reader.gap(Stop::Unknown(open.why)));
            let (names, groups) = names::of(&eval, id);
            Some(RulesFile { entries, open, names, groups, ..file })
        }
        Ok(Value::Unknown(unknown)) if chosen || mentions_keys(program, id) => {
            Some(RulesFile { open: Some(reader.gap(Stop::Unknown(unknown))), ..file })
        }
        Err(stop) if chosen || mentions_keys(program, id) => Some(RulesFile { open: Some(reader.gap(stop)), ..file }),
        Ok(other) if chosen => {
            Some(RulesFile { open: Some(gap(&format!("its value is {}, not a set of files", other.kind()))), ..file })
        }
        _ => None,
    }
}

/// Whether some attribute has `publicKeys`: a NixOS module of the same name has none.
fn looks_like_rules<'a>(eval: &Eval<'a>, entries: &[Attr<'a>]) -> bool {
    let has_keys = |attr: &Attr<'a>| match eval.force(attr.value) {
        Ok(Value::Attrs(attrs)) => attrs.get(Symbol::new("publicKeys")).is_some(),
        _ => false,
    };
    entries.iter().any(has_keys)
}

/// Of a file that has no value: whether it is about public keys at all.
fn mentions_keys(program: &Program, id: FileId) -> bool {
    program.file(id).is_some_and(|file| file.text.content().contains("publicKeys"))
}

struct Reader<'a, 'e> {
    eval: &'e Eval<'a>,
}

impl<'a> Reader<'a, '_> {
    fn entry(&self, rules: &RepoPath, attr: &Attr<'a>) -> Entry {
        let name = attr.name.to_string();
        let mut entry = Entry {
            file: resolved(rules, &name),
            name,
            public_keys: Vec::new(),
            open: None,
            armor: None,
            certainty: match attr.doubt {
                None => Certainty::Certain,
                Some(Doubt::Assumed(why)) => Certainty::Assumed(why.to_string()),
                Some(Doubt::MaybeAbsent(why)) => Certainty::Conditional(why.to_string()),
            },
            place: attr.place.of_name().and_then(|span| self.place(span)),
        };
        let (read, assumed) = self.eval.observe(|| self.fields(attr, &mut entry));
        if let Err(stop) = read {
            entry.open = Some(self.gap(stop));
        }
        if let Some(assumed) = assumed {
            entry.certainty = entry.certainty.weaker(Certainty::Assumed(assumed.to_string()));
        }
        entry
    }

    fn fields(&self, attr: &Attr<'a>, entry: &mut Entry) -> Outcome<'a, ()> {
        let fields = self.eval.force_attrs(attr.value)?;
        let field = |name: &str| fields.get(Symbol::new(name));
        entry.armor = match field("armor").map(|armor| self.eval.force(armor.value)) {
            Some(Ok(Value::Bool(armor))) => Some(armor),
            Some(_) => None,
            None => fields.open.is_none().then_some(false),
        };
        let Some(keys) = field("publicKeys") else {
            return match fields.open {
                Some(open) => Err(Stop::Unknown(open.why)),
                None => self.eval.fail("it has no `publicKeys`"),
            };
        };
        if let Some(Doubt::MaybeAbsent(why) | Doubt::Assumed(why)) = keys.doubt {
            entry.open = Some(self.gap(Stop::Unknown(why)));
        }
        let list = self.eval.force_list(keys.value)?;
        let whole = keys.place.of_name().and_then(|span| self.place(span));
        for item in list.items {
            match self.eval.force_string(item) {
                Ok(text) => entry.public_keys.extend(self.lines(text, whole.as_ref())),
                Err(stop) => entry.open = Some(self.gap(stop)),
            }
        }
        if let Some(open) = list.open {
            entry.open = Some(self.gap(Stop::Unknown(open)));
        }
        Ok(())
    }

    /// agenix reads what Nix prints line by line: a key file's last newline is none of its key.
    fn lines(&self, text: &'a Str<'a>, whole: Option<&Place>) -> Vec<PublicKey> {
        let place = text.origin.and_then(|span| self.place(span)).or_else(|| whole.cloned());
        let lines = text.text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines
            .map(|line| PublicKey {
                text: line.to_owned(),
                recipient: Recipient::parse_age(line),
                place: place.clone(),
            })
            .collect()
    }

    fn gap(&self, stop: Stop<'a>) -> Gap {
        let span = match stop {
            Stop::Unknown(Unknown { span, .. }) => *span,
            Stop::Error(error) => error.span,
        };
        Gap { why: extract::why(self.eval, stop), place: span.and_then(|span| self.place(span)) }
    }

    fn place(&self, span: Span) -> Option<Place> {
        self.eval.program.place(span).filter(|place| !place.path.starts_with('«'))
    }
}

/// The file that a name leads to from the folder of its rules file; an absolute path as it is.
fn resolved(rules: &str, name: &str) -> RepoPath {
    let folder = path::parent(&path::in_repository(rules)).to_owned();
    let whole = if name.starts_with('/') { name.to_owned() } else { format!("{folder}/{name}") };
    path::display(&path::normalise(&whole)).into()
}
