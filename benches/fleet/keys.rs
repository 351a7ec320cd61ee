//! Keys that nobody holds, and what sops would write with them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use curve25519_dalek::{EdwardsPoint, Scalar};
use sealnix::keys::ssh::PublicKey;

/// An ssh host key's public half, and its age recipient.
pub fn host_key(number: usize) -> PublicKey {
    let point = EdwardsPoint::mul_base(&Scalar::from(number as u64 + 2)).compress();
    let strings: [&[u8]; 2] = [b"ssh-ed25519", point.as_bytes()];
    let blob: Vec<u8> = strings
        .iter()
        .flat_map(|text| (text.len() as u32).to_be_bytes().into_iter().chain(text.iter().copied()))
        .collect();
    PublicKey::parse(&format!("ssh-ed25519 {}", STANDARD.encode(blob))).unwrap()
}

/// A sops file with a sealed value for each key, which these recipients open.
pub fn sealed(keys: &[String], recipients: &[&str]) -> String {
    let mut file = String::new();
    let mut group = "";
    for key in keys {
        let (above, leaf) = key.split_once('/').unwrap_or(("", key));
        if above != group {
            file += &format!("{above}:\n");
            group = above;
        }
        let indent = if above.is_empty() { "" } else { "    " };
        file += &format!("{indent}{leaf}: {}\n", seal(24));
    }
    file += "sops:\n    age:\n";
    for recipient in recipients {
        file += &format!("        - recipient: {recipient}\n          enc: |\n");
        file += "            -----BEGIN AGE ENCRYPTED FILE-----\n";
        for _ in 0..5 {
            file += &format!("            {}\n", noise(48));
        }
        file += "            -----END AGE ENCRYPTED FILE-----\n";
    }
    let mac = seal(88);
    file + &format!(
        "    lastmodified: \"2025-06-01T12:00:00Z\"\n    mac: {mac}\n    unencrypted_suffix: _unencrypted\n    version: 3.10.2\n"
    )
}

fn seal(length: usize) -> String {
    format!("ENC[AES256_GCM,data:{},iv:{},tag:{},type:str]", noise(length), noise(32), noise(16))
}

/// So many bytes that look sealed.
fn noise(length: usize) -> String {
    let bytes: Vec<u8> = (0..length).map(|index| (index * 73 + length * 31 + 17) as u8).collect();
    STANDARD.encode(bytes)
}
