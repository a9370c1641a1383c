//! The table between two models: the links of one row in it are read, made and taken away, some statements for any number.

use std::panic::Location;
use std::sync::Arc;

use super::related::missing;
use crate::db::{About, Connection};
use crate::error::{Error, Result};
use crate::group::{Place, Returned};
use crate::meta::{ColumnMeta, ColumnSource, LinkModel, ModelMeta, RelationMeta, Through};
use crate::model::Rules;
use crate::save::{RowInsert, blame_links};
use crate::sql;
use crate::statement::{Alias, Delete, Expr, Insert, InsertRows, Join, Select, Source, Statement, TableRef};
use crate::value::{Bind, KeyRef, Now};

pub(super) const UNATTACHED: Error = Error::Unattached { what: "ManyToMany" };

/// A table between two models, seen from one of them.
#[derive(Clone, Copy)]
pub(super) struct Between {
    owner: &'static ModelMeta,
    relation: &'static RelationMeta,
    pub(super) through: Through,
    /// The user's own model of it.
    model: Option<LinkModel>,
}

impl Between {
    pub(super) fn of(place: &Place) -> Option<Self> {
        let (owner, relation) = (place.group().meta()?, place.relation()?);
        Some(Between { owner, relation, through: relation.through(owner)?, model: relation.link_model() })
    }

    /// Whose rows the links are.
    fn meta(&self) -> &'static ModelMeta {
        self.model.map_or(self.owner, |model| model.meta)
    }

    /// The model of the links, if it is this one.
    pub(super) fn model(&self, named: &'static ModelMeta) -> Result<LinkModel> {
        let relation = self.relation.full_name();
        match self.model {
            Some(model) if std::ptr::eq(model.meta, named) => Ok(model),
            Some(LinkModel { meta, .. }) => Err(Error::misuse(format!(
                "`{relation}` goes through `{}`, and not through `{}`",
                meta.name, named.name
            ))),
            None => Err(Error::misuse(format!(
                "the table of `{relation}` has no model: `{}` is one if the relation says `through = {}`",
                named.name, named.name
            ))),
        }
    }
}

/// Who makes the links.
pub(super) trait NewLinks {
    /// Links rows that are not linked yet.
    fn insert(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64>;

    /// Links those of the rows that are not linked yet.
    fn add(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64>;
}

/// Links that are two keys, and the defaults of whatever else the through model has.
pub(super) struct Bare;

/// The through model, where a link is more than two keys to the program: it has defaults of its own, or rules.
fn asked(links: &Links<'_>) -> Option<LinkModel> {
    links.between.model.filter(|model| model.meta.ask.is_some() || has_defaults(model.meta))
}

impl NewLinks for Bare {
    fn insert(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64> {
        match asked(links) {
            Some(model) => links.insert_each(model, rows),
            None => links.insert(rows),
        }
    }

    fn add(&self, links: &Links<'_>, rows: Vec<Bind<'static>>) -> Result<u64> {
        match asked(links) {
            Some(model) => links.insert_each(model, links.unlinked(rows)?),
            None => links.insert(rows),
        }
    }
}

/// Whether the model has defaults that the program knows and the table does not.
fn has_defaults(meta: &'static ModelMeta) -> bool {
    let is_ours = |column: &ColumnMeta| column.default.is_none() && matches!(column.source, ColumnSource::Given);
    let columns = meta.columns.iter().enumerate().filter(|(_, column)| is_ours(column));
    let now = Now::read();
    columns.into_iter().any(|(number, _)| (meta.defaults)(number, &now).is_some())
}

/// The links of one row, in the table between.
pub(super) struct Links<'a> {
    pub(super) connection: &'a Connection<'a>,
    pub(super) between: Between,
    through: Through,
    pub(super) key: KeyRef<'a>,
    pub(super) about: About,
}

impl<'a> Links<'a> {
    pub(super) fn new(
        connection: &'a Connection<'a>,
        between: Between,
        key: KeyRef<'a>,
        at: &'static Location<'static>,
    ) -> Self {
        Links { connection, between, through: between.through, key, about: About { meta: between.meta(), at } }
    }
}

impl Links<'_> {
    /// Links rows by one statement, those that are not linked yet.
    fn insert(&self, rows: Vec<Bind<'static>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let (from, to) = (self.through.from.name(), self.through.to.name());
        let (value, there): (Alias, Alias) = ("value".into(), self.through.table.into());
        let added = Expr::column(&value, "value");
        let linked = Select {
            columns: vec![Expr::One],
            from: vec![Source::first(self.through.table, there.clone())],
            filter: vec![
                Expr::eq(Expr::column(&there, from.clone()), self.own()),
                Expr::eq(Expr::column(&there, to.clone()), added.clone()),
            ],
            ..Select::default()
        };
        let rows = Arc::new(rows);
        let table = TableRef::Array(Expr::Bind(Bind::Array(Arc::clone(&rows))));
        let select = Select {
            columns: vec![self.own(), added],
            from: vec![Source { join: Join::Inner, table, alias: value, on: None }],
            filter: vec![Expr::not(Expr::Exists(Box::new(linked)))],
            ..Select::default()
        };
        let insert = Insert {
            table: self.through.table,
            columns: vec![from.into(), to.into()],
            rows: InsertRows::Select(Box::new(select)),
            conflict: None,
            returning: Vec::new(),
        };
        let outcome = self.connection.execute(&sql::compile(&Statement::Insert(insert)), self.about);
        outcome.map_err(|error| self.blame(error, &rows))
    }

    /// Links rows one by one, with the defaults of the model in between, once its rules have been asked.
    fn insert_each(&self, model: LinkModel, rows: Vec<Bind<'static>>) -> Result<u64> {
        let insert = RowInsert::new(model.meta);
        let is = |number: usize, relation: &'static RelationMeta| {
            let key = model.meta.columns.get(number).and_then(|column| column.relation);
            key.is_some_and(|key| std::ptr::eq(key, relation))
        };
        let outcome = self.connection.repeat(&insert.sql.text, self.about, |prepared| {
            for row in &rows {
                let now = Now::read();
                let bind = |number: usize| match number {
                    _ if is(number, model.from) => self.key.bind().into_owned(),
                    _ if is(number, model.to) => row.clone(),
                    _ => (model.meta.defaults)(number, &now).unwrap_or(Bind::Null),
                };
                let link: Vec<Bind<'static>> = (0..model.meta.columns.len()).map(bind).collect();
                let mut rules = Rules::default();
                rules.ask_binds(model.meta, &link);
                rules.finish_of(model.meta)?;
                insert.binds(prepared, |number| link.get(number).cloned(), &mut Returned::default())?;
            }
            Ok(())
        });
        outcome.map_err(|error| self.blame(error, &rows))?;
        Ok(rows.len() as u64)
    }

    /// Says which end of a link is not there: by the foreign key of its model, or by the relation where it has none.
    #[cold]
    fn blame(&self, error: Error, rows: &[Bind<'static>]) -> Error {
        let Between { owner, relation, model, .. } = self.between;
        let name = |end: fn(LinkModel) -> &'static RelationMeta| model.map_or(relation.name, |model| end(model).name);
        let from = (name(|model| model.from), owner, vec![self.key.bind().into_owned()]);
        let to = (name(|model| model.to), relation.target(), rows.to_vec());
        blame_links(error, self.connection, self.about, [from, to])
    }

    /// Those of the rows that are not linked.
    pub(super) fn unlinked(&self, rows: Vec<Bind<'static>>) -> Result<Vec<Bind<'static>>> {
        if rows.is_empty() {
            return Ok(rows);
        }
        Ok(missing(&rows, &self.linked(Some(&rows))?))
    }

    pub(super) fn remove(&self, rows: Vec<Bind<'static>>) -> Result<u64> {
        if rows.is_empty() {
            return Ok(0);
        }
        let to = Box::new(Expr::own(self.through.to.name()));
        self.delete(vec![Expr::InArray(to, Box::new(Expr::Bind(Bind::Array(Arc::new(rows)))))])
    }

    pub(super) fn clear(&self) -> Result<u64> {
        self.delete(Vec::new())
    }

    fn delete(&self, conditions: Vec<Expr>) -> Result<u64> {
        let mut filter = vec![Expr::eq(Expr::own(self.through.from.name()), self.own())];
        filter.extend(conditions);
        let delete = Statement::Delete(Delete { table: self.through.table, filter });
        self.connection.execute(&sql::compile(&delete), self.about)
    }

    fn own(&self) -> Expr {
        Expr::Bind(self.key.bind().into_owned())
    }

    /// The keys of the rows that are linked; of those among these.
    pub(super) fn linked(&self, among: Option<&[Bind<'static>]>) -> Result<Vec<Bind<'static>>> {
        let alias: Alias = self.through.table.into();
        let [from, to] = [self.through.from, self.through.to].map(|column| Expr::column(&alias, column.name()));
        let mut filter = vec![Expr::eq(from, self.own())];
        if let Some(among) = among {
            let among = Expr::Bind(Bind::Array(Arc::new(among.to_vec())));
            filter.push(Expr::InArray(Box::new(to.clone()), Box::new(among)));
        }
        let select = Select {
            columns: vec![to],
            from: vec![Source::first(self.through.table, alias)],
            filter,
            ..Select::default()
        };
        let mut linked = Vec::new();
        self.connection.query(&sql::compile(&Statement::Select(select)), self.about, |row| {
            if let Ok(Some(key)) = row.datum(0).and_then(KeyRef::read) {
                linked.push(key.bind().into_owned());
            }
            Ok(())
        })?;
        Ok(linked)
    }
}
