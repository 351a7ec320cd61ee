//! What a finding's level is in the end; the only place that decides it.
