//! What a pool does to have a connection.

use std::path::PathBuf;

use rusqlite::OpenFlags;

use super::link::Link;

type Init = Box<dyn Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync>;

/// Opens connections to one file, all in the same way.
pub(super) struct Opener {
    path: PathBuf,
    flags: OpenFlags,
    /// How many statements each keeps.
    statements: usize,
    init: Init,
}

impl Opener {
    pub(super) fn new(path: PathBuf, flags: OpenFlags, statements: usize, init: Init) -> Self {
        Opener { path, flags, statements, init }
    }
}

impl r2d2::ManageConnection for Opener {
    type Connection = Link;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Link> {
        let mut connection = rusqlite::Connection::open_with_flags(&self.path, self.flags)?;
        (self.init)(&mut connection)?;
        Ok(Link::new(connection, self.statements))
    }

    fn is_valid(&self, _: &mut Link) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Link) -> bool {
        false
    }
}
