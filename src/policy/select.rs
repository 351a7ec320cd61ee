//! Which rule takes which file.
