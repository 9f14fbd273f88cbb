//! The metrics of analytics, computed from the segments that a communication went through.
//!
//! Counts (`n…`) are emitted once, times (`t…`) when they are complete, in whole milliseconds: those between the instants
//! as they are written, so that the times of segments add up. `oServiceLevel` is emitted where
//! a conversation leaves a queue: 1 if an agent answered within the time of the queue's service level, else 0.

use super::kinds::Direction;
use super::media::{Disconnect, Medium, Purpose, SegmentKind, words};
use super::parties::Parties;
use super::party::{Communication, Participant, Segment};
use crate::time::Nanos;
use crate::world::routing::ServiceLevel;

words! {
    read
    /// A metric of a session.
    Metric {
        NConnected = "nConnected",
        NConsult = "nConsult",
        NConsultTransferred = "nConsultTransferred",
        NBlindTransferred = "nBlindTransferred",
        NOffered = "nOffered",
        NOutbound = "nOutbound",
        NOverSla = "nOverSla",
        NTransferred = "nTransferred",
        OServiceLevel = "oServiceLevel",
        TAbandon = "tAbandon",
        TAcd = "tAcd",
        TAcw = "tAcw",
        TAlert = "tAlert",
        TAnswered = "tAnswered",
        TContacting = "tContacting",
        TDialing = "tDialing",
        THandle = "tHandle",
        THeld = "tHeld",
        THeldComplete = "tHeldComplete",
        TIvr = "tIvr",
        TNotResponding = "tNotResponding",
        TTalk = "tTalk",
        TTalkComplete = "tTalkComplete",
        TWait = "tWait",
    }
}

/// The milliseconds between two instants, as they are written.
pub(crate) const fn milliseconds(from: Nanos, to: Nanos) -> u64 {
    const MILLI: Nanos = 1_000_000;
    (to / MILLI).saturating_sub(from / MILLI)
}

impl Segment {
    /// Its length in milliseconds. `None` while it lasts.
    pub(crate) fn milliseconds(&self) -> Option<u64> {
        (self.to > 0).then(|| milliseconds(self.from, self.to))
    }
}

impl Metric {
    /// Whether its values are times.
    pub(crate) fn is_time(self) -> bool {
        self.name().starts_with('t')
    }
}

/// A metric's value, and when it was complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Emission {
    pub(crate) metric: Metric,
    /// A count, or milliseconds.
    pub(crate) value: u64,
    pub(crate) at: Nanos,
}

/// One communication of one participant among all.
#[derive(Clone, Copy)]
pub(crate) struct Session<'a> {
    pub(crate) parties: &'a Parties,
    pub(crate) participant: &'a Participant,
    pub(crate) communication: &'a Communication,
    /// The participant's index.
    pub(crate) index: usize,
    /// The communication's index of its participant.
    pub(crate) number: usize,
}

impl<'a> Session<'a> {
    /// Every communication of every participant.
    pub(crate) fn all(parties: &'a Parties) -> impl Iterator<Item = Self> {
        parties.participants.iter().enumerate().flat_map(move |(index, participant)| {
            participant.communications.iter().enumerate().map(move |(number, communication)| Self {
                parties,
                participant,
                communication,
                index,
                number,
            })
        })
    }
}

impl Session<'_> {
    /// Emits every metric of the session. `level` is what its queue aims at.
    pub(crate) fn emit(&self, level: ServiceLevel, emit: &mut impl FnMut(Emission)) {
        let mut put = |metric, value, at| emit(Emission { metric, value, at });
        if self.is_first_inside() && self.communication.direction == Direction::Outbound {
            put(Metric::NOutbound, 1, self.communication.started);
        }
        match self.participant.purpose {
            Purpose::Acd => self.emit_queue(level, &mut put),
            Purpose::Agent | Purpose::User | Purpose::Api => self.emit_agent(&mut put),
            Purpose::Ivr if self.communication.ended > 0 => {
                let one = self.communication;
                put(Metric::TIvr, milliseconds(one.started, one.ended), one.ended);
            }
            Purpose::Ivr | Purpose::Customer | Purpose::External => {}
        }
    }

    /// Whether it is of the first participant that is not the customer, and its first communication.
    fn is_first_inside(&self) -> bool {
        let first = self.parties.participants.iter().position(|one| !one.is_outside());
        first == Some(self.index) && self.number == 0
    }

    fn emit_queue(&self, level: ServiceLevel, put: &mut impl FnMut(Metric, u64, Nanos)) {
        let one = self.communication;
        put(Metric::NOffered, 1, one.started);
        if one.ended == 0 {
            return;
        }
        let waited = milliseconds(one.started, one.ended);
        put(Metric::TAcd, waited, one.ended);
        put(Metric::TWait, waited, one.ended);
        let answered = one.disconnect == Some(Disconnect::Transfer);
        let in_time = answered && waited <= level.milliseconds;
        put(Metric::OServiceLevel, u64::from(in_time), one.ended);
        if !answered {
            put(Metric::TAbandon, waited, one.ended);
        }
        if answered && !in_time {
            put(Metric::NOverSla, 1, one.ended);
        }
    }

    fn emit_agent(&self, put: &mut impl FnMut(Metric, u64, Nanos)) {
        let one = self.communication;
        if one.connected > 0 {
            put(Metric::NConnected, 1, one.connected);
            self.emit_answer(put);
        }
        let mut handled = 0;
        for segment in &one.segments {
            let Some(lasted) = segment.milliseconds() else { continue };
            let metric = of_segment(segment.kind);
            handled += if segment.kind == SegmentKind::Alert { 0 } else { lasted };
            if let Some(metric) = metric {
                put(metric, lasted, segment.to);
            }
        }
        if one.disconnect == Some(Disconnect::NoAnswer) {
            put(Metric::TNotResponding, milliseconds(one.started, one.ended), one.ended);
        }
        if one.ended > 0 && one.connected > 0 {
            self.emit_complete(handled, put);
        }
    }

    /// How long the customer waited in the queue for this agent. The call of a callback is no second answer.
    fn emit_answer(&self, put: &mut impl FnMut(Metric, u64, Nanos)) {
        let one = self.communication;
        if self.number > 0 {
            return;
        }
        let before = &self.parties.participants[..self.index];
        let queue =
            |other: &&Participant| other.purpose == Purpose::Acd && other.queue == self.participant.queue;
        let waited = before.iter().rev().find(queue).map(Participant::started);
        if let Some(since) = waited.filter(|_| self.participant.queue.is_some()) {
            put(Metric::TAnswered, milliseconds(since, one.connected), one.connected);
        }
        // An inbound message that a user answered has no participant for the time before.
        let has_queue = self.parties.participants.iter().any(|other| other.purpose == Purpose::Acd);
        if one.medium == Medium::Message && one.direction == Direction::Inbound && !has_queue {
            put(Metric::NOffered, 1, one.started);
        }
    }

    fn emit_complete(&self, handled: u64, put: &mut impl FnMut(Metric, u64, Nanos)) {
        let one = self.communication;
        let sum = |kind: SegmentKind| -> Option<u64> {
            let times = one.segments.iter().filter(|segment| segment.kind == kind);
            times.filter_map(Segment::milliseconds).reduce(|all, more| all + more)
        };
        let end = one.segments.last().map_or(one.ended, |last| last.to.max(one.ended));
        put(Metric::TTalkComplete, sum(SegmentKind::Interact).unwrap_or(0), one.ended);
        put(Metric::THandle, handled, end);
        if let Some(held) = sum(SegmentKind::Hold) {
            put(Metric::THeldComplete, held, one.ended);
        }
        let index = u16::try_from(self.index).unwrap_or(u16::MAX);
        let later = &self.parties.participants[self.index + 1..];
        if later.iter().any(|other| other.consulted_by == Some(index)) {
            put(Metric::NConsult, 1, one.ended);
        }
        match one.disconnect {
            Some(Disconnect::Transfer) => {
                put(Metric::NTransferred, 1, one.ended);
                put(Metric::NBlindTransferred, 1, one.ended);
            }
            Some(Disconnect::ConsultTransfer) => {
                put(Metric::NTransferred, 1, one.ended);
                put(Metric::NConsultTransferred, 1, one.ended);
            }
            _ => {}
        }
    }
}

const fn of_segment(kind: SegmentKind) -> Option<Metric> {
    Some(match kind {
        SegmentKind::Alert => Metric::TAlert,
        SegmentKind::Dialing => Metric::TDialing,
        SegmentKind::Contacting => Metric::TContacting,
        SegmentKind::Interact => Metric::TTalk,
        SegmentKind::Hold => Metric::THeld,
        SegmentKind::Wrapup => Metric::TAcw,
        _ => return None,
    })
}
