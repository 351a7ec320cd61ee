//! A place in the manifest's JSON: `{file, line, column}` as Nix gives it, with `byte` and `end`
//! where they are known.

use serde::{Deserialize, Serialize};

use crate::source::{Place, Position};

/// A [`Place`] as the manifest writes it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub struct Spot(pub Place);

#[derive(Serialize, Deserialize)]
struct Fields {
    file: String,
    line: u32,
    column: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    byte: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<End>,
}

#[derive(Serialize, Deserialize)]
struct End {
    line: u32,
    column: u32,
    byte: u32,
}

impl From<Fields> for Spot {
    /// Without `end` the place is empty; [`super::read`] completes it from the text.
    fn from(fields: Fields) -> Self {
        let start = Position { line: fields.line, column: fields.column, byte: fields.byte.unwrap_or_default() };
        let end = fields.end.map_or(start, |end| Position { line: end.line, column: end.column, byte: end.byte });
        Spot(Place { path: fields.file.into(), start, end })
    }
}

impl From<Spot> for Fields {
    fn from(Spot(place): Spot) -> Self {
        Fields {
            file: place.path.to_string(),
            line: place.start.line,
            column: place.start.column,
            byte: Some(place.start.byte),
            end: Some(End { line: place.end.line, column: place.end.column, byte: place.end.byte }),
        }
    }
}
