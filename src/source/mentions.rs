//! Where Nix code, a script or another text spells out the path of a file.

use super::place::Place;
use super::text::Text;
use super::tree::Tree;

/// Bytes of a text that is searched.
const MAX_SEARCHED: usize = 1 << 20;

impl Tree {
    /// The first place at which a text names a file, by its path from the root or from the folder of
    /// that text, outside of lines that are comments. A path that is put together is not seen, and
    /// what `.sops.yaml` and `.gitattributes` say of a file does not count.
    pub fn mention(&self, path: &str) -> Option<Place> {
        let may_name = |text: &&Text| {
            !text.path().ends_with(".sops.yaml")
                && !text.path().ends_with(".gitattributes")
                && text.content().len() <= MAX_SEARCHED
        };
        self.texts.values().filter(may_name).find_map(|text| mention_in(text, path))
    }
}

fn mention_in(text: &Text, path: &str) -> Option<Place> {
    let content: &str = text.content();
    let name = path.rsplit('/').next().unwrap_or(path);
    let relative = relative(text.path(), path);
    let mut ends = content.match_indices(name).map(|(at, _)| at + name.len());
    let found = ends.find_map(|end| {
        let (before, after) = (content.get(..end)?, content.get(end..)?);
        let starts_with = |spelled: &str| {
            let start = before.strip_suffix(spelled)?.len();
            let is_whole = |text: &str| !text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
            let before = before.get(..start)?;
            (before.ends_with("./") && !before.ends_with("../") || is_whole(before)).then_some(start)
        };
        let start = starts_with(&relative).or_else(|| starts_with(path))?;
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'));
        let line = before.rsplit('\n').next().unwrap_or_default();
        (!goes_on && !line.trim_start().starts_with('#')).then_some(start..end)
    });
    found.map(|range| text.place(range))
}

/// The path of one file from the folder of another.
fn relative(from: &str, to: &str) -> String {
    let folders: Vec<&str> = from.rsplit_once('/').map_or(Vec::new(), |(folder, _)| folder.split('/').collect());
    let steps: Vec<&str> = to.split('/').collect();
    let shared = folders.iter().zip(&steps).take_while(|(a, b)| a == b).count();
    let up = folders.len() - shared;
    "../".repeat(up) + &steps.get(shared..).unwrap_or_default().join("/")
}
