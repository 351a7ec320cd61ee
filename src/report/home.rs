//! Where sealnix is at home: what reports link to. `repository` in Cargo.toml says it, and nothing else does.

/// The repository's address; empty where Cargo.toml names none.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

/// The repository's address, if there is one.
pub fn repository() -> Option<&'static str> {
    Some(REPOSITORY).filter(|address| !address.is_empty())
}

/// The page of a rule, of the version that speaks; nothing without a home.
pub fn page(rule: &str) -> Option<String> {
    repository().map(|home| format!("{home}/blob/v{}/docs/rules/{rule}.md", env!("CARGO_PKG_VERSION")))
}
