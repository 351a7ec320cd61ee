//! Inputs that are here: a folder of the repository (`path:./modules`), or a checkout that was given.

use super::flake;
use super::input;
use crate::nix::Symbol;
use crate::nix::eval::Eval;
use crate::nix::path::{self, Located};
use crate::nix::unknown::Reason;
use crate::nix::value::{Attr, Attrs, Open, Outcome, Value};
use crate::nixos::world::World;

/// Where an input lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source<'a> {
    /// The folder, as the tree calls it.
    pub folder: &'a str,
    /// Whether its outputs are wanted: not with `flake = false`.
    pub is_flake: bool,
}

impl<'a> Source<'a> {
    /// Where an input of the flake in `flake` lies, if it is here. `declared` is what the flake says of
    /// it, beside its url.
    pub fn of(eval: &Eval<'a>, name: &str, url: &str, declared: Option<&Attrs<'a>>, flake: &str) -> Option<Self> {
        let field = |name: &str| Some(eval.force(declared?.get(Symbol::new(name))?.value));
        let name = match field("follows") {
            Some(Ok(Value::String(other))) => other.text,
            _ => name,
        };
        let given = eval.tree.has_input(name).then(|| format!("input:{name}"));
        let root = given.or_else(|| relative(eval, url, flake))?;
        let folder = match (field("dir"), parameter(url, "dir")) {
            (Some(Ok(Value::String(folder))), _) => format!("{root}/{}", folder.text),
            (_, Some(folder)) => format!("{root}/{folder}"),
            _ => root,
        };
        let is_flake = !matches!(field("flake"), Some(Ok(Value::Bool(false))));
        Some(Source { folder: eval.text(&folder), is_flake })
    }

    /// What the input gives.
    pub fn value(&self, eval: &Eval<'a>, world: &'a World<'a>, name: &'a str) -> Outcome<'a> {
        let entry = path::file_in(self.folder, "flake.nix");
        match eval.program.by_path.get(&*entry) {
            Some(_) if self.is_flake => flake::of_input(eval, world, eval.text(&entry)),
            found => {
                let open = (self.is_flake && found.is_none()).then(|| eval.unknown(Reason::Input(name), None));
                let entries = source(eval, self.folder);
                Ok(eval.attrs_of(Attrs {
                    entries: eval.sorted(entries),
                    open: open.map(|why| Open { why, absent: None }),
                }))
            }
        }
    }
}

/// What is known of a source tree: its path. What git says of it is not.
pub fn source<'a>(eval: &Eval<'a>, folder: &str) -> Vec<Attr<'a>> {
    const OF_GIT: [&str; 8] =
        ["rev", "shortRev", "dirtyRev", "dirtyShortRev", "lastModified", "lastModifiedDate", "narHash", "revCount"];
    let unknown = input::source_info(eval);
    let of_git = OF_GIT
        .map(|name| eval.attr(name, eval.done(Value::Unknown(eval.unknown_attribute(unknown, Symbol::new(name))))));
    let mut entries = of_git.to_vec();
    entries.push(eval.attr("outPath", eval.done(eval.string(&path::in_repository(folder)))));
    entries.push(eval.attr("sourceInfo", eval.done(Value::Unknown(unknown))));
    entries
}

/// The folder that a relative url leads to: `./modules`, `path:./modules?dir=nix`.
fn relative(eval: &Eval<'_>, url: &str, flake: &str) -> Option<String> {
    let location = url.split(['?', '#']).next()?;
    let is_path = location.starts_with("path:") || location.starts_with('.');
    let location = location.strip_prefix("path:").unwrap_or(location);
    if !is_path || location.starts_with('/') {
        return None;
    }
    let written = format!("{}/{location}", path::in_repository(flake));
    let found = path::normalise(&written);
    let folder = match path::locate(&found) {
        Located::Repository(folder) | Located::Input { path: folder, .. } => folder.to_owned(),
        Located::Outside(_) => return None,
    };
    eval.tree.is_folder(&folder).then_some(folder)
}

fn parameter<'u>(url: &'u str, name: &str) -> Option<&'u str> {
    let (_, query) = url.split('#').next()?.split_once('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}
