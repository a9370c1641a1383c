//! Who is in a group: the keys of its rows, and the keys their foreign keys point at.
//!
//! 8 bytes a row, and 8 a row and foreign key, where the keys are integers; the text itself where they are text. It is
//! what a batch for the whole group needs, so that no row has to be kept alive for it.

use super::Instance;
use crate::meta::{ModelMeta, RelationKind, RelationMeta};
use crate::value::{KeyList, KeyRef};

/// The keys of a group, in the order of its rows.
pub struct Members {
    pub(super) keys: KeyList,
    pub(super) foreign: Vec<Foreign>,
}

/// What one foreign key of the rows points at.
pub(super) struct Foreign {
    pub(super) slot: usize,
    /// The rows before the first that is not NULL.
    leading: usize,
    keys: KeyList,
}

impl Members {
    /// Nobody yet.
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        let is_foreign_key = |relation: &&&RelationMeta| matches!(relation.kind, RelationKind::ForeignKey { .. });
        let foreign = meta.relations.iter().filter(is_foreign_key);
        let foreign = foreign.map(|relation| Foreign { slot: relation.slot, leading: 0, keys: KeyList::Empty });
        Members { keys: KeyList::Empty, foreign: foreign.collect() }
    }

    /// One row and nothing else.
    pub(crate) fn of_one(key: KeyRef<'_>) -> Self {
        let mut keys = KeyList::Empty;
        keys.push(key);
        Members { keys, foreign: Vec::new() }
    }

    /// The next row.
    #[inline]
    pub(crate) fn push<I: Instance + ?Sized>(&mut self, row: &I) {
        self.keys.push(row.key_ref());
        for foreign in &mut self.foreign {
            foreign.push(row.handle(foreign.slot).and_then(|handle| handle.key));
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }
}

impl Foreign {
    fn push(&mut self, key: Option<KeyRef<'_>>) {
        match key {
            Some(key) => self.keys.push(key),
            // A NULL stands as the key before it: the list stays in step, and the batch asks for nothing more.
            None => {
                if !self.keys.push_last() {
                    self.leading += 1;
                }
            }
        }
    }

    pub(super) fn get(&self, row: usize) -> Option<KeyRef<'_>> {
        self.keys.get(row.checked_sub(self.leading)?)
    }
}
