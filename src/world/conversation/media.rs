//! The enumerations of communications: media, states, purposes of participants, and how a communication ends.

/// Defines an enumeration whose words are the vendor's. With `read`, its values are found by their words too.
macro_rules! words {
    (read $(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        words! { $(#[$doc])* $name { $($(#[$of])* $variant = $word,)+ } }

        impl $name {
            /// Every value, in the order of its declaration.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The value of that word.
            pub(crate) fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.name() == name)
            }
        }
    };
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
        )]
        pub(crate) enum $name { $($(#[$of])* $variant,)+ }

        impl $name {
            /// The vendor's word.
            pub(crate) const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}
pub(super) use words;

words! {
    read
    /// The medium of a communication, by the word of its path below `/conversations`.
    Medium {
        Message = "messages",
        Call = "calls",
        Callback = "callbacks",
        Email = "emails",
        Chat = "chats",
    }
}

impl Medium {
    /// The `mediaType` of analytics.
    pub(crate) const fn analytics(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Call => "voice",
            Self::Callback => "callback",
            Self::Email => "email",
            Self::Chat => "chat",
        }
    }

    /// Its key in the `mediaSettings` of a queue.
    pub(crate) const fn setting(self) -> &'static str {
        match self {
            Self::Call => "call",
            other => other.analytics(),
        }
    }

    /// The medium of a `communicationType`, such as `Call` or `call`.
    pub(crate) fn from_type(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|medium| medium.name().strip_suffix('s').is_some_and(|one| one.eq_ignore_ascii_case(name)))
    }

    /// The provider of such communications.
    pub(crate) const fn provider(self) -> &'static str {
        match self {
            Self::Message => "PureCloud Messaging",
            Self::Call => "Edge",
            Self::Callback => "PureCloud Callback",
            Self::Email => "PureCloud Email",
            Self::Chat => "PureCloud Webchat v2",
        }
    }
}

words! {
    read
    /// The state of a communication.
    State {
        Alerting = "alerting",
        Dialing = "dialing",
        Contacting = "contacting",
        Offering = "offering",
        Connected = "connected",
        Disconnected = "disconnected",
        Terminated = "terminated",
        Converting = "converting",
        Uploading = "uploading",
        Transmitting = "transmitting",
        Parked = "parked",
        /// A callback before its time; requests cannot set it.
        Scheduled = "scheduled",
        None = "none",
    }
}

impl State {
    /// Whether the communication has ended.
    pub(crate) const fn is_over(self) -> bool {
        matches!(self, Self::Disconnected | Self::Terminated)
    }

    /// Whether a request may name it.
    pub(crate) fn is_settable(self) -> bool {
        self != Self::Scheduled
    }

    /// The segment of analytics in which a communication with this state is. `None` once it is over.
    pub(super) const fn segment(self) -> Option<SegmentKind> {
        Some(match self {
            Self::Alerting | Self::Offering => SegmentKind::Alert,
            Self::Dialing => SegmentKind::Dialing,
            Self::Contacting => SegmentKind::Contacting,
            Self::Connected => SegmentKind::Interact,
            Self::Converting => SegmentKind::Converting,
            Self::Uploading => SegmentKind::Uploading,
            Self::Transmitting => SegmentKind::Transmitting,
            Self::Parked => SegmentKind::Parked,
            Self::Scheduled => SegmentKind::Scheduled,
            Self::Disconnected | Self::Terminated | Self::None => return None,
        })
    }
}

words! {
    /// The kind of a segment of analytics.
    SegmentKind {
        Alert = "alert",
        Dialing = "dialing",
        Contacting = "contacting",
        Interact = "interact",
        Hold = "hold",
        Converting = "converting",
        Uploading = "uploading",
        Transmitting = "transmitting",
        Parked = "parked",
        Scheduled = "scheduled",
        Ivr = "ivr",
        Wrapup = "wrapup",
    }
}

words! {
    /// The purpose of a participant.
    Purpose {
        Customer = "customer",
        Agent = "agent",
        User = "user",
        Acd = "acd",
        Api = "api",
        External = "external",
        Ivr = "ivr",
    }
}

words! {
    /// How a supervisor follows another participant, by the vendor's name for that one.
    Watch {
        Monitor = "monitoredParticipantId",
        Coach = "coachedParticipantId",
        Barge = "bargedParticipantId",
    }
}

words! {
    /// How a communication ended.
    Disconnect {
        Client = "client",
        Peer = "peer",
        Transfer = "transfer",
        ConsultTransfer = "transfer.consult",
        NoAnswer = "transfer.noanswer",
    }
}

impl Disconnect {
    /// The word of analytics.
    pub(crate) const fn analytics(self) -> &'static str {
        match self {
            Self::ConsultTransfer => "consultTransfer",
            Self::NoAnswer => "noAnswerTransfer",
            other => other.name(),
        }
    }
}
