//! One expression, evaluated to JSON: for tests, and for whoever wants to try what sealnix makes of
//! some code.

use thiserror::Error;

use super::arena::Arena;
use super::builtins::{Inside, json_of};
use super::eval::Eval;
use super::eval::limits::{DeepStackError, on_deep_stack};
use super::ir::{Content, Program};
use super::unknown::Stop;
use crate::source::{RepoPath, Text, Tree};

/// The path that the expression has among the files.
const EXPRESSION: &str = "«expression»";

/// Why an expression has no value.
#[derive(Debug, Error)]
pub enum EvaluateError {
    /// It does not parse, or is too much to look at.
    #[error("syntax error: {0}")]
    Syntax(String),
    /// Nix would stop with an error.
    #[error("error: {0}")]
    Failed(String),
    /// It depends on something that is not known here.
    #[error("unknown: {0}")]
    Unknown(String),
    /// No thread, or a defect.
    #[error(transparent)]
    Stack(#[from] DeepStackError),
}

/// The value of an expression that stands in the root of a repository, as `nix-instantiate --eval
/// --strict --json` prints it.
///
/// # Errors
/// It does not parse, fails, or is not known.
pub fn evaluate_json(expression: &str, tree: &Tree) -> Result<serde_json::Value, EvaluateError> {
    let path = RepoPath::from(EXPRESSION);
    let files = tree.texts.values().filter(|text| text.path().ends_with(".nix")).cloned();
    let program = Program::parse(files.chain([Text::new(path.clone(), expression)]).collect());
    let Some(&id) = program.by_path.get(&path) else { return Err(EvaluateError::Syntax("no expression".to_owned())) };
    match program.file(id).map(|file| &file.content) {
        Some(Content::SyntaxError { message, .. }) => return Err(EvaluateError::Syntax(message.clone())),
        Some(Content::NotLooked { why, .. }) => return Err(EvaluateError::Syntax(why.clone())),
        Some(Content::Parsed(_)) | None => {}
    }
    on_deep_stack(|| {
        let arena = Arena::new();
        let eval = Eval::new(&arena, &program, tree);
        let json = eval.force(eval.file(id)).and_then(|value| json_of(&eval, value, &mut Inside::default()));
        json.map_err(|stop| match stop {
            Stop::Error(error) => EvaluateError::Failed(error.message.to_owned()),
            Stop::Unknown(unknown) => EvaluateError::Unknown(unknown.to_string()),
        })
    })?
}
