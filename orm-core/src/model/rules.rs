//! The rules of a model, asked of one row before it is written: what comes in is a row and the columns that are to be
//! written, what goes out is everything that is wrong.
//!
//! Lengths are read from the static description. Everything else the derive writes as calls of [`Rules`], for models
//! that have such rules; others have no code for it.

use std::fmt::Display;

use super::Model;
use crate::error::{Error, Failure, IntoFailures, Reason, Result};
use crate::meta::{ColumnMeta, ModelMeta};
use crate::value::{Bind, Value};

/// A model with rules about whole rows or about values: `#[model(validate = ..)]`, `#[field(min = .., validate = ..)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no rules for its rows",
    label = "no `#[model(validate = ..)]` here",
    note = "add `#[model(validate = path)]` to `{Self}`"
)]
pub trait Validated: Model {
    /// A row as it is about to be written, be it new or not.
    type Written<'a>;
}

/// A row of `M` as it is about to be written: what a validator of `#[model(validate = ..)]` is given, for a new row and for
/// one that is saved alike.
///
/// It has the model's stored fields by reference; an `Option` are those that can be NULL, a deferred one that is not
/// loaded, and a key that the database has yet to make. Of a foreign key it is the key.
///
/// # Examples
///
/// ```
/// use eager_orm::{Error, Failure, Written, prelude::*};
///
/// #[derive(Model, Debug)]
/// #[model(validate = in_order)]
/// pub struct Loan {
///     pub id: i64,
///     pub began: i64,
///     pub ended: Option<i64>,
/// }
///
/// fn in_order(loan: &Written<'_, Loan>) -> Result<(), Failure> {
///     match loan.ended {
///         Some(ended) if ended < loan.began => Err(Failure::of("ended", "lies before the beginning")),
///         _ => Ok(()),
///     }
/// }
///
/// let db = Database::in_memory()?;
/// db.create_tables(models![Loan])?;
/// assert!(matches!(Loan::create().began(7).ended(3).save(&db), Err(Error::Invalid { .. })));
/// let mut loan = Loan::create().began(7).save(&db)?; // INSERT INTO "loan" ..
/// loan.ended = Some(3);
/// assert!(matches!(loan.save(&db), Err(Error::Invalid { .. })));
/// # Ok::<(), eager_orm::Error>(())
/// ```
pub type Written<'a, M> = <M as Validated>::Written<'a>;

/// The rules asked of one row, or of one after the other, and what they found.
#[derive(Default)]
pub struct Rules<'a> {
    /// The columns that are written; all of them where none are named.
    columns: Option<&'a [usize]>,
    row: Option<usize>,
    failures: Vec<Failure>,
    /// Whether the model has lengths to ask for, once that is known.
    has_lengths: Option<bool>,
}

/// The rules of one field, asked of its value.
pub struct FieldRules<'r> {
    field: &'static str,
    row: Option<usize>,
    failures: &'r mut Vec<Failure>,
}

impl<'a> Rules<'a> {
    /// Rules about these columns only, and about whole rows.
    pub(crate) fn of_columns(columns: &'a [usize]) -> Self {
        Rules { columns: Some(columns), ..Rules::default() }
    }

    /// What is found from here on is about this row of a bulk.
    pub(crate) fn in_row(&mut self, row: usize) -> &mut Self {
        self.row = Some(row);
        self
    }

    /// Asks everything of a row.
    pub(crate) fn ask<M: Model>(&mut self, row: &M) -> &mut Self {
        self.lengths(M::META, &|column| row.bind(column));
        row.check(self);
        self
    }

    /// Asks everything of a row to be inserted.
    pub(crate) fn ask_new<M: Model>(&mut self, new: &M::New) -> &mut Self {
        self.lengths(M::META, &|column| M::bind_new(new, column));
        M::check_new(new, self);
        self
    }

    /// Asks the lengths of a row's texts, which its description has.
    pub(crate) fn lengths<'b>(&mut self, meta: &'static ModelMeta, bind: &dyn Fn(usize) -> Option<Bind<'b>>) {
        let is_limited = |column: &ColumnMeta| column.min_length.is_some() || column.max_length.is_some();
        if !*self.has_lengths.get_or_insert_with(|| meta.columns.iter().any(is_limited)) {
            return;
        }
        for (number, column) in meta.columns.iter().enumerate() {
            if !is_limited(column) || !self.is_about(number) {
                continue;
            }
            let Some(Bind::Text(text)) = bind(number) else { continue };
            let length = text.chars().count();
            if let Some(limit) = column.max_length.filter(|limit| length > *limit as usize) {
                self.field_of(column.name).fail(Reason::TooLong { limit, length });
            }
            if let Some(limit) = column.min_length.filter(|limit| length < *limit as usize) {
                self.field_of(column.name).fail(Reason::TooShort { limit, length });
            }
        }
    }

    /// Asks everything of a row of a model that is not known as a type, with a bind for each column.
    pub(crate) fn ask_binds(&mut self, meta: &'static ModelMeta, binds: &[Bind<'static>]) -> &mut Self {
        self.lengths(meta, &|column| binds.get(column).cloned());
        let failures = meta.ask.and_then(|ask| ask(binds).err());
        self.failures.extend(failures.unwrap_or_default());
        self
    }

    fn is_about(&self, column: usize) -> bool {
        self.columns.is_none_or(|columns| columns.contains(&column))
    }

    fn field_of(&mut self, field: &'static str) -> FieldRules<'_> {
        FieldRules { field, row: self.row, failures: &mut self.failures }
    }

    /// Asks the rules of a field, if it is written and not NULL.
    pub fn field<'v, V: 'v>(
        &mut self,
        column: usize,
        field: &'static str,
        value: impl Into<Option<&'v V>>,
        ask: impl FnOnce(&V, &mut FieldRules<'_>),
    ) {
        if let Some(value) = value.into().filter(|_| self.is_about(column)) {
            ask(value, &mut self.field_of(field));
        }
    }

    /// What a validator of the whole row says.
    pub fn row<E: IntoFailures>(&mut self, said: Result<(), E>) {
        if let Err(error) = said {
            let row = self.row;
            self.failures.extend(error.into_failures().into_iter().map(|failure| Failure { row, ..failure }));
        }
    }

    /// The error that lists what was found.
    pub(crate) fn finish<M: Model>(self) -> Result<()> {
        self.finish_of(M::META)
    }

    /// The same, of a model that is not known as a type.
    pub(crate) fn finish_of(self, meta: &'static ModelMeta) -> Result<()> {
        if self.failures.is_empty() {
            return Ok(());
        }
        Err(Error::Invalid { model: meta.name, failures: self.failures })
    }
}

/// Asks what a row of these binds would be, if they are a row; otherwise the table refuses them.
///
/// # Errors
///
/// What is wrong with it.
pub fn ask_binds<M: Model>(binds: &[Bind<'static>]) -> Result<(), Vec<Failure>> {
    let mut rules = Rules::default();
    if let Some(Ok(new)) = M::new_of(binds) {
        M::check_new(&new, &mut rules);
    }
    if rules.failures.is_empty() { Ok(()) } else { Err(rules.failures) }
}

impl FieldRules<'_> {
    fn fail(&mut self, reason: Reason) {
        self.failures.push(Failure { row: self.row, field: Some(self.field), reason });
    }

    /// The value is this at least. (Not a number is less than everything.)
    pub fn min<V: Value + PartialOrd>(&mut self, value: &V, min: V) {
        if !matches!(value.partial_cmp(&min), Some(order) if order.is_ge()) {
            self.fail(Reason::TooSmall { min: min.bind().to_string() });
        }
    }

    /// The value is this at most.
    pub fn max<V: Value + PartialOrd>(&mut self, value: &V, max: V) {
        if !matches!(value.partial_cmp(&max), Some(order) if order.is_le()) {
            self.fail(Reason::TooGreat { max: max.bind().to_string() });
        }
    }

    /// What a validator of the user's says.
    pub fn said<E: Display>(&mut self, said: Result<(), E>) {
        if let Err(error) = said {
            self.fail(Reason::Refused(error.to_string()));
        }
    }
}
