//! `import`: files of the repository as Nix would see them, in a git flake only what is tracked.

use super::{Eval, Outcome, Thunk, Value};
use crate::nix::ir::{Content, FileId};
use crate::nix::path::{self, Located};
use crate::nix::unknown::{ErrorKind, Reason, Stop};

impl<'a> Eval<'a> {
    /// The value of the file (or folder with a `default.nix`) at an absolute path.
    pub fn import(&self, absolute: &str) -> Outcome<'a> {
        let relative = match path::locate(absolute) {
            Located::Repository(relative) => relative,
            Located::Input { name, rest } => {
                if let Some(import) = self.foreign_import.get() {
                    return import(self, self.text(name), self.text(rest));
                }
                return Err(Stop::Unknown(self.unknown(Reason::Input(self.text(name)), None)));
            }
            Located::Outside(outside) => {
                let reason = Reason::World(self.text(&format!("import {outside}")));
                return Err(Stop::Unknown(self.unknown(reason, None)));
            }
        };
        match self.file_at(relative) {
            Some(file) => {
                let thunk = self.file(file);
                self.force(thunk)
            }
            None => {
                let hint = if self.tree.files.contains_key(relative) { " (git does not track it)" } else { "" };
                Err(self.error(ErrorKind::Other, None, &format!("path '{relative}' does not exist{hint}")))
            }
        }
    }

    /// The Nix file that importing a path of the repository reads.
    pub fn file_at(&self, relative: &str) -> Option<FileId> {
        let default = if relative.is_empty() { "default.nix".to_owned() } else { format!("{relative}/default.nix") };
        [relative, default.as_str()]
            .into_iter()
            .filter(|path| self.tree.is_visible(path) || path.starts_with('«'))
            .find_map(|path| self.program.by_path.get(path).copied())
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
