//! Trees of random shapes, with circles and with keys that lead nowhere, prefetched to random depths from random rows, of
//! which some know what is next to them already: every handle up to the depth is filled, and no statement more runs than
//! is promised.

use std::collections::BTreeMap;

use eager_orm::{Error, Result};

use crate::support::Random;
use eager_orm::prelude::*;

#[derive(Model, Clone)]
pub struct Node {
    pub id: i64,
    #[relation(constraint = false)]
    pub up: Option<ForeignKey<Node>>,
    #[relation(via = "up")]
    pub below: HasMany<Node>,
    pub marks: HasMany<Mark>,
}

#[derive(Model, Clone)]
pub struct Mark {
    pub id: i64,
    pub node: ForeignKey<Node>,
}

/// What each node is below of.
type Shape = BTreeMap<i64, Option<i64>>;

fn shape(random: &mut Random) -> Shape {
    let count = random.below(25) as i64 + 1;
    let style = random.below(4);
    let mut any = |below: i64| random.below(below as u64) as i64 + 1;
    let up = |key: i64| match style {
        // A tree; circles with what leads to them; what leads nowhere among them; chains.
        0 => (key > 1).then(|| any(key - 1)),
        1 => Some(any(count)),
        2 => (any(4) > 1).then(|| any(count + 2)),
        _ => (key > 1 && any(5) > 1).then_some(key - 1),
    };
    (1..=count).zip((1..=count).map(up)).collect()
}

fn marks_of(key: i64) -> usize {
    (key % 3) as usize
}

fn check_marks(node: &Node) {
    assert_eq!(node.marks.loaded().expect("its marks are loaded").len(), marks_of(node.id));
}

fn check_below(node: &Node, shape: &Shape, depth: usize, with_marks: bool) {
    if depth == 0 {
        return;
    }
    let below = node.below.loaded().unwrap_or_else(|| panic!("{} is not filled, {depth} above the last", node.id));
    let mut keys: Vec<i64> = below.iter().map(|node| node.id).collect();
    keys.sort();
    let expected = shape.iter().filter(|(_, up)| **up == Some(node.id)).map(|(key, _)| *key);
    assert_eq!(keys, expected.collect::<Vec<_>>(), "below {}", node.id);
    for node in below {
        if with_marks {
            check_marks(node);
        }
        check_below(node, shape, depth - 1, with_marks);
    }
}

/// The rows refuse to load, so what leads nowhere has to be known to do so.
fn check_above(db: &Database, node: &Node, shape: &Shape, depth: usize, with_marks: bool) {
    if depth == 0 {
        return;
    }
    match (node.up.get(db), shape[&node.id]) {
        (Ok(None), None) => {}
        (Ok(Some(up)), Some(key)) => {
            assert_eq!(up.id, key);
            if with_marks {
                check_marks(up);
            }
            check_above(db, up, shape, depth - 1, with_marks);
        }
        (Err(Error::DoesNotExist { .. }), Some(key)) => assert!(!shape.contains_key(&key)),
        (other, key) => panic!("above {} is {key:?}, {depth} from the last: {:?}", node.id, other.map(|_| ())),
    }
}

#[test]
fn every_handle_up_to_the_depth_is_filled() -> Result<()> {
    let mut random = Random::new(11);
    let turns = std::env::var("EAGER_ORM_TURNS").ok().and_then(|turns| turns.parse().ok()).unwrap_or(60);
    for _ in 0..turns {
        let db = Database::in_memory()?;
        db.create_tables(models![Node, Mark])?;
        let shape = shape(&mut random);
        Node::objects().bulk_create(shape.iter().map(|(key, up)| Node::create().id(*key).up(*up))).run(&db)?;
        let marks = shape.keys().flat_map(|key| (0..marks_of(*key)).map(|_| Mark::create().node(*key)));
        Mark::objects().bulk_create(marks).run(&db)?;
        for _ in 0..10 {
            let depth = random.below(6) as usize + 1;
            let part = random.below(3);
            let roots: Vec<i64> = shape.keys().copied().filter(|_| random.below(3) >= part).collect();
            let nodes = Node::objects().filter(|n| n.id().in_(roots)).fetch_mode(FetchMode::Raise);
            let (with_marks, downwards, in_hand) = (random.below(2) == 0, random.below(2) == 0, random.below(3));
            let below = |n: Fields<Node>| n.below().descendants(depth as u32);
            let above = |n: Fields<Node>| n.up().ancestors(depth as u32);
            let (rows, log) = db.capture(|db| -> Result<Vec<Node>> {
                if in_hand == 0 {
                    return match (downwards, with_marks) {
                        (true, true) => nodes.prefetch_related(|n| below(n).prefetch_related(|n| n.marks())),
                        (true, false) => nodes.prefetch_related(below),
                        (false, true) => nodes.prefetch_related(|n| above(n).prefetch_related(|n| n.marks())),
                        (false, false) => nodes.prefetch_related(above),
                    }
                    .all(db);
                }
                let joins = in_hand == 1 && !downwards;
                let rows = if joins { nodes.select_related(|n| n.up()) } else { nodes }.all(db)?;
                let known = rows.iter().filter(|_| random.below(2) == 0);
                prefetch_related_objects(db, known, |n| (n.below().below(), n.up()))?;
                match (downwards, with_marks) {
                    (true, true) => {
                        prefetch_related_objects(db, &rows, |n| below(n).prefetch_related(|n| n.marks()))?;
                    }
                    (true, false) => prefetch_related_objects(db, &rows, below)?,
                    (false, true) => {
                        prefetch_related_objects(db, &rows, |n| above(n).prefetch_related(|n| n.marks()))?;
                    }
                    (false, false) => prefetch_related_objects(db, &rows, above)?,
                }
                Ok(rows)
            });
            // The rows, the tree, which may be read a second time, and the marks.
            assert!(in_hand > 0 || log.len() <= 3 + usize::from(with_marks), "{log}");
            for row in &rows? {
                match downwards {
                    true => check_below(row, &shape, depth, with_marks),
                    false => check_above(&db, row, &shape, depth, with_marks),
                }
            }
        }
    }
    Ok(())
}
