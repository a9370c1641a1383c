//! Rows that differ where they have to.
//!
//! What is unique, alone or together, is kept so by the columns that nobody has said anything about: each row takes the
//! first of their values that leaves it unlike all others. The others are the rows of the same bake, and those of which the
//! database says that it has them. So one rule serves texts and enums, single fields and those that are unique together,
//! rows that were made by hand and rows that share a parent. A NULL is like no other.

use std::collections::HashSet;

use super::make::Maker;
use super::order::{Order, wrong};
use crate::error::{Error, Result};
use crate::meta::{ColumnMeta, ModelMeta, RelationMeta};
use crate::value::{Bind, Datum};

/// A bind for each column.
pub(super) type Row = Vec<Bind<'static>>;

/// What the rows have in a column.
pub(super) enum Source<'o> {
    /// These in turn. Keys of rows that are made with them are fresh: no row of the database has them.
    Fixed {
        binds: Vec<Bind<'static>>,
        fresh: bool,
    },
    /// A key that is counted up.
    Counted,
    /// The row of another order; a further one wherever rows have to be kept apart.
    Baked(&'o Order),
    /// The same, of a row that nobody has ordered.
    Parent(&'static RelationMeta),
    Made(Maker),
}

impl Source<'_> {
    /// The value of a row.
    pub(super) fn fixed(&self, number: usize) -> Option<&Bind<'static>> {
        match self {
            Source::Fixed { binds, .. } => binds.get(number % binds.len().max(1)),
            _ => None,
        }
    }

    fn is_parent(&self) -> bool {
        matches!(self, Source::Baked(_) | Source::Parent(_))
    }
}

/// What a bake asks of the database.
pub(super) trait Stored {
    /// How far a table has counted; nothing where it has no rows.
    fn counted(&mut self, meta: &'static ModelMeta) -> Result<Option<i64>>;

    /// What the rows have in some columns, as [`values`] writes it: of those rows that have one of the values that are named
    /// in each of the columns that are named with it.
    fn values(
        &mut self,
        meta: &'static ModelMeta,
        columns: &[usize],
        among: Vec<(usize, Vec<Bind<'static>>)>,
    ) -> Result<HashSet<Vec<u8>>>;
}

/// The columns in which no two rows may have the same.
pub(super) fn unique_sets(meta: &'static ModelMeta) -> Vec<Vec<usize>> {
    let is_key = |column: &ColumnMeta| column.primary_key && !meta.is_composite();
    let single = meta.columns.iter().enumerate().filter(|(_, column)| column.unique || is_key(column));
    let together = meta.unique_together().map(<[usize]>::to_vec);
    single.map(|(number, _)| vec![number]).chain(together).collect()
}

/// Keeps rows apart.
pub(super) struct Apart<'s, 'o> {
    meta: &'static ModelMeta,
    sources: &'s [Source<'o>],
    /// The columns that vary, each after those that vary less.
    varied: Vec<Varied>,
    sets: Vec<Set>,
    /// How many values may yet be tried for a row, and where it was found first that there are no more.
    tries: usize,
    stuck: Option<usize>,
}

#[derive(Clone, Copy)]
struct Varied {
    column: usize,
    /// The value to begin with.
    next: u64,
    /// Whether it is what tells rows apart. If not, it is random as long as it can be.
    tells: bool,
}

/// Columns that are unique together.
struct Set {
    columns: Vec<usize>,
    /// Which of the columns that vary is the last of it.
    closed_at: usize,
    /// What other rows have, as far as it is known.
    others: HashSet<Vec<u8>>,
    /// What these rows have.
    own: HashSet<Vec<u8>>,
    /// Whether the database may have rows in the way that it was not asked for.
    is_unknown: bool,
}

impl<'s, 'o> Apart<'s, 'o> {
    /// `planned`: the rows of the table that are to be inserted with these.
    pub(super) fn new(meta: &'static ModelMeta, sources: &'s [Source<'o>], planned: &[Row]) -> Self {
        let sets = unique_sets(meta);
        let varies = |source: &Source<'_>| source.is_parent() || matches!(source, Source::Made(_));
        let mut varied: Vec<usize> = (0..sources.len())
            .filter(|column| sources.get(*column).is_some_and(varies) && sets.iter().any(|set| set.contains(column)))
            .collect();
        // As few parents as can be; and of the values that are made, those vary most of which there are most.
        varied.sort_by_key(|column| match sources.get(*column) {
            Some(Source::Made(maker)) => maker.room(),
            _ => 0,
        });
        let sets: Vec<Set> = sets
            .into_iter()
            .filter_map(|columns| {
                let has = |wanted: fn(&Source<'_>) -> bool| {
                    columns.iter().any(|column| sources.get(*column).is_some_and(wanted))
                };
                let closed_at = varied.iter().rposition(|column| columns.contains(column))?;
                if has(|source| matches!(source, Source::Counted)) {
                    return None;
                }
                let is_new = has(|source| source.is_parent() || matches!(source, Source::Fixed { fresh: true, .. }));
                let others = planned.iter().filter_map(|row| values(row, &columns)).collect();
                Some(Set { columns, closed_at, others, own: HashSet::new(), is_unknown: !is_new })
            })
            .collect();
        let varied = varied.into_iter().enumerate().map(|(at, column)| Varied {
            column,
            next: 0,
            tells: sets.iter().any(|set| set.closed_at == at),
        });
        Apart { meta, sources, varied: varied.collect(), sets, tries: 0, stuck: None }
    }

    /// So many rows, the first of which is the one of this number in its table. A parent is a [stand-in](parent_number).
    ///
    /// # Errors
    ///
    /// There are not as many that differ.
    pub(super) fn rows(&mut self, first: u64, count: usize) -> Result<Vec<Row>> {
        for set in &mut self.sets {
            set.own.clear();
        }
        for varied in &mut self.varied {
            let is_parent = self.sources.get(varied.column).is_some_and(Source::is_parent);
            varied.next = if is_parent { 0 } else { first };
        }
        let known: usize = self.sets.iter().map(|set| set.others.len()).sum();
        let mut rows = Vec::with_capacity(count);
        for number in 0..count {
            let serial = first.saturating_add(number as u64);
            let mut row = Vec::with_capacity(self.sources.len());
            for (column, source) in self.sources.iter().enumerate() {
                row.push(match source {
                    Source::Made(maker) if !self.varied.iter().any(|varied| varied.column == column) => {
                        maker.any(serial)?
                    }
                    source => source.fixed(number).cloned().unwrap_or(Bind::Null),
                });
            }
            // Each row that is in the way costs a try.
            self.tries = 10_000 + known + count;
            self.stuck = None;
            if !self.settle(0, serial, &mut row)? {
                return Err(self.no_room());
            }
            for set in &mut self.sets {
                set.own.extend(values(&row, &set.columns));
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Finds values for what varies from here on.
    fn settle(&mut self, at: usize, serial: u64, row: &mut Row) -> Result<bool> {
        let Some(varied) = self.varied.get(at).copied() else { return Ok(true) };
        for attempt in 0.. {
            let candidate = if self.tries == 0 { None } else { self.candidate(varied, attempt, serial)? };
            let Some((bind, next)) = candidate else {
                self.stuck.get_or_insert(varied.column);
                return Ok(false);
            };
            self.tries -= 1;
            if let Some(place) = row.get_mut(varied.column) {
                *place = bind;
            }
            let closed = self.sets.iter().filter(|set| set.closed_at == at);
            let mut closed = closed.filter_map(|set| Some((set, values(row, &set.columns)?)));
            let is_free = closed.all(|(set, values)| !set.own.contains(&values) && !set.others.contains(&values));
            if is_free && self.settle(at + 1, serial, row)? {
                if let Some(varied) = self.varied.get_mut(at) {
                    varied.next = next;
                }
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The value that is tried next in a column, and the one that the next row begins with.
    fn candidate(&self, varied: Varied, attempt: u64, serial: u64) -> Result<Option<(Bind<'static>, u64)>> {
        let Some(Source::Made(maker)) = self.sources.get(varied.column) else {
            let parent = varied.next + attempt;
            return Ok(Some((Bind::Blob([PARENT, &parent.to_be_bytes()].concat().into()), parent)));
        };
        let attempt = match attempt {
            0 if !varied.tells => return Ok(Some((maker.any(serial)?, varied.next))),
            attempt if varied.tells => attempt,
            attempt => attempt - 1,
        };
        let room = maker.room();
        if attempt >= room {
            return Ok(None);
        }
        let number = (varied.next % room + attempt) % room;
        Ok(Some((maker.nth(number)?, number + 1)))
    }

    /// Asks the database whether it has rows that these are not apart from. If so, it is known then which those are, and
    /// other rows have to be found: once for each set at most.
    pub(super) fn collide(&mut self, rows: &[Row], stored: &mut dyn Stored) -> Result<bool> {
        let (meta, sources) = (self.meta, self.sources);
        let mut any = false;
        for set in self.sets.iter_mut().filter(|set| set.is_unknown) {
            let among = |wanted: fn(&Source<'_>) -> bool| {
                let columns = set.columns.iter().filter(|column| sources.get(**column).is_some_and(wanted));
                let among = columns.map(|column| {
                    let mut binds: Vec<_> = rows.iter().filter_map(|row| row.get(*column)).cloned().collect();
                    binds.dedup();
                    (*column, binds)
                });
                among.collect::<Vec<_>>()
            };
            if stored.values(meta, &set.columns, among(|_| true))?.is_disjoint(&set.own) {
                continue;
            }
            let fixed = among(|source| matches!(source, Source::Fixed { .. }));
            set.others.extend(stored.values(meta, &set.columns, fixed)?);
            set.is_unknown = false;
            any = true;
        }
        Ok(any)
    }

    #[cold]
    fn no_room(&self) -> Error {
        let column = self.stuck.and_then(|column| self.meta.columns.get(column));
        let what = "its values have to differ, and it has no room for as many: give it values";
        wrong(self.meta, column.map_or("?", |column| column.name), what)
    }
}

/// What a stand-in for the key of a parent begins with, which is yet to be planned.
const PARENT: &[u8] = b"parent ";

/// Which of the parents a stand-in is for.
pub(super) fn parent_number(bind: &Bind<'_>) -> usize {
    let Bind::Blob(bytes) = bind else { return 0 };
    let number = bytes.strip_prefix(PARENT).and_then(|number| number.try_into().ok()).map(u64::from_be_bytes);
    number.and_then(|number| usize::try_from(number).ok()).unwrap_or(0)
}

/// What a row has in some columns, as bytes that are the same for no other values; nothing where one of them is NULL.
pub(super) fn values(row: &[Bind<'_>], columns: &[usize]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for column in columns {
        write(row.get(*column)?.datum(), &mut bytes)?;
    }
    Some(bytes)
}

/// A value as bytes that no other value has, if it is not NULL.
pub(super) fn write(datum: Option<Datum<'_>>, bytes: &mut Vec<u8>) -> Option<()> {
    let mut sized = |kind: u8, content: &[u8]| {
        bytes.push(kind);
        bytes.extend((content.len() as u64).to_be_bytes());
        bytes.extend(content);
    };
    match datum {
        Some(Datum::Null) => return None,
        Some(Datum::Integer(value)) => sized(1, &value.to_be_bytes()),
        // Zero and its negative are the same number.
        Some(Datum::Real(value)) => sized(2, &(value + 0.0).to_bits().to_be_bytes()),
        Some(Datum::Text(text)) => sized(3, text),
        Some(Datum::Blob(blob)) => sized(4, blob),
        None => sized(0, &[]),
    }
    Some(())
}
