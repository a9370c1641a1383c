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

/// A file as it was when it was opened.
pub(super) struct FileId {
    path: PathBuf,
    id: (u64, u64),
    /// Nothing was in it yet.
    is_empty: bool,
    opened: Instant,
    /// The milliseconds after `opened` when it was last looked at.
    seen: AtomicU64,
}

impl FileId {
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        let metadata = path.metadata()?;
        let (id, is_empty) = (id(&metadata), metadata.len() == 0);
        Ok(FileId { path: path.to_owned(), id, is_empty, opened: Instant::now(), seen: AtomicU64::new(0) })
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
        let now = u64::try_from(self.opened.elapsed().as_millis()).unwrap_or(u64::MAX);
        let seen = self.seen.load(Ordering::Relaxed);
        if u128::from(now.saturating_sub(seen)) < INTERVAL.as_millis() {
            return Ok(());
        }
        self.check()?;
        self.seen.store(now, Ordering::Relaxed);
        Ok(())
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
