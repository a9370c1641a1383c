//! Pages by place: the rows after a row, however many came in before it meanwhile.

use std::fmt;
use std::panic::Location;
use std::str::FromStr;

use super::terminal::about;
use super::{QuerySet, Shape};
use crate::db::{Executor, Row};
use crate::error::{Error, Result};
use crate::lower;
use crate::model::Model;
use crate::plan::Keyset;
use crate::value::{Bind, Datum};

/// A place in the order of a queryset: what the terms of the order are in one row.
///
/// As text it has letters, digits and `~` only, so it can stand in a URL. It can be read by whoever has it, and be
/// changed: it leads to other rows then, of the same queryset.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # use eager_orm::PageCursor;
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// # for name in ["a", "b", "c"] { Tag::create().name(name).save(&db)?; }
/// let tags = Tag::objects().order_by(|t| t.name());
/// let first = tags.cursor_page(&db, 2)?;
/// let link = first.next.unwrap().to_string();
/// let second = tags.after(&link.parse::<PageCursor>()?).cursor_page(&db, 2)?;
/// assert_eq!(second.items[0].name, "c");
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PageCursor(Vec<Bind<'static>>);

/// Some rows of a queryset, and the places before and after them.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CursorPage<T> {
    /// The rows, in the queryset's order.
    pub items: Vec<T>,
    /// The place after them, for [`QuerySet::after`]; none if there are no rows after them.
    pub next: Option<PageCursor>,
    /// The place before them, for [`QuerySet::before`]; none if there are no rows before them.
    pub previous: Option<PageCursor>,
}

impl<M: Model, S: Shape<M>> QuerySet<M, S> {
    /// Only the rows after a place: a condition on the terms of the order, which an index serves.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # for name in ["a", "b", "c"] { Tag::create().name(name).save(&db)?; }
    /// let tags = Tag::objects().order_by(|t| t.name());
    /// let place = tags.cursor_page(&db, 1)?.next.unwrap();
    /// let rest = tags.after(&place);
    /// assert_eq!(rest.count(&db)?, 2);
    /// assert_eq!(
    ///     rest.to_sql(),
    ///     r#"SELECT "tag"."id", "tag"."name" FROM "tag" WHERE ("tag"."name" >= ?1) AND (("tag"."name" > ?2) OR (("tag"."name" IS ?3) AND ("tag"."id" > ?4))) ORDER BY "tag"."name", "tag"."id""#,
    /// );
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn after(&self, place: &PageCursor) -> Self {
        self.beyond(place, false)
    }

    /// Only the rows before a place; a [`cursor_page`](Self::cursor_page) of them is the last of them.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # for name in ["a", "b", "c"] { Tag::create().name(name).save(&db)?; }
    /// let tags = Tag::objects().order_by(|t| t.name());
    /// let second = tags.after(&tags.cursor_page(&db, 2)?.next.unwrap()).cursor_page(&db, 2)?;
    /// let back = tags.before(&second.previous.unwrap()).cursor_page(&db, 2)?;
    /// assert_eq!(back.items.iter().map(|t| &*t.name).collect::<Vec<_>>(), ["a", "b"]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn before(&self, place: &PageCursor) -> Self {
        self.beyond(place, true)
    }

    fn beyond(&self, place: &PageCursor, is_before: bool) -> Self {
        let mut rows = self.clone();
        rows.refuse_closed();
        if rows.plan.more.keyset.is_some() {
            rows.plan.more.misuse = Some("`after` and `before` twice: one place is the bound");
        }
        let order = lower::total_order(&rows.plan);
        if order.len() != place.0.len() {
            rows.plan.more.misuse =
                Some("this place is one of a queryset with another order: order it first, and then `after`");
        }
        rows.plan.more.keyset = Some(Keyset { order, values: place.0.clone(), is_before });
        rows
    }

    /// The first rows after the queryset's place, or the last before it, and the places around them. The order may be
    /// any; the key is its last term, so it has no ties.
    ///
    /// # Errors
    ///
    /// [`Error::Misuse`] for a size of 0, for a queryset that is cut off or put together, and for a place of a queryset
    /// with another order; otherwise as for [`all`](Self::all).
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub pages: i32 }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Book])?;
    /// # for pages in [300, 100, 200] { Book::create().pages(pages).save(&db)?; }
    /// let longest = Book::objects().order_by(|b| b.pages().desc());
    /// // SELECT .. FROM "book" ORDER BY "book"."pages" DESC, "book"."id" LIMIT 3
    /// let page = longest.cursor_page(&db, 2)?;
    /// assert_eq!(page.items.iter().map(|b| b.pages).collect::<Vec<_>>(), [300, 200]);
    /// assert!(page.next.is_some() && page.previous.is_none());
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    #[track_caller]
    pub fn cursor_page(&self, db: &dyn Executor, size: u64) -> Result<CursorPage<S::Out>> {
        let at = Location::caller();
        if size == 0 {
            return Err(Error::misuse("a page has at least one row"));
        }
        let mut plan = self.plan.clone();
        if plan.is_closed() {
            return Err(Error::misuse(format!(
                "`cursor_page` of a `{}` queryset that is cut off or put together: ask for the rows themselves",
                M::META.name
            )));
        }
        let is_before = plan.more.keyset.as_ref().is_some_and(|keyset| keyset.is_before);
        let had_place = plan.more.keyset.is_some();
        let order = lower::total_order(&plan);
        plan.more.extra = order.iter().map(|term| term.node.clone()).collect();
        plan.order = Some(order);
        // The rows before a place are read from it backwards.
        plan.reversed = is_before;
        // One row more says whether there is another page.
        plan.limit = Some(size.saturating_add(1));
        let width = plan.more.extra.len();
        let page = QuerySet::<M, S>::from_plan(plan);
        let read = page.prepare(db)?;
        let mut places: Vec<PageCursor> = Vec::new();
        let mut items = Vec::new();
        if !read.is_empty() {
            let first = read.width().saturating_sub(width);
            db.run(read.need(), at, &mut |connection| {
                let mut chunk = read.chunk(connection.database(), at);
                places.clear();
                connection.query(&read.sql, about::<M>(at), |row| {
                    places.push(PageCursor::read(row, first..first + width));
                    if chunk.len() as u64 == size { Ok(()) } else { chunk.row(row) }
                })?;
                items = chunk.finish(connection, at)?;
                Ok(())
            })?;
        }
        let has_more = places.len() > items.len();
        places.truncate(items.len());
        if is_before {
            items.reverse();
            places.reverse();
        }
        let last = places.pop();
        let only = last.clone();
        let first = places.into_iter().next().or(only);
        // Where this page was reached from, there are rows.
        let (has_next, has_previous) = if is_before { (had_place, has_more) } else { (has_more, had_place) };
        Ok(CursorPage { items, next: last.filter(|_| has_next), previous: first.filter(|_| has_previous) })
    }
}

impl PageCursor {
    fn read(row: Row<'_>, columns: std::ops::Range<usize>) -> Self {
        let bind = |column| match row.datum(column) {
            Ok(Datum::Integer(value)) => Bind::Integer(value),
            Ok(Datum::Real(value)) => Bind::Real(value),
            Ok(Datum::Text(bytes)) => Bind::Text(String::from_utf8_lossy(bytes).into_owned().into()),
            Ok(Datum::Blob(bytes)) => Bind::Blob(bytes.to_vec().into()),
            Ok(Datum::Null) | Err(_) => Bind::Null,
        };
        PageCursor(columns.map(bind).collect())
    }
}

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"));
        for (number, value) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("~")?;
            }
            match value {
                Bind::Integer(value) => write!(f, "i{:x}", value.cast_unsigned())?,
                Bind::Real(value) => write!(f, "r{:x}", value.to_bits())?,
                Bind::Text(text) => {
                    f.write_str("t")?;
                    hex(f, text.as_bytes())?;
                }
                Bind::Blob(bytes) => {
                    f.write_str("b")?;
                    hex(f, bytes)?;
                }
                Bind::Null | Bind::Array(_) | Bind::Refused(_) => f.write_str("n")?,
            }
        }
        Ok(())
    }
}

impl FromStr for PageCursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let values: Option<Vec<Bind<'static>>> = text.split('~').map(parse).collect();
        values
            .map(PageCursor)
            .ok_or_else(|| Error::misuse("this text is no place in a queryset: `to_string` of one is"))
    }
}

fn parse(part: &str) -> Option<Bind<'static>> {
    let kind = part.chars().next()?;
    let rest = part.get(kind.len_utf8()..)?;
    let number = || u64::from_str_radix(rest, 16).ok();
    let bytes = || -> Option<Vec<u8>> {
        let digits = rest.as_bytes();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        if digits.len() % 2 == 0 { digits.chunks(2).map(byte).collect() } else { None }
    };
    Some(match kind {
        'i' => Bind::Integer(number()?.cast_signed()),
        'r' => Bind::Real(f64::from_bits(number()?)),
        't' => Bind::Text(String::from_utf8(bytes()?).ok()?.into()),
        'b' => Bind::Blob(bytes()?.into()),
        'n' if rest.is_empty() => Bind::Null,
        _ => return None,
    })
}
