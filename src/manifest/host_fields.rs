//! What a host says besides its secrets and templates, compared: its name and system, and with which keys
//! sops-nix and agenix open their files.

use serde_json::Value;

use super::comparison::{Difference, Share};
use super::fact::value;
use super::{Agenix, Host, Sops};

/// How many of the fields that `theirs` gives and `ours` knows are equal, and those that are not.
pub(super) fn compare(ours: &Host, theirs: &Host) -> (Share, Vec<Difference>) {
    let mut share = Share::default();
    let mut differences = Vec::new();
    for ((field, ours), (_, theirs)) in fields(ours).into_iter().zip(fields(theirs)) {
        let (Some(ours), Some(theirs)) = (ours, theirs) else { continue };
        share.count(ours == theirs);
        if ours != theirs {
            differences.push(Difference { field, ours, theirs });
        }
    }
    (share, differences)
}

/// The fields by their names in the manifest; none where they are not known.
fn fields(host: &Host) -> [(&'static str, Option<Value>); 11] {
    let sops = |field: fn(&Sops) -> Option<Value>| host.sops.as_ref().and_then(field);
    let agenix = |field: fn(&Agenix) -> Option<Value>| host.agenix.as_ref().and_then(field);
    let default_file = |sops: &Sops| {
        let file = sops.default_sops_file.known()?.as_ref();
        Some(file.map_or(Value::Null, |file| Value::from(&*file.path)))
    };
    [
        ("system", value(&host.system)),
        ("hostName", value(&host.host_name)),
        ("sops.defaultSopsFile", sops(default_file)),
        ("sops.age.keyFile", sops(|sops| value(&sops.age.key_file))),
        ("sops.age.sshKeyPaths", sops(|sops| value(&sops.age.ssh_key_paths))),
        ("sops.age.generateKey", sops(|sops| value(&sops.age.generate_key))),
        ("sops.gnupg.home", sops(|sops| value(&sops.gnupg.home))),
        ("sops.gnupg.sshKeyPaths", sops(|sops| value(&sops.gnupg.ssh_key_paths))),
        ("agenix.identityPaths", agenix(|agenix| value(&agenix.identity_paths))),
        ("agenix.rekey.hostPubkey", agenix(|agenix| value(&agenix.rekey.as_ref()?.host_pubkey))),
        ("agenix.rekey.masterIdentities", agenix(|agenix| value(&agenix.rekey.as_ref()?.master_identities))),
    ]
}
