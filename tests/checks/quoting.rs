//! What the help says to copy is Nix, whatever a secret is called.

use super::*;
use sealnix::environment::shape::{Held as InValue, Quote, Variable};
use sealnix::manifest::{Agenix, User};

/// A name that ends a text, begins an interpolation and is no identifier.
const NASTY: &str = r#"a"b ${c}.d \e"#;

/// The pieces of Nix in a help: what stands between backquotes and begins like an option or an expression.
fn code(help: &str) -> Vec<String> {
    let starts = ["sops.", "age.", "config.", "osConfig.", "key = ", "path = "];
    let pieces = help.split('`').skip(1).step_by(2);
    // A line of a shell in a Nix text.
    let pieces = pieces
        .map(|piece| piece.strip_prefix("export TOKEN=\"$(cat ${").map_or(piece, |rest| rest.trim_end_matches("})\"")));
    pieces.filter(|piece| starts.iter().any(|start| piece.starts_with(start))).map(str::to_owned).collect()
}

/// Whether Nix takes it for bindings or an expression, by the parser that sealnix has too.
fn parses(code: &str) -> bool {
    let text = if code.ends_with(';') { format!("{{ {code} }}") } else { code.to_owned() };
    rnix::Root::parse(&text).errors().is_empty()
}

#[test]
fn the_parser_tells_a_name_that_ends_its_quotes() {
    assert!(parses(r#"sops.secrets."a.b" = { };"#) && parses(r#"config.sops.secrets."\${c}".path"#));
    assert!(!parses(&format!("config.sops.secrets.\"{NASTY}\".path")));
}

#[test]
fn names_are_written_as_nix_reads_them() {
    const ENVIRONMENT: &str = "systemd.services.web.serviceConfig.EnvironmentFile";
    let mut facts = Facts::new();
    let bare = |secret: &str| Variable {
        name: Some("X".to_owned()),
        line: 1,
        secrets: vec![InValue { secret: secret.to_owned(), quote: Quote::None }],
        unclosed: false,
    };
    facts.sealed(FILE, vec![text(NASTY)], &[WEB]);
    let template = facts.template("web.env");
    template.variables = vec![bare(NASTY)];
    template.placeholders = Fact::Known(vec![NASTY.to_owned()]);
    facts.use_at(ENVIRONMENT, Used::TemplatePath { name: "web.env".to_owned() });
    facts.placed(NASTY).format = Fact::Known("binary".to_owned());
    let mut said = vec![("environment-template-quoting", facts.finding("environment-template-quoting"))];

    facts.placed(NASTY).needed_for_users = Fact::Known(true);
    said.push(("placeholder-of-early-secret", facts.finding("placeholder-of-early-secret")));
    let secret = facts.placed(NASTY);
    secret.owner = Fact::Known(Some("web".to_owned()));
    secret.needed_for_users = Fact::Known(true);
    secret.definitions = vec![Definition { fields: [("owner".to_owned(), None)].into(), ..Definition::default() }];
    said.push(("early-secret-with-owner", facts.finding("early-secret-with-owner")));

    facts.placed(NASTY);
    facts.manifest.hosts[0].uses.clear();
    facts.placed("read");
    facts.secret_at("services.web.tokenFile", "read");
    said.push(("unused-declaration", facts.finding("unused-declaration")));

    let path = facts.placed(NASTY).path.known().unwrap().clone();
    let user = User { hashed_password_file: Fact::Known(Some(path)), ..User::default() };
    facts.manifest.hosts[0].users.insert("bo".to_owned(), user);
    facts.secret_at("users.users.bo.hashedPasswordFile", NASTY);
    said.push(("password-not-needed-for-users", facts.finding("password-not-needed-for-users")));

    facts.manifest.hosts[0].uses.clear();
    facts.secret_at(ENVIRONMENT, NASTY);
    said.push(("environment-file-not-dotenv", facts.finding("environment-file-not-dotenv")));
    facts.manifest.hosts[0].uses.clear();
    facts.secret_at("environment.variables.TOKEN", NASTY);
    said.push(("secret-path-as-value", facts.finding("secret-path-as-value")));
    facts.manifest.hosts[0].uses.clear();
    facts.use_at("services.web.text", Used::ReadAtEval { name: NASTY.to_owned() });
    said.push(("secret-read-at-eval", facts.finding("secret-read-at-eval")));
    for (of, rule) in [
        (Namespace::Secrets, "undeclared-secret-reference"),
        (Namespace::AgeSecrets, "undeclared-secret-reference"),
        (Namespace::Placeholder, "undeclared-placeholder"),
        (Namespace::Templates, "undeclared-template-reference"),
    ] {
        facts.manifest.hosts[0].uses.clear();
        facts.manifest.hosts[0].agenix = Some(Agenix::default());
        facts.use_at("services.web.x", Used::NotDeclared { of, name: format!("other {NASTY}") });
        said.extend(facts.verdict(rule).findings.into_iter().map(|finding| (rule, finding)));
    }
    for (rule, finding) in said {
        let help = finding.help.unwrap_or_default();
        let code = code(&help);
        assert!(!code.is_empty(), "{rule}: {help}");
        for code in code {
            assert!(parses(&code), "{rule}: {code}");
        }
    }
}

/// The value to declare once more is that of the secret's key, not of its name.
#[test]
fn the_key_that_is_proposed_is_the_secrets_own() {
    let mut facts = Facts::new();
    let secret = facts.placed("web");
    secret.key = Fact::Known("services/web".to_owned());
    secret.needed_for_users = Fact::Known(true);
    secret.owner = Fact::Known(Some("web".to_owned()));
    secret.definitions = vec![Definition { fields: [("owner".to_owned(), None)].into(), ..Definition::default() }];
    let help = facts.finding("early-secret-with-owner").help.unwrap();
    assert!(help.contains("`key = \"services/web\";`"), "{help}");
}
