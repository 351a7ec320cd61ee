//! Text with places: a bounded node tree over parser events (JSON too).
