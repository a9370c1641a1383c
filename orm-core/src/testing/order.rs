//! What is to be baked, untyped: a model, how many rows of it, what is given, and what comes with them.

use std::fmt;
use std::sync::Arc;

use super::relatives::Relatives;
use crate::error::{Error, Result};
use crate::meta::{ColumnMeta, ModelMeta, RelationMeta};
use crate::value::{Bind, Datum};

/// Rows to be made.
#[derive(Clone, Debug)]
pub struct Order {
    pub(super) meta: &'static ModelMeta,
    pub(super) quantity: usize,
    /// As many for each row it comes with, and not for all of them together.
    pub(super) each: bool,
    pub(super) seed: Option<u64>,
    pub(super) optional: Optional,
    /// By column; the last of a column counts.
    pub(super) given: Vec<(usize, Given)>,
    /// By relation; the last of a relation counts.
    pub(super) relatives: Vec<(&'static RelationMeta, Relatives)>,
    /// What is wrong with it: field and reason. Said when it is to be made.
    pub(super) wrong: Option<(&'static str, &'static str)>,
}

/// Which fields that could be left out are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Optional {
    These(Vec<&'static str>),
    All,
}

/// What a field is given.
#[derive(Clone)]
pub(super) enum Given {
    Constant(Bind<'static>),
    /// By the number of the row, counted from 0.
    By(Arc<dyn Fn(usize) -> Bind<'static> + Send + Sync>),
}

impl Given {
    /// The values, as the field's type stores them: one for all rows, or one for each.
    ///
    /// # Errors
    ///
    /// The type has no such value.
    pub(super) fn values(
        &self,
        meta: &'static ModelMeta,
        column: &'static ColumnMeta,
        count: usize,
    ) -> Result<Vec<Bind<'static>>> {
        let stored = |bind: Bind<'static>| match bind.datum() {
            None | Some(Datum::Null) => Ok(bind),
            Some(datum) => (column.canonical)(datum).map_err(|_| {
                wrong(meta, column.name, format!("it is given {bind}, which is no `{}`", column.rust_type))
            }),
        };
        match self {
            Given::Constant(bind) => Ok(vec![stored(bind.clone())?]),
            Given::By(f) => (0..count).map(|number| stored(f(number))).collect(),
        }
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Given::Constant(bind) => write!(f, "{bind}"),
            Given::By(_) => f.write_str("by number"),
        }
    }
}

impl Order {
    pub(super) fn new(meta: &'static ModelMeta) -> Self {
        Order {
            meta,
            quantity: 1,
            each: false,
            seed: None,
            optional: Optional::These(Vec::new()),
            given: Vec::new(),
            relatives: Vec::new(),
            wrong: None,
        }
    }

    pub(super) fn given(&self, column: usize) -> Option<&Given> {
        self.given.iter().rev().find(|(of, _)| *of == column).map(|(_, given)| given)
    }

    pub(super) fn relatives(&self, relation: &RelationMeta) -> Option<&Relatives> {
        self.relatives.iter().rev().find(|(of, _)| std::ptr::eq(*of, relation)).map(|(_, relatives)| relatives)
    }

    pub(super) fn fills(&self, field: &str) -> bool {
        match &self.optional {
            Optional::All => true,
            Optional::These(fields) => fields.contains(&field),
        }
    }

    /// The error that was made when the order was put together, if one was.
    pub(super) fn checked(&self) -> Result<()> {
        match self.wrong {
            Some((field, what)) => Err(wrong(self.meta, field, what)),
            None => Ok(()),
        }
    }
}

/// An error that names model and field.
pub(super) fn wrong(meta: &ModelMeta, field: impl Into<String>, what: impl Into<String>) -> Error {
    Error::Bake { model: meta.name, field: field.into(), what: what.into() }
}
