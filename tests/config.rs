//! The promise: `sealnix.toml` is read whole or not at all, and every mistake in it has a line and a cure.

use sealnix::config::{Config, ConfigError, Mistake, Wanted, Who};
use sealnix::finding::Level;
use sealnix::keys::Malformed;
use sealnix::source::Text;

const ALICE: &str = "age1g6e50tyffy2acgcdl6qmrzdg65mxrehh7lfutkgtxxjyfj4y7etqnlsp2a";

fn config(content: &str) -> Result<Config, Vec<ConfigError>> {
    Config::read(&Text::new("sealnix.toml".into(), content.replace("$A", ALICE)))
}

#[test]
fn levels_and_excludes_are_read() {
    let read = config(
        "exclude = [\"old/**\"]\n[levels]\nunused-key = \"off\"\nkey-missing = \"warning\"\n[levels.\"hosts/old/\"]\n\
         key-missing = \"note\"\n[levels.\"hosts/old/*.nix\"]\nkey-missing = \"off\"\n",
    );
    let read = read.unwrap();
    assert_eq!(read.exclude.patterns[0].text, "old/**");
    assert!(read.exclude.take("old/a/b.yaml") && !read.exclude.take("new/old.yaml"));
    let level = |rule, path| read.levels.of(rule, path).map(|setting| (setting.level, setting.place.start.line));
    assert_eq!(level("unused-key", "a.nix"), Some((None, 3)));
    assert_eq!(level("key-missing", "a.nix"), Some((Some(Level::Warning), 4)));
    assert_eq!(level("key-missing", "hosts/old/modules/a.nix"), Some((Some(Level::Note), 6)));
    assert_eq!(level("key-missing", "hosts/old/a.nix"), Some((None, 8)), "of several patterns the last counts");
    assert_eq!(level("unused-key", "hosts/old/a.nix"), Some((None, 3)), "a pattern says nothing of other rules");
    assert_eq!(level("unused-file", "a.nix"), None);
}

#[test]
fn policies_are_read() {
    let read = config(
        "[[policy.deny]]\nsecrets = [\"prod-*\", \"{db,web}/root\"]\nto = [\"containers\", \"container:lab\", \
         \"unit:web.service\", \"unit:backup.timer\"]\n[[policy.require]]\nfiles = [\"secrets/\"]\nrecipients = \
         [\"admin\", \"$A\"]\n[[policy.rotate]]\nfiles = [\"secrets/*.yaml\"]\ndays = 90\n[[policy.rotate]]\nfiles = \
         [\"*\"]\ndays = 365\n",
    );
    let read = read.unwrap();
    let [deny] = &*read.deny else { panic!() };
    assert_eq!(deny.place.start.line, 1);
    assert!(deny.secrets.take("prod-db/password") && deny.secrets.take("web/root"));
    assert!(!deny.secrets.take("preprod-db") && !deny.secrets.take("web/root2"));
    let who: Vec<_> = deny.to.iter().map(|target| target.who.clone()).collect();
    let unit = |name: &str| Who::Unit(name.to_owned());
    assert_eq!(who, [Who::Containers, Who::Container("lab".to_owned()), unit("web"), unit("backup.timer")]);
    assert_eq!(deny.container("any").unwrap().who, Who::Containers);
    assert_eq!(deny.unit("web").unwrap().place.start.line, 3);
    assert_eq!(deny.unit("backup"), None);
    let [require] = &*read.require else { panic!() };
    assert!(require.files.take("secrets/a/b.yaml") && !require.files.take("other/a.yaml"));
    assert_eq!(require.recipients[0].wanted, Wanted::Anchor("admin".to_owned()));
    assert!(matches!(&require.recipients[1].wanted, Wanted::Recipient(recipient) if recipient.canonical() == ALICE));
    assert_eq!(read.rotate.iter().map(|rotate| rotate.days).collect::<Vec<_>>(), [90, 365]);
    assert!(read.rotate[0].files.take("secrets/a.yaml") && !read.rotate[0].files.take("secrets/sub/a.yaml"));
}

#[test]
fn every_mistake_has_a_line_and_a_cure() {
    let cases = [
        ("[host.web]", "sealnix.toml:1: `host` is not known here; did you mean `hosts`?"),
        ("[hosts.web]\nrecipient = []", "sealnix.toml:2: `recipient` is not known here; did you mean `recipients`?"),
        ("[levels]\na = \"warn\"", "sealnix.toml:2: a level is \"off\", \"note\", \"warning\" or \"error\""),
        ("\nexclude = \"x\"", "sealnix.toml:2: `exclude` must be a list of texts, not string"),
        ("[[policy.denny]]", "sealnix.toml:1: `denny` is not known here; did you mean `deny`?"),
        ("[policy]\nx = 1", "sealnix.toml:2: `x` is not known here; known are `deny`, `require`, `rotate`"),
        ("[hosts.web]", "sealnix.toml:1: `[hosts.web]` needs `recipients`"),
        ("[hosts.web]\nrecipients = []", "sealnix.toml:2: `recipients` is empty, so this says nothing"),
        ("[users.ann]", "sealnix.toml:1: `[users.ann]` needs `recipients`"),
        ("exclude = []", "sealnix.toml:1: `exclude` is empty, so this says nothing"),
        ("exclude = [\"#a\"]", "sealnix.toml:1: this is no pattern of paths: `#a` names no path"),
        ("exclude = [\"\"]", "sealnix.toml:1: this is no pattern of paths: `` names no path"),
        ("exclude = [\"!\"]", "sealnix.toml:1: this is no pattern of paths: `!` names no path"),
        ("[levels.\"#a\"]\nx = \"off\"", "sealnix.toml:1: this is no pattern of paths: `#a` names no path"),
        ("[levels.\"a/\"]", "sealnix.toml:1: `a/` is empty, so this says nothing"),
        ("[agenix]\nrules = []", "sealnix.toml:2: `rules` is empty, so this says nothing"),
        ("[agenix]\nrule = []", "sealnix.toml:2: `rule` is not known here; did you mean `rules`?"),
        ("[inputs]\na = 1", "sealnix.toml:2: `a` must be a path in quotes, not integer"),
        (
            "[generate]\n\"../a.nix\" = \"x\"",
            "sealnix.toml:2: a generated file must lie in the repository, and `../a.nix` does not",
        ),
        ("[policy]\ndeny = 1", "sealnix.toml:2: `deny` must be an array of tables, written [[policy.…]], not integer"),
        ("[policy]\ndeny = [1]", "sealnix.toml:2: `deny` must be a table, not integer"),
        ("[[policy.deny]]\nsecrets = [\"*\"]", "sealnix.toml:1: `[[policy.deny]]` needs `to`"),
        ("[[policy.deny]]\nsecrets = [\"*\"]\nto = []", "sealnix.toml:3: `to` is empty, so this says nothing"),
        (
            "[[policy.deny]]\nsecrets = [\"*\"]\nto = [\"contaner:lab\"]",
            "sealnix.toml:3: `contaner:lab` is nobody whom a secret reaches: write \"containers\", \"container:NAME\" or \
             \"unit:NAME\"",
        ),
        (
            "[[policy.deny]]\nsecrets = [\"*\"]\nto = [\"unit:web*\"]",
            "sealnix.toml:3: `unit:web*` is no pattern: write \"containers\", or each container and unit by its name",
        ),
        (
            "[[policy.require]]\nfiles = [\"*\"]\nrecipient = [\"a\"]\nrecipients = [\"b\"]",
            "sealnix.toml:3: `recipient` is not known here; did you mean `recipients`?",
        ),
        (
            "[[policy.rotate]]\nfiles = [\"*\"]\ndays = 0",
            "sealnix.toml:3: `days` must be a whole number of days, at least 1",
        ),
        (
            "[[policy.rotate]]\nfiles = [\"*\"]\ndays = \"90\"",
            "sealnix.toml:3: `days` must be a whole number of days, at least 1",
        ),
    ];
    for (content, expected) in cases {
        let errors = config(content).unwrap_err();
        assert_eq!(errors.iter().map(ToString::to_string).collect::<Vec<_>>(), [expected], "{content}");
    }
    let mistake = |content: &str| match &*config(content).unwrap_err() {
        [error] => error.mistake.clone(),
        errors => panic!("{errors:?}"),
    };
    assert!(matches!(mistake("exclude = [\"{a\"]"), Mistake::Pattern(_)));
    let names = mistake("[[policy.deny]]\nsecrets = [\"{a\"]\nto = [\"containers\"]");
    assert!(matches!(names, Mistake::NamePattern(_)), "{names}");
    let [error] = &*config("a = ").unwrap_err() else { panic!() };
    assert!(matches!(error.mistake, Mistake::Syntax(_)));
}

#[test]
fn a_private_key_is_never_shown() {
    let key = "AGE-SECRET-KEY-1QQQ";
    for content in [
        format!("[hosts.a]\nrecipients = [\"{key}\"]"),
        format!("[[policy.require]]\nfiles = [\"*\"]\nrecipients = [\"{key}\"]"),
    ] {
        let [error] = &*config(&content).unwrap_err() else { panic!() };
        assert!(matches!(error.mistake, Mistake::Recipient(Malformed::PrivateKey)));
        assert!(!error.to_string().contains("QQQ"), "{error}");
    }
}

#[test]
fn a_leading_dot_is_the_root() {
    assert!(config("exclude = [\"./old/\"]").unwrap().exclude.take("old/a.yaml"));
}
