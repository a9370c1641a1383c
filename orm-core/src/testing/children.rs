//! From an order to rows: those that come with others, from the other side of a relation.

use super::order::{Order, wrong};
use super::plan::{Links, Plan, within};
use super::relatives::Relatives;
use crate::error::Result;
use crate::meta::{LinkModel, ModelMeta, RelationKind, RelationMeta};
use crate::value::Bind;

impl Plan<'_> {
    /// The rows on the other side of a relation.
    pub(super) fn children(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        seed: u64,
    ) -> Result<()> {
        self.comes_with(meta, relation.name)?;
        let before = std::mem::take(&mut self.required);
        let done = match &relation.kind {
            RelationKind::ForeignKey { .. } => Ok(()),
            RelationKind::HasMany { via } => self.owned(meta, relation, via, relatives, keys, false, seed),
            RelationKind::HasOne { via } => self.owned(meta, relation, via, relatives, keys, true, seed),
            RelationKind::ManyToMany(_) => self.linked(meta, relation, relatives, keys, seed),
        };
        self.required = before;
        done
    }

    /// Rows that point back at these.
    #[allow(clippy::too_many_arguments, reason = "what is known of a relation")]
    fn owned(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        via: &str,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        one: bool,
        seed: u64,
    ) -> Result<()> {
        let Relatives::Baked(order) = relatives else {
            let what = "rows that are there already point elsewhere: set their foreign key";
            return Err(wrong(meta, relation.name, what));
        };
        if one && order.quantity > 1 {
            return Err(wrong(meta, relation.name, "it is one row at most, and several are baked"));
        }
        let count = within(order.meta, keys.len().saturating_mul(order.quantity))?;
        let owners = keys.iter().flat_map(|key| std::iter::repeat_n(key.clone(), order.quantity)).collect();
        let column = order.meta.columns.iter().position(|column| column.name == via);
        let known = column.map(|column| (column, owners)).into_iter().collect();
        self.rows(order, count, known, seed)?;
        Ok(())
    }

    /// Rows that are linked with these, and the links.
    fn linked(
        &mut self,
        meta: &'static ModelMeta,
        relation: &'static RelationMeta,
        relatives: &Relatives,
        keys: &[Bind<'static>],
        seed: u64,
    ) -> Result<()> {
        let (mut from, mut to) = (Vec::new(), Vec::new());
        let (targets, apart) = match relatives {
            Relatives::Rows(rows) => (rows.to_vec(), None),
            Relatives::Baked(order) if order.each => {
                let count = within(order.meta, keys.len().saturating_mul(order.quantity))?;
                (self.rows(order, count, Vec::new(), seed)?, Some(order.quantity))
            }
            Relatives::Baked(order) => (self.rows(order, order.quantity, Vec::new(), seed)?, None),
        };
        within(meta, keys.len().saturating_mul(apart.unwrap_or(targets.len())))?;
        for (number, key) in keys.iter().enumerate() {
            let own = match apart {
                Some(quantity) => targets.get(number * quantity..(number + 1) * quantity).unwrap_or_default(),
                None => &targets,
            };
            from.extend(std::iter::repeat_n(key.clone(), own.len()));
            to.extend_from_slice(own);
        }
        match relation.link_model() {
            Some(LinkModel { meta: through, from: from_link, to: to_link }) => {
                let column = |link: &RelationMeta| through.columns.iter().position(|column| column.name == link.name);
                let count = from.len();
                let known = column(from_link).map(|column| (column, from)).into_iter();
                let known = known.chain(column(to_link).map(|column| (column, to))).collect();
                self.rows(&Order::new(through), count, known, seed)?;
            }
            None => {
                if let Some(through) = relation.through(meta) {
                    let pairs: Vec<_> = from.into_iter().zip(to).collect();
                    let same =
                        |links: &&mut Links| links.through.table == through.table && links.through.from == through.from;
                    match self.links.iter_mut().find(same) {
                        Some(links) => links.pairs.extend(pairs),
                        None => self.links.push(Links { meta, field: relation.name, through, pairs }),
                    }
                }
            }
        }
        Ok(())
    }
}
