//! Reading a manifest that real Nix made.

use serde::{Deserialize, Deserializer};

use super::{Fact, SopsFile};

/// `sopsFile` as Nix code gives it: `{path, kind}`, or `{error}` where it did not evaluate.
pub(super) fn sops_file<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fact<SopsFile>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        File(SopsFile),
        Failed {
            #[allow(dead_code, reason = "only its presence tells")]
            error: String,
        },
    }
    Ok(match Option::<Written>::deserialize(deserializer)? {
        Some(Written::File(file)) => Fact::Known(file),
        Some(Written::Failed { .. }) | None => Fact::Unknown,
    })
}
