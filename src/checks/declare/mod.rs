//! Is it declared as it can be?

mod duplicate_secret_path;
mod early_secret_with_owner;
mod kept;
mod owner_unknown;
mod path_not_absolute;
mod restart_unit_unknown;
mod secret_name_nests;
mod template_without_secrets;
mod unused_declaration;
mod unused_file;
mod unused_key;
mod wanted;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    early_secret_with_owner::RULE,
    owner_unknown::RULE,
    restart_unit_unknown::RULE,
    duplicate_secret_path::RULE,
    secret_name_nests::RULE,
    path_not_absolute::RULE,
    template_without_secrets::RULE,
    unused_key::RULE,
    unused_file::RULE,
    unused_declaration::RULE,
];
