//! The memory: what was computed, by key, the longest unasked first to go.

use std::any::Any;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::key::Key;
use crate::db::{Answer, Computed, Database, Executor, Standing};
use crate::error::Result;

/// What every entry takes besides its rows: key, place in the order, bookkeeping.
const OVERHEAD: usize = 256;

/// How old an answer may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Age {
    /// It is what the database says now, and no older than this besides.
    Fresh(Option<Duration>),
    /// Whatever the database says now, it is no older than this.
    AtMost(Duration),
}

/// What is remembered.
pub(crate) struct Store {
    kept: Mutex<Kept>,
    most_bytes: usize,
    hits: AtomicU64,
    misses: AtomicU64,
    bypassed: AtomicU64,
    stale: AtomicU64,
    evicted: AtomicU64,
}

struct Kept {
    entries: LruCache<Key, Entry>,
    bytes: usize,
}

/// One answer.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) value: Arc<dyn Any + Send + Sync>,
    pub(super) type_name: &'static str,
    /// What it depends on; nothing where time alone counts.
    pub(super) answer: Option<Arc<Answer>>,
    pub(super) born: Instant,
    pub(super) expires: Option<Instant>,
    /// As how many bytes it is counted.
    pub(super) bytes: usize,
}

/// What there is for a key.
pub(super) enum Found {
    Good(Entry),
    /// What was remembered is not good any more.
    Old,
    Nothing,
}

/// What a cache has done since the database was opened.
///
/// Each question (`all`, `count` and so on of a cached queryset, `get` and `get_or_compute` of a name) is a hit, a miss or a
/// bypass, and counted once.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64 }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// Tag::objects().cached().all(&db)?;
/// Tag::objects().cached().all(&db)?;
/// let stats = db.cache().stats();
/// assert_eq!((stats.hits, stats.misses, stats.entries), (1, 1, 1));
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheStats {
    /// Answers that were served from memory.
    pub hits: u64,
    /// Answers that were not there, and were computed if the question says how.
    pub misses: u64,
    /// Of these, those that were not there because somebody has written since, or because their time was over.
    pub stale: u64,
    /// Answers that were computed and not remembered: in a snapshot, in a transaction that has written, or where a
    /// write was under way.
    pub bypassed: u64,
    /// Answers that were dropped to make room.
    pub evicted: u64,
    /// How many answers are kept now.
    pub entries: usize,
    /// About how many bytes they are.
    pub bytes: usize,
}

/// The memory of a database.
pub(crate) fn store(database: &Database) -> Option<&Store> {
    database.kept(|| {
        let (entries, most_bytes) = database.cache_limits();
        let entries = LruCache::new(NonZeroUsize::new(entries).unwrap_or(NonZeroUsize::MIN));
        Store {
            kept: Mutex::new(Kept { entries, bytes: 0 }),
            most_bytes,
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            bypassed: AtomicU64::new(0),
            stale: AtomicU64::new(0),
            evicted: AtomicU64::new(0),
        }
    })
}

impl Store {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What belongs to the key: from memory if it is there and young enough, or else computed and remembered.
    ///
    /// # Errors
    ///
    /// What `compute` returns, and that an answer is none that can be remembered.
    pub(crate) fn remembered<T: Clone + Send + Sync + 'static>(
        &self,
        db: &dyn Executor,
        key: Key,
        age: Age,
        compute: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let database = db.database();
        if matches!(age, Age::AtMost(_)) {
            Database::used_old();
        }
        let sees_now = match db.standing() {
            Standing::Now => true,
            Standing::Transaction => matches!(age, Age::Fresh(_)) && !database.has_written(),
            Standing::Snapshot => false,
        };
        if !sees_now || Database::sees_temporary(db) {
            self.passed_by();
            return compute();
        }
        let found = self.find(database, &key, age);
        if let Found::Good(entry) = &found
            && let Some(value) = entry.value.downcast_ref::<T>()
        {
            return Ok(value.clone());
        }
        let born = Instant::now();
        let (value, answer, bytes) = match age {
            Age::AtMost(_) => {
                let (value, bytes) = self.counted(&found, database.weighed(compute), |_| true)?;
                (value, None, bytes)
            }
            Age::Fresh(_) => match self.computed(&found, database.compute(&[], compute))? {
                Computed::Lasting(value, answer) => {
                    let bytes = answer.bytes();
                    (value, Some(answer), bytes)
                }
                Computed::Passing(value) => return Ok(value),
            },
        };
        let expires = match age {
            Age::Fresh(limit) => limit.and_then(|limit| born.checked_add(limit)),
            Age::AtMost(limit) => born.checked_add(limit),
        };
        let type_name = std::any::type_name::<T>();
        self.keep(key, Entry { value: Arc::new(value.clone()), type_name, answer, born, expires, bytes });
        Ok(value)
    }

    /// What is remembered for a key, if it is young enough. Counts a hit; what else it is, is counted by who goes on.
    pub(super) fn find(&self, database: &Database, key: &Key, age: Age) -> Found {
        let Some(entry) = self.kept().entries.get(key).cloned() else { return Found::Nothing };
        if !entry.is_good(database, age) {
            return Found::Old;
        }
        self.hits.fetch_add(1, Relaxed);
        if let Some(answer) = &entry.answer {
            database.used(answer);
        }
        // What was loaded into its rows since is counted too.
        if let Some(bytes) = entry.answer.as_ref().map(|answer| answer.bytes() + OVERHEAD)
            && bytes != entry.bytes
        {
            self.weigh_again(key, &entry, bytes);
        }
        Found::Good(entry)
    }

    /// Counts a question that was not answered from memory.
    pub(super) fn missed(&self, found: &Found) {
        self.misses.fetch_add(1, Relaxed);
        if matches!(found, Found::Old) {
            self.stale.fetch_add(1, Relaxed);
        }
    }

    /// Counts a question that is no matter of the memory.
    pub(super) fn passed_by(&self) {
        self.bypassed.fetch_add(1, Relaxed);
    }

    /// Counts what was computed: an answer that does not last was none for the memory.
    pub(super) fn computed<T>(&self, found: &Found, computed: Result<Computed<T>>) -> Result<Computed<T>> {
        self.counted(found, computed, |computed| matches!(computed, Computed::Lasting(..)))
    }

    fn counted<T>(&self, found: &Found, outcome: Result<T>, lasts: impl FnOnce(&T) -> bool) -> Result<T> {
        match &outcome {
            Ok(value) if !lasts(value) => self.passed_by(),
            _ => self.missed(found),
        }
        outcome
    }

    fn weigh_again(&self, key: &Key, entry: &Entry, bytes: usize) {
        let mut kept = self.kept();
        let Some(known) = kept.entries.peek_mut(key).filter(|known| Arc::ptr_eq(&known.value, &entry.value)) else {
            return;
        };
        let before = std::mem::replace(&mut known.bytes, bytes);
        kept.bytes = kept.bytes.saturating_sub(before).saturating_add(bytes);
        self.make_room(&mut kept);
    }

    /// Remembers an answer.
    pub(super) fn keep(&self, key: Key, mut entry: Entry) {
        entry.bytes = entry.bytes.saturating_add(OVERHEAD);
        self.put(&mut self.kept(), key, entry);
    }

    fn put(&self, kept: &mut Kept, key: Key, entry: Entry) {
        if entry.bytes > self.most_bytes {
            // It would take all the others with it.
            remove(kept, &key);
            return;
        }
        kept.bytes = kept.bytes.saturating_add(entry.bytes);
        let is_new = !kept.entries.contains(&key);
        if let Some((_, out)) = kept.entries.push(key, entry) {
            kept.bytes = kept.bytes.saturating_sub(out.bytes);
            if is_new {
                self.evicted.fetch_add(1, Relaxed);
            }
        }
        self.make_room(kept);
    }

    fn make_room(&self, kept: &mut Kept) {
        while kept.bytes > self.most_bytes {
            let Some((_, out)) = kept.entries.pop_lru() else { return };
            kept.bytes = kept.bytes.saturating_sub(out.bytes);
            self.evicted.fetch_add(1, Relaxed);
        }
    }

    /// Changes what is remembered for a key, while nobody else can; `None` where nothing is.
    pub(super) fn change<T>(&self, database: &Database, key: &Key, f: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        let mut kept = self.kept();
        let entry = kept.entries.get_mut(key)?;
        entry.is_good(database, Age::Fresh(None)).then(|| f(entry))
    }

    /// Remembers a value if nothing is remembered for its key; says whether it did.
    pub(super) fn keep_if_none(&self, database: &Database, key: Key, mut entry: Entry) -> bool {
        entry.bytes = entry.bytes.saturating_add(OVERHEAD);
        let mut kept = self.kept();
        if kept.entries.peek(&key).is_some_and(|known| known.is_good(database, Age::Fresh(None))) {
            return false;
        }
        self.put(&mut kept, key, entry);
        true
    }

    /// Forgets what belongs to a key; says whether anything did.
    pub(super) fn forget(&self, key: &Key) -> bool {
        remove(&mut self.kept(), key)
    }

    pub(super) fn clear(&self) {
        let mut kept = self.kept();
        kept.bytes = 0;
        kept.entries.clear();
    }

    pub(super) fn stats(&self) -> CacheStats {
        let kept = self.kept();
        CacheStats {
            hits: self.hits.load(Relaxed),
            misses: self.misses.load(Relaxed),
            stale: self.stale.load(Relaxed),
            bypassed: self.bypassed.load(Relaxed),
            evicted: self.evicted.load(Relaxed),
            entries: kept.entries.len(),
            bytes: kept.bytes,
        }
    }
}

impl Entry {
    fn is_good(&self, database: &Database, age: Age) -> bool {
        let is_over = self.expires.is_some_and(|expires| Instant::now() >= expires);
        let is_old = match age {
            Age::AtMost(limit) => self.born.elapsed() > limit,
            Age::Fresh(Some(limit)) if self.born.elapsed() > limit => true,
            Age::Fresh(_) => self.answer.as_ref().is_some_and(|answer| !database.is_fresh(answer)),
        };
        !is_over && !is_old
    }
}

fn remove(kept: &mut Kept, key: &Key) -> bool {
    let Some(out) = kept.entries.pop(key) else { return false };
    kept.bytes = kept.bytes.saturating_sub(out.bytes);
    true
}
