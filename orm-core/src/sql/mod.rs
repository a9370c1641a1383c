//! A statement as SQL text and binds. Pure: the same statement is the same text.
//!
//! Every value is a numbered bind, every identifier is quoted; both happen in `writer.rs` and nowhere else.

mod counter;
mod expr;
mod select;
mod write;
mod writer;

#[cfg(test)]
mod tests;

use std::ffi::CStr;
use std::sync::Arc;

pub(crate) use counter::NOTED;

use crate::statement::Statement;
use crate::value::Bind;
use writer::Writer;

/// Every table with each column of its foreign keys: its name, the column, the table that is pointed at, the ON DELETE,
/// whether it has rowids, the place of the column in its foreign key, and the column that it points at.
pub(crate) const DECLARED_KEYS: &str = r#"SELECT t.name, f."from", f."table", f.on_delete, NOT t.wr, f.seq,
        coalesce(f."to", (SELECT name FROM pragma_table_info(f."table") WHERE pk = f.seq + 1))
    FROM pragma_table_list AS t LEFT JOIN pragma_foreign_key_list(t.name) AS f
    WHERE t.schema = 'main' ORDER BY t.name, f.id, f.seq"#;

/// The names of the virtual tables that were made, which have no page of their own.
pub(crate) const VIRTUAL_TABLES: &str = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND rootpage = 0";

/// What has a name in the schema, and the table that it is of.
pub(crate) const SCHEMA_NAMES: &str = "SELECT name, tbl_name FROM main.sqlite_schema";

/// Whether something in the schema may speak of `FAIL`: a constraint that says `ON CONFLICT FAIL`, a trigger that raises it.
/// A column that is called `failed` is none of these.
pub(crate) const FAILS: &str = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema
    WHERE sql LIKE '%conflict%fail%' OR sql LIKE '%raise%fail%')";

/// Whether something in the schema may compare texts otherwise than byte by byte.
pub(crate) const COLLATES: &str = "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE sql LIKE '%collate%')";

/// The columns of each index of a table that holds all of its rows, in order: its name, whether it is unique, the column.
pub(crate) const INDEXES: &str = r#"SELECT i.name, i."unique", c.name
    FROM pragma_index_list(?1) AS i JOIN pragma_index_xinfo(i.name) AS c
    WHERE NOT i.partial AND c.key ORDER BY i.seq, c.seqno"#;

/// Whether the connection has something temporary, which stands before what is called the same in the file.
pub(crate) const TEMPORARY: &str = "SELECT 1 FROM temp.sqlite_schema LIMIT 1";

/// What the table of one bind's values, `rarray`, looks like to SQLite. The hidden column is its argument.
pub(crate) const ARRAY_TABLE: &CStr = c"CREATE TABLE rarray(value, argument HIDDEN)";

/// A compiled statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sql {
    pub(crate) text: Arc<str>,
    pub(crate) binds: Vec<Bind<'static>>,
}

/// Compiles a statement.
pub(crate) fn compile(statement: &Statement) -> Sql {
    let mut writer = Writer::default();
    match statement {
        Statement::Select(select) => writer.select(select),
        Statement::Insert(insert) => writer.insert(insert),
        Statement::Update(update) => writer.update(update),
        Statement::Delete(delete) => writer.delete(delete),
        Statement::CreateTable(table) => writer.create_table(table),
        Statement::CreateIndex(index) => writer.create_index(index),
        Statement::CreateTrigger(counter, trigger) => writer.create_trigger(counter, *trigger),
        Statement::CreateNoted => writer.create_noted(),
        Statement::Recount(counters) => writer.recount(counters),
    }
    writer.finish()
}
