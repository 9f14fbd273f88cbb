//! The enumerations of messaging: channels, directions, and the states of a message.

use serde::{Deserialize, Serialize};

use crate::time::Nanos;

/// After so long in the model a queued message has been sent.
pub(crate) const SENT_AFTER: Nanos = 1_000_000_000;
/// After so long in the model a message has been delivered.
pub(crate) const DELIVERED_AFTER: Nanos = 5_000_000_000;

/// The channel of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Messenger {
    /// Text messages.
    Sms,
    /// Open messaging; also the threads' own body.
    Open,
    /// `WhatsApp`.
    WhatsApp,
    WebMessaging,
    /// Apple Messages for Business.
    Apple,
}

impl Messenger {
    const ALL: [Self; 5] = [Self::Sms, Self::Open, Self::WhatsApp, Self::WebMessaging, Self::Apple];

    /// The vendor's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Open => "open",
            Self::WhatsApp => "whatsapp",
            Self::WebMessaging => "webmessaging",
            Self::Apple => "apple",
        }
    }

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|messenger| messenger.name().eq_ignore_ascii_case(name))
    }

    /// Its name in normalized messages.
    pub(crate) const fn platform(self) -> &'static str {
        match self {
            Self::Sms => "Sms",
            Self::Open => "Open",
            Self::WhatsApp => "Whatsapp",
            Self::WebMessaging => "WebMessaging",
            Self::Apple => "Apple",
        }
    }

    /// The most characters of one message.
    pub(crate) const fn longest_text(self) -> usize {
        match self {
            Self::Sms => 765,
            _ => 2000,
        }
    }
}

/// Which way a message or conversation went first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
}

impl Direction {
    /// The vendor's name of it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }

    /// Its name in normalized messages.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Inbound => "Inbound",
            Self::Outbound => "Outbound",
        }
    }
}

/// The state that a receipt reports for a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Receipt {
    Sent,
    /// It arrived.
    Delivered,
    /// It did not arrive.
    Failed,
    Read,
    /// It became public.
    Published,
    Removed,
}

impl Receipt {
    /// The values of a receipt, for messages.
    pub(crate) const NAMES: &'static str = "Sent, Delivered, Failed, Read, Published, Removed";

    /// The one of that name.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "Sent" => Some(Self::Sent),
            "Delivered" => Some(Self::Delivered),
            "Failed" => Some(Self::Failed),
            "Read" => Some(Self::Read),
            "Published" => Some(Self::Published),
            "Removed" => Some(Self::Removed),
            _ => None,
        }
    }

    const fn status(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivery-success",
            Self::Failed => "delivery-failed",
            Self::Read => "read",
            Self::Published => "published",
            Self::Removed => "removed",
        }
    }
}

/// The state of a message `age` after it was sent. Without a receipt it follows from the age alone.
pub(super) const fn status(direction: Direction, receipt: Option<Receipt>, age: Nanos) -> &'static str {
    match (direction, receipt) {
        (_, Some(receipt)) => receipt.status(),
        (Direction::Inbound, None) => "received",
        (Direction::Outbound, None) if age < SENT_AFTER => "queued",
        (Direction::Outbound, None) if age < DELIVERED_AFTER => "sent",
        (Direction::Outbound, None) => "delivery-success",
    }
}
