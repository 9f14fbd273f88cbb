//! The author of a change: the user of the token, or the client of a token without a user.

use serde_json::{Map, Value, json};

use crate::api::call::Call;
use crate::world::architect::FlowAuthor;

/// The user or client behind a call.
pub(super) struct Author {
    user: bool,
    id: String,
    name: String,
    version: u32,
}

impl Author {
    /// Reads the author of a call. It takes the lock of the organization, so call it before `Call::change`.
    pub(super) fn of(call: &Call<'_>) -> Self {
        let token = &call.caller.token;
        if let Some(index) = token.user
            && let Some(user) = call.tenant().read().people().at(index)
        {
            return Self {
                user: true,
                id: user.id.to_string(),
                name: user.name.clone(),
                version: user.version,
            };
        }
        Self { user: false, id: token.client.id.clone(), name: token.client.name.clone(), version: 1 }
    }

    /// Writes the reference of the author under the key `user` or `client`.
    pub(super) fn sign(&self, entity: &mut Map<String, Value>, user: &str, client: &str) {
        entity.shift_remove(if self.user { client } else { user });
        let key = if self.user { user } else { client };
        entity.insert(key.to_owned(), self.reference());
    }

    /// Writes the id of the author under the key `user` or `client`.
    pub(super) fn sign_id(&self, entity: &mut Map<String, Value>, user: &str, client: &str) {
        entity.shift_remove(if self.user { client } else { user });
        let key = if self.user { user } else { client };
        entity.insert(key.to_owned(), json!(self.id));
    }

    fn reference(&self) -> Value {
        if self.user {
            let uri = format!("/api/v2/users/{}", self.id);
            json!({ "id": self.id, "name": self.name, "version": self.version, "selfUri": uri })
        } else {
            let uri = format!("/api/v2/oauth/clients/{}", self.id);
            json!({ "id": self.id, "name": self.name, "selfUri": uri })
        }
    }
}

/// The author of a change of a flow. It takes the lock of the organization, so call it before `Call::change`.
pub(super) fn flow_author(call: &Call<'_>) -> FlowAuthor {
    let token = &call.caller.token;
    let organization = call.tenant().read();
    match token.user.and_then(|index| organization.people().at(index)) {
        Some(user) => FlowAuthor::User(user.id),
        None => FlowAuthor::Client { id: (&*token.client.id).into(), name: (&*token.client.name).into() },
    }
}
