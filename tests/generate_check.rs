//! `sealnix generate --check` and `--all`: what is stale, and that it is refreshed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::string_slice, clippy::panic)]

mod generated;
mod installed_nix;
mod scratch;
mod sealed;

use std::fs;

use generated::{assert_clean, assert_parses, generate, refused, repository, secrets, text};
use proptest::prelude::*;
use scratch::Scratch;
use sealnix::generate::header;
use sealnix::generate::recipe::{EnvRecipe, ExampleRecipe, ModuleRecipe, Quote, Recipe, System};

const MODULE: &str = "modules/secrets.nix";

fn write(repository: &Scratch, path: &str, text: &str) {
    let path = repository.path().join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Adds to the repository's sealnix.toml.
fn configure(repository: &Scratch, lines: &str) {
    let text = text(repository, "sealnix.toml");
    write(repository, "sealnix.toml", &format!("{text}\n{lines}\n"));
}

/// A repository with a module that was generated.
fn with_module() -> Scratch {
    let repository = repository(&[MODULE], &[("a.yaml", &sealed::yaml("token: STR\n"))]);
    generate(&repository, &format!("module a.yaml --out {MODULE}"));
    repository
}

/// Runs `generate --check`: its exit code and output.
fn check(repository: &Scratch) -> (Option<i32>, String) {
    let run = repository.sealnix(&["generate", "--check"]);
    assert_eq!(run.stderr, "");
    (run.code, run.stdout)
}

fn assert_fresh(repository: &Scratch, files: &str) {
    assert_eq!(check(repository), (Some(0), format!("{files}: all fresh\n")));
}

#[test]
fn a_new_key_makes_a_module_stale_until_it_is_refreshed() {
    let repository = with_module();
    assert_fresh(&repository, "1 generated file");
    write(&repository, "a.yaml", &sealed::yaml("token: STR\nfresh: STR\n"));
    let (code, said) = check(&repository);
    assert_eq!(code, Some(1));
    insta::assert_snapshot!(said);
    assert_eq!(
        generate(&repository, "--all").stdout,
        "wrote modules/secrets.nix: 2 secrets\n1 generated file: 1 written\n"
    );
    assert_fresh(&repository, "1 generated file");
    assert_eq!(generate(&repository, "--all").stdout, "1 generated file: 0 written\n");
    assert_eq!(secrets(&repository).as_object().unwrap().len(), 2);
    assert_parses(&repository, MODULE);
    assert_clean(&repository);
}

#[test]
fn an_edit_by_hand_and_a_moved_file_are_stale() {
    let repository = with_module();
    let made = text(&repository, MODULE);
    write(&repository, MODULE, &made.replace("token", "taken"));
    assert_eq!(check(&repository).0, Some(1));
    write(&repository, MODULE, &made);
    repository.git(&["mv", MODULE, "secrets.nix"]);
    let (code, said) = check(&repository);
    assert_eq!(code, Some(1));
    assert!(said.contains("+    token.sopsFile = ./a.yaml;"), "{said}");
}

#[test]
fn a_listed_file_is_made_and_its_command_is_that_of_the_list() {
    let repository = repository(&[], &[("a.yaml", &sealed::yaml("token: STR\n"))]);
    assert_fresh(&repository, "0 generated files");
    configure(&repository, "[generate]\n\"modules/new.nix\" = \"module ./a.yaml --owner app\"");
    let (code, said) = check(&repository);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("modules/new.nix is not there yet\n--- /dev/null\n+++ b/modules/new.nix\n"), "{said}");
    let dry = generate(&repository, "--all --dry-run").stdout;
    assert!(said.contains(&dry), "{dry}");
    assert!(!repository.path().join("modules/new.nix").exists());
    generate(&repository, "--all");
    assert_fresh(&repository, "1 generated file");
    generate(&repository, "module a.yaml --out modules/new.nix");
    let (code, said) = check(&repository);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("modules/new.nix was made by another command than sealnix.toml lists\n"), "{said}");
    generate(&repository, "--all");
    assert!(text(&repository, "modules/new.nix").contains("--owner app --out modules/new.nix\n"));
}

#[test]
fn what_a_person_wrote_is_not_overwritten_because_it_is_listed() {
    let repository = with_module();
    write(&repository, "modules/own.nix", "{ }\n");
    configure(&repository, "[generate]\n\"modules/own.nix\" = \"module a.yaml\"");
    write(&repository, "a.yaml", &sealed::yaml("other: STR\n"));
    let (code, said) = check(&repository);
    assert_eq!(code, Some(1));
    assert!(said.starts_with("modules/own.nix is listed in sealnix.toml, but was not generated\n"), "{said}");
    assert!(refused(&repository, "--all").contains("--force"));
    // Nothing is half done.
    assert_eq!(text(&repository, "modules/own.nix"), "{ }\n");
    assert!(text(&repository, MODULE).contains("token"));
    generate(&repository, "--all --force");
    assert_fresh(&repository, "2 generated files");
}

#[test]
fn a_source_that_cannot_be_read_is_no_clean_answer() {
    let repository = with_module();
    fs::remove_file(repository.path().join("a.yaml")).unwrap();
    write(
        &repository,
        "b.nix",
        "# Generated by sealnix from x.yaml; edits are lost.\n# sealnix generate modul x.yaml --out b.nix\n{ }\n",
    );
    let said = refused(&repository, "--check");
    assert_eq!(refused(&repository, "--all"), said);
    insta::assert_snapshot!(said);
}

#[test]
fn an_example_in_json_needs_no_header_to_be_refreshed() {
    let repository = repository(&[], &[("a.json", &sealed::json("\"token\": STR, \"n\": FLOAT"))]);
    configure(&repository, "[generate]\n\"a.example.json\" = \"example a.json\"");
    generate(&repository, "--all");
    assert_fresh(&repository, "1 generated file");
    write(&repository, "a.json", &sealed::json("\"token\": STR, \"n\": FLOAT, \"other\": {\"x\": STR}"));
    assert_eq!(check(&repository).0, Some(1));
    generate(&repository, "--all");
    generate(&repository, "example a.json --out a.example.json");
    assert_fresh(&repository, "1 generated file");
    // Values, or keys that are not in the sealed file: a person has written it.
    for own in ["{\"token\": \"ask Ann\"}\n", "{\"token\": \"0\"}\n", "{\"enabled\": false, \"n\": 0}\n"] {
        write(&repository, "a.example.json", own);
        let said = check(&repository).1;
        assert!(!said.contains("ask Ann") && said.contains("was not generated"), "{said}");
        assert!(refused(&repository, "--all").contains("--force"));
        assert!(refused(&repository, "example a.json --out a.example.json").contains("--force"));
        assert_eq!(text(&repository, "a.example.json"), own);
        let dry = generate(&repository, "example a.json --out a.example.json --force --dry-run").stdout;
        assert_eq!(dry, "What a.example.json holds is not shown: there may be secrets in it.\n");
    }
}

#[test]
fn mistakes_in_the_list_are_mistakes_of_the_file() {
    let repository = with_module();
    configure(
        &repository,
        "[generate]\n\"a.nix\" = \"modul a.yaml\"\n\"b.nix\" = \"env a.yaml\"\n\"c.nix\" = 1\n\"d.nix\" = \"module 'a.yaml\"\n\
         \"e.nix\" = \"module a.yaml --out e.nix\"",
    );
    let run = repository.sealnix(&["check"]);
    assert_eq!(run.code, Some(2));
    let first = run.stderr;
    configure(&repository, "");
    let text = text(&repository, "sealnix.toml").replace("\"c.nix\" = 1\n", "");
    write(&repository, "sealnix.toml", &text);
    insta::assert_snapshot!(format!("{first}\n{}", refused(&repository, "--check")));
    write(&repository, "sealnix.toml", "[generate]\n\"../a.nix\" = \"module a.yaml\"\n");
    assert!(refused(&repository, "--check").contains("must lie in the repository"));
}

#[test]
fn excluded_files_and_links_are_left_alone() {
    let repository = with_module();
    write(&repository, "old/secrets.nix", &text(&repository, MODULE));
    configure(&repository, "");
    let toml = text(&repository, "sealnix.toml");
    write(&repository, "sealnix.toml", &format!("exclude = [\"old\"]\n{toml}"));
    #[cfg(unix)]
    std::os::unix::fs::symlink("modules", repository.path().join("linked")).unwrap();
    assert_fresh(&repository, "1 generated file");
}

#[test]
fn every_file_or_one_command() {
    let repository = with_module();
    assert!(refused(&repository, "--check module a.yaml").contains("they take no command"));
    assert!(refused(&repository, "--all --out x.nix").contains("they take no command"));
    assert!(refused(&repository, "--all --check").contains("cannot be used with"));
    assert!(refused(&repository, "--force").contains("required"));
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,4}",
        "-{0,2}[a-z]{1,3}",
        "\\PC{1,5}",
        Just("two words".to_owned()),
        Just("it's \"q\" $x".to_owned())
    ]
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(word(), 0..3)
}

/// A path as it is once it is relative to the repository.
fn path() -> impl Strategy<Value = String> {
    word().prop_filter("a path in the repository", |path| !path.starts_with("./"))
}

fn recipe() -> impl Strategy<Value = Recipe> {
    let system = prop_oneof![Just(System::Nixos), Just(System::Darwin), Just(System::HomeManager)];
    let quote = prop_oneof![Just(Quote::Single), Just(Quote::Double), Just(Quote::None)];
    let option = || prop::option::of(word());
    let plain = (prop::collection::vec(path(), 1..3), system.clone(), words(), option(), option(), words());
    let plain = plain.prop_map(|(files, system, only, prefix, owner, units)| {
        Recipe::Module(ModuleRecipe { files, system, only, prefix, owner, units, ..ModuleRecipe::default() })
    });
    let reusable =
        (path(), system, word(), words(), words()).prop_map(|(file, system, namespace, required, optional)| {
            let namespace = Some(namespace);
            Recipe::Module(ModuleRecipe {
                files: vec![file],
                system,
                namespace,
                required,
                optional,
                ..ModuleRecipe::default()
            })
        });
    let names = prop::collection::vec((word(), "[A-Z_]{1,4}"), 0..3);
    let env = (path(), word(), words(), names, option(), quote, option(), any::<bool>());
    let env = env.prop_map(|(file, unit, only, names, prefix, quote, owner, template_only)| {
        Recipe::Env(EnvRecipe { file, unit, only, names, prefix, quote, owner, template_only })
    });
    let example = path().prop_map(|file| Recipe::Example(ExampleRecipe { file }));
    prop_oneof![plain, reusable, env, example]
}

#[test]
fn the_owner_that_is_looked_up_is_no_other_command() {
    let repository = repository(&["modules/env.nix"], &[("a.yaml", &sealed::yaml("token: STR\n"))]);
    configure(&repository, "[generate]\n\"modules/env.nix\" = \"env a.yaml --unit hyper\"");
    generate(&repository, "env a.yaml --unit hyper --owner app --out modules/env.nix");
    assert_fresh(&repository, "1 generated file");
    write(&repository, "a.yaml", &sealed::yaml("token: STR\nfresh: STR\n"));
    generate(&repository, "--all");
    let made = text(&repository, "modules/env.nix");
    assert!(made.contains("owner = \"app\"") && made.contains("--owner app") && made.contains("FRESH"), "{made}");
    // One that the list names counts.
    let toml = text(&repository, "sealnix.toml");
    write(&repository, "sealnix.toml", &toml.replace("--unit hyper", "--unit hyper --owner root"));
    assert!(check(&repository).1.contains("another command"));
}

#[test]
fn other_line_endings_are_no_edit() {
    let repository = with_module();
    let own = "{\n  # sealnix: begin module a.yaml\n  # sealnix: end\n}\n";
    write(&repository, "own.nix", own);
    generate(&repository, "--all");
    for file in [MODULE, "own.nix"] {
        write(&repository, file, &text(&repository, file).replace('\n', "\r\n"));
    }
    assert_fresh(&repository, "2 generated files");
}

#[cfg(unix)]
#[test]
fn paths_are_relative_to_where_a_symlink_leads() {
    let repository = repository(&[], &[("a.yaml", &sealed::yaml("token: STR\n")), ("deep/er/own.nix", "{ }\n")]);
    std::os::unix::fs::symlink("deep/er/own.nix", repository.path().join("link.nix")).unwrap();
    generate(&repository, "module a.yaml --out link.nix --force");
    assert!(text(&repository, "deep/er/own.nix").contains("token.sopsFile = ../../a.yaml;"));
    assert!(repository.path().join("link.nix").is_symlink());
    assert_fresh(&repository, "1 generated file");
    configure(&repository, "[generate]\n\"link.nix\" = \"module a.yaml\"");
    assert_fresh(&repository, "1 generated file");
}

proptest! {
    #[test]
    fn a_command_is_read_as_it_was_written(recipe in recipe()) {
        prop_assert_eq!(Recipe::read(&recipe.line()), Ok(recipe.clone()), "{}", recipe.line());
    }

    #[test]
    fn a_header_names_its_command(recipe in recipe(), out in path(), more in path()) {
        for out in [format!("{out} --out {more}"), out] {
            if let Some(header) = header::header(&recipe, &out) {
                prop_assert_eq!(header::recipe_of(&header), Some(Ok(recipe.clone())), "{}", header);
            }
        }
    }
}
