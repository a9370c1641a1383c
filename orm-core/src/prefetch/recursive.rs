//! Trees: a relation of a model to itself, followed to a depth in one statement.
//!
//! ```text
//! WITH RECURSIVE "tree" ("key", "depth") AS (
//!     SELECT key, 1 FROM t WHERE fk IN (keys)      -- ancestors: SELECT value, 1 FROM keys
//!     UNION SELECT t.key, depth + 1 FROM tree JOIN t ON t.fk = tree.key WHERE depth < N
//! )
//! SELECT t.*, depth FROM t JOIN (SELECT key, max(depth) AS depth FROM tree GROUP BY 1) ORDER BY depth
//! ```
//!
//! The depth ends it, also where rows point at each other in a circle. Each depth is a group of its own, and a row holds
//! only rows that are deeper: a group that held its own rows would never be dropped. What belongs to the rows at the last
//! depth was not asked, and stays unloaded.

use super::step::{Parents, Step, statement, tell, watch_of};
use super::tree::Branch;
use super::{Joined, Rows, Run, level, levels, tell_columns};
use crate::db::{About, By};
use crate::error::Result;
use crate::group::{Cell, Group, Mint, Sink};
use crate::meta::RelationKind;
use crate::model::{decode_into, decode_key};
use crate::sql;
use crate::statement::{
    AggregateFunction, Alias, Expr, Join, Operator, OrderTerm, Recursive, Select, Source, Statement, TableRef,
};
use crate::value::{Bind, Datum, KeyMap};

/// The rows at one depth.
struct Depth {
    group: Mint,
    sink: Box<dyn Sink>,
    joined: Vec<Joined>,
    /// The number of the row with this key.
    keys: KeyMap,
}

/// How deep a tree is followed, at most: rows in a circle have no end.
const DEEPEST: u32 = 10_000;

/// Loads a tree for some parents, and what hangs on its rows.
pub(super) fn run(run: Run<'_>, parents: Parents<'_>, branch: &Branch, depth: u32) -> Result<()> {
    let depth = depth.min(DEEPEST);
    let Parents { mut keys, binds, waiting, known } = parents;
    level(run.below(), &known, &[], &branch.below())?;
    let Some((first, _)) = waiting.first() else { return Ok(()) };
    let meta = branch.relation.target();
    let to_one = branch.relation.is_to_one();
    let roots = binds.len();
    let again = binds.clone();
    let Step { mut select, link, lowered, .. } = statement(branch, first.group.meta(), binds, false, run.connection)?;
    follow(&mut select, branch, depth);
    let depth_column = select.columns.len() - 1;
    let sql = sql::compile(&Statement::Select(select));
    let watch = watch_of(run, first.group).map(|watch| watch.child(branch.relation, By::Batch));
    let key_column = lowered.layout.position(meta, meta.key).unwrap_or(link);
    let mut depths: Vec<Depth> = Vec::new();
    // Whether a root is among the rows of another; above, the first rows are the roots' own.
    let (mut is_tangled, first) = (false, usize::from(to_one));
    // Where the row of each key is, by the key's number; the roots' keys have the first numbers.
    let mut places: Vec<Option<(usize, u32)>> = vec![None; roots];
    run.connection.batch(&sql, About { meta, at: run.at }, |row| {
        let key = |column: usize| decode_key(row, column, meta, &lowered.layout);
        let Ok(Datum::Integer(reached)) = row.datum(depth_column) else { return Ok(()) };
        let at = usize::try_from(reached).unwrap_or(1).saturating_sub(1);
        while depths.len() <= at {
            let parents = depths.last().map_or(roots, |depth| depth.sink.len());
            depths.push(Depth {
                group: Group::open(meta, run.home, watch.clone()),
                sink: if to_one { branch.loader.ones() } else { branch.loader.many(parents) },
                joined: Joined::new(&lowered.joins, run.home, watch.as_deref()),
                keys: KeyMap::default(),
            });
        }
        let (Some(own), Some(link)) = (key(key_column)?, key(link)?) else { return Ok(()) };
        is_tangled |= at >= first && keys.get(own).is_some_and(|key| (key as usize) < roots);
        let parent = match at.checked_sub(1).and_then(|before| depths.get_mut(before)) {
            _ if to_one => Some(0),
            Some(before) => before.keys.get(link),
            None => keys.get(link).filter(|key| (*key as usize) < roots),
        };
        // A row whose parent is at the last depth: who belongs to that parent was not asked.
        let (Some(parent), Some(depth)) = (parent, depths.get_mut(at)) else { return Ok(()) };
        let number = decode_into(&mut *depth.sink, row, meta, &lowered.layout, &depth.group, parent as usize)?;
        depth.keys.number(own, number);
        let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
        let place = keys.number(own, next).0 as usize;
        places.resize(places.len().max(place + 1), None);
        if let Some(known) = places.get_mut(place) {
            *known = Some((at, number));
        }
        depth.joined.iter_mut().try_for_each(|join| join.row(row))
    })?;
    // A root among the rows of another is at several depths, in a circle at all of them, and a row has one place here.
    // Where the tree was cut off besides, what hangs on that place is not all that was asked: each depth is loaded by
    // itself then.
    if is_tangled && depths.len() >= depth as usize {
        drop(depths);
        return by_depth(run, Parents { keys, binds: again, waiting, known: Vec::new() }, branch);
    }
    for depth in &mut depths {
        depth.sink.seal(&depth.group);
        Joined::finish(&mut depth.joined, &depth.group);
    }
    match to_one {
        true => attach_ancestors(&depths, branch, &waiting, &mut keys, &places),
        false => {
            // Where the tree ended before the last depth, nobody is below its last rows.
            if depths.len() < depth as usize {
                let parents = depths.last().map_or(roots, |depth| depth.group.len());
                let group = Group::open(meta, run.home, None);
                let mut sink = branch.loader.many(parents);
                sink.seal(&group);
                depths.push(Depth { group, sink, joined: Vec::new(), keys: KeyMap::default() });
            }
            attach_descendants(&depths, branch, &waiting, &places);
        }
    }
    if run.eager {
        tell(run, &waiting, branch);
        for depth in &depths {
            tell_columns(run.connection.database(), &depth.group, &depth.joined, &lowered.layout);
        }
    }
    // What hangs on the rows is loaded for all depths at once.
    let rows: Vec<_> = depths.iter().map(|depth| depth.sink.instances()).collect();
    let groups = rows.iter().zip(&depths).map(|(rows, depth)| Rows { rows, joined: &depth.joined });
    levels(run.below(), &groups.collect::<Vec<_>>(), &branch.children)
}

/// One depth, and the others for its rows.
fn by_depth(run: Run<'_>, parents: Parents<'_>, branch: &Branch) -> Result<()> {
    let level = Branch { depth: None, children: branch.below().into_owned(), ..branch.clone() };
    super::step::run(run, parents, &level)
}

/// Each row gets the one above it, if it is there and deeper in the tree.
fn attach_ancestors(
    depths: &[Depth],
    branch: &Branch,
    waiting: &[(Cell<'_>, u32)],
    keys: &mut KeyMap,
    places: &[Option<(usize, u32)>],
) {
    let fill =
        |cell: Cell<'_>, place: Option<(usize, u32)>| match place.and_then(|(at, row)| Some((depths.get(at)?, row))) {
            Some((depth, row)) => depth.sink.fill_one(cell, Some(row)),
            None => {
                if let Some(depth) = depths.first() {
                    depth.sink.fill_one(cell, None);
                }
            }
        };
    for (cell, key) in waiting {
        fill(*cell, places.get(*key as usize).copied().flatten());
    }
    let slot = branch.relation.slot;
    for (at, depth) in depths.iter().enumerate() {
        for (row, instance) in (0..).zip(depth.sink.instances()) {
            let key = instance.handle(slot).and_then(|handle| handle.key).and_then(|key| keys.get(key));
            let place = key.and_then(|key| places.get(key as usize).copied().flatten());
            if place.is_some_and(|(deeper, _)| deeper > at) {
                fill(Cell { group: &depth.group, slot, row }, place);
            }
        }
    }
}

/// Each row gets those below it, but for the rows at the last depth. A root that is below another root is a row too.
fn attach_descendants(depths: &[Depth], branch: &Branch, waiting: &[(Cell<'_>, u32)], places: &[Option<(usize, u32)>]) {
    for (cell, key) in waiting {
        let (at, parent) = match places.get(*key as usize).copied().flatten() {
            Some((at, row)) => (at + 1, row),
            None => (0, *key),
        };
        if let Some(below) = depths.get(at) {
            below.sink.fill_many(*cell, parent);
        }
    }
    let slot = branch.relation.slot;
    for (depth, below) in depths.iter().zip(depths.iter().skip(1)) {
        for row in 0..u32::try_from(depth.group.len()).unwrap_or(u32::MAX) {
            below.sink.fill_many(Cell { group: &depth.group, slot, row }, row);
        }
    }
}

/// Makes the statement of one level one of all levels: its last condition, on the keys, becomes a join with the tree.
fn follow(select: &mut Select, branch: &Branch, depth: u32) {
    let meta = branch.relation.target();
    let Some(Expr::InArray(_, keys)) = select.filter.pop() else { return };
    let (tree, row): (Alias, Alias) = ("tree".into(), "row".into());
    let key = || Expr::column(&row, meta.key_column());
    let tree_key = || Expr::column(&tree, "key");
    let reached = || Expr::column(&tree, "depth");
    let one = || Expr::Bind(Bind::Integer(1));
    let first = |table: TableRef, alias: &Alias| Source { join: Join::Inner, table, alias: alias.clone(), on: None };
    let (seed, next, link) = match branch.relation.kind {
        RelationKind::ForeignKey { column, .. } => {
            let values: Alias = "keys".into();
            let seed = Select {
                columns: vec![Expr::column(&values, "value"), one()],
                from: vec![first(TableRef::Array(*keys), &values)],
                ..Select::default()
            };
            (seed, Expr::column(&row, column), Expr::eq(key(), tree_key()))
        }
        _ => {
            let column = branch.relation.via_column().unwrap_or("rowid");
            let seed = Select {
                columns: vec![key(), one()],
                from: vec![first(TableRef::Table(meta.table), &row)],
                filter: vec![Expr::InArray(Box::new(Expr::column(&row, column)), keys)],
                ..Select::default()
            };
            (seed, key(), Expr::eq(Expr::column(&row, column), tree_key()))
        }
    };
    let limit = Expr::Bind(Bind::Integer(i64::from(depth)));
    let step = Select {
        columns: vec![next, Expr::binary(Operator::Add, reached(), one())],
        from: vec![
            first(TableRef::Named(tree.clone()), &tree),
            Source { join: Join::Inner, table: TableRef::Table(meta.table), alias: row.clone(), on: Some(link) },
        ],
        filter: vec![Expr::binary(Operator::Lt, reached(), limit)],
        ..Select::default()
    };
    let deepest = Select {
        columns: vec![
            tree_key(),
            Expr::Aggregate {
                function: AggregateFunction::Max,
                argument: Some(Box::new(reached())),
                distinct: false,
                filter: None,
                separator: None,
            },
        ],
        named: true,
        from: vec![first(TableRef::Named(tree.clone()), &tree)],
        group: vec![Expr::Ordinal(1)],
        ..Select::default()
    };
    let at: Alias = "reached".into();
    let on = select
        .from
        .first()
        .map(|source| Expr::eq(Expr::column(&source.alias, meta.key_column()), Expr::column(&at, "c0")));
    select.from.push(Source { join: Join::Inner, table: TableRef::Select(Box::new(deepest)), alias: at.clone(), on });
    let depth = Expr::column(&at, "c1");
    select.columns.push(depth.clone());
    select.order.insert(0, OrderTerm { expr: depth, descending: false, nulls: None });
    select.with = Some(Box::new(Recursive { name: tree, columns: vec!["key", "depth"], seed, step }));
}
