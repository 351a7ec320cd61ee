//! The same as JSON (`docs/verify.md`).

use std::io;

use serde::Serialize;
use serde_json::{Value, json};

use crate::keys::private::{Form, Identities};
use crate::manifest::Spot;
use crate::proof::file::{AgeClosed, Closed, Opened, Opener, Unprotected};
use crate::proof::host::{Delivered, HostProof, SecretProof};
use crate::proof::{FileProof, Outcome, Proofs, State};
use crate::sops::mac::{BrokenLeaf, Mac};

/// The version of the JSON.
pub const VERSION: u32 = 1;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct File<'a> {
    path: &'a str,
    outcome: &'static str,
    opened_by: Vec<Value>,
    /// Key groups: all, and how many are needed.
    groups: Option<usize>,
    needed: Option<usize>,
    lacking: Vec<Value>,
    broken_entries: Vec<Value>,
    values: Option<usize>,
    mac: Option<&'static str>,
    broken: Vec<Value>,
    more_broken: Option<usize>,
    unprotected: Value,
    why: Option<String>,
    place: Option<Spot>,
}

/// Writes what was proved with which identities.
pub fn write_json(out: &mut impl io::Write, proofs: &Proofs, identities: &Identities) -> io::Result<()> {
    let used = identities.usable.iter().map(
        |identity| json!({ "recipient": identity.recipient, "form": form(identity.form), "source": identity.source }),
    );
    let unusable =
        identities.unusable.iter().map(|place| json!({ "source": place.source, "why": place.why.to_string() }));
    let written = json!({
        "version": VERSION,
        "identities": used.collect::<Vec<_>>(),
        "unusable": unusable.collect::<Vec<_>>(),
        "files": proofs.files.iter().map(file).collect::<Vec<_>>(),
        "hosts": proofs.hosts.iter().map(host).collect::<Vec<_>>(),
    });
    serde_json::to_writer_pretty(&mut *out, &written)?;
    writeln!(out)
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Age => "age",
        Form::Ssh => "ssh",
        Form::Converted => "sshConverted",
        Form::Plugin => "plugin",
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Right => "right",
        Outcome::ForOthers => "forOthers",
        Outcome::Closed => "closed",
        Outcome::Broken => "broken",
        Outcome::NotSealed => "notSealed",
        Outcome::NotLooked => "notLooked",
    }
}

fn file(proof: &FileProof) -> File<'_> {
    let mut file = File {
        path: &proof.path,
        outcome: outcome(proof.outcome()),
        opened_by: proof.openers().iter().map(opener).collect(),
        groups: None,
        needed: None,
        lacking: Vec::new(),
        broken_entries: Vec::new(),
        values: None,
        mac: None,
        broken: Vec::new(),
        more_broken: None,
        unprotected: json!({}),
        why: None,
        place: None,
    };
    match &proof.state {
        State::Opened(Opened { groups, examined, unprotected, .. }) => {
            file.groups = Some(*groups);
            file.values = Some(examined.opened);
            file.mac = Some(mac(examined.mac));
            file.broken = examined.broken.iter().map(leaf).collect();
            file.more_broken = Some(examined.more_broken);
            file.unprotected = unprotected.iter().map(|what| counted(*what)).collect();
        }
        State::Closed(Closed { groups, needed, lacking, broken, why, .. }) => {
            file.groups = Some(*groups);
            file.needed = Some(*needed);
            let lacking = lacking.iter().map(|(group, names)| json!({ "group": group + 1, "recipients": names }));
            file.lacking = lacking.collect();
            let broken = broken.iter().map(|(name, why)| json!({ "recipient": name, "why": why.to_string() }));
            file.broken_entries = broken.collect();
            file.why = Some(why.to_string());
        }
        State::Age(Err(AgeClosed { why, .. })) => file.why = Some(why.to_string()),
        State::Refused { why, place } => {
            file.why = Some(why.clone());
            file.place = Some(Spot(place.clone()));
        }
        State::NotLooked { why } => file.why = Some(why.clone()),
        State::Age(Ok(_)) | State::NotSealed => {}
    }
    file
}

fn opener(opener: &Opener) -> Value {
    let Opener { group, recipient, form: in_form, source, labelled } = opener;
    json!({ "group": group + 1, "recipient": recipient, "form": form(*in_form), "source": source, "namedAs": labelled })
}

fn leaf(BrokenLeaf { path, place, why }: &BrokenLeaf) -> Value {
    json!({ "key": path, "place": Spot(place.clone()), "why": why.to_string() })
}

fn mac(mac: Mac) -> &'static str {
    match mac {
        Mac::Right => "right",
        Mac::Wrong => "wrong",
        Mac::Unreadable(_) => "unreadable",
        Mac::Unknown => "notComputed",
    }
}

fn counted(what: Unprotected) -> (String, Value) {
    let (name, number) = match what {
        Unprotected::ClearNames(number) => ("clearNames", number),
        Unprotected::ClearValues(number) => ("clearValues", number),
        Unprotected::Empty(number) => ("empty", number),
        Unprotected::Comments(number) => ("comments", number),
        Unprotected::ClearComments(number) => ("clearComments", number),
    };
    (name.to_owned(), number.into())
}

fn host(proof: &HostProof) -> Value {
    json!({
        "host": proof.host,
        "user": proof.user,
        "opensAll": proof.opens_all(),
        "incomplete": proof.incomplete,
        "foreign": proof.foreign,
        "secrets": proof.secrets.iter().map(secret).collect::<Vec<_>>(),
        "files": proof.files.iter().map(file).collect::<Vec<_>>(),
        "notes": proof.notes,
    })
}

fn secret(SecretProof { name, file, key, delivered }: &SecretProof) -> Value {
    let (answer, why) = match delivered {
        Delivered::Yes => ("yes", None),
        Delivered::No(why) => ("no", Some(why)),
        Delivered::Unknown(why) => ("unknown", Some(why)),
    };
    json!({ "name": name, "file": file, "key": key, "delivered": answer, "why": why })
}
