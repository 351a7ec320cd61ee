//! Edits at known byte ranges of a text: all else stays as it is, byte for byte.

use std::ops::Range;

/// What replaces a byte range. An empty range inserts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Splice {
    /// The bytes that go.
    pub range: Range<usize>,
    /// What comes in their place.
    pub text: String,
}

impl Splice {
    /// Inserts a text before a byte.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Splice { range: at..at, text: text.into() }
    }

    /// Takes a byte range out.
    pub fn delete(range: Range<usize>) -> Self {
        Splice { range, text: String::new() }
    }
}

/// Two edits reach over each other, or one lies outside the text or within a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the edits do not fit the text")]
pub struct SpliceError;

/// Makes the edits, in whatever order they are given; insertions at one place in the given order.
pub fn spliced(text: &str, mut splices: Vec<Splice>) -> Result<String, SpliceError> {
    splices.sort_by_key(|splice| splice.range.start);
    let mut result = String::with_capacity(text.len());
    let mut from = 0;
    for Splice { range, text: new } in splices {
        result.push_str(text.get(from..range.start).ok_or(SpliceError)?);
        result.push_str(&new);
        from = range.end.max(range.start);
    }
    result.push_str(text.get(from..).ok_or(SpliceError)?);
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_else_stays() {
        let edits = vec![Splice::delete(4..6), Splice::insert(0, "<"), Splice { range: 2..3, text: "CC".into() }];
        assert_eq!(spliced("abcdefg", edits), Ok("<abCCdg".to_owned()));
        assert_eq!(spliced("ab", vec![Splice::insert(1, "1"), Splice::insert(1, "2")]), Ok("a12b".to_owned()));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(spliced("abc", vec![Splice::delete(0..2), Splice::delete(1..3)]), Err(SpliceError));
        assert_eq!(spliced("abc", vec![Splice::delete(2..4)]), Err(SpliceError));
        assert_eq!(spliced("é", vec![Splice::insert(1, "x")]), Err(SpliceError));
    }
}
