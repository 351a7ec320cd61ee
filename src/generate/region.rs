//! Marked regions of a Nix file that a person writes: what stands between the markers is generated.
//!
//! ```nix
//! # sealnix: begin module secrets/common.yaml --owner app
//! # sealnix: end
//! ```

use std::ops::Range;

use thiserror::Error;

use super::recipe::Recipe;
use super::{GenerateError, NixModule, Rendered, nix_text, rendered};
use crate::nix::Program;
use crate::nix::comments::line_comments;
use crate::nix::ir::Content;
use crate::source::splice::{Splice, spliced};
use crate::source::{RepoPath, Text};
use crate::vault::Vault;

/// What is wrong with a region.
#[derive(Debug, Error)]
#[error("`{path}`, line {line}: {mistake}")]
pub struct RegionError {
    /// The file.
    pub path: RepoPath,
    /// The line of its marker.
    pub line: u32,
    /// What is wrong.
    pub mistake: RegionMistake,
}

/// What is wrong with a region.
#[derive(Debug, Error)]
pub enum RegionMistake {
    /// Begun and not ended.
    #[error("this region has no `# sealnix: end`")]
    Unclosed,
    /// Ended and not begun.
    #[error("no region ends here: there is no `# sealnix: begin …` before it")]
    Stray,
    /// A region in a region.
    #[error("a region begins within another one")]
    Nested,
    /// Code beside the marker.
    #[error("a marker must stand on a line of its own")]
    NotAlone,
    /// No command of `sealnix generate`.
    #[error("`{command}` is no command of `sealnix generate`: {why}")]
    Command {
        /// What stands there.
        command: String,
        /// Why it is none.
        why: String,
    },
    /// What it asks for cannot be made.
    #[error("{0}")]
    Source(Box<GenerateError>),
    /// What is made is no part of a module.
    #[error("this makes a whole file, which cannot stand in another one: write it with `--out`")]
    WholeFile,
    /// The file is broken.
    #[error("the file is not valid Nix: {0}")]
    NotNix(String),
    /// A name of the generated code is bound by nothing around it.
    #[error("what is generated here uses `{0}`, which nothing binds")]
    Unbound(&'static str),
    /// The file would be broken.
    #[error("with this region filled the file is not valid Nix: {0}")]
    Breaks(String),
}

impl RegionError {
    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match &self.mistake {
            RegionMistake::Source(error) => error.help(),
            RegionMistake::Unbound(name) => Some(format!("let the module take it: `{{ {name}, ... }}:`")),
            _ => None,
        }
    }
}

/// Whether a text may hold a marker: a look that is cheap.
pub fn may_have(text: &str) -> bool {
    text.contains("sealnix:") && text.lines().any(|line| marker(line.trim_start()).is_some())
}

/// A file's text with every region filled; nothing where it has none.
pub fn filled(path: &str, text: &str, vault: &Vault) -> Result<Option<String>, GenerateError> {
    if !may_have(text) {
        return Ok(None);
    }
    let regions = regions(path, text)?;
    let Some(first) = regions.first() else { return Ok(None) };
    let line = first.line;
    let mut splices = Vec::with_capacity(regions.len());
    let mut needed = Vec::new();
    for region in &regions {
        let mistake = |mistake| error(path, region.line, mistake);
        let module = match rendered(&region.recipe, vault, path) {
            Ok(Rendered::Nix(module)) if module.bindings.is_empty() => module,
            Ok(_) => return Err(mistake(RegionMistake::WholeFile)),
            Err(error) => return Err(mistake(RegionMistake::Source(Box::new(error)))),
        };
        let body = laid_out(&module, region.indent);
        let text = body.ok_or_else(|| GenerateError::NotNix { out: path.to_owned() })?;
        splices.push(Splice { range: region.inside.clone(), text });
        needed.extend(module.arguments.iter().map(|name| (*name, region.line)));
    }
    let filled = spliced(text, splices).map_err(|_| GenerateError::NotNix { out: path.to_owned() })?;
    let file = Text::new(path.into(), filled.as_str());
    if let Some(why) = why_no_nix(file.clone()) {
        return Err(error(path, line, RegionMistake::Breaks(why)));
    }
    let unbound = Program::unbound(&file);
    match needed.iter().find(|(name, _)| unbound.iter().any(|unbound| unbound.as_str() == *name)) {
        Some(&(name, line)) => Err(error(path, line, RegionMistake::Unbound(name))),
        None => Ok(Some(filled)),
    }
}

struct Region {
    recipe: Recipe,
    /// The line of the marker that begins it.
    line: u32,
    /// How many blanks are before the marker.
    indent: usize,
    /// From the line after that marker to the line of the one that ends it.
    inside: Range<usize>,
}

/// A marker, as the text of its comment says it.
enum Marker<'t> {
    Begin(&'t str),
    End,
}

fn marker(comment: &str) -> Option<Marker<'_>> {
    let said = comment.strip_prefix('#')?.trim_start().strip_prefix("sealnix:")?.trim_start();
    let (word, rest) = said.split_once(char::is_whitespace).unwrap_or((said, ""));
    match word {
        "begin" => Some(Marker::Begin(rest.trim())),
        "end" if rest.trim().is_empty() => Some(Marker::End),
        _ => None,
    }
}

fn error(path: &str, line: u32, mistake: RegionMistake) -> GenerateError {
    RegionError { path: path.into(), line, mistake }.into()
}

fn regions(path: &str, text: &str) -> Result<Vec<Region>, GenerateError> {
    let comments = line_comments(text).map_err(|why| error(path, 1, RegionMistake::NotNix(why)))?;
    let mut regions = Vec::new();
    let mut open: Option<Region> = None;
    for comment in comments {
        let Some(marker) = text.get(comment.clone()).and_then(marker) else { continue };
        let before = text.get(..comment.start).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.matches('\n').count() as u32 + 1;
        let blanks = before.get(line_start..).unwrap_or_default();
        if !blanks.trim().is_empty() {
            return Err(error(path, line, RegionMistake::NotAlone));
        }
        match (marker, open.take()) {
            (Marker::Begin(command), None) => {
                let recipe = Recipe::read(command)
                    .map_err(|why| error(path, line, RegionMistake::Command { command: command.to_owned(), why }))?;
                let rest = text.get(comment.end..).unwrap_or_default();
                let start = comment.end + rest.find('\n').map_or(rest.len(), |at| at + 1);
                // A tab is one step.
                let indent = blanks.chars().map(|blank| if blank == '\t' { 2 } else { 1 }).sum();
                open = Some(Region { recipe, line, indent, inside: start..start });
            }
            (Marker::Begin(_), Some(_)) => return Err(error(path, line, RegionMistake::Nested)),
            (Marker::End, None) => return Err(error(path, line, RegionMistake::Stray)),
            (Marker::End, Some(mut region)) => {
                region.inside.end = line_start;
                regions.push(region);
            }
        }
    }
    match open {
        Some(region) => Err(error(path, region.line, RegionMistake::Unclosed)),
        None => Ok(regions),
    }
}

/// How deep they are formatted at most: deeper they only stand further in. The formatter recurses.
const MAX_DEPTH: usize = 20;

/// A module's attributes as they stand this far in: formatted as deep as that, and taken out.
fn laid_out(module: &NixModule, indent: usize) -> Option<String> {
    let depth = (indent / 2).clamp(1, MAX_DEPTH);
    let (open, close) = ("{\nx = ".repeat(depth - 1), ";\n}".repeat(depth - 1));
    let formatted = nix_text::formatted(&format!("{open}{{\n{}\n}}{close}", module.body))?;
    let lines: Vec<&str> = formatted.lines().collect();
    let inside = lines.get(depth..lines.len().checked_sub(depth)?)?;
    let line = |line: &&str| match line.strip_prefix(" ".repeat(2 * depth).as_str()) {
        Some(rest) => format!("{}{rest}\n", " ".repeat(indent)),
        None => format!("{line}\n"),
    };
    Some(inside.iter().map(line).collect())
}

/// Why a text is no Nix, if it is none.
fn why_no_nix(file: Text) -> Option<String> {
    let program = Program::parse(vec![file]);
    match &program.files.first()?.content {
        Content::Parsed(_) => None,
        Content::SyntaxError { message, span } => Some(match span.and_then(|span| program.place(span)) {
            Some(place) => format!("{message} (line {})", place.start.line),
            None => message.clone(),
        }),
        Content::NotLooked { why, .. } => Some(why.clone()),
    }
}
