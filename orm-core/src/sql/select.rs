//! `SELECT` as text.

use super::writer::Writer;
use crate::statement::{Expr, Join, Nulls, OrderTerm, Select, Source, TableRef};
use crate::value::Bind;

impl Writer {
    pub(super) fn select(&mut self, select: &Select) {
        if let Some(with) = &select.with {
            self.push("WITH RECURSIVE ");
            self.ident(&with.name);
            self.push(" (");
            self.list(&with.columns, ", ", |writer, column| writer.ident(column));
            self.push(") AS (");
            self.select(&with.seed);
            self.push(" UNION ");
            self.select(&with.step);
            self.push(") ");
        }
        self.core(select);
        for (operator, member) in &select.compound {
            self.push(" ");
            self.push(operator.sql());
            self.push(" ");
            self.core(member);
        }
        self.order_by(&select.order);
        if select.limit.is_some() || select.offset.is_some() {
            // SQLite's word for no limit is a negative one; a count beyond its integers is no limit either.
            let count = |count: u64| Bind::Integer(i64::try_from(count).unwrap_or(i64::MAX));
            self.push(" LIMIT ");
            self.bind(&select.limit.map_or(Bind::Integer(-1), count));
            if let Some(offset) = select.offset {
                self.push(" OFFSET ");
                self.bind(&count(offset));
            }
        }
    }

    /// One query of a compound: all but order and limit.
    fn core(&mut self, select: &Select) {
        self.push(if select.distinct { "SELECT DISTINCT " } else { "SELECT " });
        for (i, column) in select.columns.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            self.expr(column);
            if select.named {
                self.push(" AS ");
                self.ident(&format!("c{i}"));
            }
        }
        for (i, source) in select.from.iter().enumerate() {
            self.push(match (i, source.join) {
                (0, _) => " FROM ",
                (_, Join::Inner) => " JOIN ",
                (_, Join::Left) => " LEFT JOIN ",
                (_, Join::Cross) => " CROSS JOIN ",
            });
            self.source(source);
        }
        self.filter(&select.filter);
        if !select.group.is_empty() {
            self.push(" GROUP BY ");
            self.list(&select.group, ", ", Writer::expr);
        }
        self.conditions(" HAVING ", &select.having);
    }

    /// ` ORDER BY a, b DESC`, or nothing.
    fn order_by(&mut self, order: &[OrderTerm]) {
        if !order.is_empty() {
            self.push(" ORDER BY ");
            self.list(order, ", ", Writer::order);
        }
    }

    pub(super) fn source(&mut self, source: &Source) {
        match &source.table {
            TableRef::Table(table) => {
                self.ident(table);
                if *table != &*source.alias {
                    self.push(" AS ");
                    self.ident(&source.alias);
                }
            }
            TableRef::Named(name) => {
                self.ident(name);
                if *name != source.alias {
                    self.push(" AS ");
                    self.ident(&source.alias);
                }
            }
            TableRef::Select(select) => {
                self.push("(");
                self.select(select);
                self.push(") AS ");
                self.ident(&source.alias);
            }
            TableRef::Array(array) => {
                self.push("rarray(");
                self.expr(array);
                self.push(") AS ");
                self.ident(&source.alias);
            }
            TableRef::Nothing => self.push("(SELECT 1)"),
        }
        if let Some(on) = &source.on {
            self.push(" ON ");
            self.expr(on);
        }
    }

    /// ` WHERE a AND b`, or nothing.
    pub(super) fn filter(&mut self, filter: &[Expr]) {
        self.conditions(" WHERE ", filter);
    }

    fn conditions(&mut self, word: &str, conditions: &[Expr]) {
        match conditions {
            [] => {}
            [one] => {
                self.push(word);
                self.expr(one);
            }
            all => {
                self.push(word);
                self.chain(all, " AND ");
            }
        }
    }

    pub(super) fn order(&mut self, term: &OrderTerm) {
        self.expr(&term.expr);
        if term.descending {
            self.push(" DESC");
        }
        match term.nulls {
            None => {}
            Some(Nulls::First) => self.push(" NULLS FIRST"),
            Some(Nulls::Last) => self.push(" NULLS LAST"),
        }
    }
}
