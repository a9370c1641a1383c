//! Streaming: rows read as they are asked for, in chunks, so that what is prefetched is prefetched for a chunk at once.

use std::panic::Location;

use super::read::Read;
use super::terminal::about;
use super::{QuerySet, Shape};
use crate::db::{Connection, Executor, Held, HeldConnection, Streamed};
use crate::error::{Error, Result};
use crate::model::Model;

/// How many rows are read and prefetched together.
const CHUNK: usize = 1000;

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Streams the rows, without holding them all: for a loop inside of `db.read` or `db.transaction`.
    ///
    /// Rows come in chunks of 1,000; each chunk is prefetched for itself.
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
        Ok(Iter { read, held, streamed, failed: None, chunk: Vec::new().into_iter(), at })
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
            let new = || read.chunk(connection.database(), at);
            let mut chunk = new();
            let mut failed = None;
            let outcome = connection.query(&read.sql, about::<M>(at), |row| {
                // The rows before one that cannot be read are handed out before the error is.
                if let Err(error) = chunk.row(row) {
                    failed = Some(error);
                    // It ends the query; which one it is, nobody sees.
                    return Err(Error::Closed);
                }
                if chunk.len() == CHUNK {
                    let full = std::mem::replace(&mut chunk, new());
                    full.finish(connection, at)?.into_iter().try_for_each(&mut f)?;
                }
                Ok(())
            });
            if failed.is_none() {
                outcome?;
            }
            chunk.finish(connection, at)?.into_iter().try_for_each(&mut f)?;
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
    chunk: std::vec::IntoIter<S::Out>,
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
        self.chunk = chunk.finish(&connection, self.at)?.into_iter();
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
        if let Err(error) = self.next_chunk() {
            self.streamed = None;
            return Some(Err(error));
        }
        self.chunk.next().map(Ok).or_else(|| self.failed.take().map(Err))
    }
}
