//! When users last got a token, and when they last logged in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::time::Nanos;
use crate::world::id::UserIndex;

/// The tokens and logins of an organization. Only users that got a token are in it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Logins(HashMap<UserIndex, Login>);

/// The tokens of one user.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// The last token.
    pub(crate) token: Nanos,
    /// The last login; a token that was renewed is none.
    pub(crate) login: Option<Nanos>,
}

impl Logins {
    /// Notes that a user got a token, by a login or without one.
    pub(crate) fn note(&mut self, user: UserIndex, is_login: bool, now: Nanos) {
        let known = self.0.entry(user).or_default();
        known.token = now;
        known.login = if is_login { Some(now) } else { known.login };
    }

    /// The last token and login of a user.
    pub(crate) fn of(&self, user: UserIndex) -> Option<Login> {
        self.0.get(&user).copied()
    }
}
