//! The files that the rules of a rule file are about.

use crate::checks::World;
use crate::policy::Config;

impl<'a> World<'a> {
    /// The files for which a rule file is the nearest, by their paths relative to it. Rule files are
    /// none; what git does not know yet may be committed next.
    pub fn in_scope(&self, config: &'a Config) -> Vec<&'a str> {
        let is_rule_file = |path: &str| path.rsplit('/').next() == Some(".sops.yaml");
        let files = self.tree.files.keys().filter(|path| !is_rule_file(path));
        let nearest = files.filter(|path| self.is_nearest(config, path));
        nearest.filter_map(|path| config.relative(path)).collect()
    }

    /// Whether a sealed file lies in the scope of a rule file, or is to lie there as a secret names it. A rule file
    /// without any is an example, or its files lie in another repository.
    pub fn seals_here(&self, config: &Config) -> bool {
        self.vault.files.keys().chain(self.manifest.sops_files()).any(|path| self.is_nearest(config, path))
    }

    /// Whether a rule file is the nearest of a path.
    pub fn is_nearest(&self, config: &Config, path: &str) -> bool {
        self.policy.config_for(path).is_some_and(|nearest| nearest.path == config.path)
    }

    /// Whether a submodule, whose files are not looked at, lies in the scope of a rule file.
    pub fn has_submodule(&self, config: &Config) -> bool {
        self.tree.submodules.iter().any(|path| config.relative(path).is_some())
    }
}
