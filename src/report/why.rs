//! Why a file's recipients are who they are, written.

mod age;

use std::io;

use serde::Serialize;

use super::holders::{self, VERSION, holders_of, readers};
use super::summary::count;
use crate::access::{Access, AgeRule, Candidate, File, Key, Mark, Readers, State, Verdict, short};
use crate::command;
use crate::keys::age_file::Kind;
use crate::policy::{self, CreationRule, Problem, Selection};
use crate::source::visible::clean_line;

/// More rules, or secrets of a host, than this are counted, not shown.
const SHOWN: usize = 12;

/// Writes it for people.
pub fn write(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    writeln!(out, "{}: {}", clean_line(&file.path), clean_line(&state(file)))?;
    writeln!(out)?;
    decision(file).iter().try_for_each(|line| writeln!(out, "{}", clean_line(line)))?;
    if let Some(Problem { place, why, rule, .. }) = access.problem(file) {
        let whole =
            if rule.is_none() { "sops does not load the rule file" } else { "sops refuses to seal by this rule" };
        writeln!(out, "{}", clean_line(&format!("{whole}: line {} {why}", place.start.line)))?;
    }
    rules(out, file)?;
    for (config, number) in access.hidden(file) {
        let taker = match number {
            Some(number) => format!(", whose rule {number} would take the file"),
            None => ", none of whose rules would take the file".to_owned(),
        };
        writeln!(out, "It hides {}{taker}.", clean_line(&config.path))?;
    }
    recipients(out, access, file)?;
    declared(out, access, file)?;
    mending(out, access, file)
}

fn recipients(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    if file.should.is_some() || file.can.is_some() {
        writeln!(out)?;
    }
    if let Some(should) = &file.should {
        let would = if matches!(file.state, State::Sealed(_) | State::Age(_)) { "Should" } else { "Would" };
        writeln!(out, "{would} read it: {}", readers(access, should))?;
    }
    if let Some(can) = &file.can {
        writeln!(out, "Can read it:    {}", readers(access, can))?;
    }
    age::difference(access, file).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    difference(out, access, file)
}

fn state(file: &File<'_>) -> String {
    match file.state {
        State::Sealed(document) => format!(
            "sealed, {}, {}",
            holders::values(document),
            count(document.metadata.recipients().count(), "recipient")
        ),
        State::Age(header) => {
            let stanzas = header.stanzas.iter().filter(|stanza| stanza.kind() != Kind::Grease);
            format!("an age file, {}", count(stanzas.count(), "recipient"))
        }
        State::Unread(why) if file.age.is_some() => format!("no age file that could be read: {why}"),
        State::Unread(why) => format!("sealed, but could not be read: it {why}"),
        State::Clear if file.age.is_some() => "not an age file".to_owned(),
        State::Clear => "not sealed by sops".to_owned(),
        State::NotLooked(why) => format!("not looked at: it {why}"),
        State::Absent => "there is no such file".to_owned(),
    }
}

/// Which rule decides, and where it stands.
fn decision(file: &File<'_>) -> Vec<String> {
    if file.age.is_some() {
        return age::decision(file);
    }
    match file.selection {
        Selection::NoConfig => vec!["No .sops.yaml lies on its way up: sops knows of no rule for it.".to_owned()],
        Selection::Unreadable(config) => {
            vec![format!("{} decides, but is not readable: sops stops.", config.path)]
        }
        Selection::NoRule(config) if config.rules.is_empty() => {
            vec![format!("{} decides, and has no creation rules: sops refuses the file.", config.path)]
        }
        Selection::NoRule(config) => {
            vec![format!("{} decides, and none of its rules matches: sops refuses the file.", config.path)]
        }
        Selection::Stopped { config, index, rule } => vec![format!(
            "Rule {} of {} ({}) does not compile: sops stops there.",
            index + 1,
            config.path,
            where_it_is(rule)
        )],
        Selection::Rule { config, index, rule } => vec![format!(
            "Rule {} of {} in {} decides: line {}, {}",
            index + 1,
            config.rules.len(),
            config.path,
            line(rule),
            expression(rule)
        )],
    }
}

fn where_it_is(rule: &CreationRule) -> String {
    format!("line {}, {}", line(rule), expression(rule))
}

fn line(rule: &CreationRule) -> u32 {
    rule.path_regex.as_ref().map_or(rule.place.start.line, |(_, place)| place.start.line)
}

fn expression(rule: &CreationRule) -> String {
    match &rule.path_regex {
        Some((expression, _)) => format!("`{expression}`"),
        None => "no path_regex: every file".to_owned(),
    }
}

/// The rules that do not decide, and why.
fn rules(out: &mut impl io::Write, file: &File<'_>) -> io::Result<()> {
    let others: Vec<(Candidate<'_>, &str)> = file
        .candidates()
        .into_iter()
        .filter_map(|candidate| {
            let why = match candidate.verdict {
                Verdict::Misses if is_before(file, &candidate) => "does not match",
                Verdict::TooLate => "matches too, but comes later",
                Verdict::NotReached => "does not compile, but sops does not come that far",
                Verdict::Misses | Verdict::Takes | Verdict::Stops => return None,
            };
            Some((candidate, why))
        })
        .collect();
    for (candidate, why) in others.iter().take(SHOWN) {
        let line = format!("  rule {} ({}) {why}", candidate.number, where_it_is(candidate.rule));
        writeln!(out, "{}", clean_indented(&line))?;
    }
    match others.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

fn clean_indented(line: &str) -> String {
    format!("  {}", clean_line(line))
}

/// Whether sops tries the rule before the one that decides.
fn is_before(file: &File<'_>, candidate: &Candidate<'_>) -> bool {
    match file.selection {
        Selection::Rule { index, .. } | Selection::Stopped { index, .. } => candidate.number <= index,
        _ => true,
    }
}

fn difference(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    let named = |readers: Option<&Readers<'_>>, identity: &str| {
        let key = readers.and_then(|readers| readers.keys().find(|key| key.identity == identity));
        key.map_or_else(|| clean_line(&short(identity)), |key| holders_of(access, key))
    };
    if let Some(drift) = file.drift() {
        if drift.only_regrouped() {
            writeln!(out, "The recipients are the same, but in other key groups.")?;
        } else {
            let missing: Vec<String> =
                drift.missing.iter().map(|one| named(file.should.as_ref(), &one.identity)).collect();
            let stale: Vec<String> = drift.stale.iter().map(|one| named(file.can.as_ref(), &one.identity)).collect();
            if !missing.is_empty() {
                writeln!(out, "Should but cannot: {}", missing.join(", "))?;
            }
            if !stale.is_empty() {
                writeln!(out, "Can but should not: {}", stale.join(", "))?;
            }
        }
    }
    match file.other_threshold() {
        Some((file, rule)) => writeln!(
            out,
            "It needs {file} groups where the rule says {rule}: `sops updatekeys` leaves that; only a file that is \
             sealed anew gets the rule's."
        ),
        None => Ok(()),
    }
}

fn declared(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    let mut by = file.declared.iter().filter_map(|(place, names)| Some((access.holders.get(*place)?, place, names)));
    let lines: Vec<String> = by
        .by_ref()
        .map(|(holder, place, names)| {
            let cannot = match access.cell(file, *place).mark {
                Some(Mark::WantsUnread) => " (cannot read it)",
                Some(Mark::WantsUnknown)
                    if matches!(file.state, State::Sealed(_) | State::Age(_) | State::Unread(_)) =>
                {
                    " (whether it can read it is not known)"
                }
                _ => "",
            };
            format!("  {}{cannot}: {}", holders::title(holder), listed(names.iter().copied()))
        })
        .collect();
    if !lines.is_empty() {
        writeln!(out, "\nDeclared by:")?;
    }
    lines.iter().take(SHOWN).try_for_each(|line| writeln!(out, "{}", clean_indented(line)))?;
    match lines.len().saturating_sub(SHOWN) {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more"),
    }
}

/// The first names, and how many more there are.
pub(super) fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn mending(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    let Some(mending) = access.mending(file) else {
        return advice(access, file).iter().try_for_each(|line| writeln!(out, "\n{}", clean_line(line)));
    };
    if !mending.add.is_empty() {
        let keys: Vec<String> = mending.add.iter().map(|key| format!("`{}`", clean_line(key))).collect();
        writeln!(out, "\nAdd to the rule, so that all who declare secrets of it can read it: {}", keys.join(", "))?;
    }
    let stale = file.drift().is_some_and(|drift| !drift.stale.is_empty() && !drift.only_regrouped());
    let age_drift = file.age.as_ref().and_then(|age| age.drift.as_ref());
    let stale = stale || age_drift.is_some_and(|drift| !drift.stale.is_empty() || drift.unknown > 0);
    let purpose = match file.state {
        State::Absent => "This makes it, run at the repository's root",
        _ if stale => {
            "This mends it, run at the repository's root by somebody who can read it; who could may have kept the values, \
             so change those too"
        }
        _ => "This mends it, run at the repository's root by somebody who can read it",
    };
    writeln!(out, "\n{purpose}:\n  {}", mending.command)
}

/// Who declares secrets of a file and cannot read it.
fn closed(access: &Access<'_>, file: &File<'_>) -> Vec<String> {
    let closed = file.declared.keys().filter(|&&place| access.cell(file, place).mark == Some(Mark::WantsUnread));
    closed.filter_map(|&place| access.holders.get(place)).map(holders::title).collect()
}

/// What to do where no command mends it.
fn advice(access: &Access<'_>, file: &File<'_>) -> Option<String> {
    if file.age.is_some() {
        return age::advice(file);
    }
    let is_sealed = matches!(file.state, State::Sealed(_));
    match file.selection {
        Selection::NoConfig | Selection::NoRule(_) => {
            let config = file.config().map_or(".sops.yaml", |config| &*config.path);
            let relative = file.config().and_then(|config| config.relative(&file.path)).unwrap_or(&file.path);
            Some(format!("A rule for it in {config}: `path_regex: {}`", policy::exactly(relative)))
        }
        Selection::Rule { .. } if is_sealed => Some(match closed(access, file) {
            names if names.is_empty() => "Nothing is to be mended.".to_owned(),
            names => format!(
                "Who declares secrets of it needs a key in more of its key groups to read it alone: {}",
                names.join(", ")
            ),
        }),
        Selection::Rule { .. } if matches!(file.state, State::Clear) => {
            Some(format!("If it is meant to be secret, this seals it: `{}`", command::encrypt(&file.path)))
        }
        _ => None,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    version: u32,
    path: &'a str,
    state: &'static str,
    why_unread: Option<&'a str>,
    config: Option<&'a str>,
    decision: &'static str,
    /// The name of agenix' entry.
    entry: Option<&'a str>,
    /// Why an age file may be for others too.
    why_open: Option<&'a str>,
    /// Its number from 1.
    rule: Option<usize>,
    rules: Vec<WrittenRule<'a>>,
    /// Why sops would refuse to seal by them.
    refused: Option<Refused<'a>>,
    hides: Vec<Hidden<'a>>,
    should: Option<WrittenReaders<'a>>,
    can: Option<WrittenReaders<'a>>,
    missing: Vec<&'a str>,
    stale: Vec<&'a str>,
    /// Of an age file: how many of the `age1…` recipients surely cannot read it.
    lacking: usize,
    /// Of an age file: how many surely can that should not, and nothing names.
    unknown_stale: usize,
    only_regrouped: bool,
    declared: Vec<WrittenDeclared<'a>>,
    /// What is to be written into the rule before the command is run.
    add: Vec<String>,
    command: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenRule<'a> {
    number: usize,
    line: u32,
    path_regex: Option<&'a str>,
    verdict: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused<'a> {
    line: u32,
    why: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Hidden<'a> {
    config: &'a str,
    rule: Option<usize>,
}

/// The readers of a file or rule in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WrittenReaders<'a> {
    /// How many groups are needed.
    needed: usize,
    /// How many more recipients an age file has, of whom it does not tell who they are.
    anonymous: usize,
    groups: Vec<Vec<Reader<'a>>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Reader<'a> {
    kind: &'static str,
    recipient: &'a str,
    holders: Vec<&'a str>,
    /// Those of them that sops-nix lets open it: not where the recipient is an ssh key.
    only_as_ssh: Vec<&'a str>,
    path: Option<&'a str>,
    line: Option<u32>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WrittenDeclared<'a> {
    holder: &'a str,
    secrets: Vec<&'a str>,
    mark: Option<&'static str>,
}

/// Writes it as JSON (`docs/access.md`).
pub fn write_json(out: &mut impl io::Write, access: &Access<'_>, file: &File<'_>) -> io::Result<()> {
    let drift = file.drift();
    let age = file.age.as_ref();
    let age_drift = age.and_then(|age| age.drift.as_ref());
    let (decision, rule) = match file.selection {
        _ if file.age.is_some() => (age_decision(file), None),
        Selection::NoConfig => ("noConfig", None),
        Selection::Unreadable(_) => ("unreadable", None),
        Selection::NoRule(_) => ("noRule", None),
        Selection::Stopped { index, .. } => ("stopped", Some(index + 1)),
        Selection::Rule { index, .. } => ("rule", Some(index + 1)),
    };
    let hides = access.hidden(file);
    let mending = access.mending(file);
    let declared = file.declared.iter().filter_map(|(place, names)| {
        Some(WrittenDeclared {
            holder: &access.holders.get(*place)?.title,
            secrets: names.iter().copied().collect(),
            mark: access.cell(file, *place).mark.map(|mark| mark.word()),
        })
    });
    let written = Written {
        version: VERSION,
        path: &file.path,
        state: match file.state {
            State::Sealed(_) | State::Age(_) => "sealed",
            State::Unread(_) => "unread",
            State::Clear => "clear",
            State::NotLooked(_) => "notLookedAt",
            State::Absent => "absent",
        },
        why_unread: match file.state {
            State::Unread(why) | State::NotLooked(why) => Some(why),
            _ => None,
        },
        config: file.rules_path(),
        decision,
        entry: age
            .and_then(|age| if let Some(AgeRule::Entry(_, entry)) = age.rule { Some(&*entry.name) } else { None }),
        why_open: age.and_then(|age| age.open),
        rule,
        rules: file.candidates().iter().map(written_rule).collect(),
        refused: access.problem(file).map(|problem| Refused { line: problem.place.start.line, why: &problem.why }),
        hides: hides.iter().map(|(config, rule)| Hidden { config: &config.path, rule: *rule }).collect(),
        should: file.should.as_ref().map(|readers| written_readers(access, readers)),
        can: file.can.as_ref().map(|readers| written_readers(access, readers)),
        missing: match age_drift {
            Some(drift) => drift.missing.clone(),
            None => drift.iter().flat_map(|drift| &drift.missing).map(|one| one.identity.as_str()).collect(),
        },
        stale: match age_drift {
            Some(drift) => drift.stale.clone(),
            None => drift.iter().flat_map(|drift| &drift.stale).map(|one| one.identity.as_str()).collect(),
        },
        lacking: age_drift.map_or(0, |drift| drift.lacking),
        unknown_stale: age_drift.map_or(0, |drift| drift.unknown),
        only_regrouped: drift.as_ref().is_some_and(|drift| drift.only_regrouped()),
        declared: declared.collect(),
        add: mending.iter().flat_map(|mending| mending.add.clone()).collect(),
        command: mending.map(|mending| mending.command),
    };
    serde_json::to_writer_pretty(&mut *out, &written)?;
    writeln!(out)
}

fn age_decision(file: &File<'_>) -> &'static str {
    match file.age.as_ref().and_then(|age| age.rule) {
        Some(AgeRule::Entry(..)) => "entry",
        Some(AgeRule::Rekey) => "rekey",
        None => "noEntry",
    }
}

fn written_rule<'a>(candidate: &Candidate<'a>) -> WrittenRule<'a> {
    WrittenRule {
        number: candidate.number,
        line: line(candidate.rule),
        path_regex: candidate.rule.path_regex.as_ref().map(|(expression, _)| expression.as_str()),
        verdict: match candidate.verdict {
            Verdict::Misses => "misses",
            Verdict::Takes => "takes",
            Verdict::TooLate => "tooLate",
            Verdict::Stops => "stops",
            Verdict::NotReached => "notReached",
        },
    }
}

fn written_readers<'a>(access: &'a Access<'_>, readers: &'a Readers<'_>) -> WrittenReaders<'a> {
    let reader = |key: &'a Key<'_>| {
        let titles = |only_as_ssh: bool| {
            let owners = key.owners.iter().filter(move |owner| !only_as_ssh || owner.only_as_ssh);
            owners.filter_map(|owner| Some(access.holders.get(owner.holder)?.title.as_str())).collect()
        };
        let (path, line) = (key.place.map(|place| &*place.path), key.place.map(|place| place.start.line));
        Reader {
            kind: key.kind,
            recipient: key.identity,
            holders: titles(false),
            only_as_ssh: titles(true),
            path,
            line,
        }
    };
    let groups = readers.groups.iter().map(|group| group.iter().map(reader).collect()).collect();
    WrittenReaders { needed: readers.needed, anonymous: readers.anonymous, groups }
}
