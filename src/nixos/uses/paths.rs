//! Paths of secrets in texts: literal ones, and whether a shell is to put a file's content in their place.

/// Where sops-nix and agenix put secrets.
const FOLDERS: [&str; 4] = ["/run/secrets", "/run/secrets.d", "/run/secrets-for-users", "/run/agenix"];

/// How an option hands files and folders of the host to something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handing {
    /// By their path alone, or after a name.
    Path,
    /// As `HOST:INSIDE`.
    Pair,
    /// As an argument of the program that makes a container.
    Argument,
}

impl Handing {
    /// That of the option or field of a name.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "bindMounts" | "LoadCredential" => Some(Handing::Path),
            "volumes" | "BindPaths" | "BindReadOnlyPaths" => Some(Handing::Pair),
            "extraOptions" | "extraFlags" => Some(Handing::Argument),
            _ => None,
        }
    }

    /// The part of a text in which paths of the host stand; others are paths inside.
    pub fn of_host(self, text: &str) -> &str {
        match self {
            Handing::Path => text,
            Handing::Pair => text.split(':').next().unwrap_or(text),
            Handing::Argument => argument(text).unwrap_or_default(),
        }
    }
}

/// What podman, docker and systemd-nspawn are given of the host: `--mount=type=bind,src=HOST,dst=INSIDE`,
/// `--volume=HOST:INSIDE`, `--env-file=HOST`, or the value as an argument of its own (podman-run(1), systemd-nspawn(1)).
fn argument(text: &str) -> Option<&str> {
    let value = match text.strip_prefix('-') {
        None => text,
        Some(_) => {
            let options = ["--mount", "--volume", "-v", "--env-file", "--bind", "--bind-ro"];
            let apart = text.split_once(['=', ' ']).filter(|(option, _)| options.contains(option));
            // The value of a short option may follow at once.
            apart.map(|(_, value)| value).or_else(|| text.strip_prefix("-v").filter(|path| path.starts_with('/')))?
        }
    };
    let mut fields = value.split(',').filter_map(|field| field.split_once('='));
    let source = fields.find(|(name, _)| matches!(*name, "src" | "source")).map(|(_, source)| source);
    source.or_else(|| value.split(':').next())
}

/// The literal paths of secrets in a text, each as far as it reads like a path. The folders themselves are among
/// them where `whole` says so.
pub fn literal_paths(text: &str, whole: bool) -> impl Iterator<Item = &str> {
    let starts = text.match_indices("/run/").map(|(at, _)| at);
    let after_path = |at: usize| {
        text.get(..at).and_then(|before| before.chars().next_back()).is_some_and(|c| is_of_path(c) || c == '}')
    };
    let starts = starts.filter(move |at| !after_path(*at));
    let paths = starts.filter_map(|at| {
        let rest = text.get(at..)?;
        rest.split(|character| !is_of_path(character)).next().map(|path| path.trim_end_matches(['/', '.']))
    });
    paths.filter(move |path| {
        let is_below = |folder: &&str| match path.strip_prefix(*folder) {
            Some("") => whole,
            // What Kubernetes mounts into a pod.
            Some(rest) => rest.starts_with('/') && !rest.starts_with("/kubernetes.io"),
            None => false,
        };
        FOLDERS.iter().any(is_below)
    })
}

/// Whether a character goes on a path that is written without quotes.
fn is_of_path(character: char) -> bool {
    character.is_alphanumeric() || "/._-@+%~".contains(character)
}

/// Whether what follows this text is the file whose content a shell puts in the place of `$(cat …)`, `$(<…)` or
/// of `cat …` in backquotes.
pub fn is_substituted(before: &str) -> bool {
    let opening = [("$(", ')'), ("`", '`')].into_iter().filter_map(|(open, close)| {
        let (_, inside) = before.rsplit_once(open)?;
        (!inside.contains(close)).then_some(inside.trim_start())
    });
    opening.into_iter().any(|command| {
        let program = command.split_whitespace().next().unwrap_or_default();
        command.starts_with('<') || program.trim_matches('"').rsplit('/').next() == Some("cat")
    })
}

/// Whether what follows this text is a command that a shell is given there: `bash -c '…`.
pub fn is_command(before: &str) -> bool {
    before.split_whitespace().any(|word| {
        word.strip_prefix('-')
            .and_then(|letters| letters.strip_suffix('c'))
            .is_some_and(|letters| letters.len() < 4 && letters.bytes().all(|letter| letter.is_ascii_lowercase()))
    })
}

/// The variable whose value follows this text of systemd's `Environment`: `A=1 "TOKEN_FILE=`.
pub fn assigned(before: &str) -> Option<&str> {
    let name = before.strip_suffix('=')?.rsplit(char::is_whitespace).next()?.trim_start_matches(['"', '\'']);
    is_variable(name).then_some(name)
}

/// The assignments of a text of systemd's `Environment`, without their quotes.
pub fn assignments(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let words = text.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
    words.filter_map(|word| word.split_once('=')).filter(|(name, _)| is_variable(name))
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_literal_path_ends_where_a_path_ends() {
        let found = |text| literal_paths(text, false).collect::<Vec<_>>();
        assert_eq!(found("/run/secrets/web/token"), ["/run/secrets/web/token"]);
        assert_eq!(
            found("a $(cat /run/secrets/a) \"/run/agenix/b.age\"; /run/secrets.d/1/c"),
            ["/run/secrets/a", "/run/agenix/b.age", "/run/secrets.d/1/c"]
        );
        assert_eq!(found("/run/secrets /run/secretservice/x /srv/run/secrets/x"), [""; 0]);
        assert_eq!(found("/var/run/secrets/kubernetes.io/serviceaccount"), [""; 0]);
        assert_eq!(literal_paths("/run/secrets/", true).collect::<Vec<_>>(), ["/run/secrets"]);
    }

    #[test]
    fn a_text_of_systemd_sets_variables() {
        assert_eq!(assigned("TOKEN_FILE="), Some("TOKEN_FILE"));
        assert_eq!(assigned("A=1 \"B="), Some("B"));
        for before in ["", "=", "A=b", "A=--file=", "$(cat "] {
            assert_eq!(assigned(before), None, "{before}");
        }
        assert_eq!(assignments("A=1 \"B=x\" c").collect::<Vec<_>>(), [("A", "1"), ("B", "x")]);
    }

    #[test]
    fn what_is_given_to_a_container_is_what_the_host_has() {
        let of_host = |text| Handing::Argument.of_host(text);
        for text in [
            "--mount=type=bind,src=/run/secrets,dst=/s",
            "type=bind,target=/s,source=/run/secrets",
            "--volume=/run/secrets:/s:ro",
            "-v /run/secrets:/s",
            "-v/run/secrets:/s",
            "--bind-ro=/run/secrets",
            "/run/secrets:/s",
        ] {
            assert_eq!(of_host(text), "/run/secrets", "{text}");
        }
        assert_eq!(of_host("--tmpfs=/run/secrets"), "");
        assert_eq!(of_host("-virtfs=local,source=/run/secrets"), "");
        assert_eq!(of_host("--mount=type=bind,src=/srv,dst=/run/secrets"), "/srv");
        assert_eq!(Handing::Pair.of_host("/srv/x:/run/secrets"), "/srv/x");
    }

    #[test]
    fn a_command_of_a_shell_follows_its_option() {
        assert!(is_command("/bin/bash -ec 'exec $(cat ") && is_command("sh -c "));
        assert!(!is_command("prog --rc x -configc ") && !is_command("prog --c "));
    }

    #[test]
    fn a_shell_puts_the_content_where_cat_reads_it() {
        for before in ["X=$(cat ", "$(<", "$( < ", "`cat ", "$(/bin/cat \"", "a $(b) $(cat "] {
            assert!(is_substituted(before), "{before}");
        }
        for before in ["", "cat ", "$(cat a) ", "$(head -n1 ", "$(basename $(cat x) "] {
            assert!(!is_substituted(before), "{before}");
        }
    }
}
