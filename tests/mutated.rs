//! Broken sops files, rule files and age headers, 200,000 of them: no reader panics or hangs, and
//! nobody opens a file who does not stand in it.

use std::collections::HashMap;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{process, thread};

use rayon::prelude::*;
use sealnix::keys::age_file;
use sealnix::policy::Policy;
use sealnix::sops::{self, Document, Format, walk};
use sealnix::source::{Text, Tree};

use crate::support::mutants::{Source, mutant, rule_files, sealed};

const FORMATS: [Format; 5] = [Format::Yaml, Format::Json, Format::Dotenv, Format::Ini, Format::Binary];

/// Far more than any mutant takes: one that takes longer hangs.
const HANGS: Duration = Duration::from_secs(30);

/// Gives every mutant of the sources to a reader. One that hangs ends the process, with the seed that makes it.
fn all(sources: &[Source], count: u64, read: impl Fn(u64, &Source, &[u8]) + Sync) {
    let running = Mutex::new(HashMap::new());
    let is_done = AtomicBool::new(false);
    let source_of = |seed: u64| &sources[seed as usize % sources.len()];
    let is_misread = |seed: u64| {
        let other = &sources[seed as usize / 7 % sources.len()].bytes;
        let bytes = mutant(seed, &source_of(seed).bytes, other);
        running.lock().unwrap().insert(seed, Instant::now());
        let is_read = catch_unwind(AssertUnwindSafe(|| read(seed, source_of(seed), &bytes))).is_ok();
        running.lock().unwrap().remove(&seed);
        !is_read
    };
    let watch = || {
        while !is_done.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(50));
            let running = running.lock().unwrap();
            if let Some((&seed, _)) = running.iter().find(|(_, start)| start.elapsed() > HANGS) {
                // Not `eprintln!`, which the test's harness would keep.
                let _ = writeln!(io::stderr(), "{} with seed {seed} hangs", source_of(seed).vector);
                process::exit(1);
            }
        }
    };
    let wrong: Vec<String> = thread::scope(|scope| {
        scope.spawn(watch);
        let seeds = (0..count).into_par_iter().filter(|&seed| is_misread(seed));
        let wrong = seeds.map(|seed| format!("{} with seed {seed}", source_of(seed).vector)).collect();
        is_done.store(true, Ordering::Relaxed);
        wrong
    });
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
    let written = Written::of(text.content());
    for recipient in document.metadata.recipients().filter(|recipient| recipient.kind == "age") {
        assert!(written.holds(&recipient.identity), "{}", recipient.identity);
    }
    let mut visited = 0;
    walk(text, document.format, &document.metadata.crypt, |visit| {
        visited += 1;
        assert!(visit.place.end.byte as usize <= text.content().len());
    })
    .unwrap_or_else(|refused| panic!("read, and not walked: {refused}"));
    let leaves = document.reachable_leaves();
    for (path, ..) in leaves.iter().take(50) {
        assert!(matches!(document.find(path), sops::Found::Leaf { .. }), "{path}");
    }
}

/// A text as it stands, and with what its escapes mean. What an alias names stands there too.
struct Written([String; 3]);

impl Written {
    fn of(text: &str) -> Written {
        // Dotenv knows but one escape.
        Written([squeezed(text), squeezed(&unescaped(text)), squeezed(&text.replace("\\n", "\n"))])
    }

    fn holds(&self, identity: &str) -> bool {
        let identity = squeezed(identity);
        self.0.iter().any(|text| text.contains(&identity))
    }
}

/// Without blanks, quotes, what folding changes and what the escapes of one letter stand for.
fn squeezed(text: &str) -> String {
    let is_dropped = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '\u{feff}');
    text.chars().filter(|&c| !is_dropped(c)).collect()
}

/// What the escapes of JSON and YAML mean (YAML 1.2.2, section 5.7), those left out that [`squeezed`] drops.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        let escaped = if c == '\\' { rest.next() } else { None };
        let digits = match escaped {
            None => {
                out.push(c);
                continue;
            }
            Some('x') => 2,
            Some('u') => 4,
            Some('U') => 8,
            Some(letter) => {
                out.extend(Some(letter).filter(|letter| !"0abtnvfreN_LP".contains(*letter)));
                continue;
            }
        };
        let code: String = rest.by_ref().take(digits).collect();
        out.extend(u32::from_str_radix(&code, 16).ok().and_then(char::from_u32));
    }
    out
}

#[test]
fn no_mutant_of_a_rule_file_is_misread() {
    all(&rule_files(), 25_000, |_, _, bytes| {
        let text = Text::new(".sops.yaml".into(), String::from_utf8_lossy(bytes).into_owned());
        let texts = [(text.path().clone(), text.clone())].into_iter().collect();
        let policy = Policy::read(&Tree { texts, ..Tree::default() });
        let written = Written::of(text.content());
        for recipient in
            policy.configs.iter().flat_map(|config| &config.rules).flat_map(|rule| rule.groups.iter().flatten())
        {
            assert!(recipient.kind != "age" || written.holds(&recipient.identity), "{}", recipient.identity);
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
