//! How rows of a raw statement become models: which column feeds which field, and what comes beside.

use std::marker::PhantomData;

use super::numbered;
use super::row::{RawRow, RowShape, column};
use crate::db::{RawReader, Row};
use crate::error::{Error, Result};
use crate::group::{At, Cursor, Layout, Members, Mint};
use crate::model::{Model, decode_error};
use crate::queryset::Rows;
use crate::value::Mismatch;

/// What a row of a [`RawQuerySet`](super::RawQuerySet) becomes.
pub trait RawShape<M: Model>: 'static {
    /// It.
    type Out: 'static;
    /// What is read beside the model.
    #[doc(hidden)]
    fn beside() -> Option<RowShape>;
    /// Reads that.
    ///
    /// # Errors
    ///
    /// A column is not of its type.
    #[doc(hidden)]
    fn read(model: M, row: &mut Cursor<'_>) -> Result<Self::Out, Mismatch>;
    /// The model in it.
    #[doc(hidden)]
    fn model(out: &Self::Out) -> &M;
}

impl<M: Model> RawShape<M> for Rows {
    type Out = M;
    fn beside() -> Option<RowShape> {
        None
    }
    fn read(model: M, _: &mut Cursor<'_>) -> Result<M, Mismatch> {
        Ok(model)
    }
    fn model(out: &M) -> &M {
        out
    }
}

/// The model, and the columns that are no field of it beside: `annotate`.
pub struct Beside<V>(PhantomData<V>);

impl<M: Model, V: RawRow> RawShape<M> for Beside<V> {
    type Out = (M, V);
    fn beside() -> Option<RowShape> {
        Some(V::shape())
    }
    fn read(model: M, row: &mut Cursor<'_>) -> Result<(M, V), Mismatch> {
        Ok((model, V::read(row)?))
    }
    fn model(out: &(M, V)) -> &M {
        &out.0
    }
}

/// Reads the rows of a statement into a group.
pub(super) struct Reader<'g, M: Model, V: RawShape<M>> {
    group: &'g Mint,
    columns: Columns,
    beside: Option<RowShape>,
    members: Members,
    rows: Vec<V::Out>,
    most: usize,
}

impl<'g, M: Model, V: RawShape<M>> Reader<'g, M, V> {
    pub(super) fn new(group: &'g Mint, most: usize) -> Self {
        let (columns, members) = (Columns::default(), Members::new(M::META));
        Reader { group, columns, beside: V::beside(), members, rows: Vec::new(), most }
    }

    /// Says in the group which rows there are, and hands them out with what they have of the model.
    pub(super) fn finish(self) -> (Vec<V::Out>, Layout) {
        self.group.seal(self.members);
        (self.rows, self.columns.layout)
    }
}

impl<M: Model, V: RawShape<M>> RawReader for Reader<'_, M, V> {
    fn columns(&mut self, names: Vec<String>) -> Result<()> {
        self.columns = Columns::of::<M>(names, self.beside.as_ref())?;
        Ok(())
    }

    fn row(&mut self, row: Row<'_>) -> Result<bool> {
        let Columns { layout, order, beside, beside_order } = &self.columns;
        let number = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        let mut cursor = Cursor::new(row, layout, self.group, number).in_order(order);
        let model =
            M::decode(&mut cursor).map_err(|mismatch| decode_error(M::META, layout, cursor.column(), mismatch))?;
        model.list_keys(&mut self.members);
        let mut cursor = Cursor::of_values(row, 0).in_order(beside_order);
        match (V::read(model, &mut cursor), &self.beside) {
            (Ok(out), _) => self.rows.push(out),
            (Err(mismatch), Some(shape)) => {
                return Err(shape.error(beside_order, beside, cursor.column(), mismatch));
            }
            (Err(mismatch), None) => return Err(Error::misuse(*mismatch.0)),
        }
        Ok(self.rows.len() < self.most)
    }
}

/// Which column of a statement feeds what.
#[derive(Default)]
struct Columns {
    layout: Layout,
    /// The model's own.
    order: Vec<At>,
    /// Those that are no field of it.
    beside: Vec<(usize, String)>,
    beside_order: Vec<At>,
}

impl Columns {
    fn of<M: Model>(names: Vec<String>, beside: Option<&RowShape>) -> Result<Self> {
        let mut found = numbered(names);
        let mut columns = Columns::default();
        for field in M::META.columns {
            match (column(&found, field.column), field.deferred) {
                (Some(at), _) => columns.order.push(At::Column(at)),
                (None, Some(slot)) => columns.layout.omitted.push(slot),
                (None, None) => {
                    return Err(Error::NotSelected {
                        model: M::META.name,
                        field: field.name.to_owned(),
                        column: field.column.to_owned(),
                        found: found.into_iter().map(|(_, name)| name).collect(),
                    });
                }
            }
        }
        if let Some(shape) = beside {
            let is_field = |name: &str| M::META.columns.iter().any(|field| field.column.eq_ignore_ascii_case(name));
            found.retain(|(_, name)| !is_field(name));
            columns.beside_order = shape.order(&found)?;
            columns.beside = found;
        }
        Ok(columns)
    }
}
