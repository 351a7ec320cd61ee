//! Headers of age files made at test time by age, by its Rust implementation (which adds noise), and
//! by hand from the format's description: what is read of them, what is refused, and what they say
//! about a list of recipients.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sealnix::keys::Recipient;
use sealnix::keys::age_file::{ArmorError, Count, Header, Kind, Malformed, compare, parse, parse_beginning};
use tempfile::TempDir;

use crate::support::installed;

/// What `age` makes of some bytes; nothing where it refuses.
fn age(arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut age = Command::new("age")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // age may refuse the file before it has read all of it.
    let _ = age.stdin.take().unwrap().write_all(input);
    let output = age.wait_with_output().unwrap();
    output.status.success().then_some(output.stdout)
}

/// A key pair in a folder: the recipient. `kind` is `age`, `ed25519` or `rsa`; the identity is the
/// file `name`.
fn key(folder: &Path, name: &str, kind: &str) -> String {
    let file = folder.join(name);
    let mut command = if kind == "age" { Command::new("age-keygen") } else { Command::new("ssh-keygen") };
    match kind {
        "age" => command.arg("-o").arg(&file),
        _ => command.args(["-q", "-N", "", "-C", "root@host", "-t", kind, "-f"]).arg(&file),
    };
    assert!(command.stderr(Stdio::null()).status().unwrap().success());
    if kind == "age" {
        let output = Command::new("age-keygen").arg("-y").arg(&file).output().unwrap();
        return String::from_utf8(output.stdout).unwrap().trim().to_owned();
    }
    fs::read_to_string(file.with_extension("pub")).unwrap()
}

fn encrypt(recipients: &[&str], armor: bool, plaintext: &[u8]) -> Vec<u8> {
    let mut arguments: Vec<&str> = recipients.iter().flat_map(|recipient| ["-r", recipient.trim()]).collect();
    arguments.extend(armor.then_some("-a"));
    age(&arguments, plaintext).unwrap()
}

fn recipients(texts: &[&str]) -> Vec<Recipient> {
    texts.iter().map(|text| Recipient::parse_age(text).unwrap()).collect()
}

#[test]
fn real_files_binary_and_armored_fit_the_recipients_they_were_made_for() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let [x, y, ed, other, rsa] = [("x", "age"), ("y", "age"), ("ed", "ed25519"), ("other", "ed25519"), ("rsa", "rsa")]
        .map(|(name, kind)| key(folder.path(), name, kind));
    for armored in [false, true] {
        for length in [0, 5, 70_000] {
            let bytes = encrypt(&[&x, &ed, &rsa], armored, &vec![b'x'; length]);
            let header = parse(&bytes).unwrap();
            assert_eq!(header.armored, armored);
            let tags: Vec<&str> = header.stanzas.iter().map(|stanza| stanza.tag.as_str()).collect();
            assert_eq!(tags, ["X25519", "ssh-ed25519", "ssh-rsa"]);
            assert_eq!(parse_beginning(&bytes[..bytes.len().min(2000)]), Ok(header.clone()));

            let fit = compare(&header, &recipients(&[&x, &ed, &rsa]));
            assert!(!fit.is_drifted(), "{fit:?}");
            assert_eq!((fit.x25519.lacking(), fit.x25519.surplus()), (0, 0));
            // One age1… for another: it cannot be seen.
            assert!(!compare(&header, &recipients(&[&y, &ed, &rsa])).is_drifted());
            // An ssh key for another: its stanza is stale, the new one has none.
            let fit = compare(&header, &recipients(&[&x, &other, &rsa]));
            assert_eq!((fit.without_stanza.as_slice(), fit.stale.as_slice()), (&[1][..], &[1][..]));
            let fit = compare(&header, &recipients(&[&x, &ed]));
            assert_eq!((fit.without_stanza.as_slice(), fit.stale.as_slice()), (&[][..], &[2][..]));
            let fit = compare(&header, &recipients(&[&x, &y, &ed, &rsa]));
            assert_eq!((fit.x25519, fit.x25519.lacking()), (Count { distinct: 2, listed: 2, there: 1 }, 1));
            assert!(fit.is_drifted());
            let fit = compare(&header, &recipients(&[&ed, &rsa]));
            assert!(fit.is_drifted() && fit.x25519.surplus() == 1);
        }
    }
    // age writes a stanza for each time that a recipient is named.
    let header = parse(&encrypt(&[&x, &x, &ed, &ed], false, b"x")).unwrap();
    assert_eq!(header.stanzas.len(), 4);
    assert!(!compare(&header, &recipients(&[&x, &x, &ed, &ed])).is_drifted());
    assert!(compare(&header, &recipients(&[&x, &ed])).is_drifted());
    // A list that names one twice fits a file that was made for it once.
    let header = parse(&encrypt(&[&x, &ed], false, b"x")).unwrap();
    assert!(!compare(&header, &recipients(&[&x, &x, &ed, &ed])).is_drifted());
}

/// Every way in which a text around the base64 may be written: age's own answer is ours.
#[test]
fn an_armored_file_is_read_when_age_reads_it() {
    if !installed::SOPS.is_here() {
        return;
    }
    let folder = TempDir::new().unwrap();
    let recipient = key(folder.path(), "identity", "age");
    let identity = folder.path().join("identity");
    let text = String::from_utf8(encrypt(&[&recipient], true, &[b'x'; 100])).unwrap();
    let (beginning, last) = text.trim_end().rsplit_once('\n').unwrap();
    let (head, rest) = text.split_once('\n').unwrap();
    let split = rest.replacen(&rest[..64], &format!("{}\n{}", &rest[..32], &rest[32..64]), 1);
    let cases = [
        ("as it is", text.clone()),
        ("CRLF", text.replace('\n', "\r\n")),
        ("CR", text.replace('\n', "\r")),
        ("no last line feed", text.trim_end().to_owned()),
        ("blanks after it", format!("{text}\n \t\r\n")),
        ("many blanks after it", format!("{text}{}", " ".repeat(1022))),
        ("a thousand blanks after it", format!("{text}{}", "\n".repeat(1024))),
        ("text after it", format!("{text}more\n")),
        ("another one after it", format!("{text}{text}")),
        ("no end", beginning.to_owned()),
        ("cut within a line", text[..text.len() / 2].to_owned()),
        ("a wrong end", format!("{beginning}\n-----END AGE FILE-----\n")),
        ("a blank line inside", format!("{head}\n\n{rest}")),
        ("a blank in a line", format!("{head}\n {rest}")),
        ("a short line that is not the last", format!("{head}\n{split}")),
        ("nothing inside", format!("{head}\n{last}\n")),
        ("a character that is no base64", format!("{head}\n*{}", &rest[1..])),
        ("a head with more", format!("{head} x\n{rest}")),
        ("PEM headers", format!("{head}\nComment: x\n\n{rest}")),
    ];
    for (name, text) in cases {
        let read = age(&["-d", "-i", identity.to_str().unwrap()], text.as_bytes());
        assert_eq!(parse(text.as_bytes()).is_ok(), read.is_some(), "{name}: {:?}", parse(text.as_bytes()));
    }
    assert_eq!(parse(format!("{text}more\n").as_bytes()), Err(ArmorError::TrailingText.into()));
    // Blank lines before it: age's command line sees no armor there, but its reader, which sops
    // calls, does (c2sp.org/age: blanks around the block are accepted).
    assert!(parse(format!("\n\n{text}").as_bytes()).is_ok());
}

#[test]
fn the_rust_implementation_adds_noise_and_knows_tokens() {
    let classic = "age1tag1qt8lw0ual6avlwmwatk888yqnmdamm7xfd0wak53ut6elz5c4swx2yqdj4e";
    let hybrid = include_str!("../fixtures/agenix/recipients/tagpq.txt").trim();
    let tag: age::tag::Recipient = classic.parse().unwrap();
    let tagpq: age::tagpq::Recipient = hybrid.parse().unwrap();
    let one = parse(&age::encrypt(&tag, b"x").unwrap()).unwrap();
    let two = parse(&age::encrypt(&tagpq, b"x").unwrap()).unwrap();
    for (header, own, other) in [(&one, classic, hybrid), (&two, hybrid, classic)] {
        assert_eq!(header.stanzas.iter().filter(|stanza| stanza.is_grease()).count(), 1, "{header:?}");
        assert!(!compare(header, &recipients(&[own])).is_drifted());
        let fit = compare(header, &recipients(&[other]));
        assert_eq!((fit.without_stanza.len(), fit.stale.len()), (1, 1));
    }
    assert!(matches!(one.stanzas[0].kind(), Kind::Tagged { .. }));
    assert!(matches!(two.stanzas[0].kind(), Kind::HybridTagged { .. }));
}

/// A file by hand: the stanzas' first lines, each with a body of 32 bytes.
fn written(stanzas: &[String]) -> Vec<u8> {
    let body = STANDARD_NO_PAD.encode([7; 32]);
    let stanzas: String = stanzas.iter().map(|line| format!("-> {line}\n{body}\n")).collect();
    let mac = STANDARD_NO_PAD.encode([9; 32]);
    [format!("age-encryption.org/v1\n{stanzas}--- {mac}\n").as_bytes(), &[0xff; 32]].concat()
}

fn sized(length: usize) -> String {
    STANDARD_NO_PAD.encode(vec![1; length])
}

#[test]
fn what_only_plugins_write_is_told_from_what_is_missing() {
    let plugin = "age1fido2-hmac";
    let header = parse(&written(&[format!("X25519 {}", sized(32)), "other.example/thing a b".into()])).unwrap();
    assert_eq!(header.stanzas[1].kind(), Kind::Other);
    let x = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";
    let unknown = Recipient::Plugin { name: plugin[4..].to_owned(), text: plugin.to_owned() };
    let with = [recipients(&[x]), vec![unknown]].concat();
    let fit = compare(&header, &with);
    assert_eq!((fit.undecided.as_slice(), fit.is_drifted()), (&[1][..], false));
    // Without the plugin's recipient nobody is there who could have the second stanza.
    assert_eq!(compare(&header, &recipients(&[x])).stale, [1]);
}

#[test]
fn hybrid_recipients_are_counted_and_passphrases_stand_alone() {
    let hybrid = format!("mlkem768x25519 {}", sized(1120));
    let header = parse(&written(&[hybrid.clone(), hybrid, "x9-grease q".into()])).unwrap();
    let fit = compare(&header, &[]);
    assert_eq!((fit.hybrid.there, fit.hybrid.surplus(), fit.x25519.there), (2, 2, 0));
    assert!(fit.stale.is_empty() && fit.is_drifted());

    let passphrase = format!("scrypt {} 18", sized(16));
    let header = parse(&written(std::slice::from_ref(&passphrase))).unwrap();
    assert_eq!(header.stanzas[0].kind(), Kind::Passphrase);
    assert_eq!(compare(&header, &[]).stale, [0]);
    let both = [passphrase, format!("X25519 {}", sized(32))];
    assert_eq!(parse(&written(&both)), Err(Malformed::PassphraseNotAlone));
}

#[test]
fn what_is_no_age_file_says_why() {
    let good = written(&[format!("X25519 {}", sized(32))]);
    assert!(parse(&good).is_ok());
    let changed = |from: &str, to: &str| {
        let text = String::from_utf8_lossy(&good[..good.len() - 32]).replacen(from, to, 1);
        parse(&[text.as_bytes(), &[0xff; 32]].concat()).unwrap_err()
    };
    assert_eq!(parse(b""), Err(Malformed::Empty));
    assert_eq!(parse(b"# just a text\n"), Err(Malformed::NotAge));
    assert_eq!(parse(b"\xff\xfe\0"), Err(Malformed::NotAge));
    assert_eq!(changed("/v1", "/v2"), Malformed::Version);
    assert_eq!(changed("-> X25519", "->  X25519"), Malformed::Line { line: 2 });
    assert_eq!(changed("-> X25519", "X25519"), Malformed::Line { line: 2 });
    assert_eq!(changed("X25519 ", "X25519 A"), Malformed::Stanza("X25519".into()));
    assert_eq!(changed("\n--- ", "*\n--- "), Malformed::Line { line: 3 });
    assert_eq!(changed("--- ", "--- A"), Malformed::Line { line: 4 });
    assert_eq!(changed("\n", "\r\n"), Malformed::Version);
    for end in [10, 30, 80, good.len() - 20] {
        assert_eq!(parse(&good[..end]), Err(if end == 10 { Malformed::NotAge } else { Malformed::Truncated }));
    }
    let none = format!("age-encryption.org/v1\n--- {}\n", sized(32));
    assert_eq!(parse(none.as_bytes()), Err(Malformed::Line { line: 2 }));
}

#[test]
fn a_hostile_header_is_bounded() {
    let many: Vec<String> = (0..5000).map(|_| format!("X25519 {}", sized(32))).collect();
    assert_eq!(parse(&written(&many)), Err(Malformed::TooLarge));
    assert_eq!(parse(&written(&["x".repeat(1 << 20)])), Err(Malformed::TooLarge));
    let mut endless = b"age-encryption.org/v1\n-> x\n".to_vec();
    endless.extend("A".repeat(64).bytes().chain(*b"\n").cycle().take(65 * 10_000));
    assert_eq!(parse(&endless), Err(Malformed::Truncated));
}

/// Every armored file in the test vectors of sops holds one stanza for the recipient beside it.
#[test]
fn the_data_keys_of_sops_files_are_age_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/vectors");
    let file = fs::read_to_string(folder.join("11-yaml-mixed-age-ssh/enc.yaml")).unwrap();
    let headers: Vec<Header> = file
        .split("-----BEGIN")
        .skip(1)
        .map(|part| {
            let text: String = format!("-----BEGIN{part}").lines().map(|line| format!("{}\n", line.trim())).collect();
            let (file, _) = text.split_once("-----END").unwrap();
            parse(format!("{file}-----END AGE ENCRYPTED FILE-----\n").as_bytes()).unwrap()
        })
        .collect();
    let tags: Vec<&str> = headers.iter().map(|header| header.stanzas[0].tag.as_str()).collect();
    assert!(headers.iter().all(|header| header.armored && header.stanzas.len() == 1));
    assert!(tags.contains(&"X25519") && tags.contains(&"ssh-ed25519"), "{tags:?}");
}
