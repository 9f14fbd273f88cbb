//! The levels of a limit, as they are listed.

use std::collections::HashSet;

use gcmock_limit::{Key, Level, Rule};

use super::{Calls, LOOKS};
use crate::store::keys::nodes;
use crate::store::link::StoreError;
use crate::store::question::level;

/// Levels that are read of one limit.
const MOST_LEVELS: usize = 100_000;
/// The bytes of a bucket before its slots.
const BUCKET_BYTES: usize = 24;

impl Calls {
    /// The levels of `rule`, at most [`MOST_LEVELS`], slots too. `None` where the home has more than `most` buckets, of whichever
    /// limits.
    pub(in crate::store) async fn levels(
        &mut self,
        home: &str,
        rule: &Rule,
        most: usize,
    ) -> Result<Option<Vec<Level>>, StoreError> {
        let living = self.living().await?;
        let (mut cursor, mut looked, mut levels) = (0, 0, Vec::new());
        loop {
            let part = self.part(home, cursor, LOOKS).await?;
            looked += part.found.len();
            levels.extend(part.of(rule).map(|(key, value)| level_of(value, key, &living)));
            if looked > most {
                return Ok(None);
            }
            if part.next == 0 || levels.len() >= MOST_LEVELS {
                return Ok(Some(levels));
            }
            cursor = part.next;
        }
    }

    /// The nodes whose leases run: the slots of others are free.
    async fn living(&mut self) -> Result<HashSet<u32>, StoreError> {
        let scripts = std::sync::Arc::clone(&self.scripts);
        Ok(scripts.living.prepare_invoke().key(nodes()).invoke_async(&mut self.connection).await?)
    }
}

/// The level in the value of a bucket. Where it has slots, those of the nodes that live are in use.
fn level_of(value: &[u8], key: Key, living: &HashSet<u32>) -> Level {
    let level = level(value, key);
    let (slots, _) = value.get(BUCKET_BYTES..).unwrap_or_default().as_chunks::<8>();
    let count_of = |[n0, n1, n2, n3, c0, c1, c2, c3]: &[u8; 8]| {
        living
            .contains(&u32::from_le_bytes([*n0, *n1, *n2, *n3]))
            .then(|| u32::from_le_bytes([*c0, *c1, *c2, *c3]))
    };
    if slots.is_empty() {
        return level;
    }
    Level { used: slots.iter().filter_map(count_of).fold(0, u32::saturating_add), ..level }
}
