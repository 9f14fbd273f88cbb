//! Grants: the ways to obtain a token, and sets of them.
//!
//! To add a grant: a variant, and its name in [`Grant::name`] and [`Grant::ALL`].

use serde::{Deserialize, Serialize};

/// The way in which an access token was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(u8)]
pub(crate) enum Grant {
    /// A client on its own behalf.
    ClientCredentials,
    /// A user's login, with or without PKCE.
    AuthorizationCode,
    /// A renewed token of a user.
    RefreshToken,
    /// A bearer that gcmock did not issue.
    Pasted,
    /// A user's login whose token is in the redirect itself.
    Implicit,
}

impl Grant {
    /// Every grant, in the order the documentation names them.
    pub(crate) const ALL: [Self; 5] =
        [Self::ClientCredentials, Self::AuthorizationCode, Self::RefreshToken, Self::Pasted, Self::Implicit];

    /// The name used in limits files, and by OAuth where it has one.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::Pasted => "pasted",
            Self::Implicit => "implicit",
        }
    }

    /// Its name in the vendor's OAuth client entities.
    pub(crate) const fn vendor_name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "CLIENT-CREDENTIALS",
            Self::AuthorizationCode | Self::RefreshToken => "CODE",
            Self::Pasted | Self::Implicit => "TOKEN",
        }
    }

    /// The grant of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.name() == name)
    }
}

/// A set of grants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Grants(u8);

impl Grants {
    /// Adds `grant` to the set.
    #[must_use]
    pub(crate) const fn with(self, grant: Grant) -> Self {
        Self(self.0 | 1 << grant as u8)
    }

    /// Whether `grant` is in the set.
    pub(crate) const fn has(self, grant: Grant) -> bool {
        self.0 & (1 << grant as u8) != 0
    }

    /// The grants of the set, in the order of [`Grant::ALL`].
    pub(crate) fn iter(self) -> impl Iterator<Item = Grant> {
        Grant::ALL.into_iter().filter(move |grant| self.has(*grant))
    }
}
