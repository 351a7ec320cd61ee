//! The value is the empty string.

use crate::checks::declared::Declared;
use crate::checks::{Rule, Verdict, World};
use crate::command::{self, SopsFile};
use crate::finding::{Finding, Label, Level};
use crate::sops::{Child, Document, Format, Found, Leaf};

use super::form::{Fit, formed};
use super::lookup::lookups;

pub const RULE: Rule =
    Rule { id: "empty-value", level: Level::Warning, page: include_str!("../../../docs/rules/empty-value.md"), check };

fn check(world: &World<'_>, verdict: &mut Verdict) {
    let keys = lookups(world);
    verdict
        .findings
        .extend(keys.filter_map(|lookup| finding(&lookup.declared, lookup.document, lookup.key, lookup.found)));
    let binary = formed(world).filter(|formed| formed.format == Format::Binary && formed.fit == Fit::Fits);
    verdict.findings.extend(
        binary.filter_map(|formed| finding(&formed.declared, formed.document, "data", formed.document.find("data"))),
    );
}

fn finding(declared: &Declared<'_>, document: &Document, key: &str, found: Found<'_>) -> Option<Finding> {
    let Found::Leaf { leaf: Leaf::ClearText { length: 0 }, child: Child { key_place, .. } } = found else {
        return None;
    };
    let path = &document.path;
    let what = match document.format {
        Format::Binary => format!("`{path}` is empty"),
        _ => format!("`{key}` in `{path}` is empty"),
    };
    let key_at = declared.field_label("key", "its key is written here");
    Some(Finding {
        key: Some(key.to_owned()),
        help: Some(format!("give it a value with `{}`", command::edit(SopsFile::read(document)))),
        others: key_at.into_iter().chain([Label::new(key_place.clone(), "nothing is sealed here")]).collect(),
        names: vec![path.to_string()],
        ..declared.finding(
            &RULE,
            "is empty",
            format!(
                "{what}, and sops leaves an empty text in clear. Build and activation pass; what reads `{}` gets \
                 nothing.",
                declared.name
            ),
        )
    })
}
