//! `INSERT`, `UPDATE`, `DELETE` and the schema statements as text.

use super::writer::Writer;
use crate::statement::{
    ColumnDef, ColumnName, Computed, Conflict, CreateIndex, CreateTable, Delete, Insert, InsertRows, Update,
};
use crate::value::Domain;

impl Writer {
    pub(super) fn insert(&mut self, insert: &Insert) {
        self.push("INSERT INTO ");
        self.ident(insert.table);
        if insert.conflict.is_some() && insert.table.eq_ignore_ascii_case("excluded") {
            // Its name is that of the new row there.
            self.push(" AS \"written\"");
        }
        self.push(" (");
        self.list(&insert.columns, ", ", |writer, column| writer.ident(column));
        self.push(") ");
        match &insert.rows {
            InsertRows::Values => {
                self.push("VALUES (");
                for number in 1..=insert.columns.len() {
                    if number > 1 {
                        self.push(", ");
                    }
                    self.mark(number);
                }
                self.push(")");
            }
            InsertRows::Select(select) => self.select(select),
        }
        if let Some(Conflict { target, update, counts }) = &insert.conflict {
            self.push(" ON CONFLICT (");
            self.list(target, ", ", |writer, column| writer.ident(column));
            self.push(if update.is_empty() { ") DO NOTHING" } else { ") DO UPDATE SET " });
            self.list(update, ", ", |writer, column| {
                writer.ident(column);
                writer.push(" = excluded.");
                writer.ident(column);
            });
            if let Some(column) = counts {
                self.push(", ");
                self.ident(column);
                self.push(" = ");
                self.ident(column);
                self.push(" + 1");
            }
        }
        self.returning(&insert.returning);
    }

    fn returning(&mut self, columns: &[ColumnName]) {
        if !columns.is_empty() {
            self.push(" RETURNING ");
            self.list(columns, ", ", |writer, column| writer.ident(column));
        }
    }

    pub(super) fn update(&mut self, update: &Update) {
        self.push("UPDATE ");
        self.ident(update.table);
        self.push(" SET ");
        self.list(&update.set, ", ", |writer, (column, value)| {
            writer.ident(column);
            writer.push(" = ");
            writer.operand(value);
        });
        if let Some(from) = &update.from {
            self.push(" FROM ");
            self.source(from);
        }
        self.filter(&update.filter);
        self.returning(&update.returning);
    }

    pub(super) fn delete(&mut self, delete: &Delete) {
        self.push("DELETE FROM ");
        self.ident(delete.table);
        // Without a WHERE, SQLite truncates, and tells nobody how many rows went.
        if delete.filter.is_empty() {
            self.push(" WHERE 1");
        }
        self.filter(&delete.filter);
    }

    pub(super) fn create_table(&mut self, table: &CreateTable) {
        self.push("CREATE TABLE IF NOT EXISTS ");
        self.ident(table.table);
        self.push(" (");
        self.list(&table.columns, ", ", Writer::column_def);
        if !table.primary_key.is_empty() {
            self.push(", PRIMARY KEY (");
            self.list(&table.primary_key, ", ", |writer, column| writer.ident(column));
            self.push(")");
        }
        for columns in &table.uniques {
            self.push(", UNIQUE (");
            self.list(columns, ", ", |writer, column| writer.ident(column));
            self.push(")");
        }
        for (name, sql) in &table.checks {
            self.push(", CONSTRAINT ");
            self.ident(name);
            self.push(" CHECK (");
            self.push(sql);
            self.push(")");
        }
        self.push(") STRICT");
    }

    fn column_def(&mut self, column: &ColumnDef) {
        self.ident(&column.name);
        self.push(" ");
        self.push(column.storage.sql());
        if column.primary_key {
            self.push(" PRIMARY KEY");
        }
        if column.not_null {
            self.push(" NOT NULL");
        }
        if column.unique {
            self.push(" UNIQUE");
        }
        if let Some(default) = column.default {
            self.push(" DEFAULT ");
            self.push(default);
        }
        match column.computed {
            Some(Computed::Default(sql)) => {
                self.push(" DEFAULT (");
                self.push(sql);
                self.push(")");
            }
            Some(Computed::Generated { sql, stored }) => {
                self.push(" GENERATED ALWAYS AS (");
                self.push(sql);
                self.push(if stored { ") STORED" } else { ") VIRTUAL" });
            }
            None => {}
        }
        let within = match column.length {
            (None, None) => None,
            (None, Some(most)) => Some(format!("<= {most}")),
            (Some(fewest), None) => Some(format!(">= {fewest}")),
            (Some(fewest), Some(most)) => Some(format!("BETWEEN {fewest} AND {most}")),
        };
        if let Some(within) = within {
            self.push(" CONSTRAINT ");
            self.ident(&format!("{}_length", column.name));
            self.push(" CHECK (length(");
            self.ident(&column.name);
            self.push(&format!(") {within})"));
        }
        for (name, operator, bound) in [("min", ">=", column.bounds.0), ("max", "<=", column.bounds.1)] {
            let Some(bound) = bound else { continue };
            self.push(" CONSTRAINT ");
            self.ident(&format!("{}_{name}", column.name));
            self.push(" CHECK (");
            self.ident(&column.name);
            self.push(&format!(" {operator} {bound})"));
        }
        self.domain(column);
        if let Some(references) = &column.references {
            self.push(" REFERENCES ");
            self.ident(references.table);
            self.push(" (");
            self.ident(references.column);
            self.push(") ON DELETE ");
            self.push(references.on_delete);
        }
    }

    /// What the column's type has of its storage, as a CHECK. Its texts are those of the program, in quotes.
    fn domain(&mut self, column: &ColumnDef) {
        let name = match column.domain {
            Domain::Any | Domain::Decimal => return,
            Domain::Range(..) => "range",
            Domain::Texts(_) | Domain::Integers(_) => "choices",
            Domain::Length(_) => "length",
            Domain::Json => "json",
        };
        self.push(" CONSTRAINT ");
        self.ident(&format!("{}_{name}", column.name));
        self.push(" CHECK (");
        match column.domain {
            Domain::Length(_) => self.push("length("),
            Domain::Json => self.push("json_valid("),
            _ => {}
        }
        self.ident(&column.name);
        match column.domain {
            Domain::Any | Domain::Decimal => {}
            Domain::Range(least, greatest) => self.push(&format!(" BETWEEN {least} AND {greatest}")),
            Domain::Texts(texts) => {
                self.push(" IN (");
                self.list(texts, ", ", |writer, text| writer.push(&format!("'{}'", text.replace('\'', "''"))));
                self.push(")");
            }
            Domain::Integers(integers) => {
                self.push(" IN (");
                self.list(integers, ", ", |writer, integer| writer.push(&integer.to_string()));
                self.push(")");
            }
            Domain::Length(bytes) => self.push(&format!(") = {bytes}")),
            Domain::Json => self.push(")"),
        }
        self.push(")");
    }

    pub(super) fn create_index(&mut self, index: &CreateIndex) {
        self.push(if index.unique { "CREATE UNIQUE INDEX IF NOT EXISTS " } else { "CREATE INDEX IF NOT EXISTS " });
        self.ident(&index.name);
        self.push(" ON ");
        self.ident(index.table);
        self.push(" (");
        self.list(&index.columns, ", ", |writer, column| writer.ident(column));
        self.push(")");
    }
}
