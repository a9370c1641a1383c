//! Functions that are no method of one column.

use std::marker::PhantomData;

use super::Expr;
use crate::model::Model;
use crate::plan::{Node, NodeKind};
use crate::statement::Function;
use crate::value::{Bind, One, Single, TextBase, Value};

/// A value of a query around this one, inside a subquery.
pub struct Outer<T> {
    pub(crate) node: Node,
    value: PhantomData<fn() -> T>,
}

/// A column of a query around this one, inside a subquery, however deep: of the query whose fields it is made of, also
/// where several are about one model.
///
/// Outside of any such query it is [`Error::Misuse`](crate::Error::Misuse) when the query runs; so is a column of a query
/// around this one that stands there without `outer`.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub pages: i32 }
/// # #[derive(Model)]
/// # pub struct Review { pub id: i64, pub stars: i32, pub book: ForeignKey<Book> }
/// let panned = Book::objects().filter(|b| {
///     exists(Review::objects().filter(|r| r.book().eq(outer(b.id())) & r.stars().lt(2)))
/// });
/// assert_eq!(
///     panned.to_sql(),
///     r#"SELECT "book"."id", "book"."pages" FROM "book" WHERE EXISTS (SELECT 1 FROM "review" WHERE ("review"."book_id" = "book"."id") AND ("review"."stars" < ?1))"#,
/// );
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn outer<R: Model, T: Value, K>(value: Expr<R, T, K>) -> Outer<T> {
    Outer { node: Node::new(NodeKind::Outer(R::META, value.node)), value: PhantomData }
}

/// A text column or a text, or a tuple of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not text of a `{R}` query",
    label = "expected text columns of `{R}` and texts, in a tuple",
    note = "`.cast::<String>()` makes text of a number"
)]
pub trait TextParts<R> {
    /// The parts.
    #[doc(hidden)]
    fn parts(self, parts: &mut Vec<Node>);
}
impl<R> TextParts<R> for &str {
    fn parts(self, parts: &mut Vec<Node>) {
        parts.push(Node::bind(Bind::Text(self.to_owned().into())));
    }
}
impl<R, T: Value, K: Single> TextParts<R> for Expr<R, T, K>
where
    T::Base: TextBase,
{
    fn parts(self, parts: &mut Vec<Node>) {
        parts.push(self.node);
    }
}

/// Texts, one after the other; NULL counts as no text.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub first: String, pub last: Option<String> }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author])?;
/// # Author::create().first("Frank").last("Herbert").save(&db)?;
/// let names = Author::objects().values_list(|a| concat((a.first(), " ", a.last()))).all(&db)?;
/// assert_eq!(names, ["Frank Herbert"]); // SELECT eager_concat("first", ' ', "last") FROM "author"
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub fn concat<R, P: TextParts<R>>(parts: P) -> Expr<R, String, One> {
    let mut nodes = Vec::new();
    parts.parts(&mut nodes);
    Expr::new(Node::call(Function::Concat, nodes))
}
