//! Querysets whose results are remembered.

use std::fmt;
use std::panic::Location;
use std::time::Duration;

use super::read::Read;
use super::{QuerySet, Shape};
use crate::cache::{Age, KeyWriter, store};
use crate::db::Executor;
use crate::error::{Error, Result};
use crate::group::Shared;
use crate::lower;
use crate::model::Model;
use crate::plan::{Plan, PrefetchNode};
use crate::sql;

/// A queryset whose results are remembered. Made by [`QuerySet::cached`] and [`QuerySet::cached_for`].
///
/// What it hands out is shared with everybody who asks the same.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// fn tags() -> eager_orm::Cached<Tag> {
///     Tag::objects().order_by(|t| t.name()).cached()
/// }
/// Tag::create().name("sf").save(&db)?;
/// assert_num_queries!(db, 1, { (tags().all(&db)?, tags().all(&db)?) });
/// Tag::create().name("fantasy").save(&db)?;
/// assert_eq!(tags().all(&db)?.len(), 2);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[must_use = "a queryset does nothing until a terminal method runs it"]
pub struct Cached<M: Model, S = super::Rows> {
    query: QuerySet<M, S>,
    age: Age,
}

impl<M: Model, S> Clone for Cached<M, S> {
    fn clone(&self) -> Self {
        Cached { query: self.query.clone(), age: self.age }
    }
}

impl<M: Model, S> fmt::Debug for Cached<M, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cached").field("query", &self.query).field("age", &self.age).finish()
    }
}

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Remembers what the query finds, and hands it out again for as long as it is what the database says.
    ///
    /// It is never stale, whoever writes: this handle, another thread, SQL of one's own, a trigger, a cascade, a change of the
    /// tables, another process. What is prefetched, joined or loaded later into the rows is part of it: a write to any of these
    /// tables and it is read again. Inside a transaction that has written, and inside of a snapshot, nothing is remembered and
    /// nothing is served from memory.
    ///
    /// The rows are shared by everybody who asks: what one of them loads lazily is loaded for all, and so are its memos.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author> }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let mut ann = Author::create().name("Ann").save(&db)?;
    /// # Book::create().title("Dune").author(&ann).save(&db)?;
    /// let books = Book::objects().select_related(|b| b.author()).cached();
    /// books.all(&db)?; // SELECT ..
    /// assert_num_queries!(db, 0, { books.all(&db)? });
    /// ann.name = "Anne".into();
    /// ann.save(&db)?;
    /// let again = books.all(&db)?; // SELECT ..: the author is part of it
    /// assert_eq!(again[0].author.get(&db)?.name, "Anne");
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn cached(self) -> Cached<M, S> {
        Cached { query: self, age: Age::Fresh(None) }
    }

    /// Remembers what the query finds, and hands it out again for so long, whatever is written meanwhile.
    ///
    /// For who can live with an old answer: it costs no look at the database at all.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use std::time::Duration;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let count = Tag::objects().cached_for(Duration::from_secs(60));
    /// assert_eq!(count.count(&db)?, 0);
    /// Tag::create().save(&db)?;
    /// assert_eq!(count.count(&db)?, 0); // for a minute
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn cached_for(self, limit: Duration) -> Cached<M, S> {
        Cached { query: self, age: Age::AtMost(limit) }
    }
}

impl<M: Model, S: Shape<M>> Cached<M, S> {
    /// Remembers it no longer than this, fresh or not.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use std::time::Duration;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tags = Tag::objects().cached().for_at_most(Duration::ZERO);
    /// assert_num_queries!(db, 2, { (tags.all(&db)?, tags.all(&db)?) });
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn for_at_most(mut self, limit: Duration) -> Self {
        self.age = match self.age {
            Age::Fresh(_) => Age::Fresh(Some(limit)),
            Age::AtMost(known) => Age::AtMost(known.min(limit)),
        };
        self
    }

    /// How many rows there are.
    ///
    /// # Errors
    ///
    /// As for [`QuerySet::count`], and [`Error::NotCacheable`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// assert_eq!(Tag::objects().cached().count(&db)?, 0); // SELECT count(*) FROM "tag"
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn count(&self, db: &dyn Executor) -> Result<u64> {
        let count = self.single(b'c', db, Location::caller(), lower::compile_count)?;
        Ok(count.and_then(|count| count.try_into().ok()).unwrap_or(0))
    }

    /// Whether there is a row.
    ///
    /// # Errors
    ///
    /// As for [`QuerySet::exists`], and [`Error::NotCacheable`].
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// assert!(!Tag::objects().cached().exists(&db)?); // SELECT 1 FROM "tag" LIMIT ?1
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn exists(&self, db: &dyn Executor) -> Result<bool> {
        Ok(self.single(b'e', db, Location::caller(), lower::compile_exists)?.is_some())
    }

    fn single(
        &self,
        what: u8,
        db: &dyn Executor,
        at: &'static Location<'static>,
        compile: fn(&Plan) -> Result<Option<lower::Single>>,
    ) -> Result<Option<i64>> {
        let Some((compiled, binds)) = compile(&self.query.plan)? else { return Ok(None) };
        let mut key = KeyWriter::new(what, self.age);
        key.text(&compiled.text);
        key.binds(&binds);
        let run = || self.query.single(db, at, compile);
        match store(db.database()) {
            Some(store) => store.remembered(db, key.finish::<Option<i64>>(), self.age, run),
            None => run(),
        }
    }
}

impl<M: Model, S: Shape<M>> Cached<M, S>
where
    S::Out: Send + Sync,
{
    /// All rows, with everything that was asked to come with them.
    ///
    /// # Errors
    ///
    /// As for [`QuerySet::all`]; [`Error::NotCacheable`] where the answer depends on chance or on the time, or is read from a
    /// temporary table.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::{Error, prelude::*};
    /// # #[derive(Model, Debug)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// let tags = Tag::objects().cached();
    /// let (first, second) = (tags.all(&db)?, tags.all(&db)?); // SELECT .. FROM "tag", once
    /// assert!(first.ptr_eq(&second));
    /// let any = Tag::objects().order_by(|_| random()).cached().all(&db);
    /// assert!(matches!(any, Err(Error::NotCacheable { .. })));
    /// # Ok::<(), Error>(())
    /// ```
    #[track_caller]
    pub fn all(&self, db: &dyn Executor) -> Result<Shared<[S::Out]>> {
        let at = Location::caller();
        self.remembered(b'a', &self.query, db, |read| read.all(db, at).map(Shared::of_vec))
    }

    /// The first row in the queryset's order, or by the key where it has none.
    ///
    /// # Errors
    ///
    /// As for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// let first = Tag::objects().cached().first(&db)?; // SELECT .. FROM "tag" ORDER BY "tag"."id" LIMIT ?1
    /// assert_eq!(first.map(|tag| tag.id), Some(1));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn first(&self, db: &dyn Executor) -> Result<Option<Shared<S::Out>>> {
        let at = Location::caller();
        let cut = self.query.cut(1, true);
        self.remembered(b'f', &cut, db, |read| Ok(read.all(db, at)?.pop().map(Shared::new)))
    }

    /// The only row.
    ///
    /// # Errors
    ///
    /// [`Error::DoesNotExist`] for none, [`Error::MultipleObjectsReturned`] for more than one, neither of which is remembered;
    /// otherwise as for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// let sf = Tag::objects().filter(|t| t.name().eq("sf")).cached().get(&db)?; // SELECT .. WHERE .. LIMIT ?2
    /// assert_eq!(sf.id, 1);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn get(&self, db: &dyn Executor) -> Result<Shared<S::Out>> {
        let at = Location::caller();
        let mut one = self.query.clone();
        one.plan.without_order();
        self.remembered(b'g', &one.cut(2, false), db, |read| {
            let mut rows = read.all(db, at)?;
            let row = rows.pop().ok_or(Error::DoesNotExist { model: M::META.name, key: None })?;
            if rows.is_empty() {
                Ok(Shared::new(row))
            } else {
                Err(Error::MultipleObjectsReturned { model: M::META.name })
            }
        })
    }

    fn remembered<T: Clone + Send + Sync + 'static>(
        &self,
        what: u8,
        query: &QuerySet<M, S>,
        db: &dyn Executor,
        run: impl FnOnce(&Read<M, S>) -> Result<T>,
    ) -> Result<T> {
        let read = query.prepare(db)?;
        let Some(store) = store(db.database()).filter(|_| !read.is_empty()) else { return run(&read) };
        let mut key = KeyWriter::new(what, self.age);
        key.text(&read.sql.text);
        key.binds(&read.sql.binds);
        read.names.iter().flat_map(|names| &**names).for_each(|name| key.text(name));
        // Rows inherit the mode they are loaded in.
        key.text(&format!("{:?}", db.database().home(query.plan.mode, Location::caller()).mode));
        prefetches(&mut key, &query.plan.more.prefetches)?;
        // The types of a shape are its key too: `values_list` of text and a record of it are the same statement.
        store.remembered(db, key.finish::<(M, S)>(), self.age, || run(&read))
    }
}

/// Everything that is said of the prefetches of a query.
fn prefetches(key: &mut KeyWriter, nodes: &[PrefetchNode]) -> Result<()> {
    key.number(nodes.len());
    for node in nodes {
        key.text(&node.path.name());
        key.number(node.slot.map_or(0, |slot| slot + 1));
        key.number(node.depth.map_or(0, |depth| depth as usize + 1));
        key.text(&format!("{:?}", node.plan.mode));
        let sql = sql::compile(&lower::select(&node.plan)?.statement);
        key.text(&sql.text);
        key.binds(&sql.binds);
        prefetches(key, &node.plan.more.prefetches)?;
    }
    Ok(())
}
