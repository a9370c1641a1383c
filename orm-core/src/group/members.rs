//! Who is in a group: the keys of its rows, and the keys their foreign keys point at.
//!
//! 4 bytes a row, and 4 a row and foreign key, where all of them are integers below 2³²; 8 for other integers, and the
//! text itself where they are text. It is what a batch for the whole group needs, so that no row has to be kept alive
//! for it.

use crate::meta::{ModelMeta, RelationKind, RelationMeta};
use crate::value::{KeyList, KeyRef};

/// The keys of a group, in the order of its rows.
pub struct Members {
    /// How many keys a row has: its own, and then one for each foreign key.
    width: usize,
    keys: Keys,
}

enum Keys {
    /// The small integers of one row, or of a few, and how many there are: most groups are of one.
    Few([u32; FEW], u32),
    /// Small integers, as keys mostly are: one row after the other, and [`NONE`] for NULL.
    Short(Vec<u32>),
    /// Other keys: a list for each, and which of them is next.
    Wide(Vec<Column>, usize),
}

const NONE: u32 = u32::MAX;

/// A key that is a small integer, or NULL, as it is kept.
#[inline(always)]
fn short(key: Option<KeyRef<'_>>) -> Option<u32> {
    match key {
        Some(KeyRef::Int(key)) if (0..i64::from(NONE)).contains(&key) => u32::try_from(key).ok(),
        None => Some(NONE),
        Some(_) => None,
    }
}

const FEW: usize = 5;
/// For how many rows there is room at first, where there are more keys than that.
const SOME: usize = 16;

/// One key of each row.
#[derive(Clone)]
struct Column {
    /// The rows before the first that is not NULL.
    leading: usize,
    keys: KeyList,
}

impl Keys {
    fn none() -> Self {
        Keys::Few([NONE; FEW], 0)
    }

    /// The small integers, if they all are.
    fn short(&self) -> Option<&[u32]> {
        match self {
            Keys::Few(keys, count) => keys.get(..*count as usize),
            Keys::Short(keys) => Some(keys),
            Keys::Wide(..) => None,
        }
    }
}

impl Members {
    /// Nobody yet.
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        Members { width: 1 + foreign_keys(meta).count(), keys: Keys::none() }
    }

    /// One row, of which only its own key is known.
    pub(crate) fn of_one(key: KeyRef<'_>) -> Self {
        let mut members = Members { width: 1, keys: Keys::none() };
        members.push(Some(key));
        members
    }

    /// The next row: its own key comes first, and then what each foreign key points at, in the order of the fields.
    #[inline]
    pub fn row(&mut self, key: KeyRef<'_>) {
        self.push(Some(key));
    }

    /// What the row's next foreign key points at.
    #[inline]
    pub fn foreign(&mut self, key: Option<KeyRef<'_>>) {
        self.push(key);
    }

    /// Many rows with small keys are what there is most of, so this alone is compiled into the loop that reads them.
    #[inline(always)]
    fn push(&mut self, key: Option<KeyRef<'_>>) {
        match (&mut self.keys, short(key)) {
            (Keys::Short(keys), Some(key)) => keys.push(key),
            (_, short) => self.push_other(key, short),
        }
    }

    #[inline(never)]
    fn push_other(&mut self, key: Option<KeyRef<'_>>, short: Option<u32>) {
        match (&mut self.keys, short) {
            (Keys::Few(keys, count), Some(key)) => match keys.get_mut(*count as usize) {
                Some(place) => (*place, *count) = (key, *count + 1),
                None => {
                    let mut more = Vec::with_capacity(SOME * self.width);
                    more.extend(keys.iter().copied().chain([key]));
                    self.keys = Keys::Short(more);
                }
            },
            _ => self.push_wide(key),
        }
    }

    #[inline(never)]
    fn push_wide(&mut self, key: Option<KeyRef<'_>>) {
        if let Some(keys) = self.keys.short() {
            let mut columns = vec![Column { leading: 0, keys: KeyList::Empty }; self.width];
            for row in keys.chunks(self.width) {
                for (column, key) in columns.iter_mut().zip(row) {
                    column.push((*key != NONE).then_some(KeyRef::Int(i64::from(*key))));
                }
            }
            self.keys = Keys::Wide(columns, keys.len() % self.width);
        }
        if let Keys::Wide(columns, next) = &mut self.keys {
            if let Some(column) = columns.get_mut(*next) {
                column.push(key);
            }
            *next = (*next + 1) % self.width;
        }
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        match &self.keys {
            Keys::Wide(columns, _) => columns.first().map_or(0, |column| column.leading + column.keys.len()),
            keys => keys.short().map_or(0, <[u32]>::len) / self.width,
        }
    }

    /// Whether more than the rows' own keys are known.
    pub(super) fn has_foreign_keys(&self) -> bool {
        self.width > 1
    }

    /// One key of a row. Where a foreign key is NULL there is none, or that of another row: nobody asks.
    pub(super) fn get(&self, row: usize, column: usize) -> Option<KeyRef<'_>> {
        match &self.keys {
            Keys::Wide(columns, _) => columns.get(column)?.get(row),
            keys => {
                let key = *keys.short()?.get(row * self.width + column)?;
                (key != NONE).then_some(KeyRef::Int(i64::from(key)))
            }
        }
    }
}

/// Which of a row's keys is that of the foreign key in a slot. The row's own is the first.
pub(super) fn column(meta: &'static ModelMeta, slot: usize) -> Option<usize> {
    Some(1 + foreign_keys(meta).position(|relation| relation.slot == slot)?)
}

fn foreign_keys(meta: &'static ModelMeta) -> impl Iterator<Item = &'static RelationMeta> {
    let relations = meta.relations.iter().copied();
    relations.filter(|relation| matches!(relation.kind, RelationKind::ForeignKey { .. }))
}

impl Column {
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

    fn get(&self, row: usize) -> Option<KeyRef<'_>> {
        self.keys.get(row.checked_sub(self.leading)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Keys, Members};
    use crate::value::{KeyList, KeyRef};

    #[test]
    fn keys_of_every_kind_stay_with_their_rows() {
        // The first row with a key of another kind, and which of its keys that is.
        for (odd, at) in [(0, 0), (0, 1), (3, 0), (3, 1), (3, 2), (9, 9)] {
            for kind in 0..5 {
                let mut members = Members { width: 3, keys: Keys::none() };
                let text: Vec<String> = (0..30).map(|key| format!("key {key}")).collect();
                let key = |row: usize, column: usize| {
                    let small = (row * 3 + column) as i64;
                    // Texts and integers are never mixed in one column.
                    match ((row >= odd || kind == 2) && column == at, kind) {
                        (true, 0) => Some(KeyRef::Int(i64::MIN + small)),
                        (true, 1) => Some(KeyRef::Int(i64::from(u32::MAX))),
                        (true, 2) => text.get(row * 3 + column).map(|key| KeyRef::Text(key)),
                        (true, 3) if column > 0 => None,
                        (false, 4) if column > 0 && row.is_multiple_of(2) => None,
                        _ => Some(KeyRef::Int(small)),
                    }
                };
                for row in 0..6 {
                    (0..3).for_each(|column| members.push(key(row, column)));
                    assert_eq!(members.len(), row + 1);
                }
                for (row, column) in (0..6).flat_map(|row| (0..3).map(move |column| (row, column))) {
                    if let Some(key) = key(row, column) {
                        assert_eq!(members.get(row, column), Some(key), "{odd} {at} {kind}: {row}, {column}");
                    }
                }
                assert_eq!(members.get(6, 0), None);
            }
        }
        let mut column = Column { leading: 0, keys: KeyList::Empty };
        [None, Some(KeyRef::Int(7)), None].into_iter().for_each(|key| column.push(key));
        assert_eq!([0, 1, 2].map(|row| column.get(row)), [None, Some(KeyRef::Int(7)), Some(KeyRef::Int(7))]);
    }
}
