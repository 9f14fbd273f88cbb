//! Tests of a client of the platform, with gcmock as its fixture: see `tests`.
