//! Rows that come with their parent by JOIN: each decoded once for its key, and shared.

use crate::db::{By, Home, Row, Watch};
use crate::error::Result;
use crate::group::{Group, Instance, Layout, Mint, Sink};
use crate::lower::JoinNode;
use crate::meta::{ModelMeta, RelationMeta};
use crate::model::{decode_into, decode_key};
use crate::value::KeyMap;

/// The rows of one joined relation.
pub(crate) struct Joined {
    relation: &'static RelationMeta,
    meta: &'static ModelMeta,
    layout: Layout,
    /// Where the key stands in the row.
    key: usize,
    group: Mint,
    sink: Box<dyn Sink>,
    numbers: KeyMap,
    /// For each row of the parent, the number of the row it points at.
    targets: Vec<Option<u32>>,
    children: Vec<Joined>,
}

impl Joined {
    /// Readers for what a statement joins.
    pub(crate) fn new(nodes: &[JoinNode], home: Home, parent: Option<&Watch>) -> Vec<Self> {
        nodes
            .iter()
            .map(|node| {
                let meta = node.relation.target();
                let watch = parent.map(|parent| parent.child(node.relation, By::Join));
                let children = Joined::new(&node.children, home, watch.as_deref());
                Joined {
                    relation: node.relation,
                    meta,
                    layout: node.layout.clone(),
                    key: node.layout.position(meta, meta.key).unwrap_or(node.layout.offset),
                    group: Group::open(meta, home, watch),
                    sink: node.loader.ones(),
                    numbers: KeyMap::default(),
                    targets: Vec::new(),
                    children,
                }
            })
            .collect()
    }

    pub(crate) fn relation(&self) -> &'static RelationMeta {
        self.relation
    }

    pub(crate) fn group(&self) -> &Group {
        &self.group
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.layout
    }

    pub(crate) fn children(&self) -> &[Joined] {
        &self.children
    }

    pub(crate) fn instances(&self) -> Vec<&dyn Instance> {
        self.sink.instances()
    }

    /// Reads the joined columns of one row of the parent.
    pub(crate) fn row(&mut self, row: Row<'_>) -> Result<()> {
        let Some(key) = decode_key(row, self.key, self.meta, &self.layout)? else {
            self.targets.push(None);
            return Ok(());
        };
        let next = u32::try_from(self.sink.len()).unwrap_or(u32::MAX);
        let (number, is_new) = self.numbers.number(key, next);
        self.targets.push(Some(number));
        if is_new {
            decode_into(&mut *self.sink, row, self.meta, &self.layout, &self.group, 0)?;
            for child in &mut self.children {
                child.row(row)?;
            }
        }
        Ok(())
    }

    /// Puts the rows where they belong, once the parents are known.
    pub(crate) fn finish(joined: &mut [Joined], parents: &Group) {
        for join in joined {
            join.sink.seal(&join.group);
            join.sink.fill_group(parents, join.relation.slot, &join.targets);
            Joined::finish(&mut join.children, &join.group);
        }
    }
}
