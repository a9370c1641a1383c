//! Trees: a relation of a model to itself, followed to a depth in one statement.
//!
//! ```text
//! WITH RECURSIVE "tree" ("key", "depth") AS (
//!     SELECT key, 1 FROM t WHERE fk IN (keys)      -- ancestors: SELECT value, 1 FROM keys
//!     UNION SELECT t.key, depth + 1 FROM tree JOIN t ON t.fk = tree.key WHERE depth < N
//! )
//! SELECT t.*, depth FROM t JOIN (SELECT key, max(depth) AS depth, min(depth) FROM tree GROUP BY 1) ORDER BY depth
//! ```
//!
//! The depth ends it, also where rows point at each other in a circle. Each depth is a group of its own, and a row holds
//! only rows that are deeper: a group that held its own rows would never be dropped. What belongs to the rows at the last
//! depth was not asked, and stays unloaded.
//!
//! So a row stands at its deepest place, and whoever leads to it is led there. Where the tree was cut off, that is too deep
//! for a row that is near to one root and far from another: what hangs on it was asked for by the one, and is not there.
//! Then the statement runs again, for the rows at every depth at which they are (`JOIN tree` itself).

use super::step::{Parents, Step, statement, tell, watch_of};
use super::tree::Branch;
use super::{Joined, Rows, Run, level, levels, tell_columns};
use crate::db::{About, By};
use crate::error::Result;
use crate::group::{Cell, Group, Mint, Sink};
use crate::lower::Lowered;
use crate::meta::RelationKind;
use crate::model::{decode_into, decode_key};
use crate::sql;
use crate::statement::{
    AggregateFunction, Alias, Expr, Join, Operator, OrderTerm, Recursive, Select, Source, Statement, TableRef,
};
use crate::value::{Bind, Datum, KeyMap, KeyRef};

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
/// The same, where they are read at every depth.
const CIRCLES: u32 = 64;

/// Where a row stands in a tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// At its deepest place.
    Once,
    /// At every depth at which it is.
    Often,
}

/// Loads a tree for some parents, and what hangs on its rows.
pub(super) fn run(mut run: Run<'_>, mut parents: Parents<'_>, branch: &Branch, depth: u32) -> Result<()> {
    let mut depth = depth.min(DEEPEST);
    loop {
        let known = std::mem::take(&mut parents.known);
        if let Some((cell, _)) = parents.waiting.first() {
            let owner = cell.group;
            load(run, parents, owner, branch, depth)?;
        }
        if known.is_empty() {
            return Ok(());
        }
        // What handles have already is not loaded again; the tree goes on from there.
        run = run.below();
        level(run, &known, &[], &branch.children)?;
        depth = depth.saturating_sub(1);
        if depth == 0 {
            return Ok(());
        }
        parents = Parents::of_rows(&known, branch)?;
    }
}

/// Loads a tree for those that wait for it.
fn load(run: Run<'_>, parents: Parents<'_>, owner: &Group, branch: &Branch, depth: u32) -> Result<()> {
    let Parents { mut keys, binds, waiting, .. } = parents;
    let mut tree = read(run, &mut keys, binds.clone(), owner, branch, depth, Stands::Once)?;
    if tree.is_tangled && tree.depths.len() >= depth as usize {
        drop(tree);
        tree = read(run, &mut keys, binds, owner, branch, depth.min(CIRCLES), Stands::Often)?;
    }
    for depth in &mut tree.depths {
        depth.sink.seal(&depth.group);
        Joined::finish(&mut depth.joined, &depth.group);
    }
    match branch.relation.is_to_one() {
        true => tree.attach_ancestors(branch, &waiting, &mut keys),
        false => tree.attach_descendants(run, branch, &waiting),
    }
    if run.eager {
        tell(run, &waiting, branch);
        for depth in &tree.depths {
            tell_columns(run.connection.database(), &depth.group, &depth.joined, &tree.lowered.layout);
        }
    }
    // What hangs on the rows is loaded for all depths at once.
    let rows: Vec<_> = tree.depths.iter().map(|depth| depth.sink.instances()).collect();
    let groups = rows.iter().zip(&tree.depths).map(|(rows, depth)| Rows { rows, joined: &depth.joined });
    levels(run.below(), &groups.collect::<Vec<_>>(), &branch.children)
}

/// The rows of a tree, as they were read.
struct Tree {
    depths: Vec<Depth>,
    /// Where the row of each key is, by the key's number; the roots' keys have the first numbers.
    places: Vec<Option<(usize, u32)>>,
    roots: usize,
    /// How deep it was followed.
    followed: u32,
    stands: Stands,
    /// Whether a row is at several depths, or a root among the rows of another.
    is_tangled: bool,
    lowered: Lowered,
}

fn read(
    run: Run<'_>,
    keys: &mut KeyMap,
    binds: Vec<Bind<'static>>,
    owner: &Group,
    branch: &Branch,
    followed: u32,
    stands: Stands,
) -> Result<Tree> {
    let meta = branch.relation.target();
    let to_one = branch.relation.is_to_one();
    let roots = binds.len();
    let Step { mut select, link, lowered, .. } = statement(branch, owner.meta(), binds, false, run.connection)?;
    let depth_column = select.columns.len();
    follow(&mut select, branch, followed, stands);
    let sql = sql::compile(&Statement::Select(select));
    let watch = watch_of(run, owner).map(|watch| watch.child(branch.relation, By::Batch));
    let key_column = lowered.layout.position(meta, meta.key).unwrap_or(link);
    let mut depths: Vec<Depth> = Vec::new();
    // Above, the first rows are the roots' own.
    let (mut is_tangled, first) = (false, usize::from(to_one));
    let mut places: Vec<Option<(usize, u32)>> = vec![None; roots];
    run.connection.batch(&sql, About { meta, at: run.at }, |row| {
        let key = |column: usize| decode_key(row, column, meta, &lowered.layout);
        let depth = |column: usize| match row.datum(column) {
            Ok(Datum::Integer(depth)) => usize::try_from(depth).ok(),
            _ => None,
        };
        let Some(reached) = depth(depth_column) else { return Ok(()) };
        let at = reached.saturating_sub(1);
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
        is_tangled |= stands == Stands::Once && depth(depth_column + 1) != Some(reached);
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
        if stands == Stands::Once || at == 0 {
            let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
            let place = keys.number(own, next).0 as usize;
            places.resize(places.len().max(place + 1), None);
            if let Some(known) = places.get_mut(place) {
                *known = Some((at, number));
            }
        }
        depth.joined.iter_mut().try_for_each(|join| join.row(row))
    })?;
    Ok(Tree { depths, places, roots, followed, stands, is_tangled, lowered })
}

impl Tree {
    fn place(&self, number: u32) -> Option<(usize, u32)> {
        self.places.get(number as usize).copied().flatten()
    }

    /// Each row gets the one above it, if it is deeper in the tree, or is told that there is none.
    fn attach_ancestors(&mut self, branch: &Branch, waiting: &[(Cell<'_>, u32)], keys: &mut KeyMap) {
        let mut rows: Vec<KeyMap> = self.depths.iter_mut().map(|depth| std::mem::take(&mut depth.keys)).collect();
        let fill = |cell: Cell<'_>, place: Option<(usize, u32)>| match place
            .and_then(|(at, row)| Some((self.depths.get(at)?, row)))
        {
            Some((depth, row)) => depth.sink.fill_one(cell, Some(row)),
            None => branch.loader.fill_with_none(cell),
        };
        for (cell, key) in waiting {
            fill(*cell, self.place(*key));
        }
        let slot = branch.relation.slot;
        for (at, depth) in self.depths.iter().enumerate() {
            let mut above = |key: KeyRef<'_>| match self.stands {
                Stands::Once => keys.get(key).and_then(|key| self.place(key)),
                Stands::Often => Some((at + 1, rows.get_mut(at + 1)?.get(key)?)),
            };
            for (row, instance) in (0..).zip(depth.sink.instances()) {
                let Some(key) = instance.handle(slot).and_then(|handle| handle.key) else { continue };
                match above(key) {
                    // It was not followed so far.
                    None if at + 1 >= self.followed as usize => {}
                    Some((deeper, _)) if deeper <= at => {}
                    place => fill(Cell { group: &depth.group, slot, row }, place),
                }
            }
        }
    }

    /// Each row gets those below it, but for the rows at the last depth. Where rows stand once, a root that is below another
    /// root is a row too.
    fn attach_descendants(&mut self, run: Run<'_>, branch: &Branch, waiting: &[(Cell<'_>, u32)]) {
        // Where the tree ended before the last depth, nobody is below its last rows.
        if self.depths.len() < self.followed as usize {
            let parents = self.depths.last().map_or(self.roots, |depth| depth.group.len());
            let group = Group::open(branch.relation.target(), run.home, None);
            let mut sink = branch.loader.many(parents);
            sink.seal(&group);
            self.depths.push(Depth { group, sink, joined: Vec::new(), keys: KeyMap::default() });
        }
        for (cell, key) in waiting {
            let (at, parent) = match self.place(*key) {
                Some((at, row)) if self.stands == Stands::Once => (at + 1, row),
                _ => (0, *key),
            };
            if let Some(below) = self.depths.get(at) {
                below.sink.fill_many(*cell, parent);
            }
        }
        let slot = branch.relation.slot;
        for (depth, below) in self.depths.iter().zip(self.depths.iter().skip(1)) {
            for row in 0..u32::try_from(depth.group.len()).unwrap_or(u32::MAX) {
                below.sink.fill_many(Cell { group: &depth.group, slot, row }, row);
            }
        }
    }
}

/// Makes the statement of one level one of all levels: its last condition, on the keys, becomes a join with the tree.
fn follow(select: &mut Select, branch: &Branch, depth: u32, stands: Stands) {
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
    let extreme = |function: AggregateFunction| Expr::Aggregate {
        function,
        argument: Some(Box::new(reached())),
        distinct: false,
        filter: None,
        separator: None,
    };
    let at: Alias = "reached".into();
    let (table, own, depths) = match stands {
        Stands::Once => {
            let rows = Select {
                columns: vec![tree_key(), extreme(AggregateFunction::Max), extreme(AggregateFunction::Min)],
                named: true,
                from: vec![first(TableRef::Named(tree.clone()), &tree)],
                group: vec![Expr::Ordinal(1)],
                ..Select::default()
            };
            (TableRef::Select(Box::new(rows)), "c0", &["c1", "c2"][..])
        }
        Stands::Often => (TableRef::Named(tree.clone()), "key", &["depth"][..]),
    };
    let of_row = select.from.first().map(|source| Expr::column(&source.alias, meta.key_column()));
    let on = of_row.map(|key| Expr::eq(key, Expr::column(&at, own)));
    select.from.push(Source { join: Join::Inner, table, alias: at.clone(), on });
    let depths: Vec<Expr> = depths.iter().map(|depth| Expr::column(&at, *depth)).collect();
    select
        .order
        .splice(0..0, depths.first().map(|depth| OrderTerm { expr: depth.clone(), descending: false, nulls: None }));
    select.columns.extend(depths);
    select.with = Some(Box::new(Recursive { name: tree, columns: vec!["key", "depth"], seed, step }));
}
