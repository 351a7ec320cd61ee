//! Reading the YAML (and JSON) form.
