//! The forms of an age recipient.
