//! Broken sops files, rule files and age headers, 200,000 of them: no reader panics or hangs, and
//! nobody opens a file who does not stand in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod mutants;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use mutants::{Source, mutant, rule_files, sealed};
use rayon::prelude::*;
use sealnix::keys::age_file;
use sealnix::policy::Policy;
use sealnix::sops::{self, Document, Format, walk};
use sealnix::source::{Text, Tree};

const FORMATS: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

/// Far more than any mutant takes: one that takes longer hangs.
const HANGS: Duration = Duration::from_secs(30);

/// Gives every mutant of the sources to a reader.
fn all(sources: &[Source], count: u64, read: impl Fn(u64, &Source, &[u8]) + Sync) {
    let wrong: Vec<String> = (0..count)
        .into_par_iter()
        .filter_map(|seed| {
            let source = &sources[seed as usize % sources.len()];
            let other = &sources[seed as usize / 7 % sources.len()].bytes;
            let bytes = mutant(seed, &source.bytes, other);
            let start = Instant::now();
            let is_read = catch_unwind(AssertUnwindSafe(|| read(seed, source, &bytes))).is_ok();
            let is_bounded = start.elapsed() < HANGS;
            (!is_read || !is_bounded).then(|| format!("{} with seed {seed}", source.vector))
        })
        .collect();
    assert!(wrong.is_empty(), "{} mutants: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}

#[test]
fn no_mutant_of_a_sops_file_is_misread() {
    all(&sealed(), 150_000, |seed, source, bytes| {
        let text = Text::new(source.name.as_str().into(), String::from_utf8_lossy(bytes).into_owned());
        let other = FORMATS[seed as usize % FORMATS.len()];
        for read in [sops::read(&text), sops::read_as(&text, other)].into_iter().flatten() {
            match read {
                Ok(document) => judge(&text, &document),
                Err(refused) => assert!(!refused.why.is_empty()),
            }
        }
    });
}

/// What was read is in the text.
fn judge(text: &Text, document: &Document) {
    let source = squeezed(text.content());
    // Escapes and aliases write a recipient in other words.
    let is_literal = !source.contains(['\\', '*']);
    for recipient in document.metadata.recipients().filter(|recipient| recipient.kind == "age" && is_literal) {
        assert!(source.contains(&squeezed(&recipient.identity)), "{}", recipient.identity);
    }
    let mut visited = 0;
    walk(text, document.format, |visit| {
        visited += 1;
        let _ = visit.is_sealed_by(&document.metadata.crypt);
        assert!(visit.place.end.byte as usize <= text.content().len());
    })
    .unwrap_or_else(|refused| panic!("read, and not walked: {refused}"));
    let leaves = document.reachable_leaves();
    for (path, ..) in leaves.iter().take(50) {
        assert!(matches!(document.find(path), sops::Found::Leaf { .. }), "{path}");
    }
}

/// Without blanks, quotes and what folding changes.
fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | '\u{feff}')).collect()
}

#[test]
fn no_mutant_of_a_rule_file_is_misread() {
    all(&rule_files(), 25_000, |_, _, bytes| {
        let text = Text::new(".sops.yaml".into(), String::from_utf8_lossy(bytes).into_owned());
        let texts = [(text.path().clone(), text.clone())].into_iter().collect();
        let policy = Policy::read(&Tree { texts, ..Tree::default() });
        for recipient in
            policy.configs.iter().flat_map(|config| &config.rules).flat_map(|rule| rule.groups.iter().flatten())
        {
            let is_literal = recipient.kind == "age" && !text.content().contains(['\\', '*']);
            assert!(!is_literal || squeezed(text.content()).contains(&squeezed(&recipient.identity)));
        }
    });
}

#[test]
fn no_mutant_of_an_age_header_is_misread() {
    let enc = |source: Source| {
        let text = Text::new(source.name.as_str().into(), String::from_utf8(source.bytes.clone()).ok()?);
        let document = sops::read(&text)?.ok()?;
        let enc = document.metadata.recipients().find(|recipient| recipient.kind == "age")?.enc.to_string();
        Some(Source { bytes: enc.into_bytes(), ..source })
    };
    let sources: Vec<Source> = sealed().into_iter().filter_map(enc).collect();
    all(&sources, 25_000, |_, source, bytes| {
        let whole = age_file::parse(&source.bytes).unwrap();
        if let Ok(header) = age_file::parse(bytes) {
            // Each file of the vectors has one recipient; a stanza that was glued in is another file's.
            assert!(header.stanzas.len() <= 2 * whole.stanzas.len() + 1, "{}", header.stanzas.len());
        }
        let _ = age_file::parse_beginning(bytes);
    });
}
