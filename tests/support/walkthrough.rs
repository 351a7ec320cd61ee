//! A page of documentation that shows commands with their output, followed as a person would.
//!
//! A block ```` ```console ```` holds commands after `$ ` (and `> ` where one goes on) and what each prints, standard error included. A block
//! ```` ```nix file=PATH ```` (or any language) is a file that the reader writes. A line `…` stands for lines that
//! are left out; a key `age1…` for any key. A command exits 0 unless it ends in `# exits N`.

use std::fs;
use std::path::Path;
use std::process::Command;

use regex::Regex;

/// What a reader does, in order.
enum Step {
    Write { path: String, text: String },
    Run { command: String, output: String },
}

/// Does in `folder` what the page says; every command must print what the page shows.
pub fn follow(page: &str, folder: &Path) {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page)).unwrap();
    let steps = steps(&text);
    assert!(steps.iter().any(|step| matches!(step, Step::Run { .. })), "{page} runs nothing");
    for step in steps {
        match step {
            Step::Write { path, text } => {
                let path = folder.join("fleet").join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, text).unwrap();
            }
            Step::Run { command, output } => {
                let (code, said) = run(&command, folder);
                let expected = command.rsplit_once("# exits ").map_or(0, |(_, code)| code.trim().parse().unwrap());
                assert_eq!(code, Some(expected), "{page}: $ {command}\n{said}");
                assert!(fits(&output, &said), "{page}: $ {command}\n--- the page:\n{output}--- now:\n{said}");
            }
        }
    }
}

fn steps(text: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```").filter(|language| !language.is_empty()) else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        let text: String = block.iter().flat_map(|line| [line, "\n"]).collect();
        if let Some((_, path)) = language.split_once(" file=") {
            steps.push(Step::Write { path: path.to_owned(), text });
        } else if language == "console" {
            steps.extend(commands(&block));
        }
    }
    steps
}

/// `$ COMMAND`, lines `> …` that go on with it, and what it prints.
fn commands(block: &[&str]) -> Vec<Step> {
    let mut commands: Vec<(String, String)> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), line.strip_prefix("> "), commands.last_mut()) {
            (Some(command), ..) => commands.push((command.to_owned(), String::new())),
            (None, Some(more), Some((command, output))) if output.is_empty() => *command += &format!("\n{more}"),
            (None, _, Some((_, output))) => *output += &format!("{line}\n"),
            (None, _, None) => panic!("`{line}` belongs to no command"),
        }
    }
    commands.into_iter().map(|(command, output)| Step::Run { command, output }).collect()
}

/// Runs a line in the repository `fleet` of the folder, which is also the reader's home.
fn run(command: &str, folder: &Path) -> (Option<i32>, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_sealnix")).parent().unwrap();
    let repository = folder.join("fleet");
    fs::create_dir_all(&repository).unwrap();
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(repository)
        .env("PATH", format!("{}:{}", program.display(), std::env::var("PATH").unwrap()))
        .env("HOME", folder)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env_remove("XDG_CONFIG_HOME")
        .env_remove("SOPS_AGE_KEY_FILE")
        .output()
        .unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

/// Whether a command said what the page shows.
fn fits(page: &str, said: &str) -> bool {
    let keys = Regex::new("age1[0-9a-z]{58}").unwrap();
    let said = keys.replace_all(said, "age1…");
    let said: Vec<&str> = said.lines().map(str::trim_end).collect();
    let page = keys.replace_all(page, "age1…");
    let mut rest = said.as_slice();
    let page: Vec<&str> = page.lines().map(str::trim_end).collect();
    let parts: Vec<&[&str]> = page.split(|line| *line == "…").collect();
    let last = parts.len() - 1;
    for (index, &part) in parts.iter().enumerate() {
        let at = match index {
            0 => Some(0).filter(|_| rest.starts_with(part)),
            _ if index == last => rest.len().checked_sub(part.len()).filter(|&at| rest[at..] == *part),
            _ => (0..=rest.len()).find(|&at| rest[at..].starts_with(part)),
        };
        let Some(at) = at else { return false };
        rest = &rest[at + part.len()..];
    }
    parts.len() > 1 || rest.is_empty()
}
