//! Rings that keep the newest entries in a fixed amount of memory.
//!
//! No entry has an allocation of its own, so dropped entries leave no holes in the heap.

use std::collections::VecDeque;

/// Entries with consecutive numbers from 0, of which the newest are kept.
#[derive(Debug)]
pub(super) struct Numbered<T> {
    first: u64,
    entries: VecDeque<T>,
    max: usize,
}

impl<T> Numbered<T> {
    /// A queue of at most `max` entries.
    pub(super) const fn new(max: usize) -> Self {
        Self { first: 0, entries: VecDeque::new(), max }
    }

    fn next(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    /// A queue of at most `max` entries, whose numbers begin at `first`.
    pub(super) const fn beginning_at(max: usize, first: u64) -> Self {
        Self { first, entries: VecDeque::new(), max }
    }

    /// The number of the oldest entry, if there is any.
    pub(super) const fn oldest(&self) -> u64 {
        self.first
    }

    /// Whether the next push replaces the oldest entry.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= self.max
    }

    /// Adds an entry; the caller has made room.
    pub(super) fn push(&mut self, entry: T) -> u64 {
        let number = self.next();
        grow(&mut self.entries, 1, self.max);
        self.entries.push_back(entry);
        number
    }

    /// Drops the oldest entry and returns it with its number.
    pub(super) fn pop(&mut self) -> Option<(u64, T)> {
        let entry = self.entries.pop_front()?;
        self.first += 1;
        Some((self.first - 1, entry))
    }

    pub(super) fn get(&self, number: u64) -> Option<&T> {
        self.entries.get(self.index(number)?)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut T> {
        let index = self.index(number)?;
        self.entries.get_mut(index)
    }

    fn index(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    /// The entries with their numbers, oldest first.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &T)> {
        let first = self.first;
        self.entries.iter().enumerate().map(move |(index, entry)| (first + index as u64, entry))
    }

    /// The allocated bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.entries.capacity() * size_of::<T>()
    }
}

/// The position of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u64,
    len: u32,
}

impl Span {
    pub(super) const fn part(self, from: u32, len: u32) -> Self {
        Self { start: self.start + from as u64, len }
    }
}

/// Texts one behind the other, of which the newest are kept.
#[derive(Debug)]
pub(super) struct Texts {
    first: u64,
    bytes: VecDeque<u8>,
    max: usize,
}

impl Texts {
    /// A store of at most `max` bytes of text.
    pub(super) const fn new(max: usize) -> Self {
        Self { first: 0, bytes: VecDeque::new(), max }
    }

    /// Whether there is room for more bytes.
    pub(super) fn has_room(&self, len: usize) -> bool {
        self.bytes.len() + len <= self.max
    }

    /// Adds a text; one that has no room is kept as an empty one.
    pub(super) fn push(&mut self, parts: &[&str]) -> Span {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let start = self.first + self.bytes.len() as u64;
        let fits = u32::try_from(len).ok().filter(|_| self.has_room(len));
        let Some(len32) = fits else { return Span { start, len: 0 } };
        grow(&mut self.bytes, len, self.max);
        for part in parts {
            self.bytes.extend(part.as_bytes());
        }
        Span { start, len: len32 }
    }

    /// Drops a text and all that are older.
    pub(super) fn forget(&mut self, span: Span) {
        let end = span.start + u64::from(span.len);
        let count = usize::try_from(end.saturating_sub(self.first)).unwrap_or(usize::MAX);
        let count = count.min(self.bytes.len());
        self.bytes.drain(..count);
        self.first += count as u64;
    }

    fn slices(&self, span: Span) -> Option<(&[u8], &[u8])> {
        let start = usize::try_from(span.start.checked_sub(self.first)?).ok()?;
        let end = start.checked_add(span.len as usize).filter(|end| *end <= self.bytes.len())?;
        let (front, back) = self.bytes.as_slices();
        let cut = front.len();
        Some((&front[start.min(cut)..end.min(cut)], &back[start.max(cut) - cut..end.max(cut) - cut]))
    }

    /// A copy of a text; empty for one that was dropped.
    pub(super) fn get(&self, span: Span) -> String {
        let (front, back) = self.slices(span).unwrap_or_default();
        String::from_utf8([front, back].concat()).unwrap_or_default()
    }

    /// Whether a text equals `wanted`.
    pub(super) fn equals(&self, span: Span, wanted: &str) -> bool {
        let (front, back) = self.slices(span).unwrap_or_default();
        let wanted = wanted.as_bytes();
        wanted.len() == front.len() + back.len() && wanted.starts_with(front) && wanted.ends_with(back)
    }

    /// The allocated bytes.
    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }
}

/// Doubles the room as a queue does by itself, but never past `max`.
fn grow<T>(queue: &mut VecDeque<T>, more: usize, max: usize) {
    let needed = queue.len() + more;
    if needed > queue.capacity() {
        let wanted = needed.max(queue.capacity() * 2).min(max.max(needed));
        queue.reserve_exact(wanted - queue.len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_come_back_as_they_went_in_and_memory_stays_below_its_bound(
            words in prop::collection::vec(".{0,40}", 1..200),
        ) {
            let mut texts = Texts::new(256);
            let mut kept: VecDeque<(Span, &String)> = VecDeque::new();
            for word in &words {
                while !texts.has_room(word.len()) {
                    let (oldest, _) = kept.pop_front().expect("a word is shorter than the bound");
                    texts.forget(oldest);
                }
                kept.push_back((texts.push(&[word]), word));
                for (span, word) in &kept {
                    prop_assert_eq!(&texts.get(*span), *word);
                    prop_assert!(texts.equals(*span, word));
                }
                prop_assert!(texts.bytes() <= 256);
            }
        }
    }

    #[test]
    fn numbers_stay_with_their_entries_when_the_oldest_go() {
        let mut queue = Numbered::new(2);
        for text in ["a", "b", "c"] {
            if queue.is_full() {
                queue.pop();
            }
            queue.push(text);
        }
        assert_eq!(queue.get(0), None);
        assert_eq!(queue.get(2), Some(&"c"));
        assert_eq!(queue.iter().collect::<Vec<_>>(), [(1, &"b"), (2, &"c")]);
    }
}
