//! Many keys: in the order of their rows, and by their number.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::KeyRef;
use super::composite::pack;

/// The keys of a result's rows, in order: 8 bytes a row for integers, the text itself for text.
#[derive(Clone, Debug)]
pub enum KeyList {
    /// No key yet.
    Empty,
    /// Integers from 0 to 4,294,967,295, as keys mostly are: half the memory.
    Short(Vec<u32>),
    /// Integers.
    Int(Vec<i64>),
    /// Texts, one after the other, with the end of each.
    Text {
        /// All texts in one.
        bytes: String,
        /// Where each one ends.
        ends: Vec<usize>,
    },
    /// Bytes, one after the other, with the end of each.
    Bytes {
        /// They are keys of several columns.
        packed: bool,
        /// All of them.
        bytes: Vec<u8>,
        /// Where each one ends.
        ends: Vec<usize>,
    },
}

impl KeyList {
    /// Adds the key of the next row.
    #[inline]
    pub fn push(&mut self, key: KeyRef<'_>) {
        if let (KeyList::Short(keys), KeyRef::Int(key)) = (&mut *self, key)
            && let Ok(key) = u32::try_from(key)
        {
            keys.push(key);
        } else {
            self.push_other(key);
        }
    }

    fn push_other(&mut self, key: KeyRef<'_>) {
        match (&mut *self, key) {
            (KeyList::Short(keys), KeyRef::Int(key)) => {
                let mut wide: Vec<i64> = Vec::with_capacity(keys.len() * 2);
                wide.extend(keys.iter().copied().map(i64::from));
                wide.push(key);
                *self = KeyList::Int(wide);
            }
            (KeyList::Int(keys), KeyRef::Int(key)) => keys.push(key),
            (KeyList::Text { bytes, ends }, KeyRef::Text(key)) => {
                bytes.push_str(key);
                ends.push(bytes.len());
            }
            (KeyList::Empty, KeyRef::Int(key)) => match u32::try_from(key) {
                Ok(key) => *self = KeyList::Short(vec![key]),
                Err(_) => *self = KeyList::Int(vec![key]),
            },
            (KeyList::Empty, KeyRef::Text(key)) => {
                *self = KeyList::Text { bytes: key.to_owned(), ends: vec![key.len()] };
            }
            (_, KeyRef::Parts(parts)) => self.push_other(KeyRef::Packed(&pack(parts))),
            (KeyList::Bytes { bytes, ends, .. }, KeyRef::Bytes(key) | KeyRef::Packed(key)) => {
                bytes.extend_from_slice(key);
                ends.push(bytes.len());
            }
            (KeyList::Empty, KeyRef::Bytes(bytes) | KeyRef::Packed(bytes)) => {
                let packed = matches!(key, KeyRef::Packed(_));
                *self = KeyList::Bytes { packed, bytes: bytes.to_owned(), ends: vec![bytes.len()] };
            }
            // One model has one key type, so its keys are never mixed.
            _ => {}
        }
    }

    /// Adds the last key once more; says whether there is one.
    pub fn push_last(&mut self) -> bool {
        match self {
            KeyList::Empty => false,
            KeyList::Short(keys) => {
                keys.extend(keys.last().copied());
                true
            }
            KeyList::Int(keys) => {
                keys.extend(keys.last().copied());
                true
            }
            KeyList::Text { bytes, ends } => {
                let last = bytes.get(last_start(ends)..).map(str::to_owned);
                bytes.push_str(&last.unwrap_or_default());
                ends.push(bytes.len());
                true
            }
            KeyList::Bytes { bytes, ends, .. } => {
                bytes.extend_from_within(last_start(ends).min(bytes.len())..);
                ends.push(bytes.len());
                true
            }
        }
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        match self {
            KeyList::Empty => 0,
            KeyList::Short(keys) => keys.len(),
            KeyList::Int(keys) => keys.len(),
            KeyList::Text { ends, .. } | KeyList::Bytes { ends, .. } => ends.len(),
        }
    }

    /// The key of a row.
    pub fn get(&self, row: usize) -> Option<KeyRef<'_>> {
        match self {
            KeyList::Empty => None,
            KeyList::Short(keys) => keys.get(row).copied().map(|key| KeyRef::Int(i64::from(key))),
            KeyList::Int(keys) => keys.get(row).copied().map(KeyRef::Int),
            KeyList::Text { bytes, ends } => bytes.get(span(ends, row)?).map(KeyRef::Text),
            KeyList::Bytes { packed, bytes, ends } => {
                let key = bytes.get(span(ends, row)?)?;
                Some(if *packed { KeyRef::Packed(key) } else { KeyRef::Bytes(key) })
            }
        }
    }
}

/// Where the last of some keys begins.
fn last_start(ends: &[usize]) -> usize {
    ends.len().checked_sub(2).and_then(|before| ends.get(before)).copied().unwrap_or(0)
}

/// Where a key stands among those before and after it.
fn span(ends: &[usize], row: usize) -> Option<std::ops::Range<usize>> {
    let start = if row == 0 { 0 } else { *ends.get(row - 1)? };
    Some(start..*ends.get(row)?)
}

/// Finds the number of a key. Children come in runs of one parent, and parents mostly in their order, so the last key
/// and the one after it are tried first.
pub struct KeyMap {
    ints: Ints,
    texts: HashMap<Box<str>, u32>,
    bytes: HashMap<Box<[u8]>, u32>,
    /// The integer that was found last, and its number.
    last: Option<(i64, u32)>,
}

/// Integer keys and their numbers.
enum Ints {
    /// Keys that came in order, numbered from 0: to walk along is faster than to hash, and there is no table to fill.
    Sorted(Vec<i64>),
    Hashed(HashMap<i64, u32, BuildHasherDefault<KeyHasher>>),
}

impl Default for KeyMap {
    fn default() -> Self {
        let (texts, bytes) = (HashMap::default(), HashMap::default());
        KeyMap { ints: Ints::Sorted(Vec::new()), texts, bytes, last: None }
    }
}

impl KeyMap {
    /// Forgets the keys, and keeps their room.
    pub(crate) fn clear(&mut self) {
        match &mut self.ints {
            Ints::Sorted(keys) => keys.clear(),
            Ints::Hashed(keys) => keys.clear(),
        }
        self.texts.clear();
        self.bytes.clear();
        self.last = None;
    }

    /// The number of a key, or `number` from now on if the key is new. Says whether it is.
    pub fn number(&mut self, key: KeyRef<'_>, number: u32) -> (u32, bool) {
        match key {
            KeyRef::Int(key) => {
                if let Ints::Sorted(keys) = &mut self.ints
                    && keys.last().is_none_or(|last| *last < key)
                    && keys.len() == number as usize
                {
                    keys.push(key);
                    self.last = Some((key, number));
                    return (number, true);
                }
                if let Some(known) = self.int(key) {
                    return (known, false);
                }
                self.insert(key, number);
                self.last = Some((key, number));
            }
            KeyRef::Text(key) => {
                if let Some(known) = self.texts.get(key) {
                    return (*known, false);
                }
                self.texts.insert(key.into(), number);
            }
            KeyRef::Bytes(key) | KeyRef::Packed(key) => {
                if let Some(known) = self.bytes.get(key) {
                    return (*known, false);
                }
                self.bytes.insert(key.into(), number);
            }
            KeyRef::Parts(parts) => return self.number(KeyRef::Packed(&pack(parts)), number),
        }
        (number, true)
    }

    /// The number of a key.
    #[inline]
    pub fn get(&mut self, key: KeyRef<'_>) -> Option<u32> {
        match key {
            KeyRef::Int(key) => self.int(key),
            KeyRef::Text(key) => self.texts.get(key).copied(),
            KeyRef::Bytes(key) | KeyRef::Packed(key) => self.bytes.get(key).copied(),
            KeyRef::Parts(parts) => self.bytes.get(&*pack(parts)).copied(),
        }
    }

    #[inline]
    fn int(&mut self, key: i64) -> Option<u32> {
        if let Some((last, number)) = self.last
            && last == key
        {
            return Some(number);
        }
        let number = match &self.ints {
            Ints::Sorted(keys) => {
                let next = self.last.map_or(0, |(_, number)| number as usize + 1);
                u32::try_from(place(keys, key, next)?).ok()?
            }
            Ints::Hashed(keys) => keys.get(&key).copied()?,
        };
        self.last = Some((key, number));
        Some(number)
    }

    /// The first key that is out of order makes the table.
    fn insert(&mut self, key: i64, number: u32) {
        match &mut self.ints {
            Ints::Hashed(keys) => {
                keys.insert(key, number);
            }
            Ints::Sorted(keys) => {
                let mut hashed = HashMap::with_capacity_and_hasher(keys.len() * 2, BuildHasherDefault::default());
                hashed.extend(keys.iter().copied().zip(0..));
                hashed.insert(key, number);
                self.ints = Ints::Hashed(hashed);
            }
        }
    }
}

/// Where a key is among sorted ones, and likely is: not further from where it would be without gaps than there are keys
/// missing. In a table from which nothing was deleted that is one place, and no key is looked at, which would be far away
/// in memory.
#[inline]
fn place(keys: &[i64], key: i64, likely: usize) -> Option<usize> {
    let (first, last) = (*keys.first()?, *keys.last()?);
    if !(first..=last).contains(&key) {
        return None;
    }
    let (offset, end) = (key.abs_diff(first), keys.len() as u64 - 1);
    let gaps = last.abs_diff(first).saturating_sub(end);
    if gaps == 0 {
        return usize::try_from(offset).ok();
    }
    if keys.get(likely) == Some(&key) {
        return Some(likely);
    }
    let low = usize::try_from(offset.saturating_sub(gaps)).ok()?;
    let near = keys.get(low..=usize::try_from(offset.min(end)).ok()?)?;
    near.binary_search(&key).ok().map(|place| low + place)
}

/// A multiplicative hash for integer keys, which come in runs of the program's own counting; SipHash costs as much as
/// reading the row. Text keys, which may come from anybody, stay with the standard hash.
#[derive(Default)]
pub struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        // The table takes its bucket from the low bits and the product is best in the high ones.
        self.0.rotate_left(26)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_i64(i64::from(*byte));
        }
    }
    fn write_i64(&mut self, value: i64) {
        self.0 = (self.0 ^ value.cast_unsigned()).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyMap, KeyRef};

    #[test]
    fn every_key_keeps_the_number_it_got_first() {
        let orders: [&[i64]; 6] = [
            &[1, 2, 3, 5, 8, 13, 1, 8, 13],
            &[5, 5, 4, 3, 6, 4, 7],
            &[i64::MIN, -1, 0, i64::MAX, -1],
            &[7, 9, 8, 10, 7],
            &[i64::MAX, i64::MIN],
            &[-3, -2, 4, 5, 5, -2, 6],
        ];
        for order in orders {
            let (mut map, mut known) = (KeyMap::default(), Vec::new());
            for key in order {
                let next = u32::try_from(known.len()).unwrap_or(0);
                let place = known.iter().position(|other| other == key).and_then(|place| u32::try_from(place).ok());
                assert_eq!(map.number(KeyRef::Int(*key), next), (place.unwrap_or(next), place.is_none()));
                if place.is_none() {
                    known.push(*key);
                }
                for key in [order, &[i64::MIN, -4, 2, 11, i64::MAX]].concat().iter().rev() {
                    let place = known.iter().position(|other| other == key).and_then(|place| u32::try_from(place).ok());
                    assert_eq!(map.get(KeyRef::Int(*key)), place, "{key} of {known:?}");
                }
            }
        }
        // Numbers of one's own.
        let mut map = KeyMap::default();
        assert_eq!([1, 2, 1].map(|key| map.number(KeyRef::Int(key), 0)), [(0, true), (0, true), (0, false)]);
        assert_eq!(map.number(KeyRef::Text("a"), 7), (7, true));
        assert_eq!((map.number(KeyRef::Text("a"), 8), map.get(KeyRef::Text("b"))), ((7, false), None));
    }
}
