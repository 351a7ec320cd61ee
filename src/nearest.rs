//! The name that was probably meant.

use strsim::damerau_levenshtein;

/// The candidate that `wanted` most probably misspells; none when nothing is near. Both are paths
/// with `/` between their parts (keys in a file, files in a repository, or plain names).
///
/// Near is: the same number of parts, each within a quarter of its length in edits, at
/// least one from three letters on; or the same path
/// with parts before it or without them (`password` for `web/password`); or the same letters under
/// other separators (`grafana_admin` for `grafana/admin`). Names that differ in nothing but their
/// digits are members of a series, not misspellings of each other.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = candidates.into_iter().filter_map(|candidate| Some((distance(wanted, candidate)?, candidate)));
    near.min().map(|(_, candidate)| candidate)
}

/// How far a candidate is, if it is near at all.
fn distance(wanted: &str, candidate: &str) -> Option<usize> {
    if wanted == candidate || without_digits(wanted) == without_digits(candidate) {
        return None;
    }
    let parts = || wanted.split('/').zip(candidate.split('/'));
    if wanted.split('/').count() == candidate.split('/').count() {
        let near = parts().all(|(a, b)| damerau_levenshtein(stem(a), stem(b)) <= edits_allowed(stem(a)));
        if near {
            return Some(parts().map(|(a, b)| damerau_levenshtein(a, b)).sum());
        }
    }
    if folded(wanted) == folded(candidate) {
        return Some(1);
    }
    let ends_with = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.ends_with('/'));
    // Behind every misspelling.
    (ends_with(wanted, candidate) || ends_with(candidate, wanted)).then_some(wanted.len().max(candidate.len()))
}

fn edits_allowed(part: &str) -> usize {
    match part.chars().count() {
        0..=2 => 0,
        length => (length / 4).max(1),
    }
}

/// A part without its file ending, which is too alike among files to tell anything.
fn stem(part: &str) -> &str {
    match part.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => part,
    }
}

fn without_digits(name: &str) -> String {
    name.chars().filter(|c| !c.is_ascii_digit()).collect()
}

fn folded(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelling_is_near() {
        assert_eq!(nearest("db_pasword", ["api_token", "db_password"]), Some("db_password"));
        assert_eq!(nearest("apitoken", ["api_token"]), Some("api_token"));
        assert_eq!(nearest("secrets/wbe.yaml", ["secrets/db.yaml", "secrets/web.yaml"]), Some("secrets/web.yaml"));
    }

    #[test]
    fn other_parts_or_separators_are_near() {
        assert_eq!(nearest("password", ["web/password", "x"]), Some("web/password"));
        assert_eq!(nearest("grafana_admin", ["grafana/admin"]), Some("grafana/admin"));
        assert_eq!(nearest("secrets/web.yaml", ["hosts/a/secrets/web.yaml"]), Some("hosts/a/secrets/web.yaml"));
    }

    #[test]
    fn a_different_name_is_not_near() {
        assert_eq!(nearest("secrets/web.yaml", ["secrets/db.yaml", "users/web.yaml"]), None);
        assert_eq!(nearest("shard-2", ["shard-1", "shard-3"]), None);
        assert_eq!(nearest("alderSshKey", ["aspenSshKey"]), None);
        assert_eq!(nearest("a", ["b"]), None, "one letter is no evidence");
    }
}
