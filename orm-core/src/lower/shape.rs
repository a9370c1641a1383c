//! Queries that were compiled before.
//!
//! Two queries of one shape, the same plan but for its values, are the same text. A shape is the plan written down as
//! numbers (the addresses of its models, columns and relations, and what is done with them), and what it leaves out are the
//! binds, in the order in which the text has them. Whoever asks again pays for the walk and for the look-up.
//!
//! It is said of the plain ones only: columns behind to-one relations, compared, ordered, joined, cut off. What is written
//! otherwise for other values (periods that become ranges, texts that are folded, a NULL, an empty set) has no shape, and is
//! compiled each time. A plan whose binds come out otherwise than the walk has them is not kept; where there are debug
//! assertions, each answer is compared with a fresh one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use smallvec::SmallVec;

use super::{JoinNode, Lowered};
use crate::error::Result;
use crate::group::Layout;
use crate::meta::ModelMeta;
use crate::plan::{Deferral, Node, NodeKind, Path, Plan, Said};
use crate::sql::{self, Sql};
use crate::statement::Statement;
use crate::value::{Bind, KeyRef};

/// How many shapes a thread keeps; then it begins anew.
const KEPT: usize = 1024;

/// A compiled query, but for its binds.
pub(crate) struct Compiled {
    pub(crate) text: Arc<str>,
    /// The model's own columns.
    pub(crate) layout: Layout,
    /// The models joined to it, each with what is joined to that.
    pub(crate) joins: Vec<JoinNode>,
    /// No row can be in it: no statement is needed to find that out.
    pub(crate) empty: bool,
    /// How many columns a row has.
    pub(crate) width: usize,
}

/// What a statement is made for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum For {
    Rows,
    Count,
    Exists,
    Other,
}

/// The binds of a query: of most there are few, and those need no memory of their own.
pub(crate) type Binds = SmallVec<[Bind<'static>; 2]>;

/// A shape. Numbers one after the other: what comes next is told by what came before.
type Words = Vec<usize>;

/// What a thread keeps.
#[derive(Default)]
struct Known {
    /// None for a shape that is not what its text says.
    shapes: HashMap<Words, Option<Rc<Compiled>>, BuildHasherDefault<WordHasher>>,
    /// Where a shape is written down.
    words: Words,
    /// The row of a model with a key, which is all there is to say: by the model.
    by_key: HashMap<usize, Rc<Compiled>, BuildHasherDefault<WordHasher>>,
}

/// What is known of a plan.
enum Look {
    Known(Rc<Compiled>),
    New(Words),
    /// It has no shape, or one that is not what its text says.
    Shapeless,
}

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// Asks what this thread keeps. One that is ending keeps nothing any more.
fn known<T>(ask: impl FnOnce(&mut Known) -> T) -> Option<T> {
    KNOWN.try_with(|known| known.try_borrow_mut().ok().map(|mut known| ask(&mut known))).ok().flatten()
}

/// A query that selects its model, what is joined to it, or the plan's own selection.
pub(crate) fn compile(plan: &Plan) -> Result<(Rc<Compiled>, Binds)> {
    let fresh = || {
        let Lowered { statement, layout, joins, empty, width, .. } = super::select(plan)?;
        let Sql { text, binds } = sql::compile(&statement);
        Ok((Compiled { text, layout, joins, empty, width }, binds.into()))
    };
    kept(|shape| shape.plan(plan, For::Rows), fresh)
}

/// The binds of a key: one, or one for each of its columns.
pub(crate) enum KeyBinds {
    One([Bind<'static>; 1]),
    Several(Vec<Bind<'static>>),
}

impl Deref for KeyBinds {
    type Target = [Bind<'static>];
    fn deref(&self) -> &[Bind<'static>] {
        match self {
            KeyBinds::One(bind) => bind,
            KeyBinds::Several(binds) => binds,
        }
    }
}

/// The row of a model with this key, and everything of it that is not deferred.
pub(crate) fn by_key(meta: &'static ModelMeta, key: KeyRef<'_>) -> Result<(Rc<Compiled>, KeyBinds)> {
    let fresh = || {
        let mut plan = Plan::new(meta);
        plan.order = Some(Vec::new());
        plan.filters.push(Node::key_is(key));
        let Lowered { statement, layout, joins, empty, width, .. } = super::select(&plan)?;
        let Sql { text, binds } = sql::compile(&statement);
        Ok((Compiled { text, layout, joins, empty, width }, binds))
    };
    if meta.is_composite() {
        return fresh().map(|(compiled, binds)| (Rc::new(compiled), KeyBinds::Several(binds)));
    }
    let compiled = if let Some(compiled) = known(|known| known.by_key.get(&address(meta)).cloned()).flatten() {
        debug_assert!(
            is_same(&compiled, &[], fresh().map(|(compiled, _)| (compiled, Binds::new()))),
            "{}",
            compiled.text
        );
        compiled
    } else {
        let compiled = Rc::new(fresh()?.0);
        known(|known| known.by_key.insert(address(meta), Rc::clone(&compiled)));
        compiled
    };
    // The one bind is the key, whatever key it was compiled for.
    Ok((compiled, KeyBinds::One([key.bind().into_owned()])))
}

/// A compiled query of one value.
pub(crate) type Single = (Rc<Compiled>, Binds);

/// `SELECT count(*)`. None where there can be no row.
pub(crate) fn compile_count(plan: &Plan) -> Result<Option<Single>> {
    one_value(plan, For::Count, super::count)
}

/// `SELECT 1 .. LIMIT 1`. None where there can be no row.
pub(crate) fn compile_exists(plan: &Plan) -> Result<Option<Single>> {
    one_value(plan, For::Exists, super::exists)
}

fn one_value(plan: &Plan, what: For, lower: fn(&Plan) -> Result<Option<Statement>>) -> Result<Option<Single>> {
    let fresh = || {
        let compiled = lower(plan)?.map(|statement| sql::compile(&statement));
        let empty = compiled.is_none();
        let Sql { text, binds } = compiled.unwrap_or(Sql { text: "".into(), binds: Vec::new() });
        let layout = Layout::default();
        Ok((Compiled { text, layout, joins: Vec::new(), empty, width: 1 }, binds.into()))
    };
    let (compiled, binds) = kept(|shape| shape.plan(plan, what), fresh)?;
    Ok((!compiled.empty).then_some((compiled, binds)))
}

/// A kind of statement whose text depends on a model and on numbers alone.
#[derive(Clone, Copy)]
pub(crate) enum Text {
    /// Every column of a row.
    Insert,
    /// These columns of the row with a key.
    Update,
}

/// The text of such a statement: `make` is asked the first time.
pub(crate) fn text_of(
    text: Text,
    meta: &'static ModelMeta,
    numbers: impl Iterator<Item = usize>,
    make: impl FnOnce() -> Arc<str>,
) -> Arc<str> {
    let shape = |shape: &mut Shape<'_>| {
        shape.words.extend([For::Other as usize, text as usize, address(meta)]);
        shape.words.extend(numbers);
        Some(())
    };
    let fresh = || {
        let compiled = Compiled { text: make(), layout: Layout::default(), joins: Vec::new(), empty: false, width: 0 };
        Ok((compiled, Binds::new()))
    };
    kept(shape, fresh).map_or_else(|_| "".into(), |(compiled, _)| Arc::clone(&compiled.text))
}

/// What is known of a shape, or what `fresh` makes of it.
fn kept(
    write: impl FnOnce(&mut Shape<'_>) -> Option<()>,
    fresh: impl FnOnce() -> Result<(Compiled, Binds)>,
) -> Result<(Rc<Compiled>, Binds)> {
    let mut binds = Binds::new();
    let look = known(|known| {
        known.words.clear();
        if write(&mut Shape { words: &mut known.words, binds: &mut binds }).is_none() {
            return Look::Shapeless;
        }
        match known.shapes.get(&known.words) {
            Some(Some(compiled)) => Look::Known(Rc::clone(compiled)),
            Some(None) => Look::Shapeless,
            None => Look::New(known.words.clone()),
        }
    });
    match look.unwrap_or(Look::Shapeless) {
        Look::Known(compiled) => {
            debug_assert!(is_same(&compiled, &binds, fresh()), "`{}` is not what its shape says", compiled.text);
            Ok((compiled, binds))
        }
        Look::Shapeless => fresh().map(|(compiled, binds)| (Rc::new(compiled), binds)),
        Look::New(words) => {
            let (compiled, own) = fresh()?;
            let compiled = Rc::new(compiled);
            let is_told = own == binds;
            known(|known| {
                if known.shapes.len() >= KEPT {
                    known.shapes.clear();
                }
                known.shapes.insert(words, is_told.then(|| Rc::clone(&compiled)));
            });
            Ok((compiled, own))
        }
    }
}

/// Whether what is known is what would be made now.
fn is_same(known: &Compiled, binds: &[Bind<'static>], fresh: Result<(Compiled, Binds)>) -> bool {
    // By their texts: not a number is not equal to itself.
    let texts = |binds: &[Bind<'static>]| format!("{binds:?}");
    fresh.is_ok_and(|(fresh, own)| {
        let layout = known.layout.offset == fresh.layout.offset && known.layout.omitted == fresh.layout.omitted;
        let rest = known.empty == fresh.empty && known.width == fresh.width && known.joins.len() == fresh.joins.len();
        known.text == fresh.text && layout && rest && texts(binds) == texts(&own)
    })
}

/// A plan on its way to numbers. `None` is the word for a plan without a shape.
struct Shape<'a> {
    words: &'a mut Words,
    binds: &'a mut Binds,
}

fn address<T: ?Sized>(what: &'static T) -> usize {
    std::ptr::from_ref(what).cast::<()>() as usize
}

impl Shape<'_> {
    fn word(&mut self, word: usize) {
        self.words.push(word);
    }

    fn plan(&mut self, plan: &Plan, what: For) -> Option<()> {
        // Every field is named: what is added to a plan is thought of here.
        let Plan { meta, roots: _, filters, order, reversed, distinct, empty, limit, offset, mode: _, more } = plan;
        if *empty || *limit == Some(0) {
            return None;
        }
        // What is asked whether there is any of it has a limit of its own.
        if what == For::Exists && limit.is_some() {
            return None;
        }
        self.word(what as usize);
        self.word(address(*meta));
        let flags = [*reversed, *distinct, limit.is_some(), offset.is_some(), more.said().is_some(), order.is_some()];
        self.word(flags.into_iter().fold(0, |bits, flag| (bits << 1) | usize::from(flag)));
        if let Some(said) = more.said() {
            self.said(said)?;
        }
        self.nodes(filters.iter())?;
        for term in order.iter().flatten() {
            self.word(2 + usize::from(term.descending));
            self.word(term.nulls.map_or(0, |nulls| 1 + nulls as usize));
            self.column(&term.node)?;
        }
        self.word(0);
        let number = |count: u64| Bind::Integer(i64::try_from(count).unwrap_or(i64::MAX));
        let limit = if what == For::Exists { &Some(1) } else { limit };
        if limit.is_some() || offset.is_some() {
            self.binds.push(limit.map_or(Bind::Integer(-1), number));
            self.binds.extend(offset.map(number));
        }
        Some(())
    }

    fn said(&mut self, said: &Said) -> Option<()> {
        let Said { joins, prefetches: _, deferrals, select, annotations, extra, grouping, members, keyset, misuse } =
            said;
        let is_plain = annotations.is_empty() && extra.is_empty() && members.is_empty();
        if !is_plain || grouping.is_some() || keyset.is_some() || misuse.is_some() {
            return None;
        }
        self.word(usize::from(select.is_some()));
        self.nodes(select.iter().flatten())?;
        self.word(joins.len());
        joins.iter().try_for_each(|path| self.path(path))?;
        self.word(deferrals.len());
        for deferral in deferrals {
            let (Deferral::Only(named) | Deferral::Defer(named)) = deferral;
            self.word(usize::from(matches!(deferral, Deferral::Only(_))));
            self.word(named.len());
            for (path, column) in named {
                self.path(path)?;
                self.word(address(*column));
            }
        }
        Some(())
    }

    fn nodes<'n>(&mut self, nodes: impl Iterator<Item = &'n Node>) -> Option<()> {
        let at = self.words.len();
        self.word(0);
        for node in nodes {
            *self.words.get_mut(at)? += 1;
            self.node(node)?;
        }
        Some(())
    }

    /// A column behind to-one relations.
    fn column(&mut self, node: &Node) -> Option<()> {
        match node.kind() {
            NodeKind::Column(path, column) => {
                self.word(1);
                self.path(path)?;
                self.word(address(*column));
            }
            NodeKind::ForeignKey(path, relation) => {
                self.word(2);
                self.path(path)?;
                self.word(address(*relation));
            }
            NodeKind::RowKey(path) => {
                self.word(3);
                self.path(path)?;
            }
            _ => return None,
        }
        Some(())
    }

    fn node(&mut self, node: &Node) -> Option<()> {
        match node.kind() {
            NodeKind::Binary(operator, left, right) if operator.is_comparison() => {
                self.word(4);
                self.word(*operator as usize);
                self.column(left)?;
                self.operand(right)
            }
            NodeKind::And(parts) => {
                self.word(5);
                self.nodes(parts.iter())
            }
            NodeKind::Or(parts) => {
                self.word(6);
                self.nodes(parts.iter())
            }
            NodeKind::Not(inner) => {
                self.word(7);
                self.node(inner)
            }
            NodeKind::IsNull(inner) => {
                self.word(8);
                self.column(inner)
            }
            NodeKind::IsNotNull(inner) => {
                self.word(9);
                self.column(inner)
            }
            NodeKind::Between(value, low, high) => {
                self.word(10);
                self.column(value)?;
                self.operand(low)?;
                self.operand(high)
            }
            NodeKind::InList(value, list) => {
                self.word(11);
                self.column(value)?;
                let mut values = Vec::with_capacity(list.len());
                for node in list {
                    match node.kind() {
                        NodeKind::Bind(Bind::Null) => {}
                        NodeKind::Bind(bind) => values.push(bind.clone()),
                        _ => return None,
                    }
                }
                if values.is_empty() {
                    return None;
                }
                self.binds.push(Bind::Array(Arc::new(values)));
                Some(())
            }
            _ => self.column(node),
        }
    }

    /// What a column is compared with.
    fn operand(&mut self, node: &Node) -> Option<()> {
        match node.kind() {
            NodeKind::Bind(Bind::Null | Bind::Array(_)) => None,
            NodeKind::Bind(bind) => {
                self.word(12);
                self.binds.push(bind.clone());
                Some(())
            }
            _ => self.column(node),
        }
    }

    fn path(&mut self, path: &Path) -> Option<()> {
        let mut next = path.last();
        while let Some(hop) = next {
            // What is said of related rows of which there are many becomes one EXISTS, in an order of its own.
            if !hop.relation.is_to_one() {
                return None;
            }
            self.word(address(hop.relation));
            next = hop.before.last();
        }
        self.word(0);
        Some(())
    }
}

/// Words are addresses and small numbers, and nobody from outside chooses them: a multiplication each.
#[derive(Default)]
struct WordHasher(u64);

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0.rotate_left(26)
    }
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words.iter().for_each(|word| self.write_u64(u64::from_ne_bytes(*word)));
        rest.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }
    fn write_u64(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }
    fn write_usize(&mut self, word: usize) {
        self.write_u64(word as u64);
    }
}
