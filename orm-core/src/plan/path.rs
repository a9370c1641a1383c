//! A path: which relations are crossed to get from a query's model to a column.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::group::Loader;
use crate::meta::RelationMeta;

/// The relations crossed so far, and where they begin. The root costs nothing.
#[derive(Clone, Default)]
pub struct Path {
    hops: Option<Arc<Hop>>,
    root: Root,
}

/// Where a path begins: at the fields that one call of a closure got. Which query those are of tells two queries on one
/// model apart, where one is inside of the other.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct Root(u64);

impl Root {
    /// Of nothing in particular: the query it stands in.
    const ANY: Root = Root(0);
}

/// How many closures have got fields.
static ROOTS: AtomicU64 = AtomicU64::new(1);

/// One relation of a path, and the path before it.
pub struct Hop {
    /// What comes before.
    pub(crate) before: Path,
    /// The relation.
    pub(crate) relation: &'static RelationMeta,
    /// Makes rows of the model it leads to.
    pub(crate) loader: &'static dyn Loader,
}

impl Path {
    /// No relation yet, from fields of their own.
    pub(crate) fn begin() -> Path {
        Path { hops: None, root: Root(ROOTS.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The fields it begins at, if they are of one query in particular.
    pub(crate) fn root(&self) -> Option<Root> {
        (self.root != Root::ANY).then_some(self.root)
    }

    /// This path and one relation more.
    pub(crate) fn cross(&self, relation: &'static RelationMeta, loader: &'static dyn Loader) -> Path {
        Path { hops: Some(Arc::new(Hop { before: self.clone(), relation, loader })), root: self.root }
    }

    /// The last relation, or none at the root.
    pub(crate) fn last(&self) -> Option<&Hop> {
        self.hops.as_deref()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.hops.is_none()
    }

    /// Every prefix that ends with a relation, shortest first, this path included.
    pub(crate) fn prefixes(&self) -> Vec<Path> {
        let mut prefixes = Vec::new();
        let mut next = self.clone();
        while let Some(hop) = &next.hops {
            let before = hop.before.clone();
            prefixes.push(next);
            next = before;
        }
        prefixes.reverse();
        prefixes
    }

    /// The fields crossed, joined by two underscores, as Django writes a path.
    pub(crate) fn name(&self) -> String {
        let prefixes = self.prefixes();
        let names: Vec<&str> = prefixes.iter().filter_map(|path| path.last()).map(|hop| hop.relation.name).collect();
        names.join("__")
    }
}

impl PartialEq for Path {
    /// Whether the same relations are crossed, wherever they begin. A relation is one static, so its address is its identity.
    fn eq(&self, other: &Self) -> bool {
        let (mut left, mut right) = (self.last(), other.last());
        loop {
            match (left, right) {
                (None, None) => return true,
                (Some(a), Some(b)) if std::ptr::eq(a.relation, b.relation) => {
                    left = a.before.last();
                    right = b.before.last();
                }
                _ => return false,
            }
        }
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
