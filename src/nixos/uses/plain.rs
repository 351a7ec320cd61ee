//! Which option holds a secret by its name, and which text may be one: literal secrets in plain options.

/// Words that end the name of an option whose value is the secret itself.
const ENDINGS: [&[&str]; 15] = [
    &["password"],
    &["passwd"],
    &["passphrase"],
    &["psk"],
    &["token"],
    &["secret"],
    &["api", "key"],
    &["apikey"],
    &["secret", "key"],
    &["secretkey"],
    &["private", "key"],
    &["privatekey"],
    &["auth", "key"],
    &["encryption", "key"],
    &["preshared", "key"],
];

/// Words before an ending that make it something else: a hash, what a person is to change (nixpkgs says of
/// `initialPassword` that it is readable by everyone), the name of a secret kept elsewhere, or no secret.
const OTHERWISE: [&str; 13] = [
    "hashed", "hash", "initial", "existing", "public", "no", "use", "has", "ask", "show", "forgot", "reset", "default",
];

/// Words before "secret" that make it the name of one: `tokenSecret`, `userSecret`.
const NAMED: [&str; 8] = ["key", "name", "password", "path", "token", "url", "user", "webhook"];

/// What stands where a secret would, and is none: words of choice, and what is written where none is needed.
const WORDS: [&str; 4] = [
    "anything ask auto automatic bar baz blank default disable disabled dummy empty enable enabled env",
    "example fake false file foo hidden ignored invalid keep keyring local localhost n/a never no no-key",
    "none not-needed null off ollama on optional placeholder prompt redacted required todo true",
    "unnecessary unneeded unset unused whatever yes",
];

/// Whether an option of this name holds a secret itself: `password`, `apiKey`, `DB_PASSWORD`.
pub fn is_secret_name(name: &str) -> bool {
    // `org.freedesktop.impl.portal.Secret` is the name of an interface.
    if name.matches('.').count() > 1 {
        return false;
    }
    let words = words(name);
    if let [.., before, last] = words.as_slice()
        && last == "secret"
        && NAMED.contains(&before.as_str())
    {
        return false;
    }
    ENDINGS.iter().any(|ending| {
        let Some(before) = words.len().checked_sub(ending.len()) else { return false };
        let (before, last) = words.split_at_checked(before).unwrap_or_default();
        last.iter().eq(ending.iter()) && !before.iter().any(|word| OTHERWISE.contains(&word.as_str()))
    })
}

/// The words of a name, in small letters: `apiKey`, `api-key`, `API_KEY`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for character in name.chars() {
        if !character.is_alphanumeric() || (after_small && character.is_uppercase()) {
            words.push(String::new());
        }
        after_small = character.is_lowercase() || character.is_numeric();
        if let Some(last) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            last.extend(character.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Whether a text given to an option of such a name may be a secret: no path, reference, placeholder, hash or word of
/// choice. Of words with blanks between them are passphrases, those of Wi-Fi among them.
pub fn may_be_secret(name: &str, text: &str) -> bool {
    let text = text.trim();
    let is_phrase = words(name).last().is_some_and(|word| matches!(word.as_str(), "psk" | "passphrase"));
    // `@NAME@` is filled in later, `@FILE` read, `!secret NAME` looked up.
    let is_marked =
        |mark: char| text.strip_prefix(mark).is_some_and(|rest| rest.ends_with(mark) || rest.contains(['/', ' ']));
    let is_reference = text.starts_with(['/', '$', '<', '{', '%', '~', '*', '['])
        || ['!', '@', '#'].into_iter().any(is_marked)
        || ["./", "../", "ext:", "op://"].iter().any(|prefix| text.starts_with(prefix))
        || ["${", "$(", "{{", "}}", "%d", "ENC["].iter().any(|mark| text.contains(mark));
    // `file:…`, `env:…`, `vault://…`: where it is to be found. A password may hold a colon too.
    let is_elsewhere = text.split_once(':').is_some_and(|(scheme, rest)| {
        rest.starts_with('/')
            || matches!(
                scheme.to_lowercase().as_str(),
                "file" | "env" | "cmd" | "command" | "vault" | "secret" | "static"
            )
    });
    let is_file = [".key", ".pem", ".txt", ".age", ".json", ".yaml"].iter().any(|ending| text.ends_with(ending));
    // The name of a variable, filled in later.
    let is_capital = |character: char| character.is_ascii_uppercase() || character == '_' || character.is_ascii_digit();
    let is_called = ["_", "PASS", "TOKEN", "SECRET", "KEY"].iter().any(|word| text.contains(word));
    let is_variable = is_called && text.chars().all(is_capital);
    // `web-api-key`, `pushover/token`: what a secret is called.
    let is_name = text.contains(['-', '_', '/', '.']) && is_secret_name(text);
    let is_filler = text.len() < 2 || text.chars().all(|character| "xX.-*?0".contains(character));
    let is_hash = ["pbkdf2", "argon2", "scrypt:", "bcrypt", "SCRAM-", "md5", "sha256:", "sha512:"]
        .iter()
        .any(|kind| text.starts_with(kind));
    let is_word = WORDS.iter().flat_map(|line| line.split(' ')).any(|word| word.eq_ignore_ascii_case(text));
    !(is_reference || is_elsewhere || is_file || is_variable || is_name || is_filler || is_hash || is_word)
        && (is_phrase || !text.contains(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_by_its_last_words_that_it_holds_a_secret() {
        for name in
            ["password", "apiKey", "API_KEY", "DB_PASSWORD", "client-secret", "psk", "authToken", "rootPassword"]
        {
            assert!(is_secret_name(name), "{name}");
        }
        let others = [
            "passwordFile",
            "tokenPath",
            "secretName",
            "secrets",
            "tokens",
            "hashedPassword",
            "initialPassword",
            "password_command",
            "publicKey",
            "key",
            "existingSecret",
            "monkey",
            "",
        ];
        for name in others {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn what_is_a_path_a_reference_a_hash_or_a_choice_is_no_secret() {
        let secrets = [
            "correct-horse-battery",
            "hunter2",
            "changeme",
            "AKIAabcdef+/=",
            "3f786850e387550fdab8",
            "SUMMERTIME",
            "AKIAABCDEFGH",
            "@dm1n!",
            "#sharp9",
        ];
        for text in secrets {
            assert!(may_be_secret("password", text), "{text}");
        }
        assert!(may_be_secret("psk", "correct horse battery") && may_be_secret("wifiPassphrase", "a b"));
        let others = [
            "",
            " ",
            "/run/x",
            "./key",
            "$6$salt$hash",
            "$PSK",
            "${TOKEN}",
            "{{ token }}",
            "<token>",
            "!secret x",
            "file:/x",
            "env:TOKEN",
            "server.key",
            "DB_PASSWORD",
            "xxxx",
            "none",
            "Prompt",
            "%(x)s",
            "Enter a password",
            "$__file{/x}",
            "ext:home",
            "@PASSWORD@",
            "WEBPASS",
            "#",
            "@/run/x",
            "#TOKEN#",
            "%TOKEN%",
        ];
        for text in others {
            assert!(!may_be_secret("password", text), "{text}");
        }
    }
}
