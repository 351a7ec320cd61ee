//! `import`: files of the repository as Nix would see them, in a git flake only what is tracked.

use std::iter;

use super::{Eval, Outcome, Thunk, Value};
use crate::nix::ir::{Content, FileId};
use crate::nix::path::{self, Located};
use crate::nix::symbol::Symbol;
use crate::nix::unknown::{ErrorKind, Reason, Stop, Unknown};
use crate::nix::value::{Attrs, Binds, Frame, Scope};

impl<'a> Eval<'a> {
    /// The value of the file (or folder with a `default.nix`) at an absolute path.
    pub fn import(&self, absolute: &str) -> Outcome<'a> {
        self.import_by(absolute, |file| self.force(self.file(file)))
    }

    /// The same where a set binds names around the whole file, before the global scope and every `with`.
    /// It is evaluated each time.
    pub fn scoped_import(&self, names: &'a Attrs<'a>, absolute: &str) -> Outcome<'a> {
        self.import_by(absolute, |file| match self.program.file(file).map(|file| &file.content) {
            Some(Content::Parsed(node)) => {
                self.reached.borrow_mut().insert(file);
                self.scoped_imports.set(true);
                let frame = self.alloc(Frame { up: None, binds: Binds::Import(names) });
                self.force(self.suspend(node, Some(frame)))
            }
            _ => self.force(self.file(file)),
        })
    }

    /// What the file of a frame was imported with by `scopedImport`.
    pub(super) fn import_scope(&self, scope: Scope<'a>) -> Option<&'a Attrs<'a>> {
        if !self.scoped_imports.get() {
            return None;
        }
        match iter::successors(scope, |frame| frame.up).last()?.binds {
            Binds::Import(names) => Some(names),
            _ => None,
        }
    }

    /// What `scopedImport` binds a name to.
    pub(super) fn bound_by_import(&self, name: Symbol, scope: Scope<'a>) -> Option<&'a Thunk<'a>> {
        self.import_scope(scope)?.get(name).map(|attr| self.value_of(attr))
    }

    fn import_by(&self, absolute: &str, value: impl FnOnce(FileId) -> Outcome<'a>) -> Outcome<'a> {
        let relative = match path::locate(absolute) {
            Located::Repository(relative) => relative,
            // What sealnix knows itself, such as nixpkgs, comes before a checkout of it.
            Located::Input { name, rest, path } => match self.foreign_import(name, rest)? {
                Some(value) => return Ok(value),
                None if self.tree.has_input(name) => path,
                None => {
                    let why = self.unknown(Reason::Input(self.text(name)), None);
                    let steps: Vec<_> = rest.split('/').map(Symbol::new).collect();
                    return Err(Stop::Unknown(self.alloc(Unknown { path: self.slice(&steps), ..*why })));
                }
            },
            Located::Outside(outside) => {
                let reason = Reason::World(self.text(&format!("import {outside}")));
                return Err(Stop::Unknown(self.unknown(reason, None)));
            }
        };
        match self.file_at(relative) {
            Some(file) => value(file),
            None => Err(self.no_file(relative)),
        }
    }

    fn foreign_import(&self, name: &str, rest: &str) -> Outcome<'a, Option<Value<'a>>> {
        match self.foreign_import.get() {
            Some(import) => import(self, self.text(name), self.text(rest)),
            None => Ok(None),
        }
    }

    /// The error of a path that leads to no Nix file; what git does not track is as good as missing. A
    /// file of another name, or one of a submodule, may hold Nix: it was not read.
    pub fn no_file(&self, relative: &str) -> Stop<'a> {
        let has_other_name = self.tree.files.contains_key(relative) && self.tree.is_visible(relative);
        if has_other_name {
            self.note_read(relative);
        }
        if has_other_name || self.tree.is_in_submodule(relative) {
            return Stop::Unknown(self.unknown(Reason::NotLooked(self.text(relative)), None));
        }
        let hint = match self.untracked_file(relative) {
            Some(path) => format!(" for Nix: git does not track it; run `git add {path}`"),
            None => String::new(),
        };
        self.error(ErrorKind::Other, None, &format!("path '{relative}' does not exist{hint}"))
    }

    /// The file that importing a path would read, if git tracked it.
    pub fn untracked_file(&self, relative: &str) -> Option<String> {
        let of_folder = format!("{relative}/default.nix");
        [relative, of_folder.as_str()].into_iter().find(|path| self.tree.is_untracked(path)).map(str::to_owned)
    }

    /// The Nix file that importing a path of the repository reads.
    pub fn file_at(&self, relative: &str) -> Option<FileId> {
        let file = |path: &str| {
            let is_visible = self.tree.is_visible(path) || path.starts_with('«');
            is_visible.then(|| self.program.by_path.get(path).copied()).flatten()
        };
        file(relative).or_else(|| match relative {
            "" => file("default.nix"),
            folder => file(&format!("{folder}/default.nix")),
        })
    }

    /// Gives a file a value in place of what evaluating it would.
    pub fn stand_in(&self, id: FileId, value: Value<'a>) {
        self.imported.borrow_mut().insert(id, self.done(value));
    }

    /// The value of a file, evaluated once.
    pub fn file(&self, id: FileId) -> &'a Thunk<'a> {
        self.reached.borrow_mut().insert(id);
        if let Some(thunk) = self.imported.borrow().get(&id) {
            return thunk;
        }
        let program = self.program;
        let thunk = match program.files.get(id.0 as usize).map(|file| (&file.content, &*file.path)) {
            Some((Content::Parsed(node), _)) => self.suspend(node, None),
            Some((Content::SyntaxError { .. }, path)) => self.done(self.unknown_value(Reason::Syntax(path))),
            Some((Content::NotLooked { .. }, path)) => self.done(self.unknown_value(Reason::NotLooked(path))),
            None => self.done(Value::Null),
        };
        self.imported.borrow_mut().insert(id, thunk);
        thunk
    }
}
