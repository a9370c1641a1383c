//! Trees: the rows below, or above, the rows of a queryset, along a relation of a model to itself.

use super::QuerySet;
use crate::lookup::Cross;
use crate::lookup::{ToMany, ToOne};
use crate::model::Fields;
use crate::model::{Model, Target, root};
use crate::plan::{Node, NodeKind, Path, Plan, Tree};
use crate::value::Own;

/// Rows below and above others, in one recursive statement.
///
/// # Examples
///
/// ```
/// # use eager_orm::prelude::*;
/// # #[derive(Model)]
/// # pub struct Employee {
/// #     pub id: i64,
/// #     pub name: String,
/// #     pub reports_to: Option<ForeignKey<Employee>>,
/// #     #[relation(via = "reports_to")]
/// #     pub reports: HasMany<Employee>,
/// # }
/// # let db = Database::in_memory()?;
/// # db.create_tables(models![Employee])?;
/// # let ann = Employee::create().name("Ann").save(&db)?;
/// # let bob = Employee::create().name("Bob").reports_to(&ann).save(&db)?;
/// # let cid = Employee::create().name("Cid").reports_to(&bob).save(&db)?;
/// let names = |people: QuerySet<Employee>| people.order_by(|e| e.id()).values_list(|e| e.name()).all(&db);
/// let ann = Employee::objects().filter(|e| e.name().eq("Ann"));
/// let cid = Employee::objects().filter(|e| e.name().eq("Cid"));
/// // SELECT .. WHERE "employee"."id" IN (WITH RECURSIVE "tree" ("key") AS (..) SELECT "tree"."key" FROM "tree")
/// assert_eq!(names(ann.clone().descendants(|e| e.reports(), None))?, ["Bob", "Cid"]);
/// assert_eq!(names(ann.descendants(|e| e.reports(), 1))?, ["Bob"]);
/// assert_eq!(names(cid.ancestors(|e| e.reports_to(), None))?, ["Ann", "Bob"]);
/// # Ok::<(), eager_orm::Error>(())
/// ```
impl<M: Model> QuerySet<M> {
    /// The rows below these, to a depth; to any where none is named. A row of this queryset is among them only if it is
    /// below another. What comes out is a queryset like any other.
    ///
    /// # Examples
    ///
    /// See above.
    pub fn descendants(
        self,
        f: impl FnOnce(Fields<M>) -> ToMany<M, M, M>,
        depth: impl Into<Option<u32>>,
    ) -> QuerySet<M> {
        self.tree(f(root::<M>()).path(), depth.into())
    }

    /// The rows above these, to a depth; to any where none is named. A row of this queryset is among them only if it is
    /// above another. What comes out is a queryset like any other.
    ///
    /// # Examples
    ///
    /// See above.
    pub fn ancestors<N: Cross>(
        self,
        f: impl FnOnce(Fields<M>) -> ToOne<M, M, Own, N>,
        depth: impl Into<Option<u32>>,
    ) -> QuerySet<M>
    where
        M: Target,
    {
        self.tree(f(root::<M>()).path(), depth.into())
    }

    fn tree(self, path: Path, depth: Option<u32>) -> QuerySet<M> {
        let mut plan = Plan::new(M::META);
        plan.mode = self.plan.mode;
        plan.more.misuse = self.plan.more.misuse;
        match path.last() {
            Some(hop) if hop.before.is_root() && hop.relation.is_link() => {
                let tree = Tree { relation: hop.relation, roots: Box::new(self.plan), depth };
                plan.filters.push(Node::new(NodeKind::InTree(tree)));
            }
            _ => plan.more.misuse = Some("a tree follows one foreign key of a model to itself, from either side"),
        }
        QuerySet::from_plan(plan)
    }
}
