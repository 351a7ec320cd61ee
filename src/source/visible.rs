//! Text from a repository made harmless for a terminal: no escape sequence, no character that
//! reorders or hides what is around it.

use std::borrow::Cow;

use super::Place;

/// Replaces what a terminal would act upon. Newlines stay; callers that want one line join them.
pub fn clean(text: &str) -> Cow<'_, str> {
    if text.chars().all(|character| visible(character) == character) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(visible).collect())
}

/// The same on one line.
pub fn clean_line(text: &str) -> String {
    text.lines().map(|line| clean(line).trim().to_owned()).collect::<Vec<_>>().join(" ")
}

/// Where something stands, on one line: a file, or a point of one.
pub fn place_line(place: &Place) -> String {
    match (place.start.line, place.start.column) {
        _ if *place == Place::whole_file(place.path.clone()) => clean_line(&place.path),
        (line, column) => clean_line(&format!("{}:{line}:{column}", place.path)),
    }
}

/// The character to show for one of a file: itself, its control picture, or U+FFFD.
pub fn visible(character: char) -> char {
    match character {
        '\n' | '\t' => character,
        '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        // C1 controls: a terminal may take them for escape sequences.
        '\u{80}'..='\u{9f}' => char::REPLACEMENT_CHARACTER,
        // Bidirectional controls (Unicode Standard Annex 9) and separators that end a line.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            char::REPLACEMENT_CHARACTER
        }
        '\u{2028}' | '\u{2029}' | '\u{feff}' => char::REPLACEMENT_CHARACTER,
        // Tag characters: invisible text.
        '\u{e0000}'..='\u{e007f}' => char::REPLACEMENT_CHARACTER,
        _ => character,
    }
}
