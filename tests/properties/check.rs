//! Asks the database for a tree where it stands in a query, and compares with what plain Rust says.

use std::cmp::Ordering;
use std::fmt::Debug;

use eager_orm::prelude::*;
use eager_orm::{Order, PageCursor};

use crate::build::{condition, day, flag, int, moment, real, short, text};
use crate::evaluate::{Strange, Value, column, holds, moment_text, value};
use crate::row::Row;
use crate::tree::{COLUMNS, Place, Query, Tree, Type};

/// What is asked of each type: `$expr` is the typed expression, `$to` makes an untyped value of one that was read.
macro_rules! typed {
    ($tree:expr, |$expr:ident, $to:ident| $body:expr) => {{
        let tree: &Tree = $tree;
        match tree.ty {
            Type::Int => {
                let ($expr, $to) = (int(tree), Value::Int);
                $body
            }
            Type::Short => {
                let ($expr, $to) = (short(tree), |v: i32| Value::Int(v.into()));
                $body
            }
            Type::Real => {
                let ($expr, $to) = (real(tree), Value::Real);
                $body
            }
            Type::Text => {
                let ($expr, $to) = (text(tree), Value::Text);
                $body
            }
            Type::Bool => {
                let ($expr, $to) = (flag(tree), |v: bool| Value::Int(v.into()));
                $body
            }
            Type::Day => {
                let ($expr, $to) = (day(tree), |v: Date| Value::Text(v.to_string()));
                $body
            }
            Type::Moment => {
                let ($expr, $to) = (moment(tree), |v: DateTime| Value::Text(moment_text(v)));
                $body
            }
            Type::Condition => unreachable!("{tree:?}"),
        }
    }};
}

/// Whether the database was asked, and agrees; if not, how the two differ and what was asked.
pub fn check(db: &Database, rows: &[Row], query: &Query) -> Result<bool, String> {
    match expected(rows, query) {
        Ok((rows, values)) => asked(db, &rows, &values, query).map(|()| true),
        Err(Strange) => Ok(false),
    }
}

/// The rows of the query, and what its tree is worth for each; for a filter, the rows that it lets through.
fn expected<'r>(rows: &'r [Row], query: &Query) -> Result<(Vec<&'r Row>, Vec<Value>), Strange> {
    let is_asked = |row: &Row| query.rows.as_ref().map_or(Ok(true), |tree| holds(tree, row));
    // What one row makes strange may stop the whole query, also where the row is none of its own.
    for row in rows {
        value(&query.tree, row)?;
    }
    let mut found = (Vec::new(), Vec::new());
    for row in rows {
        let is_in = match query.place {
            Place::Filter => holds(&query.tree, row)?,
            Place::Exclude => !holds(&query.tree, row)?,
            _ => is_asked(row)?,
        };
        if is_in {
            found.0.push(row);
            found.1.push(value(&query.tree, row)?);
        }
    }
    Ok(found)
}

fn base(query: &Query) -> QuerySet<Row> {
    match &query.rows {
        Some(tree) => Row::objects().filter(|_| condition(tree)),
        None => Row::objects(),
    }
}

fn asked(db: &Database, rows: &[&Row], values: &[Value], query: &Query) -> Result<(), String> {
    let tree = &query.tree;
    let keys: Vec<i64> = rows.iter().map(|row| row.id).collect();
    match query.place {
        Place::Filter | Place::Exclude => {
            let rows = match query.place {
                Place::Filter => Row::objects().filter(|_| condition(tree)),
                _ => Row::objects().exclude(|_| condition(tree)),
            };
            let rows = rows.order_by(|r| r.id()).values_list(|r| r.id());
            same(&keys, rows.all(db), &rows.to_sql())
        }
        Place::Value if tree.ty == Type::Condition => {
            let values: Vec<bool> = values.iter().map(|value| *value != Value::Int(0)).collect();
            let rows = base(query).order_by(|r| r.id()).values_list(|_| condition(tree));
            same(&values, rows.all(db), &rows.to_sql())
        }
        Place::Value => typed!(tree, |expr, to| {
            let rows = base(query).order_by(|r| r.id()).values_list(|_| expr);
            let sql = rows.to_sql();
            let found = rows.all(db).map(|all| all.into_iter().map(|one| one.map_or(Value::Null, to)).collect());
            match fitting(values, tree.ty) {
                true => same_values(values, found, &sql),
                false => refused(found, &sql),
            }
        }),
        Place::Order | Place::Page => typed!(tree, |expr, _to| ordered(db, &keys, values, query, &expr)),
        Place::Window => typed!(tree, |expr, _to| ranked(db, &keys, values, query, &expr)),
        Place::Update => updated(db, &keys, values, query),
        Place::Aggregate => aggregated(db, values, query),
        Place::Group => typed!(tree, |expr, to| {
            let groups = base(query).values_list(|_| expr).annotate(|_| count());
            let sql = groups.to_sql();
            let found = groups.all(db).map(|all| {
                let mut all: Vec<(Value, i64)> =
                    all.into_iter().map(|(key, count)| (key.map_or(Value::Null, to), count)).collect();
                all.sort_by(|a, b| a.0.order(&b.0));
                all.into_iter().flat_map(|(key, count)| [key, Value::Int(count)]).collect::<Vec<_>>()
            });
            let mut sorted = values.to_vec();
            sorted.sort_by(Value::order);
            let groups: Vec<&[Value]> = sorted.chunk_by(|a, b| a.order(b).is_eq()).collect();
            let expected: Vec<Value> =
                groups.iter().flat_map(|group| [group[0].clone(), Value::Int(group.len() as i64)]).collect();
            // Of equal values, as 0 and 0.0, any may be the key.
            match groups.iter().any(|group| !group.iter().any(|value| value.fits(tree.ty))) {
                true => refused(found, &sql),
                false if fitting(values, tree.ty) => same_values(&expected, found, &sql),
                false => Ok(()),
            }
        }),
    }
}

fn fitting(values: &[Value], ty: Type) -> bool {
    values.iter().all(|value| value.fits(ty))
}

fn ordered<T: eager_orm::Value>(
    db: &Database,
    keys: &[i64],
    values: &[Value],
    query: &Query,
    expr: &Expr<Row, T>,
) -> Result<(), String> {
    type Directed<T> = fn(&Expr<Row, T>) -> Order<Row>;
    let ways: [(Directed<T>, bool, bool); 4] = [
        (|expr| expr.asc(), false, false),
        (|expr| expr.desc(), true, true),
        (|expr| expr.asc().nulls_last(), false, true),
        (|expr| expr.desc().nulls_first(), true, false),
    ];
    // One of the ways for each tree.
    let (order, is_descending, nulls_last) = ways[format!("{:?}", query.tree).len() % ways.len()];
    let mut pairs: Vec<(&Value, i64)> = values.iter().zip(keys.iter().copied()).collect();
    // In a page, rows that are equal go by their keys in the direction of the order.
    if query.place == Place::Page && is_descending {
        pairs.reverse();
    }
    pairs.sort_by(|(a, _), (b, _)| match (*a == &Value::Null, *b == &Value::Null) {
        (false, false) if is_descending => b.order(a),
        (false, false) => a.order(b),
        (a, b) if nulls_last => a.cmp(&b),
        (a, b) => b.cmp(&a),
    });
    let sorted: Vec<i64> = pairs.iter().map(|(_, key)| *key).collect();
    if query.place == Place::Order {
        let rows = base(query).order_by(|r| (order(expr), r.id())).values_list(|r| r.id());
        return same(&sorted, rows.all(db), &rows.to_sql());
    }
    // A page, and what is on either side of its last row.
    let rows = base(query).order_by(|_| order(expr)).values_list(|r| r.id());
    let size = sorted.len() / 2;
    if size == 0 {
        return Ok(());
    }
    let page = rows.cursor_page(db, size as u64).map_err(|error| format!("{error}\n{}", rows.to_sql()))?;
    same(&sorted[..size], Ok(page.items), &rows.to_sql())?;
    let place = page.next.map(|place| place.to_string().parse::<PageCursor>());
    let Some(Ok(place)) = place else { return Err(format!("no next page: {place:?}")) };
    let (after, before) = (rows.after(&place), rows.before(&place));
    same(&sorted[size..], after.all(db), &after.to_sql())?;
    same(&sorted[..size - 1], before.all(db), &before.to_sql())
}

/// The rank of each row, as a value and as a condition.
fn ranked<T: eager_orm::Value>(
    db: &Database,
    keys: &[i64],
    values: &[Value],
    query: &Query,
    expr: &Expr<Row, T>,
) -> Result<(), String> {
    let rank_of = |value: &Value| 1 + values.iter().filter(|other| other.order(value).is_lt()).count() as i64;
    let ranks: Vec<i64> = values.iter().map(rank_of).collect();
    let by_expr = || rank().over(window().order_by(expr.asc()));
    let all = base(query).order_by(|r| r.id()).values_list(|_| by_expr());
    same(&ranks, all.all(db), &all.to_sql())?;
    let half = keys.len() as i64 / 2;
    let first = base(query).filter(|_| by_expr().le(half)).order_by(|r| r.id()).values_list(|r| r.id());
    let expected: Vec<i64> = keys.iter().zip(ranks).filter(|(_, rank)| *rank <= half).map(|(key, _)| *key).collect();
    same(&expected, first.all(db), &first.to_sql())
}

/// The rows after an update, which is taken back.
fn updated(db: &Database, keys: &[i64], values: &[Value], query: &Query) -> Result<(), String> {
    let tree = &query.tree;
    let sql = shown(query);
    let mut found = Ok(Vec::new());
    let rows = || base(query);
    let done: eager_orm::Result<()> = db.transaction(|tx| {
        let changed = match tree.ty {
            Type::Int => rows().update(tx, |r| r.int_or().set(int(tree))),
            Type::Short => rows().update(tx, |r| r.short_or().set(short(tree))),
            Type::Real => rows().update(tx, |r| r.real_or().set(real(tree))),
            Type::Text => rows().update(tx, |r| r.text_or().set(text(tree))),
            Type::Bool => rows().update(tx, |r| r.flag_or().set(flag(tree))),
            Type::Day => rows().update(tx, |r| r.day_or().set(day(tree))),
            _ => rows().update(tx, |r| r.moment_or().set(moment(tree))),
        };
        found = changed.and_then(|_| {
            let rows = Row::objects().filter(|r| r.id().in_(keys)).order_by(|r| r.id()).all(tx)?;
            let name = COLUMNS.iter().find(|(ty, _)| *ty == tree.ty).map(|(_, names)| names[1]).unwrap();
            Ok(rows.iter().map(|row| column(name, row)).collect::<Vec<_>>())
        });
        Err(eager_orm::Error::DoesNotExist { model: "taken back", key: None })
    });
    assert!(done.is_err());
    // A REAL of a whole number becomes an INTEGER in an INTEGER column.
    if fitting(values, tree.ty) { same_values(values, found, &sql) } else { Ok(()) }
}

/// Every aggregate that the type has, of the values that are not NULL and of the rows that the filter lets through.
fn aggregated(db: &Database, values: &[Value], query: &Query) -> Result<(), String> {
    let tree = &query.tree;
    let known: Vec<Value> = values.iter().filter(|value| **value != Value::Null).cloned().collect();
    let mut sorted = known.clone();
    sorted.sort_by(Value::order);
    let distinct = sorted.chunk_by(|a, b| a.order(b).is_eq()).count();
    let ends = [&sorted.first(), &sorted.last()].map(|end| end.cloned().unwrap_or(Value::Null));
    let mut expected = vec![Value::Int(known.len() as i64), Value::Int(distinct as i64)];
    expected.extend(ends);
    let all = Row::objects();
    // The filter is the aggregate's own; without one there is none.
    macro_rules! of {
        ($aggregate:expr) => {
            match &query.rows {
                Some(rows) => $aggregate.filter(condition(rows)),
                None => $aggregate,
            }
        };
    }
    let sql = format!("aggregates of {}", shown(query));
    let fits = fitting(values, tree.ty);
    macro_rules! plain {
        ($expr:ident, $to:ident) => {
            all.aggregate(db, |_| (of!($expr.count()), of!($expr.count_distinct()), of!($expr.min()), of!($expr.max())))
                .map(|(count, distinct, min, max)| {
                    let end = |end: Option<_>| end.map_or(Value::Null, $to);
                    vec![Value::Int(count), Value::Int(distinct), end(min), end(max)]
                })
        };
    }
    let found = typed!(tree, |expr, to| plain!(expr, to));
    if !fits {
        return Ok(());
    }
    same_values(&expected, found, &sql)?;
    match tree.ty {
        Type::Int | Type::Short => {
            let int_sum = || -> Option<i64> {
                known.iter().try_fold(0_i64, |sum, one| match one {
                    Value::Int(one) => sum.checked_add(*one),
                    _ => None,
                })
            };
            let found = match tree.ty {
                Type::Int => all.aggregate(db, |_| of!(int(tree).sum())),
                _ => all.aggregate(db, |_| of!(short(tree).sum())),
            };
            let found = found.map(|sum| vec![sum.map_or(Value::Null, Value::Int)]);
            match int_sum() {
                _ if known.is_empty() => same_values(&[Value::Null], found, &sql),
                Some(sum) => same_values(&[Value::Int(sum)], found, &sql),
                None => refused(found, &sql),
            }
        }
        Type::Real => {
            let found = all.aggregate(db, |_| (of!(real(tree).sum()), of!(real(tree).total()), of!(real(tree).avg())));
            let (sum, total, avg) = found.map_err(|error| format!("{error}\n{sql}"))?;
            let numbers: Vec<f64> = known.iter().map(Value::real).collect();
            let size: f64 = numbers.iter().map(|one| one.abs()).sum();
            if !size.is_finite() {
                return Ok(());
            }
            let expected: f64 = numbers.iter().sum();
            let near = |found: f64, expected: f64| (found - expected).abs() <= size * 1e-12;
            let is_right = match (sum, avg) {
                (Some(sum), Some(avg)) => {
                    near(sum, expected) && near(total, expected) && near(avg, expected / numbers.len() as f64)
                }
                (sum, avg) => numbers.is_empty() && sum.is_none() && avg.is_none() && total == 0.0,
            };
            if is_right {
                Ok(())
            } else {
                Err(format!("{sum:?} {total} {avg:?} is not {expected} of {numbers:?}\n{sql}"))
            }
        }
        Type::Text => {
            let found = all.aggregate(db, |_| of!(text(tree).group_concat("'|\0")));
            let texts: Vec<&str> =
                known.iter().map(|one| if let Value::Text(text) = one { text.as_str() } else { "" }).collect();
            let joined = if texts.is_empty() { Value::Null } else { Value::Text(texts.join("'|\0")) };
            same_values(&[joined], found.map(|text| vec![text.map_or(Value::Null, Value::Text)]), &sql)
        }
        _ => Ok(()),
    }
}

/// The text of the tree and of its rows, for an aggregate, which has none before it runs.
fn shown(query: &Query) -> String {
    typed!(&query.tree, |expr, _to| base(query).values_list(|_| expr).to_sql())
}

fn same<T: PartialEq + Debug>(expected: &[T], found: eager_orm::Result<Vec<T>>, sql: &str) -> Result<(), String> {
    match found {
        Ok(found) if found == expected => Ok(()),
        found => Err(format!("expected {expected:?}\nfound    {found:?}\n{sql}")),
    }
}

fn same_values(expected: &[Value], found: eager_orm::Result<Vec<Value>>, sql: &str) -> Result<(), String> {
    let is_same = |found: &[Value]| {
        found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| a.order(b) == Ordering::Equal)
    };
    match found {
        Ok(found) if is_same(&found) => Ok(()),
        found => Err(format!("expected {expected:?}\nfound    {found:?}\n{sql}")),
    }
}

/// A value that the type has no room for is an error, and not another value.
fn refused(found: eager_orm::Result<Vec<Value>>, sql: &str) -> Result<(), String> {
    match found {
        Err(_) => Ok(()),
        Ok(found) => Err(format!("expected an error, found {found:?}\n{sql}")),
    }
}
