//! The form of `enc`, the data key as it is sealed for one recipient.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::keys::age_file;

/// Why sops cannot open this for a recipient of this kind, whoever holds the key, as a clause about
/// `enc`. What a key service returns as it likes (Vault, HuaweiCloud) is not judged (source: the
/// `keysource.go` of each kind in getsops/sops).
pub(super) fn malformed(kind: &str, enc: &str) -> Option<String> {
    if enc.trim().is_empty() {
        return Some("is empty".to_owned());
    }
    match kind {
        "age" => match age_file::parse(enc.as_bytes()) {
            Ok(header) if header.armored => None,
            Ok(_) => Some("is an age file without its armor".to_owned()),
            Err(error) => Some(format!("is no age file: {error}")),
        },
        "pgp" => {
            let lines = || enc.lines().map(str::trim_end);
            let is_armored = lines().any(|line| line == "-----BEGIN PGP MESSAGE-----")
                && lines().any(|line| line == "-----END PGP MESSAGE-----");
            (!is_armored).then(|| "is no armored PGP message".to_owned())
        }
        "kms" | "gcp_kms" => STANDARD.decode(without_breaks(enc)).is_err().then(|| "is not Base64".to_owned()),
        "azure_kv" => URL_SAFE_NO_PAD.decode(without_breaks(enc)).is_err().then(|| "is not Base64".to_owned()),
        _ => None,
    }
}

/// Go's decoder passes over line breaks.
fn without_breaks(base64: &str) -> String {
    base64.replace(['\r', '\n'], "")
}
