//! Projections: plain structs filled from some columns of a model and of the models it points at.
//!
//! The derive says which expression feeds which field, and reads them back in that order. A nested projection has a value
//! before its own that says whether its row is there: its columns alone could not tell a row of NULLs from none.

use std::marker::PhantomData;

use super::{QuerySet, Shape};
use crate::error::Result;
use crate::group::{At, Cursor};
use crate::lookup::{Crossed, HasRoom, Holds, IsModel, Projected};
use crate::model::{Fields, FieldsAt, Model};
use crate::plan::{Node, NodeKind, Path};
use crate::value::{Mismatch, NotNull, Null, Nullness, Value};

/// A plain struct that is read from a query on its model. Derived: `#[derive(Projection)]`.
///
/// A field is the model's field of that name (of a foreign key, its key), or what its attribute says. Types are checked
/// when the program is compiled.
///
/// # Examples
///
/// ```
/// use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Author { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Publisher { pub id: i64, pub name: String }
/// # #[derive(Model)]
/// # pub struct Book { pub id: i64, pub title: String, pub author: ForeignKey<Author>, pub publisher: Option<ForeignKey<Publisher>> }
///
/// #[derive(Projection, Debug, PartialEq)]
/// #[projection(model = Publisher)]
/// struct PublisherCard {
///     name: String,
/// }
///
/// #[derive(Projection, Debug, PartialEq)]
/// #[projection(model = Book)]
/// struct Card {
///     title: String,
///     #[projection(path = "author.name")]
///     author: String,
///     #[projection(nested)]
///     publisher: Option<PublisherCard>,
/// }
///
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Author, Publisher, Book])?;
/// # let ann = Author::create().name("Ann").save(&db)?;
/// # Book::create().title("Emma").author(&ann).save(&db)?;
/// // SELECT "book"."title", "author"."name", "publisher"."id" IS NULL, "publisher"."name" FROM "book" LEFT JOIN ..
/// let cards = assert_num_queries!(db, 1, { Book::objects().values_as::<Card>().all(&db)? });
/// assert_eq!(cards, [Card { title: "Emma".into(), author: "Ann".into(), publisher: None }]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "expected a struct with `#[derive(Projection)]`",
    note = "add `#[derive(Projection)]` and `#[projection(model = ..)]` to `{Self}`"
)]
pub trait Projection: Sized + 'static {
    /// The model it is read from.
    type Model: Model;
    /// The struct's name.
    const NAME: &'static str;
    /// How many values are read for it, those of nested projections included.
    #[doc(hidden)]
    const WIDTH: usize;
    /// Says what is read, in order.
    #[doc(hidden)]
    fn project(fields: &Fields<Self::Model>, to: &mut ProjectionFields);
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A column is not of its field's type.
    #[doc(hidden)]
    fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch>;
}

/// A projection of `M`.
///
/// # Examples
///
/// ```
/// use eager_orm::{ProjectionOf, Result, prelude::*};
/// # #[derive(Model)]
/// # pub struct Tag { pub id: i64, pub name: String }
///
/// #[derive(Projection)]
/// #[projection(model = Tag)]
/// struct Name {
///     name: String,
/// }
///
/// fn ten<M: Model, P: ProjectionOf<M>>(rows: QuerySet<M>, db: &Database) -> Result<Vec<P>> {
///     rows.values_as::<P>().limit(10).all(db)
/// }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Tag])?;
/// let names: Vec<Name> = ten(Tag::objects(), &db)?; // SELECT "tag"."name" FROM "tag" LIMIT ?1
/// # assert!(names.iter().all(|name| name.name.is_empty()));
/// # Ok::<(), eager_orm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection of `{M}`",
    label = "expected a struct with `#[derive(Projection)]` and `#[projection(model = {M})]`"
)]
pub trait ProjectionOf<M>: Projection {}

/// What a projection reads: the expressions, and the names and types of what they feed.
pub struct ProjectionFields {
    nodes: Vec<Node>,
    fields: Vec<Field>,
    /// The fields on the way to a nested projection, as a record writes them.
    prefix: String,
}

struct Field {
    name: String,
    rust_type: &'static str,
    /// Of the place before a nested projection: how many values that one has.
    nested: Option<usize>,
}

impl ProjectionFields {
    /// What a projection reads.
    pub fn of<P: Projection>() -> Self {
        Self::at::<P>(Path::default(), String::new())
    }

    /// What it reads of the row at the end of a path. Its expressions are typed as those of a query on its own model, and
    /// the path is another: where it may stand is checked where it is nested.
    fn at<P: Projection>(path: Path, prefix: String) -> Self {
        let mut fields = ProjectionFields { nodes: Vec::new(), fields: Vec::new(), prefix };
        P::project(&FieldsAt::at(path), &mut fields);
        fields
    }

    /// A field that is a value.
    pub fn value<R, F, V>(&mut self, name: &'static str, value: V)
    where
        F: Value,
        V: Projected<R>,
        F::Base: Holds<<V::Value as Value>::Base>,
        F::Null: HasRoom<<V::Value as Value>::Null>,
    {
        self.nodes.push(value.projected());
        self.fields.push(Field { name: format!("{}{name}", self.prefix), rust_type: F::NAME, nested: None });
    }

    /// A field that is computed from the fields of the model.
    pub fn computed<M, F, V>(&mut self, name: &'static str, fields: &Fields<M>, value: impl FnOnce(&Fields<M>) -> V)
    where
        M: Model,
        F: Value,
        V: Projected<M>,
        F::Base: Holds<<V::Value as Value>::Base>,
        F::Null: HasRoom<<V::Value as Value>::Null>,
    {
        self.value::<M, F, V>(name, value(fields));
    }

    /// A field that is another projection.
    pub fn nested<F, V>(&mut self, name: &'static str, relation: &V)
    where
        V: Crossed,
        F: Nested,
        <F::Card as Projection>::Model: IsModel<V::Target>,
        F::Null: HasRoom<V::Null>,
    {
        let path = relation.to();
        let name = format!("{}{name}", self.prefix);
        self.nodes.push(Node::new(NodeKind::Absent(path.clone())));
        let inner = Self::at::<F::Card>(path, format!("{name}__"));
        self.fields.push(Field { name, rust_type: F::Card::NAME, nested: Some(inner.fields.len()) });
        self.nodes.extend(inner.nodes);
        self.fields.extend(inner.fields);
    }

    /// The name and the type of the value in this place.
    pub(crate) fn get(&self, place: usize) -> Option<(&str, &'static str)> {
        self.fields.get(place).map(|field| (field.name.as_str(), field.rust_type))
    }

    /// Where the values stand in a row whose columns are found by name; or else the name that is not found.
    pub(crate) fn order(&self, column: &dyn Fn(&str) -> Option<usize>) -> Result<Vec<At>, String> {
        let find = |field: &Field| column(&field.name).ok_or_else(|| field.name.clone());
        let mut order = Vec::with_capacity(self.fields.len());
        for (place, field) in self.fields.iter().enumerate() {
            order.push(match field.nested {
                None => At::Column(find(field)?),
                Some(values) => {
                    let inner = self.fields.iter().skip(place + 1).take(values);
                    At::Absent(inner.filter(|field| field.nested.is_none()).map(find).collect::<Result<_, _>>()?)
                }
            });
        }
        Ok(order)
    }
}

/// A projection in a field of another one, or an `Option` of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a projection",
    label = "expected a struct with `#[derive(Projection)]`, or an Option of one"
)]
pub trait Nested: Sized {
    /// The projection.
    type Card: Projection;
    /// Whether there may be none.
    type Null: Nullness;
    /// How many values are read for it.
    const WIDTH: usize;
    /// Reads it.
    ///
    /// # Errors
    ///
    /// A column is not of its field's type, or the row is not there.
    fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch>;
}

impl<P: Projection> Nested for P {
    type Card = P;
    type Null = NotNull;
    const WIDTH: usize = P::WIDTH + 1;
    fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch> {
        // A key that points at nothing, in a database that does not enforce it.
        if row.is_absent()? { Err(Mismatch::new("no such row")) } else { P::read(row) }
    }
}

impl<P: Projection> Nested for Option<P> {
    type Card = P;
    type Null = Null;
    const WIDTH: usize = P::WIDTH + 1;
    fn read(row: &mut Cursor<'_>) -> Result<Self, Mismatch> {
        if row.is_absent()? {
            row.skip(P::WIDTH);
            return Ok(None);
        }
        P::read(row).map(Some)
    }
}

/// A projection: `values_as`.
pub struct ValuesAs<P>(PhantomData<P>);

impl<M: Model, P: Projection> Shape<M> for ValuesAs<P> {
    type Out = P;
    #[inline]
    fn read(row: &mut Cursor<'_>) -> Result<P, Mismatch> {
        P::read(row)
    }
    fn types(types: &mut Vec<&'static str>) {
        types.extend(ProjectionFields::of::<P>().fields.iter().map(|field| field.rust_type));
    }
}

impl<M: Model> QuerySet<M> {
    /// A struct with `#[derive(Projection)]` in place of the model: some of its columns, and some of the rows it points
    /// at, by JOIN.
    ///
    /// # Examples
    ///
    /// ```
    /// use eager_orm::prelude::*;
    /// # #[derive(Model)]
    /// # pub struct Author { pub id: i64, pub name: String }
    /// # #[derive(Model)]
    /// # pub struct Book { pub id: i64, pub title: String, pub pages: i32, pub author: ForeignKey<Author> }
    ///
    /// #[derive(Projection)]
    /// #[projection(model = Book)]
    /// struct Card {
    ///     title: String,
    ///     #[projection(path = "author.name")]
    ///     author: String,
    /// }
    ///
    /// # let db = Database::in_memory()?;
    /// # db.create_tables(models![Author, Book])?;
    /// # let jane = Author::create().name("Jane Austen").save(&db)?;
    /// # Book::create().title("Emma").pages(290).author(&jane).save(&db)?;
    /// // SELECT "book"."title", "author"."name" FROM "book" LEFT JOIN "author" ON .. ORDER BY "book"."pages" LIMIT ?1
    /// let cards = Book::objects().order_by(|b| b.pages()).values_as::<Card>();
    /// let shortest = cards.first(&db)?.unwrap();
    /// assert_eq!((shortest.title.as_str(), shortest.author.as_str()), ("Emma", "Jane Austen"));
    /// # Ok::<(), eager_orm::Error>(())
    /// ```
    pub fn values_as<P: ProjectionOf<M>>(mut self) -> QuerySet<M, ValuesAs<P>> {
        self.plan.more.select = Some(ProjectionFields::of::<P>().nodes);
        if !self.plan.more.joins.is_empty() || !self.plan.more.prefetches.is_empty() {
            self.plan.more.misuse = Some(
                "`values_as` has no relations to load: leave out `select_related` and `prefetch_related`, and nest projections",
            );
        }
        QuerySet::from_plan(self.plan)
    }
}
