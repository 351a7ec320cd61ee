//! rnix's tree → [`super::ir`], then the tree is dropped.
