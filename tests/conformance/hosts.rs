//! Compares the hosts of a manifest with those of a case.
//!
//! A true value is right, a false one wrong. "Unknown" is right where the case lists it as
//! unknowable, else a miss; a miss fails the part too, or a tool that knows nothing would pass.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// Every difference, one line each, beginning with `wrong` or `miss`.
pub fn compare(expected: &Value, manifest: &Value) -> Vec<String> {
    let unknowable = Unknowable::of(expected);
    let mut differences = Vec::new();
    let (theirs, ours) = (by_name(&expected["hosts"]), by_name(&manifest["hosts"]));
    for name in union(&theirs, &ours) {
        match (theirs.get(name), ours.get(name)) {
            (Some(truth), Some(said)) => {
                let mut host = Host { name: &name.1, unknowable: &unknowable, differences: &mut differences };
                host.compare(truth, said);
            }
            (Some(_), None) => differences.push(format!("wrong: host {name:?} was not found")),
            _ => differences.push(format!("wrong: host {name:?} does not exist")),
        }
    }
    differences
}

/// What cannot be known from the repository alone: `(host, secret, field)`.
struct Unknowable(BTreeSet<(String, String, String)>);

impl Unknowable {
    fn of(expected: &Value) -> Self {
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or_default().to_owned();
        let entries = expected["unknown"].as_array().into_iter().flatten();
        Unknowable(entries.map(|entry| (text(entry, "host"), text(entry, "secret"), text(entry, "field"))).collect())
    }

    fn contains(&self, host: &str, secret: &str, field: &str) -> bool {
        self.0.contains(&(host.to_owned(), secret.to_owned(), field.to_owned()))
    }
}

struct Host<'a> {
    name: &'a str,
    unknowable: &'a Unknowable,
    differences: &'a mut Vec<String>,
}

impl Host<'_> {
    fn compare(&mut self, truth: &Value, said: &Value) {
        let none = Map::new();
        let users = |value: &'_ Value| value["homeUsers"].as_object().cloned().unwrap_or_default();
        self.compare_configuration("", truth, &said["sops"], said);
        let (their_users, our_users) = (users(truth), users(said));
        for user in union(&their_users, &our_users) {
            match (their_users.get(user), our_users.get(user)) {
                (Some(truth), Some(of_user)) => self.compare_configuration(user, truth, &of_user["sops"], said),
                (Some(_), None) => self.say(user, "wrong: the home-manager user was not found"),
                // A home-manager user without secrets is not in a case's list.
                (None, our) => {
                    let sops = our.map(|our| &our["sops"]);
                    let secrets = sops.and_then(|sops| sops["secrets"].as_object()).unwrap_or(&none);
                    if !secrets.is_empty() {
                        self.say(user, "wrong: the home-manager user has no secrets");
                    }
                }
            }
        }
    }

    /// The host itself (`user` is empty) or one of its home-manager users.
    fn compare_configuration(&mut self, user: &str, truth: &Value, sops: &Value, host: &Value) {
        let (their_secrets, our_secrets) = (objects(&truth["secrets"]), objects(&sops["secrets"]));
        for secret in union(&their_secrets, &our_secrets) {
            let maybe = self.unknowable.contains(self.name, secret, "declared");
            let admitted = admits_not_knowing(host, user, secret, "secrets");
            match (their_secrets.get(secret), our_secrets.get(secret)) {
                (Some(truth), Some(said)) => {
                    if said["certainty"] == "conditional" && !maybe {
                        self.say(user, &format!("miss: {secret} is declared, not conditional"));
                    }
                    self.compare_fields(user, secret, truth, said);
                }
                (Some(_), None) if maybe && admitted => {}
                (Some(_), None) if admitted => self.say(user, &format!("miss: {secret} is declared, not unknown")),
                (Some(_), None) => self.say(user, &format!("wrong: {secret} was not found")),
                (None, Some(said)) if is_certain(said) => self.say(user, &format!("wrong: {secret} is not declared")),
                (None, _) if maybe => {}
                (None, _) => self.say(user, &format!("miss: {secret} is not declared, not unknown")),
            }
        }
        let (their_templates, our_templates) = (objects(&truth["templates"]), objects(&sops["templates"]));
        for template in union(&their_templates, &our_templates) {
            let admitted = admits_not_knowing(host, user, template, "templates");
            match (their_templates.get(template), our_templates.get(template)) {
                (Some(truth), Some(said)) => self.compare_template(user, template, truth, said),
                (Some(_), None) if admitted => self.say(user, &format!("miss: template {template}")),
                (Some(_), None) => self.say(user, &format!("wrong: template {template} was not found")),
                (None, Some(said)) if is_certain(said) => {
                    self.say(user, &format!("wrong: template {template} is not declared"));
                }
                _ => self.say(user, &format!("miss: template {template} is not declared, not unknown")),
            }
        }
    }

    fn compare_fields(&mut self, user: &str, secret: &str, truth: &Value, said: &Value) {
        for (field, value) in truth.as_object().into_iter().flatten() {
            let said = match field.as_str() {
                "sopsFile" => said.get(field).map(|file| file.get("path").unwrap_or(file)),
                _ => said.get(field),
            };
            match said {
                Some(said) if said == value => {}
                Some(said) => self.say(user, &format!("wrong: {secret}.{field} is {value}, not {said}")),
                None if self.unknowable.contains(self.name, secret, field) => {}
                None => self.say(user, &format!("miss: {secret}.{field} is {value}, not unknown")),
            }
        }
    }

    fn compare_template(&mut self, user: &str, template: &str, truth: &Value, said: &Value) {
        for field in ["path", "placeholders"] {
            let value = &truth[field];
            match said.get(field) {
                _ if value.is_null() => {}
                Some(said) if said == value => {}
                Some(said) => self.say(user, &format!("wrong: template {template}.{field} is {value}, not {said}")),
                None => self.say(user, &format!("miss: template {template}.{field} is {value}, not unknown")),
            }
        }
    }

    fn say(&mut self, user: &str, text: &str) {
        let (kind, rest) = text.split_once(": ").unwrap();
        let who = if user.is_empty() { self.name.to_owned() } else { format!("{} ({user})", self.name) };
        self.differences.push(format!("{kind}: {who}: {rest}"));
    }
}

/// Whether the manifest leaves open that a secret or template is declared: the list is not
/// complete, or an unknown says so.
fn admits_not_knowing(host: &Value, user: &str, name: &str, part: &str) -> bool {
    let open = host["complete"].get(part).is_some_and(|complete| *complete != Value::Bool(true));
    let about = |entry: &Value| {
        entry["field"] == "declared"
            && entry["user"].as_str().unwrap_or_default() == user
            && entry["secret"].as_str().is_none_or(|secret| secret == name)
    };
    open || host["unknowns"].as_array().is_some_and(|unknowns| unknowns.iter().any(about))
}

fn is_certain(entry: &Value) -> bool {
    entry["certainty"].as_str().is_none_or(|certainty| certainty == "certain")
}

fn by_name(hosts: &Value) -> BTreeMap<(String, String), &Value> {
    let text = |host: &Value, field: &str| host[field].as_str().unwrap_or_default().to_owned();
    hosts.as_array().into_iter().flatten().map(|host| ((text(host, "kind"), text(host, "name")), host)).collect()
}

fn objects(value: &Value) -> BTreeMap<String, &Value> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.clone(), value)).collect()
}

/// The keys of two maps, each once.
fn union<'a, K: Ord + 'a, V: 'a, M>(left: &'a M, right: &'a M) -> BTreeSet<&'a K>
where
    &'a M: IntoIterator<Item = (&'a K, &'a V)>,
{
    left.into_iter().chain(right).map(|(key, _)| key).collect()
}
