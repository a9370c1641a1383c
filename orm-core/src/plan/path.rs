//! A path: which relations are crossed to get from a query's model to a column.

use std::fmt;
use std::sync::Arc;

use crate::group::Loader;
use crate::meta::RelationMeta;

/// The relations crossed so far. The root costs nothing.
#[derive(Clone, Default)]
pub struct Path(Option<Arc<Hop>>);

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
    /// This path and one relation more.
    pub(crate) fn cross(&self, relation: &'static RelationMeta, loader: &'static dyn Loader) -> Path {
        Path(Some(Arc::new(Hop { before: self.clone(), relation, loader })))
    }

    /// The last relation, or none at the root.
    pub(crate) fn last(&self) -> Option<&Hop> {
        self.0.as_deref()
    }

    pub(crate) fn is_root(&self) -> bool {
        self.0.is_none()
    }

    /// Every prefix that ends with a relation, shortest first, this path included.
    pub(crate) fn prefixes(&self) -> Vec<Path> {
        let mut prefixes = Vec::new();
        let mut next = self.clone();
        while let Some(hop) = &next.0 {
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
    /// Whether the same relations are crossed. A relation is one static, so its address is its identity.
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
