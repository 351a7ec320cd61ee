//! A new host, or a new person.

use std::collections::{BTreeMap, BTreeSet};

use crate::generate::GenerateError;
use crate::generate::change::Plan;
use crate::generate::rule_file::{Copied, Edited, Editing, Newcomer, Put, RuleFile, RuleFileError, named_words};
use crate::identity::{Says, fold};
use crate::keys::recipient::canonical;

use super::files::{self, KeySource};
use super::holders::{Holder, everywhere, folder_before, names_it, says_group};
use super::{Holders, HostError, Outcome, Repository, check_name, style};
use super::{location, people};

/// A host to come.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: String,
    /// Its age recipient.
    pub recipient: String,
    /// Where it has its key.
    pub key: KeySource,
    /// The rule file, where it is not the obvious one.
    pub config: Option<String>,
    /// Where the module of its secrets is to stand.
    pub module: Option<String>,
    /// The folder in which its own configuration is to be made; empty for that of the other hosts.
    pub folder: Option<String>,
}

/// How many names are shown.
const SHOWN: usize = 8;

/// Adds a host.
pub fn add(repository: &Repository<'_>, request: &Request) -> Result<Outcome, GenerateError> {
    check_name(&request.name)?;
    let file = repository.rule_file(request.config.as_deref())?;
    let holders = Holders::of(&file, repository);
    let anchor = check_new(&file, &holders, repository, request)?;
    let anchor = anchor.or_else(|| style::anchor(&file, &holders, &request.name));
    let new = Newcomer { name: request.name.clone(), anchor, recipient: request.recipient.clone() };
    let people = people::known(&holders, &file, repository, &request.name);
    let siblings = siblings(&holders, &file);
    let (editing, done, asked) = (Editing::of(file), Vec::new(), BTreeSet::new());
    let mut addition = Addition { repository, holders, people, siblings, new, editing, done, asked };
    let made = addition.rules();
    let Addition { new, editing, done, .. } = addition;
    let by_hand = |source| by_hand(source, &new, &done);
    let own = made.map_err(by_hand)?;
    finish(repository, request, editing, &new, done.clone(), own)
}

/// What a person writes where sealnix does not know how.
pub(super) fn by_hand(source: RuleFileError, new: &Newcomer, done: &[String]) -> HostError {
    let mut lines = Vec::new();
    match &new.anchor {
        Some(anchor) => {
            lines.push(format!("  - &{anchor} {}   (among the keys)", new.recipient));
            lines.push(format!("  - *{anchor}   (in each rule whose files it is to open)"));
        }
        None => lines.push(format!("  - {}   (in each rule whose files it is to open)", new.recipient)),
    }
    lines.extend(done.iter().map(|done| format!("  it was to be: {done}")));
    HostError::ByHand { source, lines }
}

/// Refuses a name or key that is there already for somebody else. The anchor, where this very host has one.
fn check_new(
    file: &RuleFile,
    holders: &Holders,
    repository: &Repository<'_>,
    request: &Request,
) -> Result<Option<String>, HostError> {
    let Request { name, recipient, .. } = request;
    let folded = fold(name);
    let of_manifest = repository.manifest.hosts.iter().map(|host| &host.name);
    if let Some(other) = of_manifest.clone().find(|other| *other != name && fold(other) == folded) {
        return Err(HostError::Resembles { name: name.clone(), other: other.clone() });
    }
    let styled = style::anchor(file, holders, name);
    let is_it = |holder: &&Holder| {
        holder.names.iter().any(|one| fold(one) == folded) || holder.anchor.is_some() && holder.anchor == styled
    };
    match holders.opening(recipient) {
        Some(holder) if is_it(&holder) => return Ok(holder.anchor.clone()),
        Some(holder) if !holder.names.is_empty() => {
            return Err(HostError::SameKey { other: holder.name.clone() });
        }
        _ => {}
    }
    let same = holders.hosts().find(|holder| holder.keys.len() == 1 && is_it(holder));
    let Some(same) = same else { return Ok(None) };
    let named = file.config.names.iter().find(|named| same.names.contains(&named.name));
    let line = named.map_or(1, |named| named.place.start.line);
    let name = named.map_or_else(|| same.name.clone(), |named| named.name.clone());
    Err(HostError::OtherKey { path: file.config.path.clone(), line, name })
}

/// A host being added.
pub(super) struct Addition<'a> {
    pub(super) repository: &'a Repository<'a>,
    pub(super) holders: Holders,
    /// The keys that are known to be people's.
    pub(super) people: BTreeSet<String>,
    pub(super) siblings: Vec<Sibling>,
    pub(super) new: Newcomer,
    pub(super) editing: Editing,
    pub(super) done: Vec<String>,
    /// The rules that are the host's own or of what it declares.
    pub(super) asked: BTreeSet<usize>,
}

/// A host that has rules of its own, and these.
#[derive(Debug, Clone)]
pub(super) struct Sibling {
    holder: Holder,
    pub(super) rules: Vec<usize>,
    /// Of each rule its expression without the host's name.
    shapes: Vec<String>,
}

/// The hosts that have rules of their own: that name them, hold their key once and no other host's but those that
/// all rules hold.
fn siblings(holders: &Holders, file: &RuleFile) -> Vec<Sibling> {
    let (everywhere, hosts) = (everywhere(file), holders.keys_of_hosts());
    let strangers: BTreeSet<&String> = hosts.difference(&everywhere).collect();
    let recipients: Vec<BTreeSet<String>> = (0..file.config.rules.len()).map(|rule| file.recipients(rule)).collect();
    let own = |holder: &Holder| {
        let is_own = |(rule, keys): &(usize, &BTreeSet<String>)| {
            !keys.is_disjoint(&holder.keys)
                && names_it(file, *rule, &holder.names)
                && keys.iter().all(|key| holder.keys.contains(key) || !strangers.contains(key))
                && file.count_of_age(*rule, &holder.keys) == 1
        };
        let rules: Vec<usize> = recipients.iter().enumerate().filter(is_own).map(|(rule, _)| rule).collect();
        let shapes = rules.iter().filter_map(|rule| shape(file, *rule, &holder.names)).collect();
        (!rules.is_empty()).then(|| Sibling { holder: holder.clone(), rules, shapes })
    };
    holders.hosts().filter_map(own).collect()
}

/// A rule's expression without some names.
fn shape(file: &RuleFile, rule: usize, names: &[String]) -> Option<String> {
    let (expression, _) = file.config.rules.get(rule)?.path_regex.as_ref()?;
    let mut shape = expression.clone();
    named_words(expression, names).into_iter().rev().for_each(|word| shape.replace_range(word, "\0"));
    Some(shape)
}

impl Addition<'_> {
    pub(super) fn file(&self) -> &RuleFile {
        self.editing.before()
    }

    pub(super) fn line(&self, rule: usize) -> u32 {
        self.file().config.rules.get(rule).map_or(0, |rule| rule.place.start.line)
    }

    /// Whether a rule holds its key already.
    pub(super) fn holds_new(&self, rule: usize) -> bool {
        self.file().recipients(rule).contains(&self.new.recipient)
    }

    /// The rule that takes a file.
    pub(super) fn rule_of(&self, path: &str) -> Option<usize> {
        self.file().config.first_matching(self.file().config.relative(path)?)
    }

    /// Edits the rule file. The path of the host's own secrets, relative to it.
    fn rules(&mut self) -> Result<String, RuleFileError> {
        let hosts = self.holders.keys_of_hosts();
        let new = self.new.clone();
        if self.editing.add_anchor(&new, &hosts)? {
            self.done.extend(new.anchor.as_ref().map(|anchor| format!("its key is `&{anchor}`")));
        }
        let own = self.own_rules()?;
        self.say_who_opens();
        self.declared_files(&hosts)?;
        self.shared_rules(&hosts)?;
        Ok(own)
    }

    /// Gives the host rules of its own, if it has none yet.
    fn own_rules(&mut self) -> Result<String, RuleFileError> {
        let named = self.own_already();
        if let Some(&first) = named.first() {
            let hosts = self.holders.keys_of_hosts();
            for &rule in &named {
                self.asked.insert(rule);
                if self.editing.add(rule, &self.new, &hosts)? {
                    self.done.push(format!("it is added to the rule of line {}, which names it", self.line(rule)));
                }
            }
            let expression = self.file().config.rules.get(first).and_then(|rule| rule.path_regex.as_ref());
            let path = expression.and_then(|(expression, _)| location::example_of(expression));
            return Ok(path.unwrap_or_else(|| self.default_path()));
        }
        if let Some((sibling, rules)) = self.sibling()
            && let Some(path) = self.copies(&sibling, &rules)?
        {
            return Ok(path);
        }
        self.first_own_rule()
    }

    /// The rules that are its own already. A name may be any word: that it stands there is not enough.
    fn own_already(&mut self) -> Vec<usize> {
        let names = vec![self.new.name.clone()];
        let named = self.rule_indices().filter(|rule| names_it(self.file(), *rule, &names));
        let named: Vec<usize> =
            named.filter(|rule| self.holds_new(*rule) || self.names_a_part(*rule, &names)).collect();
        let (own, other): (Vec<usize>, Vec<usize>) = named.into_iter().partition(|rule| self.is_its_own(*rule, &names));
        for rule in other {
            let (line, name) = (self.line(rule), &self.new.name);
            let item = self.new.item();
            self.done.push(format!(
                "not added to the rule of line {line}: `{name}` there may mean something else; write `{item}` there if it is \
                 to open those files"
            ));
        }
        own
    }

    /// Whether a name is a whole folder of a rule's paths, or a file's without its ending.
    fn names_a_part(&self, rule: usize, names: &[String]) -> bool {
        let expression = self.file().config.rules.get(rule).and_then(|rule| rule.path_regex.as_ref());
        let Some((expression, _)) = expression else { return false };
        named_words(expression, names).into_iter().any(|word| {
            let before = expression.get(..word.start).unwrap_or_default().trim_end_matches(['(', '|', '?', ':', '^']);
            let after = expression.get(word.end..).unwrap_or_default();
            let begins = before.is_empty()
                || before.ends_with('/')
                || expression.get(..word.start).is_some_and(|b| b.ends_with('|'));
            begins && (after.is_empty() || after.starts_with(['/', '\\', '.', '$', ')', '|']))
        })
    }

    /// Whether a rule that names it is its own: it holds its key, is made like other hosts' own rules, names other
    /// hosts whose keys it holds, is below a folder of hosts, or takes a file that the host declares.
    fn is_its_own(&self, rule: usize, names: &[String]) -> bool {
        let file = self.file();
        let expression = file.config.rules.get(rule).and_then(|rule| rule.path_regex.as_ref());
        let Some((expression, _)) = expression else { return false };
        let shape = shape(file, rule, names);
        let is_like = |one: &Sibling| shape.as_ref().is_some_and(|shape| one.shapes.contains(shape));
        let keys = file.recipients(rule);
        let is_beside =
            |host: &Holder| !keys.is_disjoint(&host.keys) && !named_words(expression, &host.names).is_empty();
        let folder = |at: usize| folder_before(expression.get(..at).unwrap_or_default());
        self.holds_new(rule)
            || self.siblings.iter().any(is_like)
            || self.holders.hosts().any(is_beside)
            || named_words(expression, names).iter().any(|word| says_group(folder(word.start)) == Says::Host)
            || self.repository.declared(&self.new.name).iter().any(|path| self.rule_of(path) == Some(rule))
    }

    /// Says whom the host's own rules let in.
    fn say_who_opens(&mut self) {
        let now = self.editing.now();
        let before: BTreeMap<usize, usize> =
            self.rule_indices().filter_map(|rule| Some((self.editing.index(rule)?, rule))).collect();
        let mut lists: Vec<(String, String)> = Vec::new();
        for (index, rule) in now.config.rules.iter().enumerate() {
            if before.get(&index).is_some_and(|rule| !self.asked.contains(rule)) {
                continue;
            }
            let mut names: Vec<String> = Vec::new();
            for one in rule.groups.iter().flatten() {
                let key = canonical(one.kind, &one.identity);
                let holder = self.holders.of_key(&key).map(|holder| holder.name.clone());
                let name = if key == self.new.recipient { self.new.name.clone() } else { holder.unwrap_or(key) };
                if !names.contains(&name) {
                    names.push(name);
                }
            }
            let expression = rule.path_regex.as_ref().map_or_else(String::new, |(expression, _)| expression.clone());
            lists.push((expression, names.join(", ")));
        }
        let is_one = lists.iter().all(|(_, names)| lists.first().is_some_and(|(_, first)| first == names));
        lists.truncate(if is_one { 1 } else { lists.len() });
        for (expression, names) in lists {
            let of = if is_one { String::new() } else { format!("`{expression}` is ") };
            self.done.push(format!("{of}opened by: {names}"));
        }
    }

    pub(super) fn rule_indices(&self) -> std::ops::Range<usize> {
        0..self.file().config.rules.len()
    }

    fn default_path(&self) -> String {
        format!("secrets/{}/secrets.yaml", self.new.name)
    }

    /// Copies the rules of another host. The path of the host's own secrets.
    fn copies(&mut self, sibling: &Sibling, rules: &[usize]) -> Result<Option<String>, RuleFileError> {
        let (names, keys) = (&sibling.holder.names, &sibling.holder.keys);
        let (mut own, mut any) = (None, false);
        let Some(mut behind) = rules.last().and_then(|rule| self.editing.index(*rule)) else { return Ok(None) };
        for &rule in rules {
            let path = location::like_sibling(self.repository, self.file(), rule, names, &self.new.name);
            let taker = path.as_ref().and_then(|path| self.editing.now().config.first_matching(path));
            let put = taker.filter(|taker| *taker <= behind).map_or(Put::After(behind), Put::Before);
            let of = Copied { rule, names, keys, new: &self.new };
            if !self.editing.copy(of, put)? {
                continue;
            }
            self.done.push(format!("a rule of its own is made like that of line {}", self.line(rule)));
            let some = self.keys_of_some(rule, keys, &sibling.holder.names);
            self.editing.thin(put.index(), &some)?;
            self.done.extend(
                (!some.is_empty())
                    .then(|| format!("left out of it, for most hosts' rules do not hold them: {}", self.named(&some))),
            );
            (own, any) = (own.or(path), true);
            behind += 1;
        }
        Ok(own.or_else(|| any.then(|| self.default_path())))
    }

    /// The keys of a host's own rule that most other hosts' rules of that form do not hold; of a single one the
    /// other hosts' keys.
    fn keys_of_some(&self, rule: usize, own: &BTreeSet<String>, names: &[String]) -> BTreeSet<String> {
        let shape = shape(self.file(), rule, names);
        let is_alike = |one: &Sibling| one.shapes.iter().any(|other| shape.as_ref() == Some(other));
        let alike: Vec<BTreeSet<String>> = self
            .siblings
            .iter()
            .filter(|one| is_alike(one))
            .map(|one| {
                let rules = one.rules.iter().zip(&one.shapes).filter(|(_, other)| shape.as_ref() == Some(*other));
                rules.flat_map(|(rule, _)| self.file().recipients(*rule)).collect()
            })
            .collect();
        let hosts = self.holders.keys_of_hosts();
        let is_of_most = |key: &String| match alike.len() {
            0 | 1 => !hosts.contains(key),
            number => 2 * alike.iter().filter(|keys| keys.contains(key)).count() > number,
        };
        let others =
            self.file().recipients(rule).into_iter().filter(|key| !own.contains(key) && *key != self.new.recipient);
        others.filter(|key| !is_of_most(key)).collect()
    }

    /// Whose some keys are.
    fn named(&self, keys: &BTreeSet<String>) -> String {
        let names = keys.iter().map(|key| self.holders.of_key(key).map_or(key.as_str(), |holder| &holder.name));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The last host that has the rules which most hosts of their own have, with those of them.
    fn sibling(&self) -> Option<(Sibling, Vec<usize>)> {
        let mut shapes: BTreeMap<&String, usize> = BTreeMap::new();
        for shape in self.siblings.iter().flat_map(|one| &one.shapes) {
            *shapes.entry(shape).or_default() += 1;
        }
        let number = self.siblings.len();
        let is_usual = |shape: &String| shapes.get(shape).is_some_and(|count| 2 * count > number);
        let usual = |one: &Sibling| one.shapes.iter().filter(|shape| is_usual(shape)).count();
        let most = self.siblings.iter().map(usual).max()?;
        let best = self.siblings.iter().filter(|one| usual(one) == most);
        let last = best.max_by_key(|one| one.rules.last().copied())?;
        let rules = last.rules.iter().zip(&last.shapes).filter(|(_, shape)| most == 0 || is_usual(shape));
        Some((last.clone(), rules.map(|(rule, _)| *rule).collect()))
    }

    /// A rule for `secrets/NAME/` where no other host has rules of its own.
    fn first_own_rule(&mut self) -> Result<String, RuleFileError> {
        let path = self.default_path();
        let name = regex::escape(&self.new.name).replace(r"\-", "-");
        let expression = format!(r"^secrets/{name}/[^/]+\.(yaml|json|env|ini)$");
        let people = self.people_of_all();
        let now = self.editing.now();
        let last = now.config.rules.len().saturating_sub(1);
        let put = now.config.first_matching(&path).map_or(Put::After(last), Put::Before);
        self.done.push(format!("`{expression}` is a rule of its own"));
        for like in self.by_likeness(&people) {
            if self.editing.like(like, &expression, &people, &self.new, put)? {
                self.say_left_out(&people);
                return Ok(path);
            }
        }
        let anchors = people
            .iter()
            .filter_map(|key| self.holders.of_key(key))
            .filter(|one| one.keys.iter().all(|key| key.starts_with("age1") || key.starts_with("ssh-")));
        let mut items: Vec<String> = anchors
            .flat_map(|one| one.anchor.as_ref().map(|anchor| format!("*{anchor}")).or(one.keys.first().cloned()))
            .collect();
        items.push(self.new.anchor.as_ref().map_or(self.new.recipient.clone(), |anchor| format!("*{anchor}")));
        self.editing.plain(&expression, &items, put)?;
        self.say_left_out(&people);
        Ok(path)
    }

    /// Says whose keys are not in the first own rule, because they may be machines'.
    fn say_left_out(&mut self, people: &BTreeSet<String>) {
        let is_left = |holder: &&Holder| !holder.is_surely_host && holder.keys.is_disjoint(people);
        let left: Vec<&str> = self.holders.all.iter().filter(is_left).map(|holder| holder.name.as_str()).collect();
        let more = left.len().saturating_sub(SHOWN);
        let mut names = left.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
        if more > 0 {
            names.push_str(&format!(" and {more} more"));
        }
        let like = self.new.anchor.as_ref().map_or(&self.new.recipient, |_| &self.new.name);
        let how = format!("`sealnix recipient add NAME --age KEY --like {like}` lets a person in");
        if !left.is_empty() {
            self.done.push(format!("left out of it, for they may be machines: {names}; {how}"));
        } else if people.is_empty() {
            self.done.push(format!("no person's key is in it: {how}"));
        }
    }

    /// The people whom every rule holds; without rules, all of them.
    fn people_of_all(&self) -> BTreeSet<String> {
        let people = &self.people;
        if self.file().config.rules.is_empty() {
            return people.clone();
        }
        let common: BTreeSet<String> = everywhere(self.file()).intersection(people).cloned().collect();
        if !common.is_empty() {
            return common;
        }
        let hosts = self.holders.keys_of_hosts();
        let of_hosts = self.rule_indices().filter(|rule| self.file().holds(*rule, &hosts));
        let people_of =
            |rule: usize| -> BTreeSet<String> { self.file().recipients(rule).intersection(people).cloned().collect() };
        of_hosts.map(people_of).reduce(|one, other| one.intersection(&other).cloned().collect()).unwrap_or_default()
    }

    /// The rules whose style a new one can have, the simplest first: those that hold the people.
    fn by_likeness(&self, people: &BTreeSet<String>) -> Vec<usize> {
        // Nobody can be taken out of cloud keys.
        let rules = &self.file().config.rules;
        let is_plain = |rule: usize| {
            rules
                .get(rule)
                .is_some_and(|rule| rule.groups.iter().flatten().all(|one| matches!(one.kind, "age" | "pgp")))
        };
        let holds =
            |rule: &usize| !people.is_empty() && is_plain(*rule) && people.is_subset(&self.file().recipients(*rule));
        let mut rules: Vec<usize> = self.rule_indices().filter(holds).collect();
        rules.sort_by_key(|rule| (self.file().has_options(*rule), self.file().recipients(*rule).len()));
        rules
    }
}

/// Proves the edit, and plans the files.
fn finish(
    repository: &Repository<'_>,
    request: &Request,
    editing: Editing,
    new: &Newcomer,
    mut done: Vec<String>,
    own: String,
) -> Result<Outcome, GenerateError> {
    let name = &request.name;
    let before = repository.rule_file(request.config.as_deref())?;
    let edited = proved(repository, editing, new, &done, std::slice::from_ref(name))?;
    let declared = repository.declared(name);
    let commands = repository.updates(&before, &edited, &declared, &[])?;
    done.extend(edited.moved.iter().map(|moved| format!("`{}` is taken by its own rule now", moved.path)));
    let mut plan = Plan::new(&repository.tree.root);
    plan.edit(&before.config.path, before.content(), edited.content);
    let own = format!("{}{own}", before.config.folder());
    let hosts = location::folder_of_hosts(repository.tree, &Holders::of(&before, repository), repository);
    let left = files::plan(repository, request, &own, hosts.as_deref(), &mut plan, &mut done)?;
    Ok(Outcome { plan, done, commands, left })
}

/// The edited rule file, if it is what was meant.
pub(super) fn proved(
    repository: &Repository<'_>,
    editing: Editing,
    new: &Newcomer,
    done: &[String],
    names: &[String],
) -> Result<Edited, HostError> {
    let files = repository.sealed_files(&editing.before().config);
    editing.finish(Some(new), &BTreeSet::new(), &files, names).map_err(|source| by_hand(source, new, done))
}
