//! Streaming: rows read as they are asked for.
//!
//! Where something is loaded for them they are read in chunks, so that it is loaded for a chunk at once. Where nothing is,
//! a chunk held in memory would cost more than reading it, so each row is handed out as it is read.

use std::panic::Location;

use super::read::Read;
use super::terminal::about;
use super::{QuerySet, Shape};
use crate::db::{Connection, Database, Executor, Held, HeldConnection, Row, Streamed};
use crate::error::{Error, Result};
use crate::group::Mint;
use crate::model::Model;

/// How many rows are read and prefetched together, and how many are peers of each other.
const CHUNK: usize = 1000;

/// How the next row is read, by what was done with those before it.
///
/// The first rows are a chunk. Where nothing was asked for any of them, the next rows are read one by one into a group
/// that grows; the first of them that is asked for a relation ends this group, and then there is a chunk again. So a
/// stream asks for a relation at most twice for each 1,000 rows, whatever it is that its rows are asked for, and when.
#[derive(Default)]
struct Pace {
    /// The group of the rows that were handed out last.
    group: Option<Mint>,
    /// How many rows it has got, where they come one by one.
    count: usize,
    /// The rows before it were a chunk.
    is_chunk: bool,
}

impl Pace {
    /// Whether the next row is handed out before any other is read.
    #[inline]
    fn is_one_by_one<M: Model, S: Shape<M>>(&self, read: &Read<M, S>) -> bool {
        match &self.group {
            Some(group) => !group.is_asked(),
            None => !read.has_peers(),
        }
    }

    /// The rows of a chunk are handed out.
    fn chunk<T>(&mut self, (rows, group): (Vec<T>, Mint)) -> std::vec::IntoIter<T> {
        *self = Pace { group: Some(group), count: 0, is_chunk: true };
        rows.into_iter()
    }

    /// Reads a row that is handed out by itself.
    #[inline]
    fn row<M: Model, S: Shape<M>>(
        &mut self,
        read: &Read<M, S>,
        row: Row<'_>,
        (database, at): (&Database, &'static Location<'static>),
        out: &mut Option<Result<S::Out>>,
    ) {
        loop {
            if let (Some(group), false) = (&self.group, self.is_chunk || self.count == CHUNK)
                && read.one(row, group, u32::try_from(self.count).unwrap_or(u32::MAX), out)
            {
                self.count += 1;
                return;
            }
            *self = Pace { group: Some(read.growing(database, at)), count: 0, is_chunk: false };
        }
    }
}

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Streams the rows, without holding them all: for a loop inside of `db.read` or `db.transaction`.
    ///
    /// Rows are read in chunks of 1,000, and each chunk is prefetched for itself. As long as nothing is prefetched, and
    /// nobody asks a row for a relation, they are read one by one.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all); those of a later row come when it is read, and end the stream.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// let pages = db.read(|snapshot| {
    ///     let mut pages = 0;
    ///     for book in Book::objects().iter(snapshot)? {
    ///         pages += i64::from(book?.pages);
    ///     }
    ///     Ok(pages)
    /// })?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn iter<'c, H: Held>(&self, on: &'c H) -> Result<Iter<'c, M, S>> {
        let at = Location::caller();
        let read = self.prepare(on)?;
        let held = on.held();
        let streamed = if read.is_empty() { None } else { Some(held.stream(&read.sql, about::<M>(at))?) };
        Ok(Iter { read, held, streamed, failed: None, chunk: Vec::new().into_iter(), pace: Pace::default(), at })
    }

    /// Streams the rows into `f`, without holding them all. An error of `f` ends the stream and is returned.
    ///
    /// # Errors
    ///
    /// What `f` returns, otherwise as for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// let mut pages = 0;
    /// Book::objects().for_each(&db, |book| {
    ///     pages += i64::from(book.pages);
    ///     Ok(())
    /// })?;
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn for_each(&self, db: &dyn Executor, mut f: impl FnMut(S::Out) -> Result<()>) -> Result<()> {
        let at = Location::caller();
        let read = self.prepare(db)?;
        if read.is_empty() {
            return Ok(());
        }
        db.run(read.need(), at, &mut |connection| {
            let database = connection.database();
            let (mut pace, mut chunk, mut failed) = (Pace::default(), None, None);
            let outcome = connection.query(&read.sql, about::<M>(at), |row| {
                let mut out = None;
                if chunk.is_none() && pace.is_one_by_one(&read) {
                    pace.row(&read, row, (database, at), &mut out);
                } else if let Err(error) = chunk.get_or_insert_with(|| read.chunk(database, at)).row(row) {
                    out = Some(Err(error));
                }
                match out {
                    Some(Ok(out)) => return database.away(|| f(out)),
                    None => {}
                    // The rows before one that cannot be read are handed out before the error is.
                    Some(Err(error)) => {
                        failed = Some(error);
                        // It ends the query; which one it is, nobody sees.
                        return Err(Error::Closed);
                    }
                }
                match chunk.take_if(|chunk| chunk.len() == CHUNK) {
                    Some(full) => database.away(|| pace.chunk(full.finish_part(connection, at)?).try_for_each(&mut f)),
                    None => Ok(()),
                }
            });
            if failed.is_none() {
                outcome?;
            }
            if let Some(rest) = chunk {
                rest.finish(connection, at)?.into_iter().try_for_each(&mut f)?;
            }
            failed.take().map_or(Ok(()), Err)
        })
    }
}

/// The rows of a queryset, read as they are asked for. Made by [`QuerySet::iter`].
#[must_use = "an iterator reads nothing until it is asked"]
pub struct Iter<'c, M: Model, S: Shape<M>> {
    read: Read<M, S>,
    held: HeldConnection<'c>,
    /// None once the last row is read, or an error was met.
    streamed: Option<Streamed<'c>>,
    /// The error that ended the stream, until the rows before it are handed out.
    failed: Option<Error>,
    /// Rows that are read and not yet handed out.
    chunk: std::vec::IntoIter<S::Out>,
    pace: Pace,
    at: &'static Location<'static>,
}

impl<M: Model, S: Shape<M>> Iter<'_, M, S> {
    fn next_chunk(&mut self) -> Result<()> {
        let Some(streamed) = &mut self.streamed else { return Ok(()) };
        let connection: Connection<'_> = self.held.connection();
        let mut chunk = self.read.chunk(connection.database(), self.at);
        let mut ended = false;
        while chunk.len() < CHUNK {
            match streamed.next(|row| chunk.row(row)) {
                Ok(Some(())) => {}
                Ok(None) => {
                    ended = true;
                    break;
                }
                Err(error) => {
                    self.failed = Some(error);
                    ended = true;
                    break;
                }
            }
        }
        self.chunk = self.pace.chunk(chunk.finish_part(&connection, self.at)?);
        if ended {
            self.streamed = None;
        }
        Ok(())
    }
}

impl<M: Model, S: Shape<M>> Iterator for Iter<'_, M, S> {
    type Item = Result<S::Out>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.chunk.next() {
            return Some(Ok(row));
        }
        let Some(streamed) = &mut self.streamed else { return self.failed.take().map(Err) };
        if self.pace.is_one_by_one(&self.read) {
            let (read, pace, held, at) = (&self.read, &mut self.pace, &self.held, self.at);
            let mut out = None;
            let next = streamed.next(|row| {
                pace.row(read, row, (held.connection().database(), at), &mut out);
                Ok(())
            });
            if let Err(error) = next {
                out = Some(Err(error));
            }
            if !matches!(out, Some(Ok(_))) {
                self.streamed = None;
            }
            return out;
        }
        if let Err(error) = self.next_chunk() {
            self.streamed = None;
            return Some(Err(error));
        }
        self.chunk.next().map(Ok).or_else(|| self.failed.take().map(Err))
    }
}
