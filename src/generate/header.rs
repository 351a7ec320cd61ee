//! The first lines of a generated file: they say what it was made from and how, so that it can be made again.

use super::recipe::Recipe;
use super::recipe::dashed;
use crate::nix::lib::escapes::shell_word;
use crate::source::generated::MARK;

/// What follows the mark in a file that has a recipe.
const FROM: &str = "from ";
/// What its second line begins with.
const COMMAND: &str = "# sealnix generate ";
/// What comes before the path that the command writes to.
const OUT: &str = "--out";

/// The header of a file at `out`. Nothing where an argument or path holds a line break: no line can repeat it.
pub fn header(recipe: &Recipe, out: &str) -> Option<String> {
    let sources = recipe.sources().join(", ");
    let command = format!("{} {OUT} {}", recipe.line(), shell_word(&dashed(out)));
    let advice = match recipe {
        Recipe::Module(_) | Recipe::Env(_) => "edits are lost",
        Recipe::Example(_) => "refreshed as long as no value is in it",
    };
    let is_line = !command.chars().any(char::is_control);
    is_line.then(|| format!("{MARK}{FROM}{sources}; {advice}.\n{COMMAND}{command}\n"))
}

/// The recipe that a file's header names, or why it names none; nothing where there is no header.
pub fn recipe_of(text: &str) -> Option<Result<Recipe, String>> {
    let mut lines = text.lines();
    lines.next()?.strip_prefix(MARK)?.strip_prefix(FROM)?;
    let command = lines.next().and_then(|line| shlex::split(line.strip_prefix(COMMAND)?));
    Some(match command.as_deref() {
        Some([words @ .., out, _]) if out == OUT => Recipe::read_words(words),
        _ => Err("its second line is no command".to_owned()),
    })
}
