//! What SQLite counts of the runs of a statement.

/// What SQLite has counted of a statement that ran inside of a capture.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// # for name in ["sf", "fun", "art"] { Tag::create().name(name).save(&db)?; }
/// let (_, log) = db.capture(|db| Tag::objects().filter(|t| t.name().eq("sf")).all(db));
/// let counters = log.statements().next().unwrap().counters;
/// assert_eq!(counters.full_scan_steps, 2); // from the first row to the third
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// How often it went on to the next row of a table that it reads from end to end.
    pub full_scan_steps: u64,
    /// How often it sorted.
    pub sorts: u64,
    /// How many rows it put into indexes that it made for itself.
    pub automatic_index_rows: u64,
    /// How many instructions of SQLite's machine it ran.
    pub vm_steps: u64,
    /// Whether it was prepared already: the connection had kept it.
    pub was_kept: bool,
}
