//! Completes a manifest that Nix made from the texts of the repository: Nix gives no byte offsets and
//! no ends of places, and may give store paths.

use std::collections::BTreeMap;
use std::ops::Range;

use super::{AgenixSecret, Definition, Fact, Host, Manifest, Secret, Sops, SopsFile, Spot, Template};
use crate::source::{Text, Tree, input_of, stored};

/// What a manifest is completed from.
#[derive(Debug)]
pub struct Completion<'a> {
    tree: &'a Tree,
    /// The repository's own store path with a final `/`, where Nix gave absolute paths.
    root: Option<String>,
}

impl<'a> Completion<'a> {
    /// Finds out under which path Nix saw the repository.
    pub fn of(manifest: &Manifest, tree: &'a Tree) -> Self {
        Completion { tree, root: store_root(manifest, tree) }
    }

    /// Completes places and paths.
    pub fn complete(&self, manifest: &mut Manifest) {
        for Host { sops, agenix, home_users, containers, evaluation_error, .. } in &mut manifest.hosts {
            evaluation_error.iter_mut().for_each(|error| self.spot("", &mut error.at));
            let users = home_users.values_mut().map(|user| (&mut user.sops, &mut user.agenix));
            let containers = containers.values_mut().map(|container| (&mut container.sops, &mut container.agenix));
            for (sops, agenix) in [(sops, agenix)].into_iter().chain(users).chain(containers) {
                sops.iter_mut().for_each(|sops| self.sops(sops));
                let secrets = agenix.iter_mut().flat_map(|agenix| &mut agenix.secrets);
                secrets.for_each(|(name, secret)| self.agenix(name, secret));
            }
        }
    }

    fn sops(&self, sops: &mut Sops) {
        if let Fact::Known(Some(file)) = &mut sops.default_sops_file {
            self.file(file);
        }
        for (name, secret) in &mut sops.secrets {
            self.secret(name, secret);
        }
        for (name, template) in &mut sops.templates {
            self.template(name, template);
        }
        for (option, source) in &mut sops.key_sources {
            let name = option.rsplit('.').next().unwrap_or(option);
            self.spot(name, &mut source.at);
        }
    }

    fn secret(&self, name: &str, secret: &mut Secret) {
        if let Fact::Known(file) = &mut secret.sops_file {
            self.file(file);
        }
        self.definitions(name, &mut secret.definitions);
        self.spot(name, &mut secret.at);
        self.spot(name, &mut secret.origin);
    }

    fn template(&self, name: &str, template: &mut Template) {
        self.definitions(name, &mut template.definitions);
        self.spot(name, &mut template.at);
    }

    fn agenix(&self, name: &str, secret: &mut AgenixSecret) {
        if let Fact::Known(file) = &mut secret.file {
            self.file(file);
        }
        if let Fact::Known(Some(file)) = &mut secret.rekey_file {
            self.file(file);
        }
        self.definitions(name, &mut secret.definitions);
        self.spot(name, &mut secret.at);
        self.spot(name, &mut secret.origin);
    }

    fn definitions(&self, name: &str, definitions: &mut [Definition]) {
        for definition in definitions {
            self.spot(name, &mut definition.pos);
            for (field, spot) in &mut definition.fields {
                self.spot(field, spot);
            }
            if let Some(rest) = self.below_root(&definition.file) {
                definition.file = rest.to_owned();
            }
        }
    }

    /// Nix gives line and column (in bytes); the rest follows from the text. A place in another
    /// source, such as nixpkgs' lib for a generated name, is no place of the repository. `name` is
    /// what is said to stand there.
    fn spot(&self, name: &str, spot: &mut Option<Spot>) {
        let Some(Spot(place)) = spot else { return };
        if let Some(rest) = self.below_root(&place.path) {
            place.path = rest.into();
        }
        if place.path.starts_with('/') {
            *spot = None;
            return;
        }
        let first = (place.start.line, place.start.column) == (1, 1);
        let has_bytes = place.start.byte > 0 || place.end != place.start || first;
        if let Some(text) = self.tree.texts.get(&place.path).filter(|_| !has_bytes) {
            let start = text.offset_of_nix_position(place.start.line, place.start.column);
            *place = text.place(name_at(text, start, name));
        }
    }

    fn file(&self, file: &mut SopsFile) {
        if let Some(rest) = self.below_root(&file.path) {
            file.path = rest.into();
        }
    }

    fn below_root<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.root.as_deref()?)
    }
}

/// The attribute path that starts at a byte, up to the step that is `name`: Nix gives the start of
/// `a.b.name` as the place of `name`. Where no step is, the first.
fn name_at(text: &Text, start: usize, name: &str) -> Range<usize> {
    let rest = text.content().get(start..).unwrap_or_default();
    let first = token_length(rest);
    let mut end = 0;
    while let Some(step) = rest.get(end..).map(|rest| rest.get(..token_length(rest)).unwrap_or_default()) {
        end += step.len();
        let written = step.strip_prefix('"').and_then(|step| step.strip_suffix('"')).unwrap_or(step);
        if written == name {
            return start..start + end;
        }
        match rest.get(end..).and_then(|rest| rest.strip_prefix('.')) {
            Some(_) if !step.is_empty() => end += 1,
            _ => break,
        }
    }
    start..start + first
}

/// The length of the identifier or string literal at the start of a text.
fn token_length(text: &str) -> usize {
    let mut escaped = false;
    let is_string = text.starts_with('"');
    let end = text.char_indices().skip(usize::from(is_string)).find(|&(_, character)| {
        if !is_string {
            return !(character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '\''));
        }
        let closes = (character == '"' && !escaped) || character == '\n';
        escaped = character == '\\' && !escaped;
        closes
    });
    match end {
        Some((at, '"')) if is_string => at + 1,
        Some((at, _)) => at,
        None => text.len(),
    }
}

/// The store path of the repository where Nix gave absolute paths for it (lazy trees give other
/// prefixes than `self`): the one under which most of the named files are files of the tree.
fn store_root(manifest: &Manifest, tree: &Tree) -> Option<String> {
    let mut roots: BTreeMap<&str, usize> = BTreeMap::new();
    for path in manifest.hosts.iter().flat_map(named_files) {
        match split_store_path(path) {
            Some((prefix, rest)) if tree.files.contains_key(rest) => *roots.entry(prefix).or_default() += 1,
            // Places are relative already: Nix knew the root.
            None if path.ends_with(".nix") && !path.starts_with(['/', '<']) && input_of(path).is_none() => {
                return None;
            }
            _ => {}
        }
    }
    roots.into_iter().max_by_key(|&(_, times)| times).map(|(prefix, _)| prefix.to_owned())
}

/// The files that a host's secrets are read from, and those they are defined in.
fn named_files(host: &Host) -> Vec<&str> {
    let users = host.home_users.values().map(|user| (&user.sops, &user.agenix));
    let containers = host.containers.values().map(|container| (&container.sops, &container.agenix));
    let mut files: Vec<&str> = Vec::new();
    for (sops, agenix) in [(&host.sops, &host.agenix)].into_iter().chain(users).chain(containers) {
        for secret in sops.iter().flat_map(|sops| sops.secrets.values()) {
            let places = secret.definitions.iter().filter_map(|definition| definition.pos.as_ref());
            files.extend(places.map(|Spot(place)| &*place.path));
            files.extend(secret.sops_file.known().map(|file| &*file.path));
        }
        for secret in agenix.iter().flat_map(|agenix| agenix.secrets.values()) {
            files.extend(secret.at.as_ref().map(|Spot(place)| &*place.path));
            files.extend(secret.file.known().map(|file| &*file.path));
        }
    }
    files
}

/// Splits `/nix/store/HASH-NAME/` from what follows.
fn split_store_path(path: &str) -> Option<(&str, &str)> {
    let (_, rest) = stored(path)?;
    path.split_at_checked(path.len().checked_sub(rest.len())?)
}
