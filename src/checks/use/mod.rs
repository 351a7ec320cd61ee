//! Is it used as it can be used?

mod delivered;
mod denied_by_policy;
mod environment;
mod environment_file_not_dotenv;
mod environment_name_invalid;
mod environment_template_quoting;
mod file;
mod git_crypt_at_eval;
mod hardcoded_secret_path;
mod password_not_needed_for_users;
mod password_too_short;
mod passwords;
mod placeholder_of_early_secret;
mod restart_trigger_on_path;
mod restart_units_missing;
mod secret_in_initrd;
mod secret_in_plain_option;
mod secret_path_as_value;
mod secret_read_at_eval;
mod undeclared;
mod undeclared_placeholder;
mod undeclared_secret_reference;
mod undeclared_template_reference;
mod unit_cannot_read_secret;

use super::Rule;

/// The family, in the order of the documentation.
pub const RULES: &[Rule] = &[
    undeclared_secret_reference::RULE,
    undeclared_placeholder::RULE,
    undeclared_template_reference::RULE,
    placeholder_of_early_secret::RULE,
    password_not_needed_for_users::RULE,
    password_too_short::RULE,
    environment_file_not_dotenv::RULE,
    environment_template_quoting::RULE,
    environment_name_invalid::RULE,
    unit_cannot_read_secret::RULE,
    restart_trigger_on_path::RULE,
    restart_units_missing::RULE,
    secret_path_as_value::RULE,
    secret_read_at_eval::RULE,
    git_crypt_at_eval::RULE,
    hardcoded_secret_path::RULE,
    secret_in_plain_option::RULE,
    secret_in_initrd::RULE,
    denied_by_policy::RULE,
];
