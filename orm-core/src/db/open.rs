//! Opening a database: the first connection, the pools, and what each connection is told.

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use rusqlite::config::DbConfig;
use rusqlite::{ErrorCode, OpenFlags};

use super::busy::{self, Patience};
use super::file::FileId;
use super::fresh::Fresh;
use super::hold::Turn;
use super::pool::{Init, Opener, Pool};
use super::{Database, DatabaseBuilder, Inner, Synchronous, functions, touch};
use crate::error::{Error, Result};

/// Where a database is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    File(PathBuf),
    Memory,
}

/// What connections may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    Write,
    Read,
    /// Read, and nobody else writes.
    Immutable,
}

impl Place {
    /// The place as it is shown to people.
    pub(super) fn shown(&self) -> String {
        match self {
            Place::File(path) => path.display().to_string(),
            Place::Memory => ":memory:".to_owned(),
        }
    }

    /// Why it could not be opened.
    #[cold]
    pub(super) fn open_error(&self, error: rusqlite::Error) -> Error {
        let (path, file) = match self {
            Place::File(path) => (self.shown(), path.as_path()),
            Place::Memory => (self.shown(), Path::new("")),
        };
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => return Error::NotADatabase { path },
            Some(ErrorCode::DatabaseBusy) => return Error::Busy,
            Some(ErrorCode::DatabaseCorrupt) => return Error::Corrupt { message: error.to_string() },
            _ => {}
        }
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
        let reason = if file.is_dir() {
            "it is a directory".to_owned()
        } else if folder.is_some_and(|folder| !folder.is_dir()) {
            "its directory does not exist".to_owned()
        } else if error.sqlite_error_code() == Some(ErrorCode::CannotOpen) && file.is_file() {
            "it can be read, but not the files that SQLite keeps beside it for its write-ahead log; where nobody writes \
             to it, open it with `.immutable()`"
                .to_owned()
        } else {
            error.to_string()
        };
        Error::Open { path, reason }
    }
}

impl DatabaseBuilder {
    pub(super) fn open_now(self) -> Result<Database> {
        let id = Database::new_id();
        if matches!(&self.place, Place::File(path) if path.as_os_str().is_empty()) {
            return Err(Error::Open { path: "\"\"".to_owned(), reason: "the path is empty".to_owned() });
        }
        let memory = matches!(self.place, Place::Memory);
        let path = match &self.place {
            // Connections are opened later too, and the program may have changed its folder by then.
            Place::File(path) => std::path::absolute(path).unwrap_or_else(|_| path.clone()),
            // The memdb VFS shares one database among the connections that name it, and the name is this process's own.
            Place::Memory => format!("file:/eager-orm-{}-{id}?vfs=memdb", std::process::id()).into(),
        };
        let name = if self.access == Access::Immutable && !memory { immutable_uri(&path) } else { path.clone() };
        let _patience = Patience::new(self.busy_timeout);
        let open_error = |error| self.place.open_error(error);
        let mut first = rusqlite::Connection::open_with_flags(&name, self.flags(true)).map_err(open_error)?;
        let init = self.init();
        init(&mut first).map_err(open_error)?;
        // SQLite opens a file that it may not write without a word.
        let read_only = self.access != Access::Write || first.is_readonly(rusqlite::MAIN_DB).map_err(open_error)?;
        if read_only {
            first.query_row("PRAGMA schema_version", [], |_| Ok(())).map_err(open_error)?;
        } else if !memory {
            write_ahead(&first).map_err(open_error)?;
        }
        let file = (!memory).then(|| FileId::of(&path)).transpose();
        let file = file.map_err(|error| Error::Open { path: self.place.shown(), reason: error.to_string() })?;
        let file = file.map(Arc::new);
        let opener = || Opener {
            manager: Opener::manager(&name, self.flags(false), &init),
            statements: self.statement_cache,
            busy_timeout: self.busy_timeout,
            file: file.clone(),
        };
        let writer = Arc::new(Pool::new(opener(), 1));
        let exclusive = self.exclusive && !memory;
        let readers = if exclusive { Arc::clone(&writer) } else { Arc::new(Pool::new(opener(), self.readers)) };
        let fresh = Fresh::new((!memory && !exclusive).then(|| (name.clone(), self.flags(false))));
        Ok(Database {
            inner: Arc::new(Inner {
                id,
                place: self.place,
                memory,
                exclusive,
                read_only,
                file,
                writer,
                readers,
                captures: AtomicUsize::new(0),
                fetch_mode: self.fetch_mode,
                peer_cap: self.peer_cap,
                turn: Turn::default(),
                models: RwLock::default(),
                cascades: Mutex::default(),
                pool_timeout: self.pool_timeout,
                busy_timeout: self.busy_timeout,
                slow: self.slow,
                fresh,
                kept: OnceLock::new(),
                cache_limits: self.cache_limits,
                _keeper: Mutex::new(memory.then_some(first)),
            }),
            sink: None,
        })
    }

    /// What each connection is told when it is opened.
    fn init(&self) -> Arc<Init> {
        // In KiB where it is negative.
        let pages = -i64::from(self.page_cache) * 1024;
        let synchronous = match self.synchronous {
            Synchronous::Off => "OFF",
            Synchronous::Normal => "NORMAL",
            Synchronous::Full => "FULL",
        };
        let exclusive = self.exclusive && matches!(self.place, Place::File(_));
        Arc::new(move |connection| {
            connection.busy_handler(Some(busy::wait))?;
            if exclusive {
                // Before anything is read: then the index of the log is in this process's memory, too.
                connection.query_row("PRAGMA locking_mode = EXCLUSIVE", [], |_| Ok(()))?;
            }
            connection.pragma_update(None, "cache_size", pages)?;
            // A log that begins anew keeps so much of its file: to cut off all of it, and have the system make it long again,
            // takes time with each large write.
            connection.pragma_update(None, "journal_size_limit", KEPT_LOG)?;
            // A mis-spelt column is an error, and not a text of that name.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
            connection.pragma_update(None, "foreign_keys", true)?;
            connection.pragma_update(None, "synchronous", synchronous)?;
            functions::register(connection)?;
            connection.authorizer(Some(touch::authorize))
        })
    }

    /// Connections are never shared between threads at once, so SQLite's own locks on them are not needed. Only the
    /// first one makes the file: a later one would make another in the place of one that was deleted.
    fn flags(&self, is_first: bool) -> OpenFlags {
        // Only our own names are URIs: a file of the user's may be called `file:x?y`.
        let (no_mutex, own) = (OpenFlags::SQLITE_OPEN_NO_MUTEX, OpenFlags::SQLITE_OPEN_URI);
        let write = no_mutex | OpenFlags::SQLITE_OPEN_READ_WRITE;
        match (&self.place, self.access) {
            (Place::Memory, _) => write | OpenFlags::SQLITE_OPEN_CREATE | own,
            (Place::File(_), Access::Write) if is_first => write | OpenFlags::SQLITE_OPEN_CREATE,
            (Place::File(_), Access::Write) => write,
            (Place::File(_), Access::Read) => no_mutex | OpenFlags::SQLITE_OPEN_READ_ONLY,
            (Place::File(_), Access::Immutable) => no_mutex | OpenFlags::SQLITE_OPEN_READ_ONLY | own,
        }
    }
}

/// How long the file of a log may stay, in bytes.
const KEPT_LOG: i64 = 48 << 20;

/// Turns the write-ahead log on, which stays on. SQLite does not wait for others who are about to do the same.
fn write_ahead(connection: &rusqlite::Connection) -> rusqlite::Result<()> {
    let mut tries = 0;
    loop {
        match connection.query_row("PRAGMA journal_mode = WAL", [], |_| Ok(())) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && busy::wait(tries) => tries += 1,
            outcome => return outcome,
        }
    }
}

/// The file as a URI which says that nobody writes.
fn immutable_uri(path: &Path) -> PathBuf {
    let mut uri = "file:".to_owned();
    if cfg!(windows) {
        uri.push('/');
    }
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'\\' if cfg!(windows) => uri.push('/'),
            b'/' | b':' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => uri.push(char::from(*byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    uri.into()
}
