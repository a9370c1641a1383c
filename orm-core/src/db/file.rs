//! Which file a database is, so that it is noticed when another is in its place.
//!
//! SQLite goes on writing to a file that was deleted or moved, and a connection that is opened later finds another one:
//! what was acknowledged would be gone, and a log be played back into a file that it is not of.

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::error::{Error, Result};

/// How often a database that is only read is looked at.
const INTERVAL: Duration = Duration::from_millis(100);

/// How often the length of the log's file is looked at, and from which on it is long.
const LOG_INTERVAL: Duration = Duration::from_millis(500);
const LONG_LOG: u64 = 16 << 20;

/// A file as it was when it was opened.
pub(super) struct FileId {
    path: PathBuf,
    log: PathBuf,
    id: (u64, u64),
    /// Nothing was in it yet.
    is_empty: bool,
    opened: Instant,
    /// The milliseconds after `opened` when it was last looked at, and its log.
    seen: AtomicU64,
    log_seen: AtomicU64,
}

impl FileId {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Ok(FileId {
            path: path.to_owned(),
            log: log.into(),
            id: id(&metadata),
            is_empty: metadata.len() == 0,
            opened: Instant::now(),
            seen: AtomicU64::new(0),
            log_seen: AtomicU64::new(0),
        })
    }

    /// Fails if the file is another one, or has lost what was in it. It costs a call of the system.
    pub(super) fn check(&self) -> Result<()> {
        match self.path.metadata() {
            Ok(metadata) if id(&metadata) != self.id => Err(self.replaced()),
            Ok(metadata) if metadata.len() == 0 && !self.is_empty => {
                Err(Error::Corrupt { message: "nothing is left in it".to_owned() })
            }
            Ok(_) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(self.replaced()),
            Err(error) => Err(Error::Io { message: error.to_string() }),
        }
    }

    /// [`check`](Self::check), ten times a second at most.
    pub(super) fn glance(&self) -> Result<()> {
        let Some(now) = self.due(&self.seen, INTERVAL) else { return Ok(()) };
        self.check()?;
        self.seen.store(now, Ordering::Relaxed);
        Ok(())
    }

    /// Whether the log's file is long. It is asked for twice a second at most, and is not in between.
    pub(super) fn has_long_log(&self) -> bool {
        let Some(now) = self.due(&self.log_seen, LOG_INTERVAL) else { return false };
        self.log_seen.store(now, Ordering::Relaxed);
        self.log.metadata().is_ok_and(|metadata| metadata.len() > LONG_LOG)
    }

    /// What time it is, if the last look is so long ago.
    fn due(&self, seen: &AtomicU64, interval: Duration) -> Option<u64> {
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let since = now.saturating_sub(seen.load(Ordering::Relaxed));
        (u128::from(since) >= interval.as_millis()).then_some(now)
    }

    fn replaced(&self) -> Error {
        Error::Replaced { path: self.path.display().to_string() }
    }
}

#[cfg(unix)]
fn id(metadata: &Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

/// Elsewhere an open file can be neither deleted nor replaced.
#[cfg(not(unix))]
fn id(_: &Metadata) -> (u64, u64) {
    (0, 0)
}
