//! Expressions as text. Every operator's operands are in parentheses unless they are atoms: precedence is never relied on.

use super::writer::Writer;
use crate::statement::{Expr, Frame, FrameUnit};
use crate::value::Bind;

impl Writer {
    pub(super) fn expr(&mut self, expr: &Expr) {
        match expr {
            Expr::Column { alias, column } => {
                if let Some(alias) = alias {
                    self.ident(alias);
                    self.push(".");
                }
                self.ident(column);
            }
            Expr::Bind(bind) => self.bind(bind),
            Expr::Literal(literal) => self.push(literal),
            Expr::One => self.push("1"),
            Expr::CountAll => self.push("count(*)"),
            Expr::Ordinal(number) => self.push(&number.to_string()),
            Expr::Star => self.push("*"),
            Expr::Binary(operator, left, right) => {
                self.operand(left);
                self.push(" ");
                self.push(operator.sql());
                self.push(" ");
                self.operand(right);
            }
            Expr::And(all) if all.is_empty() => self.push("1"),
            Expr::Or(any) if any.is_empty() => self.push("0"),
            Expr::And(all) => self.chain(all, " AND "),
            Expr::Or(any) => self.chain(any, " OR "),
            Expr::IsTrue(inner) => {
                self.operand(inner);
                self.push(" IS TRUE");
            }
            Expr::IsNotTrue(inner) => {
                if let Expr::Exists(_) = **inner {
                    // EXISTS is never NULL.
                    self.push("NOT ");
                    self.expr(inner);
                } else {
                    self.operand(inner);
                    self.push(" IS NOT TRUE");
                }
            }
            Expr::Xor(left, right) => {
                self.push("(");
                self.operand(left);
                self.push(" IS TRUE) <> (");
                self.operand(right);
                self.push(" IS TRUE)");
            }
            Expr::IsNull(inner) => {
                self.operand(inner);
                self.push(" IS NULL");
            }
            Expr::IsNotNull(inner) => {
                self.operand(inner);
                self.push(" IS NOT NULL");
            }
            Expr::Negate(inner) => {
                self.push("-");
                self.operand(inner);
            }
            Expr::Between(value, low, high) => {
                self.operand(value);
                self.push(" BETWEEN ");
                self.operand(low);
                self.push(" AND ");
                self.operand(high);
            }
            Expr::InList(value, list) => {
                self.operand(value);
                self.push(" IN (");
                self.list(list, ", ", Writer::expr);
                self.push(")");
            }
            Expr::InArray(value, array) => {
                self.operand(value);
                self.push(" IN (SELECT value FROM rarray(");
                self.expr(array);
                self.push("))");
            }
            Expr::InSelect(value, select) => {
                self.operand(value);
                self.push(" IN (");
                self.select(select);
                self.push(")");
            }
            Expr::Exists(select) => {
                self.push("EXISTS (");
                self.select(select);
                self.push(")");
            }
            Expr::Select(select) => {
                self.push("(");
                self.select(select);
                self.push(")");
            }
            Expr::Row(values) => {
                self.push("(");
                self.list(values, ", ", Writer::expr);
                self.push(")");
            }
            Expr::Call(function, arguments) => {
                self.push(function.sql());
                self.push("(");
                self.list(arguments, ", ", Writer::expr);
                self.push(")");
            }
            Expr::Aggregate { function, argument, distinct, filter, separator } => {
                self.push(function.sql());
                self.push(if *distinct { "(DISTINCT " } else { "(" });
                match argument {
                    Some(argument) => self.expr(argument),
                    None => self.push("*"),
                }
                if let Some(separator) = separator {
                    self.push(", ");
                    self.expr(separator);
                }
                self.push(")");
                if let Some(filter) = filter {
                    self.push(" FILTER (WHERE ");
                    self.expr(filter);
                    self.push(")");
                }
            }
            Expr::Case(arms, otherwise) => {
                self.push("CASE");
                for (condition, value) in arms {
                    self.push(" WHEN ");
                    self.operand(condition);
                    self.push(" THEN ");
                    self.operand(value);
                }
                if let Some(otherwise) = otherwise {
                    self.push(" ELSE ");
                    self.operand(otherwise);
                }
                self.push(" END");
            }
            Expr::Window { function, partition, order, frame } => {
                self.expr(function);
                self.push(" OVER (");
                let mut between = "";
                if !partition.is_empty() {
                    self.push("PARTITION BY ");
                    self.list(partition, ", ", Writer::expr);
                    between = " ";
                }
                if !order.is_empty() {
                    self.push(between);
                    self.push("ORDER BY ");
                    self.list(order, ", ", Writer::order);
                    between = " ";
                }
                if let Some(frame) = frame {
                    self.push(between);
                    self.frame(*frame);
                }
                self.push(")");
            }
            Expr::WindowCall(function, arguments) => {
                self.push(function.sql());
                self.push("(");
                self.list(arguments, ", ", Writer::expr);
                self.push(")");
            }
            Expr::Cast(inner, storage) => {
                self.push("CAST(");
                self.expr(inner);
                self.push(" AS ");
                self.push(storage.sql());
                self.push(")");
            }
        }
    }

    /// `ROWS BETWEEN 2 PRECEDING AND CURRENT ROW`. Its numbers are binds: they are values.
    fn frame(&mut self, frame: Frame) {
        self.push(match frame.unit {
            FrameUnit::Rows => "ROWS BETWEEN ",
            FrameUnit::Range => "RANGE BETWEEN ",
            FrameUnit::Groups => "GROUPS BETWEEN ",
        });
        self.edge(frame.start, "UNBOUNDED PRECEDING");
        self.push(" AND ");
        self.edge(frame.end, "UNBOUNDED FOLLOWING");
    }

    fn edge(&mut self, at: Option<i64>, unbounded: &str) {
        match at {
            None => self.push(unbounded),
            Some(0) => self.push("CURRENT ROW"),
            Some(rows) => {
                self.bind(&Bind::Integer(rows.saturating_abs()));
                self.push(if rows < 0 { " PRECEDING" } else { " FOLLOWING" });
            }
        }
    }

    /// Expressions with an operator between them. SQLite nests a chain as deep as it is long and has a limit, so a long
    /// one is written as a tree.
    pub(super) fn chain(&mut self, items: &[Expr], operator: &str) {
        const LONG: usize = 100;
        if items.len() <= LONG {
            return self.list(items, operator, Writer::operand);
        }
        let (left, right) = items.split_at(items.len() / 2);
        self.push("(");
        self.chain(left, operator);
        self.push(")");
        self.push(operator);
        self.push("(");
        self.chain(right, operator);
        self.push(")");
    }

    /// An expression as part of a larger one.
    pub(super) fn operand(&mut self, expr: &Expr) {
        let atom = matches!(
            expr,
            Expr::Column { .. }
                | Expr::Bind(_)
                | Expr::One
                | Expr::CountAll
                | Expr::Ordinal(_)
                | Expr::Window { .. }
                | Expr::WindowCall(..)
                | Expr::Call(..)
                | Expr::Row(_)
                | Expr::Cast(..)
                | Expr::Aggregate { .. }
                | Expr::Select(_)
                | Expr::Exists(_)
        );
        if atom {
            self.expr(expr);
        } else {
            self.push("(");
            self.expr(expr);
            self.push(")");
        }
    }
}
