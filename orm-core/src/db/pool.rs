//! What a pool does to have a connection.

use std::path::Path;

use r2d2::ManageConnection;
use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::OpenFlags;

use super::link::Link;

/// Opens connections to one file, all in the same way.
pub(super) struct Opener {
    manager: SqliteConnectionManager,
    /// How many statements each keeps.
    statements: usize,
}

impl Opener {
    pub(super) fn new(
        path: &Path,
        flags: OpenFlags,
        statements: usize,
        init: impl Fn(&mut rusqlite::Connection) -> rusqlite::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Opener { manager: SqliteConnectionManager::file(path).with_flags(flags).with_init(init), statements }
    }
}

impl ManageConnection for Opener {
    type Connection = Link;
    type Error = rusqlite::Error;

    fn connect(&self) -> rusqlite::Result<Link> {
        self.manager.connect().map(|connection| Link::new(connection, self.statements))
    }

    fn is_valid(&self, _: &mut Link) -> rusqlite::Result<()> {
        Ok(())
    }

    fn has_broken(&self, _: &mut Link) -> bool {
        false
    }
}
