//! What analytics see: one communication of one participant, its dimensions and its metrics.

use std::borrow::Cow;

use uuid::Uuid;

use super::Glance;
use super::kinds::Direction;
use super::media::{Medium, Purpose, words};
use super::metric::{Emission, Session};
use super::parties::Parties;
use super::party::Party;
use crate::time::Nanos;
use crate::time::clock::rfc3339;
use crate::world::Organization;
use crate::world::id::UserIndex;

words! {
    read
    /// A dimension by which analytics filter and group.
    Dimension {
        ConversationId = "conversationId",
        ConversationInitiator = "conversationInitiator",
        CustomerParticipation = "customerParticipation",
        ExternalTag = "externalTag",
        OriginatingDirection = "originatingDirection",
        MediaType = "mediaType",
        MessageType = "messageType",
        Direction = "direction",
        Purpose = "purpose",
        Provider = "provider",
        QueueId = "queueId",
        UserId = "userId",
        WrapUpCode = "wrapUpCode",
        DisconnectType = "disconnectType",
        SessionId = "sessionId",
        Remote = "remote",
        AddressFrom = "addressFrom",
        AddressTo = "addressTo",
        Ani = "ani",
        Dnis = "dnis",
        RequestedRoutingSkillId = "requestedRoutingSkillId",
        DivisionId = "divisionId",
        ParticipantName = "participantName",
        Recording = "recording",
        Conference = "conference",
        FlaggedReason = "flaggedReason",
        Subject = "subject",
        WrapUpNote = "wrapUpNote",
        CallbackNumber = "callbackNumber",
        CallbackScheduledTime = "callbackScheduledTime",
        FlowId = "flowId",
        FlowName = "flowName",
        FlowType = "flowType",
    }
}

/// The value of a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum DimensionValue {
    Id(Uuid),
    User(UserIndex),
    Word(&'static str),
    Text(String),
}

/// A session of a conversation.
#[derive(Clone, Copy)]
pub(crate) struct Facet<'a> {
    organization: &'a Organization,
    pub(crate) glance: &'a Glance<'a>,
    pub(crate) session: Session<'a>,
}

impl<'a> Facet<'a> {
    /// Every session of a conversation.
    pub(crate) fn all(
        organization: &'a Organization,
        glance: &'a Glance<'a>,
        parties: &'a Parties,
    ) -> impl Iterator<Item = Self> {
        Session::all(parties).map(move |session| Self { organization, glance, session })
    }

    /// The sessions of the conversation, this one among them.
    pub(crate) fn beside(&self) -> impl Iterator<Item = Self> {
        Self::all(self.organization, self.glance, self.session.parties)
    }

    /// Emits every metric of the session.
    pub(crate) fn emit(&self, emit: &mut impl FnMut(Emission)) {
        let Session { participant, communication, .. } = self.session;
        let queue = participant.queue.filter(|_| participant.purpose == Purpose::Acd);
        let level = self.organization.acd().service_level(queue, communication.medium);
        self.session.emit(level, emit);
    }

    /// The value of a dimension.
    pub(crate) fn value(&self, dimension: Dimension) -> Option<DimensionValue> {
        use DimensionValue::{Id, Text, User, Word};
        let Session { parties, participant, communication, .. } = self.session;
        let outbound = self.glance.direction() == Direction::Outbound;
        Some(match dimension {
            Dimension::ConversationId => Id(self.glance.id()),
            Dimension::ConversationInitiator => Word(parties.initiator().name()),
            Dimension::CustomerParticipation => Word(if parties.has_customer() { "true" } else { "false" }),
            Dimension::ExternalTag => Text(given(&parties.external_tag)?),
            Dimension::OriginatingDirection => Word(self.glance.direction().name()),
            Dimension::MediaType => Word(communication.medium.analytics()),
            Dimension::MessageType if communication.medium != Medium::Message => return None,
            Dimension::MessageType => Word(self.glance.messenger().name()),
            Dimension::Direction => Word(communication.direction.name()),
            Dimension::Purpose => Word(participant.purpose.name()),
            Dimension::Provider => Word(communication.medium.provider()),
            Dimension::QueueId => Id(participant.queue?.uuid()),
            Dimension::UserId => User(participant.user()?),
            Dimension::WrapUpCode => Text(participant.wrapup.as_ref()?.code.clone()),
            Dimension::DisconnectType => Word(communication.disconnect?.analytics()),
            Dimension::SessionId => Id(self.session_id()),
            Dimension::Remote => Text(self.glance.address()),
            Dimension::AddressFrom | Dimension::Ani => Text(self.glance.end_address(!outbound)),
            Dimension::AddressTo | Dimension::Dnis => Text(self.glance.end_address(outbound)),
            Dimension::RequestedRoutingSkillId => Id(*participant.skills.first()?),
            Dimension::DivisionId => Id(self.organization.division_of_participant(participant)?.uuid()),
            Dimension::ParticipantName => Text(self.name()?),
            Dimension::Recording if communication.medium != Medium::Call => return None,
            Dimension::Recording => Word(if communication.connected > 0 { "true" } else { "false" }),
            Dimension::Conference => Word("false"),
            Dimension::FlaggedReason => Word(participant.flagged.then_some("general")?),
            Dimension::Subject if communication.medium != Medium::Email => return None,
            Dimension::Subject => Text(given(&parties.subject)?),
            Dimension::WrapUpNote => Text(participant.wrapup.as_ref()?.notes.clone()?),
            Dimension::CallbackNumber if communication.medium != Medium::Callback => return None,
            Dimension::CallbackNumber => Text(parties.numbers.first()?.to_string()),
            Dimension::CallbackScheduledTime if parties.scheduled == 0 => return None,
            Dimension::CallbackScheduledTime => Text(rfc3339(parties.scheduled)),
            Dimension::FlowId => Id(participant.flow()?.uuid()),
            Dimension::FlowName => {
                Text(self.organization.flows.get(participant.flow()?)?.record.name.clone())
            }
            Dimension::FlowType => {
                Text(self.organization.flows.get(participant.flow()?)?.state.kind.to_string())
            }
        })
    }

    /// The name of the participant.
    fn name(&self) -> Option<String> {
        Some(match &self.session.participant.party {
            Party::Customer => given(&self.glance.name()).unwrap_or_else(|| self.glance.address()),
            Party::Own => self.glance.end_address(false),
            Party::External(address) => address.to_string(),
            Party::User(user) => self.organization.people().at(*user)?.name.clone(),
            Party::Queue(queue) => self.organization.queue_name(*queue)?,
            Party::Flow(flow) => self.organization.flows.get(*flow)?.record.name.clone(),
        })
    }

    /// The id of the session, which is the communication's.
    pub(crate) fn session_id(&self) -> Uuid {
        self.glance.store.communication(self.glance.key, self.session.index, self.session.number)
    }
}

/// The text, unless it is empty.
fn given(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Parties {
    /// The purpose of the participant that began the conversation.
    pub(crate) fn initiator(&self) -> Purpose {
        let (_, direction) = self.kind();
        let inbound = direction == Direction::Inbound;
        let began = self.participants.iter().find(|one| (one.party == Party::Customer) == inbound);
        began.map_or(Purpose::Customer, |one| one.purpose)
    }

    /// Whether a customer was connected in a medium in which people talk.
    pub(crate) fn has_customer(&self) -> bool {
        let mut outside = self.participants.iter().filter(|one| one.is_outside());
        outside.any(|one| one.communications.iter().any(|one| one.connected > 0))
    }
}

impl<'s> Glance<'s> {
    /// The customer's address, or the organization's.
    pub(crate) fn end_address(&self, of_customer: bool) -> String {
        let span = if of_customer { self.row.address() } else { self.row.own_address() };
        self.names.get(span)
    }

    /// The customer's name.
    fn name(&self) -> String {
        self.names.get(self.row.name())
    }

    /// The participants as they are at `now`.
    pub(crate) fn parties(&self, now: Nanos) -> Cow<'s, Parties> {
        match &self.row.parties {
            Some(parties) => parties.at(now),
            None => Cow::Owned(self.row.expanded()),
        }
    }
}
