//! How sure a fact is.

use serde::{Deserialize, Serialize};

/// How sure a fact is. In JSON two fields, `certainty` and `why`; both absent means certain.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Fields", into = "Fields")]
pub enum Certainty {
    /// It follows from the repository alone.
    #[default]
    Certain,
    /// It follows if what is assumed holds, such as that nothing outside enables a service.
    Assumed(String),
    /// It holds only under a condition that could not be evaluated.
    Conditional(String),
}

impl Certainty {
    /// Why it is not certain.
    pub fn why(&self) -> Option<&str> {
        match self {
            Certainty::Certain => None,
            Certainty::Assumed(why) | Certainty::Conditional(why) => Some(why),
        }
    }

    /// The less certain of two.
    pub fn weaker(self, other: Certainty) -> Certainty {
        let rank = |certainty: &Certainty| match certainty {
            Certainty::Certain => 0,
            Certainty::Assumed(_) => 1,
            Certainty::Conditional(_) => 2,
        };
        if rank(&other) > rank(&self) { other } else { self }
    }
}

#[derive(Serialize, Deserialize)]
struct Fields {
    #[serde(default)]
    certainty: Word,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    #[default]
    Certain,
    Assumed,
    Conditional,
}

impl From<Fields> for Certainty {
    fn from(fields: Fields) -> Self {
        let why = fields.why.unwrap_or_default();
        match fields.certainty {
            Word::Certain => Certainty::Certain,
            Word::Assumed => Certainty::Assumed(why),
            Word::Conditional => Certainty::Conditional(why),
        }
    }
}

impl From<Certainty> for Fields {
    fn from(certainty: Certainty) -> Self {
        match certainty {
            Certainty::Certain => Fields { certainty: Word::Certain, why: None },
            Certainty::Assumed(why) => Fields { certainty: Word::Assumed, why: Some(why) },
            Certainty::Conditional(why) => Fields { certainty: Word::Conditional, why: Some(why) },
        }
    }
}

/// Whether a part of a host is known completely. In JSON `true`, or the reason as a string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "BoolOrWhy", into = "BoolOrWhy")]
pub enum Complete {
    /// Nothing can be missing.
    #[default]
    Yes,
    /// Something may be missing, because of this.
    No(String),
}

impl Complete {
    /// Whether nothing can be missing.
    pub fn is_complete(&self) -> bool {
        matches!(self, Complete::Yes)
    }

    /// Nobody said it.
    pub(super) fn not_said() -> Self {
        Complete::No("not said".to_owned())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum BoolOrWhy {
    Bool(bool),
    Why(String),
}

impl From<BoolOrWhy> for Complete {
    fn from(value: BoolOrWhy) -> Self {
        match value {
            BoolOrWhy::Bool(true) => Complete::Yes,
            BoolOrWhy::Bool(false) => Complete::not_said(),
            BoolOrWhy::Why(why) => Complete::No(why),
        }
    }
}

impl From<Complete> for BoolOrWhy {
    fn from(complete: Complete) -> Self {
        match complete {
            Complete::Yes => BoolOrWhy::Bool(true),
            Complete::No(why) => BoolOrWhy::Why(why),
        }
    }
}
