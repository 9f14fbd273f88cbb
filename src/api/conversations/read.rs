//! Listings of open conversations, and single conversations.

use serde_json::Value;

use super::{find_conversation, medium_in};
use crate::api::call::Call;
use crate::rules::Grant;
use crate::view::conversation::{ConversationView, MESSAGES, MESSAGES_LISTED};
use crate::wire::error::ApiError;
use crate::wire::paging::Page;
use crate::wire::reply::Reply;
use crate::world::conversation::{Glance, Medium};

/// `GET …/conversations` and `GET …/conversations/{medium}`: the open conversations in which the token's user is, the
/// newest first. The vendor's document says: of the logged-in user. A token without a user lists the organization's
/// (assumed), and so does a pasted one, whose user is not known.
pub(super) fn list(call: &Call<'_>) -> Result<Reply, ApiError> {
    let medium = medium_in(call);
    let wanted = match (medium, call.query_text("communicationType")) {
        (None, Some(kind)) => match Medium::from_type(&kind) {
            Some(medium) => Some(medium),
            // A medium that gcmock does not have has no conversations.
            None => {
                return Reply::ok(&Page::<Value>::new(Vec::new(), 0, call.page()?, call.path, call.query));
            }
        },
        (medium, _) => medium,
    };
    list_open(call, wanted, |view| match medium {
        Some(medium) => view.of_medium(medium, call.now),
        None => view.conversation(call.now),
    })
}

fn list_open(
    call: &Call<'_>,
    medium: Option<Medium>,
    to_json: impl Fn(&ConversationView) -> Value,
) -> Result<Reply, ApiError> {
    let wanted = call.page()?;
    let (views, total) = {
        let organization = call.tenant().read();
        let open = organization.conversations().iter().rev().filter(|glance| glance.ended().is_none());
        let open =
            open.filter(|glance| medium.is_none_or(|medium| glance.has(medium)) && has_caller(call, glance));
        let keys: Vec<_> = open.map(|glance| glance.key).collect();
        let page = keys.iter().skip(wanted.offset()).take(wanted.most());
        let views: Vec<_> = page
            .filter_map(|key| ConversationView::of(&organization, *key, MESSAGES_LISTED, call.now))
            .collect();
        (views, keys.len())
    };
    let entities = views.iter().map(to_json).collect();
    Reply::ok(&Page::new(entities, total, wanted, call.path, call.query))
}

/// Whether the token's user is in the conversation, where the token has a user that is known.
fn has_caller(call: &Call<'_>, glance: &Glance<'_>) -> bool {
    let token = &call.caller.token;
    let Some(user) = token.user.filter(|_| token.grant != Grant::Pasted) else { return true };
    // Parties are not made for a message conversation that has none: its row knows the user.
    if !glance.has_parties() {
        return glance.user() == Some(user);
    }
    let parties = glance.parties(call.now);
    parties.participants.iter().any(|one| one.user() == Some(user) && one.is_open())
}

/// A copy of the conversation in the call's path.
pub(super) fn view_in_path(call: &Call<'_>) -> Result<ConversationView, ApiError> {
    let organization = call.tenant().read();
    ConversationView::of(&organization, find_conversation(call, &organization)?, MESSAGES, call.now)
        .ok_or_else(ApiError::internal)
}

/// `GET …/conversations/{conversationId}` and `GET …/conversations/{medium}/{conversationId}`.
pub(super) fn get(call: &Call<'_>) -> Result<Reply, ApiError> {
    let view = view_in_path(call)?;
    match medium_in(call) {
        Some(medium) => Reply::ok(&view.of_medium(medium, call.now)),
        None => Reply::ok(&view.conversation(call.now)),
    }
}
