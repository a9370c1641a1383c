//! Reading: rows to what a queryset's rows become, with everything that was asked to come with them.

use std::marker::PhantomData;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;

use super::record::names;
use super::terminal::about;
use super::{QuerySet, Shape};
use crate::db::{Connection, Database, Executor, Home, Need, Row};
use crate::error::{Error, Result};
use crate::group::{Cursor, Group, Instance, Members, Mint};
use crate::lower::{self, Binds, Compiled};
use crate::model::{Model, decode_error};
use crate::plan::Plan;
use crate::prefetch::{self, Joined, Prefetch, Run};
use crate::sql::Sql;
use crate::value::KeyRef;

/// A query that is ready to run.
pub(super) struct Read<M, S> {
    compiled: Rc<Compiled>,
    pub(super) sql: Sql,
    prefetch: Prefetch,
    home: Home,
    pub(super) names: Option<Arc<[String]>>,
    /// Whether every row of the table is in it.
    whole: bool,
    /// For how many rows there is room at first: as many as it is cut off after, if these are few.
    room: usize,
    types: PhantomData<fn() -> (M, S)>,
}

/// For how many rows there is room at first, at most.
const MOST_ROOM: u64 = 16;

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Lowers and compiles the query, and checks what is to be loaded with it. Nothing has run yet when it fails.
    pub(super) fn prepare(&self, db: &dyn Executor) -> Result<Read<M, S>> {
        Read::new(&self.plan, db)
    }
}

impl<M: Model, S: Shape<M>> Read<M, S> {
    pub(super) fn new(plan: &Plan, db: &dyn Executor) -> Result<Self> {
        let prefetch = Prefetch::new(&plan.more.prefetches, &plan.more.joins)?;
        let room = plan.limit.map_or(0, |limit| limit.min(MOST_ROOM) as usize);
        Ok(Read { prefetch, whole: plan.is_whole(), room, ..Self::of(lower::compile(plan)?, plan, db) })
    }

    /// A query that is compiled, with nothing to be loaded besides.
    pub(super) fn of((compiled, binds): (Rc<Compiled>, Binds), plan: &Plan, db: &dyn Executor) -> Self {
        let sql = Sql { text: Arc::clone(&compiled.text), binds: binds.into_vec() };
        let prefetch = Prefetch::default();
        // The line is known when rows are read.
        let home = db.database().home(plan.mode, Location::caller());
        let names = plan.more.select.as_deref().map(names);
        Read { compiled, sql, prefetch, home, names, whole: false, room: 0, types: PhantomData }
    }

    /// Runs it, and reads all rows.
    pub(super) fn all(&self, db: &dyn Executor, at: &'static Location<'static>) -> Result<Vec<S::Out>> {
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        db.run(self.need(), at, &mut |connection| {
            let mut chunk = self.chunk_of(connection.database(), at, self.whole);
            connection.query(&self.sql, about::<M>(at), |row| chunk.row(row))?; // rows -> models
            rows = chunk.finish(connection, at)?; // models -> relations
            Ok(())
        })?;
        Ok(rows)
    }

    /// A query and its prefetches see one moment in time.
    pub(super) fn need(&self) -> Need {
        if self.prefetch.is_empty() { Need::Read } else { Need::Snapshot }
    }

    /// How many columns a row has.
    pub(super) fn width(&self) -> usize {
        self.compiled.width
    }

    /// Whether no row can be in it.
    pub(super) fn is_empty(&self) -> bool {
        self.compiled.empty
    }

    /// Some of the rows, which are a group of their own.
    pub(super) fn chunk(&self, database: &Database, at: &'static Location<'static>) -> Chunk<'_, M, S> {
        self.chunk_of(database, at, false)
    }

    fn chunk_of(&self, database: &Database, at: &'static Location<'static>, whole: bool) -> Chunk<'_, M, S> {
        let watch = database.watch(M::META, at);
        let home = Home { at, answer: database.answer_under_way(), ..self.home };
        let joined = Joined::new(&self.compiled.joins, home, watch.as_deref());
        let members = Members::new(M::META);
        Chunk {
            read: self,
            rows: Vec::with_capacity(self.room),
            members,
            group: Group::open_of(M::META, home, whole, watch),
            joined,
            home,
        }
    }

    /// Whether a row becomes a model for which something may be loaded, be it now or later.
    pub(super) fn has_peers(&self) -> bool {
        !self.prefetch.is_empty() || !self.compiled.joins.is_empty() || (self.names.is_none() && M::META.slots > 0)
    }

    /// An open group for rows that are read and handed out one by one.
    pub(super) fn growing(&self, database: &Database, at: &'static Location<'static>) -> Mint {
        let home = Home { at, answer: database.answer_under_way(), ..self.home };
        let group = Group::open_growing(M::META, home, database.watch(M::META, at));
        if self.names.is_none() {
            prefetch::tell_columns(database, &group, &[], &self.compiled.layout);
        }
        group
    }

    /// Reads the row of this number in a group that grows into `out`: moved once, as a row may be large. Says whether it
    /// is in the group; else that has ended meanwhile, and the row is to be read once more, for another one.
    #[inline]
    pub(super) fn one(&self, row: Row<'_>, group: &Mint, number: u32, out: &mut Option<Result<S::Out>>) -> bool {
        let mut cursor = Cursor::new(row, &self.compiled.layout, group, number);
        match S::read(&mut cursor) {
            Ok(read) => {
                if self.names.is_none() && M::META.slots > 0 && !group.grow(|members| S::join(&read, members)) {
                    return false;
                }
                *out = Some(Ok(read));
            }
            Err(mismatch) => *out = Some(Err(self.error(cursor.column(), mismatch))),
        }
        if let (Some(names), Some(Ok(out))) = (&self.names, out) {
            S::name(out, names);
        }
        true
    }

    #[cold]
    fn error(&self, column: usize, mismatch: crate::value::Mismatch) -> Error {
        let Some(names) = &self.names else {
            return decode_error(M::META, &self.compiled.layout, column, mismatch);
        };
        let name = names.get(column.saturating_sub(1)).cloned().unwrap_or_default();
        let mut types = Vec::new();
        S::types(&mut types);
        let expected = types.get(column.saturating_sub(1)).copied().unwrap_or("value of the query");
        Error::Decode {
            model: M::META.name,
            field: name.clone(),
            column: name,
            expected,
            found: mismatch.0.into_owned(),
        }
    }
}

/// The row with a key, where nothing else is asked.
pub(super) fn look_up<M: Model>(
    key: KeyRef<'_>,
    db: &dyn Executor,
    at: &'static Location<'static>,
    none: impl FnOnce() -> Error,
) -> Result<M> {
    let (compiled, binds) = lower::by_key(M::META, key)?;
    let mut found = None;
    db.run(Need::Read, at, &mut |connection| {
        let database = connection.database();
        let home = Home { answer: database.answer_under_way(), ..database.home(None, at) };
        let group = Group::open(M::META, home, database.watch(M::META, at));
        let mut members = Members::new(M::META);
        connection.look_up(&compiled.text, &binds, about::<M>(at), |row| {
            let mut cursor = Cursor::new(row, &compiled.layout, &group, 0);
            match M::decode(&mut cursor) {
                // Moved once: a row may be large.
                Ok(row) => found = Some(row),
                Err(mismatch) => return Err(decode_error(M::META, &compiled.layout, cursor.column(), mismatch)),
            }
            if let Some(row) = &found {
                row.list_keys(&mut members);
            }
            Ok(())
        })?;
        group.seal(members);
        prefetch::tell_columns(database, &group, &[], &compiled.layout);
        Ok(())
    })?;
    found.ok_or_else(none)
}

/// Rows that are read together: all of a result, or a chunk of a stream. They are one group.
pub(super) struct Chunk<'r, M: Model, S: Shape<M>> {
    read: &'r Read<M, S>,
    rows: Vec<S::Out>,
    members: Members,
    group: Mint,
    joined: Vec<Joined>,
    home: Home,
}

impl<M: Model, S: Shape<M>> Chunk<'_, M, S> {
    /// Reads one row.
    #[inline]
    pub(super) fn row(&mut self, row: Row<'_>) -> Result<()> {
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let mut cursor = Cursor::new(row, &self.read.compiled.layout, &self.group, number);
        match S::read(&mut cursor) {
            // Moved once: a row may be large.
            Ok(out) => self.rows.push(out),
            Err(mismatch) => return Err(self.read.error(cursor.column(), mismatch)),
        }
        if let Some(out) = self.rows.last_mut() {
            if let Some(names) = &self.read.names {
                S::name(out, names);
            }
            S::join(out, &mut self.members);
        }
        for joined in &mut self.joined {
            joined.row(row)?;
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Says which rows there are, hands out what was joined, and loads what was asked for besides.
    pub(super) fn finish(self, connection: &Connection<'_>, at: &'static Location<'static>) -> Result<Vec<S::Out>> {
        Ok(self.finish_part(connection, at)?.0)
    }

    /// The same, and the group they are in.
    pub(super) fn finish_part(
        mut self,
        connection: &Connection<'_>,
        at: &'static Location<'static>,
    ) -> Result<(Vec<S::Out>, Mint)> {
        // Values have no relations: nobody will ask their group.
        if self.read.names.is_none() {
            self.group.seal(self.members);
            Joined::finish(&mut self.joined, &self.group);
            prefetch::tell_columns(connection.database(), &self.group, &self.joined, &self.read.compiled.layout);
        }
        if !self.read.prefetch.is_empty() {
            let instances: Vec<&dyn Instance> = self.rows.iter().filter_map(S::instance).collect();
            let run = Run { connection, at, home: self.home, eager: true, in_hand: None };
            self.read.prefetch.run(run, &instances, &self.joined)?;
        }
        Ok((self.rows, self.group))
    }
}
