//! Who owns a repository, by its url: an input of the same owner may hold the owner's own modules.

/// Where a repository is hosted, and whose it is there. Both in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    host: String,
    owner: String,
}

impl Origin {
    /// Reads a git url (git-clone(1)) or a flake reference (nix flake(1)): `git@HOST:OWNER/REPO`,
    /// `https://HOST/OWNER/REPO`, `github:OWNER/REPO`. None where neither host nor owner shows.
    pub fn of_url(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once(':')?;
        let (host, path) = match scheme {
            "github" | "gitlab" => (format!("{scheme}.com"), rest),
            "sourcehut" => ("git.sr.ht".to_owned(), rest),
            _ => match rest.strip_prefix("//") {
                Some(rest) => {
                    let (authority, path) = rest.split_once('/')?;
                    let host = authority.rsplit('@').next()?;
                    (host.split(':').next()?.to_owned(), path)
                }
                // scp's form: user@host:path.
                None => (scheme.split_once('@')?.1.to_owned(), rest),
            },
        };
        let (owner, repository) = path.trim_start_matches('/').split_once('/')?;
        let known = !host.is_empty() && !owner.is_empty() && !repository.is_empty();
        known.then(|| Origin { host: host.to_lowercase(), owner: owner.to_lowercase() })
    }

    /// Reads the `url` of the remote `origin` from the text of git's config file (git-config(1)).
    pub fn of_git_config(text: &str) -> Option<Self> {
        let mut in_origin = false;
        let mut found = None;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_origin = line.starts_with("[remote \"origin\"]");
            } else if in_origin
                && let Some((name, url)) = line.split_once('=')
                && name.trim().eq_ignore_ascii_case("url")
            {
                found = Self::of_url(url.trim().trim_matches('"'));
            }
        }
        found
    }
}
