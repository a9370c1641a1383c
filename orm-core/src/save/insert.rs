//! Inserting: one statement for a model, its binds for each row, and the row as it is then.

use std::panic::Location;

use super::blame;
use super::counted::{count_after_hooks, count_anew};
use crate::db::{About, Connection, Executor, Need, Prepared, PreparedRow};
use crate::error::{Error, Result};
use crate::group::{Origin, Returned};
use crate::lower::{self, Text};
use crate::meta::{ColumnMeta, ColumnSource, ModelMeta};
use crate::model::{Event, Model, Rules, group_of_one};
use crate::plan::Plan;
use crate::sql::{self, Sql};
use crate::statement::{Conflict, Expr, Function, Insert, InsertRows, Select, Statement};
use crate::value::{Bind, KeyRef, Mismatch, PrimaryKey, pack_part};

/// What is done with a new row in the transaction that inserts it.
pub(crate) type Link<'a> = Option<&'a dyn Fn(&Connection<'_>, KeyRef<'_>) -> Result<()>>;

/// What SQLite says of a row that was inserted.
#[derive(Default)]
pub(super) struct Inserted {
    pub(super) rowid: i64,
    pub(super) returned: Returned,
}

/// `INSERT INTO t (the columns that are written) VALUES (..)`. A key that is left out is NULL, which SQLite replaces.
pub(crate) struct RowInsert {
    meta: &'static ModelMeta,
    /// The columns whose values the database computes.
    returned: Vec<usize>,
    /// Whether SQLite may make a key that the field's type has no room for.
    may_overflow: bool,
    pub(crate) sql: Sql,
}

impl RowInsert {
    pub(crate) fn new(meta: &'static ModelMeta) -> Self {
        if meta.columns.iter().any(|column| matches!(column.source, ColumnSource::DefaultSql(_))) {
            return Self::of(meta, InsertRows::Select(Box::new(one_row(meta))));
        }
        let text = lower::text_of(Text::Insert, meta, std::iter::empty(), || {
            compile(meta, &inserted(meta).collect::<Vec<_>>(), InsertRows::Values, None, false).text
        });
        let returned = meta.columns.iter().enumerate().filter(|(_, column)| column.is_computed());
        let returned = returned.map(|(number, _)| number).collect();
        RowInsert { meta, returned, may_overflow: may_overflow(meta), sql: Sql { text, binds: Vec::new() } }
    }

    /// What happens where another row is in the way; and whether the whole row comes back as it is then.
    pub(super) fn or(meta: &'static ModelMeta, conflict: Option<Conflict>, whole: bool) -> Self {
        if conflict.is_none() && !whole {
            return Self::new(meta);
        }
        let rows = if meta.columns.iter().any(|column| matches!(column.source, ColumnSource::DefaultSql(_))) {
            // A condition keeps ON CONFLICT from being read as the ON of a JOIN.
            InsertRows::Select(Box::new(Select { filter: vec![Expr::One], ..one_row(meta) }))
        } else {
            InsertRows::Values
        };
        Self::with(meta, rows, conflict, whole)
    }

    /// `INSERT INTO t (..) SELECT .. WHERE NOT EXISTS (..)`: if no row of the plan is there.
    pub(super) fn unless(plan: &Plan) -> Result<Self> {
        let mut one = one_row(plan.meta);
        if let Some(Statement::Select(there)) = lower::exists(plan)? {
            one.filter.push(Expr::not(Expr::Exists(Box::new(there))));
        }
        Ok(Self::of(plan.meta, InsertRows::Select(Box::new(one))))
    }

    fn of(meta: &'static ModelMeta, rows: InsertRows) -> Self {
        Self::with(meta, rows, None, false)
    }

    fn with(meta: &'static ModelMeta, rows: InsertRows, conflict: Option<Conflict>, whole: bool) -> Self {
        let columns: Vec<_> = inserted(meta).collect();
        let returned = meta.columns.iter().enumerate().filter(|(_, column)| whole || column.is_computed());
        let returned: Vec<usize> = returned.map(|(number, _)| number).collect();
        let sql = compile(meta, &columns, rows, conflict, whole);
        RowInsert { meta, returned, may_overflow: may_overflow(meta), sql }
    }

    pub(super) fn need(&self) -> Need {
        // A key that does not fit, and a value that comes back and is refused, are found after the row is there, and take
        // it back.
        if self.may_overflow || !self.returned.is_empty() { Need::WriteAll } else { Need::Write }
    }

    /// Inserts a row; none where it was not to be inserted.
    pub(super) fn run<M: Model>(
        &self,
        connection: &Connection<'_>,
        new: &M::New,
        at: &'static Location<'static>,
    ) -> Result<Option<Inserted>> {
        let columns = inserted(self.meta).count();
        let mut inserted = None;
        let outcome = connection.repeat(&self.sql.text, About { meta: self.meta, at }, |prepared| {
            for (number, bind) in self.sql.binds.iter().enumerate().skip(columns) {
                prepared.bind(number + 1, bind)?;
            }
            let mut returned = Returned::default();
            inserted = self.row::<M>(prepared, new, &mut returned)?.map(|rowid| Inserted { rowid, returned });
            Ok(())
        });
        outcome.map_err(|error| blame(error, connection, self.meta, at, &|column| M::bind_new(new, column)))?;
        Ok(inserted)
    }

    /// The same, by the statement that is prepared already; the rowid of the row.
    pub(super) fn row<M: Model>(
        &self,
        prepared: &mut Prepared<'_, '_>,
        new: &M::New,
        returned: &mut Returned,
    ) -> Result<Option<i64>> {
        if self.write::<M>(prepared, new, returned)? == 0 {
            return Ok(None);
        }
        let rowid = prepared.rowid();
        if self.may_overflow {
            new_key::<M>(new, rowid)?;
        }
        Ok(Some(rowid))
    }

    /// Writes a row, be it into one that is there already; says how many rows that were.
    pub(super) fn write<M: Model>(
        &self,
        prepared: &mut Prepared<'_, '_>,
        new: &M::New,
        returned: &mut Returned,
    ) -> Result<u64> {
        execute(put::<M>(prepared, new), &self.returned, returned)
    }
}

impl RowInsert {
    /// Inserts a row of binds, one for each column that is written; says how many rows that were.
    pub(crate) fn binds<'b>(
        &self,
        prepared: &mut Prepared<'_, '_>,
        bind: impl Fn(usize) -> Option<Bind<'b>>,
        returned: &mut Returned,
    ) -> Result<u64> {
        let mut row = prepared.row();
        for (number, _) in inserted(self.meta) {
            row.bind(bind(number).unwrap_or(Bind::Null), Some(number));
        }
        execute(row, &self.returned, returned)
    }
}

/// Binds a row, and runs nothing.
pub(super) fn put<'p, 'b, M: Model>(prepared: &'p mut Prepared<'_, '_>, new: &'b M::New) -> PreparedRow<'p, 'b> {
    let mut row = prepared.row();
    M::bind_row(new, &mut row);
    row
}

/// Runs a statement and keeps what it returns, the values of these columns; says how many rows it changed.
pub(super) fn execute(row: PreparedRow<'_, '_>, columns: &[usize], returned: &mut Returned) -> Result<u64> {
    if columns.is_empty() {
        return row.execute();
    }
    row.returning(|row| {
        for (place, column) in columns.iter().enumerate() {
            if let Ok(datum) = row.datum(place) {
                returned.push(*column, datum);
            }
        }
        Ok(())
    })
}

fn compile(
    meta: &'static ModelMeta,
    columns: &[(usize, &ColumnMeta)],
    rows: InsertRows,
    conflict: Option<Conflict>,
    whole: bool,
) -> Sql {
    let returned = meta.columns.iter().filter(|column| whole || column.is_computed());
    sql::compile(&Statement::Insert(Insert {
        table: meta.table,
        columns: columns.iter().map(|(_, column)| column.column.into()).collect(),
        rows,
        conflict,
        returning: returned.map(|column| column.column.into()).collect(),
    }))
}

/// The columns an INSERT writes.
fn inserted(meta: &'static ModelMeta) -> impl Iterator<Item = (usize, &'static ColumnMeta)> {
    meta.columns.iter().enumerate().filter(|(_, column)| column.is_inserted())
}

/// `SELECT ?1, coalesce(?2, default) ..`.
fn one_row(meta: &'static ModelMeta) -> Select {
    let values = inserted(meta).map(|(_, column)| match column.source {
        ColumnSource::DefaultSql(sql) => {
            Expr::Call(Function::Coalesce, vec![Expr::Bind(Bind::Null), Expr::Literal(sql)])
        }
        _ => Expr::Bind(Bind::Null),
    });
    Select { columns: values.collect(), ..Select::default() }
}

fn may_overflow(meta: &'static ModelMeta) -> bool {
    meta.auto_key && meta.columns.get(meta.key).is_some_and(|column| column.rust_type != "i64")
}

/// Inserts a row, and links it with another.
pub(crate) fn create_linked<M: Model>(
    new: M::New,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<M> {
    let row = insert_with(&RowInsert::new(M::META), new, db, at, link)?;
    row.ok_or(Error::DoesNotExist { model: M::META.name, key: None })
}

/// Inserts rows with their defaults, each once the rules of its model have been asked, in the transaction that is under
/// way; says how many.
pub(crate) fn insert_each<M: Model>(
    connection: &Connection<'_>,
    at: &'static Location<'static>,
    rows: impl Iterator<Item = Result<M::New>>,
) -> Result<u64> {
    let insert = RowInsert::new(M::META);
    let (mut count, mut last) = (0, None);
    let inserted = connection.repeat(&insert.sql.text, About { meta: M::META, at }, |prepared| {
        for new in rows {
            let mut new = new?;
            M::fill(&mut new);
            check::<M>(&new)?;
            insert.row::<M>(prepared, last.insert(new), &mut Returned::default())?;
            count += 1;
        }
        Ok(())
    });
    let bind = |column| last.as_ref().and_then(|new| M::bind_new(new, column));
    inserted.map_err(|error| blame(error, connection, M::META, at, &bind))?;
    Ok(count)
}

/// Inserts a row with its defaults, once the rules of its model have been asked; none where it was not to be inserted.
pub(super) fn insert_with<M: Model>(
    insert: &RowInsert,
    mut new: M::New,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<Option<M>> {
    M::fill(&mut new);
    if !M::HOOKED {
        check::<M>(&new)?;
        return write(insert, new, db, at, link);
    }
    let (mut new, mut row, mut is_there) = (Some(new), None, false);
    let outcome = db.transact(true, at, &mut |tx| {
        let Some(mut new) = new.take() else { return Ok(()) };
        M::hook(Event::BeforeCreate(&mut new), tx)?;
        check::<M>(&new)?;
        row = write(insert, new, tx, at, link)?;
        is_there = row.is_none();
        // Nothing was created: what the hook has written goes too. Which error it is, nobody sees.
        let Some(row) = &mut row else { return Err(Error::RolledBack) };
        M::hook(Event::AfterCreate(row), tx)?;
        count_after_hooks(row, tx, at)
    });
    if is_there { Ok(None) } else { outcome.map(|()| row) }
}

fn write<M: Model>(
    insert: &RowInsert,
    new: M::New,
    db: &dyn Executor,
    at: &'static Location<'static>,
    link: Link<'_>,
) -> Result<Option<M>> {
    let (mut new, mut row) = (Some(new), None);
    let need = if link.is_some() { Need::WriteAll } else { insert.need() };
    db.run(need, at, &mut |connection| {
        let Some(new) = new.take() else { return Ok(()) };
        let mut inserted = insert.run::<M>(connection, &new, at)?;
        linked::<M>(connection, &new, inserted.as_ref(), link)?;
        if let (Some(inserted), Some(_)) = (&mut inserted, link) {
            count_anew::<M>(connection, &new, inserted, at)?;
        }
        row = inserted.map(|inserted| created(new, &inserted, db, at)).transpose()?;
        Ok(())
    })?;
    Ok(row)
}

pub(super) fn linked<M: Model>(
    connection: &Connection<'_>,
    new: &M::New,
    inserted: Option<&Inserted>,
    link: Link<'_>,
) -> Result<()> {
    match (link, inserted) {
        (Some(link), Some(inserted)) => {
            let key = new_key::<M>(new, inserted.rowid)?;
            link(connection, key.key_ref())
        }
        _ => Ok(()),
    }
}

/// Asks the rules of the model.
pub(super) fn check<M: Model>(new: &M::New) -> Result<()> {
    let mut rules = Rules::default();
    rules.ask_new::<M>(new);
    rules.finish::<M>()
}

/// The row that was inserted, as a result of its own.
pub(super) fn created<M: Model>(
    new: M::New,
    inserted: &Inserted,
    db: &dyn Executor,
    at: &'static Location<'static>,
) -> Result<M> {
    // The key of the group is that of the row, which is made with a place in the group.
    let key = new_key::<M>(&new, inserted.rowid)?;
    let group = group_of_one::<M>(key.key_ref(), db.database().home(None, at));
    let origin = Origin::new(&group, 0).with(&inserted.returned);
    M::from_new(new, inserted.rowid, origin).map_err(|mismatch| unmade::<M>(inserted.rowid, &mismatch))
}

/// The error of a row that was inserted, and that is not what its fields promise.
#[cold]
pub(super) fn unmade<M: Model>(rowid: i64, mismatch: &Mismatch) -> Error {
    match M::Key::from_rowid(rowid) {
        Err(_) if M::META.auto_key => no_key::<M>(rowid),
        _ => unlike::<M>(mismatch),
    }
}

/// The error of a value that the database has computed, and that is not what its field's type promises.
#[cold]
pub(super) fn unlike<M: Model>(mismatch: &Mismatch) -> Error {
    let computed = M::META.columns.iter().filter(|column| column.is_computed());
    let names: Vec<&str> = computed.clone().map(|column| column.name).collect();
    let columns: Vec<&str> = computed.clone().map(|column| column.column).collect();
    let types: Vec<&str> = computed.map(|column| column.rust_type).collect();
    Error::Decode {
        model: M::META.name,
        field: names.join(", "),
        column: columns.join(", "),
        expected: types.first().copied().unwrap_or("?"),
        found: mismatch.0.clone().into_owned(),
    }
}

/// The key a new row has been given, or has got.
pub(super) fn new_key<M: Model>(new: &M::New, rowid: i64) -> Result<M::Key> {
    let mut packed = Vec::new();
    let given = M::bind_new(new, M::META.key);
    let key = match given.as_ref().and_then(KeyRef::of_bind) {
        Some(_) if M::META.is_composite() => {
            for part in M::META.keys.iter().filter_map(|key| M::bind_new(new, *key)) {
                pack_part(&part, &mut packed);
            }
            M::Key::from_key_ref(KeyRef::Packed(&packed))
        }
        Some(key) => M::Key::from_key_ref(key),
        None => M::Key::from_rowid(rowid).ok(),
    };
    key.ok_or_else(|| no_key::<M>(rowid))
}

#[cold]
fn no_key<M: Model>(rowid: i64) -> Error {
    let column = M::META.columns.get(M::META.key);
    Error::Decode {
        model: M::META.name,
        field: column.map_or("?", |column| column.name).to_owned(),
        column: M::META.key_column().to_owned(),
        expected: column.map_or("?", |column| column.rust_type),
        found: format!("the next key {rowid}, for which the type has no room,"),
    }
}
