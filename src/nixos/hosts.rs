//! Which hosts a repository has.
