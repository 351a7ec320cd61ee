//! A name is what its text says, wherever the text lies.

use std::thread;

use proptest::prelude::*;
use sealnix::nix::Symbol;

proptest! {
    /// As Nix orders attribute names; those of few letters meet in their first bytes.
    #[test]
    fn names_are_ordered_as_their_texts(a in "[ab\0é]{0,12}", b in "[ab\0é]{0,12}") {
        prop_assert_eq!(Symbol::new(&a).cmp(&Symbol::new(&b)), a.cmp(&b));
    }
}

#[test]
fn a_buffer_that_is_written_again_gives_another_name() {
    let mut buffer = String::with_capacity(16);
    for number in 0..5_000 {
        buffer.clear();
        buffer.push_str(&number.to_string());
        assert_eq!(Symbol::new(&buffer).as_str(), number.to_string());
    }
    buffer.clear();
    assert_eq!(Symbol::new(&buffer).as_str(), "");
}

#[test]
fn a_text_is_one_name_at_every_address_and_in_every_thread() {
    let texts: Vec<String> = (0..5_000).map(|number| (number % 50).to_string()).collect();
    for text in &texts {
        assert_eq!(Symbol::new(text), Symbol::new(&text.clone()));
    }
    let elsewhere = thread::spawn(|| [Symbol::new("enable"), Symbol::new("")]).join().unwrap();
    assert_eq!(elsewhere, [Symbol::new("enable"), Symbol::new("")]);
    assert_ne!(Symbol::new("enable"), Symbol::new("enabled"));
}
