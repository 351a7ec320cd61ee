//! What is refused before rnix sees it.
