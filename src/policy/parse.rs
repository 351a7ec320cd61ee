//! Reading `.sops.yaml`.
