//! The messengers that have integrations.

/// A messenger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channel {
    /// Open messaging: a program of the organization's own.
    Open,
    /// Facebook Messenger.
    Facebook,
    /// Instagram direct messages.
    Instagram,
    /// X, which the vendor's API calls Twitter.
    Twitter,
    /// `WhatsApp`.
    WhatsApp,
    /// Apple Messages for Business.
    Apple,
}

impl Channel {
    const ALL: [Self; 6] =
        [Self::Open, Self::Facebook, Self::Instagram, Self::Twitter, Self::WhatsApp, Self::Apple];

    /// The vendor's word, in paths and as `messengerType`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Facebook => "facebook",
            Self::Instagram => "instagram",
            Self::Twitter => "twitter",
            Self::WhatsApp => "whatsapp",
            Self::Apple => "apple",
        }
    }

    /// The channel of the vendor's word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|channel| channel.word() == word)
    }

    /// The words of all channels.
    pub(crate) fn words() -> [&'static str; 6] {
        Self::ALL.map(Self::word)
    }

    /// The properties that an answer always has, beside those of every channel.
    pub(crate) const fn required(self) -> &'static [&'static str] {
        match self {
            Self::Open => {
                &["outboundNotificationWebhookUrl", "outboundNotificationWebhookSignatureSecretToken"]
            }
            Self::Facebook | Self::Instagram => &["appId"],
            Self::Twitter => &[],
            Self::WhatsApp => &["phoneNumber"],
            Self::Apple => &["messagesForBusinessId"],
        }
    }

    /// The properties that an answer may have.
    pub(crate) const fn optional(self) -> &'static [&'static str] {
        match self {
            Self::Open => &["webhookHeaders"],
            Self::Facebook | Self::Instagram => &["pageId"],
            Self::Twitter | Self::WhatsApp => &[],
            Self::Apple => {
                &["businessName", "logoUrl", "appleIMessageApp", "appleAuthentication", "applePay"]
            }
        }
    }

    /// Whether the integrations of the channel show their version.
    pub(crate) const fn is_versioned(self) -> bool {
        !matches!(self, Self::Open | Self::Apple)
    }
}
