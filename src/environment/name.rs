//! The names of environment variables, as systemd takes them from a file.

/// The name of a key: its letters in upper case, everything but ASCII letters, digits and `_` as `_`, and a `_`
/// before a digit at its start. A key without any letter or digit has none.
pub fn of_key(key: &str) -> Option<String> {
    let name: String =
        key.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    let says_nothing = name.chars().all(|c| c == '_');
    let digit = name.starts_with(|c: char| c.is_ascii_digit());
    (!says_nothing).then(|| if digit { format!("_{name}") } else { name })
}

/// Whether systemd takes a name, rather than drop the line: letters, digits and `_`, no digit first (reference:
/// systemd.exec(5), Environment).
pub fn is_valid(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    name.chars().all(plain) && name.starts_with(|c: char| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_a_name_that_systemd_takes() {
        let names =
            ["smtp/password", "apiKey", "a-b.c", "2fa", "größe", "_x", "a"].map(|key| of_key(key).unwrap_or_default());
        assert_eq!(names, ["SMTP_PASSWORD", "APIKEY", "A_B_C", "_2FA", "GR__E", "_X", "A"]);
        assert!(names.iter().all(|name| is_valid(name)));
        assert_eq!(["", "/", "--", "ü", "_"].map(of_key), [const { None }; 5]);
    }

    #[test]
    fn what_systemd_drops_is_no_name() {
        for name in ["", "1A", "a-b", "export X", "A.B", "ü", "A "] {
            assert!(!is_valid(name), "{name}");
        }
    }
}
