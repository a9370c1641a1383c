//! A record: named values of one row.

use std::sync::Arc;

use serde::ser::SerializeMap;

use crate::plan::Node;
use crate::value::Scalar;

/// Named values of one row, in the order they were asked for. Serialises to a JSON object.
///
/// A column is named by its field, one behind a relation by the fields on the way, joined by `__`; anything else is
/// `value1`, `value2` .. by its place.
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
/// # let ann = Author::create().name("Ann").save(&db)?;
/// # Book::create().title("One").author(&ann).save(&db)?;
/// let books = Book::objects().values(|b| (b.title(), b.author().name())).all(&db)?;
/// assert_eq!(serde_json::to_string(&books).unwrap(), r#"[{"title":"One","author__name":"Ann"}]"#);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    names: Arc<[String]>,
    values: Vec<Scalar>,
}

impl Record {
    pub(super) fn unnamed(values: Vec<Scalar>) -> Self {
        Record { names: Arc::default(), values }
    }

    pub(super) fn name(&mut self, names: &Arc<[String]>) {
        self.names = Arc::clone(names);
    }

    /// The value of this name.
    ///
    /// # Examples
    ///
    /// ```
    /// # use eager_orm::prelude::*;
    /// # use eager_orm::Scalar;
    /// # #[derive(Model)]
    /// # pub struct Tag { pub id: i64, pub name: String }
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Tag])?;
    /// # Tag::create().name("sf").save(&db)?;
    /// let tag = Tag::objects().values(|t| (t.id(), t.name())).get(&db)?; // SELECT "tag"."id", "tag"."name" FROM "tag" LIMIT ?1
    /// assert_eq!(tag.get("id"), Some(&Scalar::Integer(1)));
    /// assert_eq!(tag.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["id", "name"]);
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&Scalar> {
        let at = self.names.iter().position(|known| known == name)?;
        self.values.get(at)
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Scalar)> {
        self.names.iter().map(String::as_str).zip(&self.values)
    }
}

impl serde::Serialize for Record {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The names of a selection.
pub(super) fn names(nodes: &[Node]) -> Arc<[String]> {
    let name = |(i, node): (usize, &Node)| node.name().unwrap_or_else(|| format!("value{}", i + 1));
    nodes.iter().enumerate().map(name).collect()
}
