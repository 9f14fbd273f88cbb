//! Who is asking.
//!
//! `token` owns every token that was issued; `caller` turns a request's `Authorization` and `Host`
//! into a [`Caller`], `asker` any request into an [`Asker`]; `oauth` is the login host. It refuses to know limits and handlers.

mod asker;
mod caller;
pub mod oauth;
pub mod scopes;
mod token;

pub use asker::{Asker, AtDeployment};
pub use caller::{Caller, Identity, bearer};
pub use token::{Code, NewToken, Refresh, Token, Tokens};
