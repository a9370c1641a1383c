//! What a capture has seen: what was loaded, because it was asked for or for one row after the other, which statements
//! ran again, and what the report says of it.

use std::collections::hash_map::{Entry, HashMap};
use std::collections::{BTreeMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;
use std::sync::Arc;

use super::log::Does;
use super::watch::Watch;
use super::written::closure_of;
use super::{Finding, FindingKind, Statement};
use crate::meta::ModelMeta;
use crate::value::Bind;

/// Something that was loaded because it was asked for.
#[derive(Clone)]
pub(crate) struct EagerLoad {
    pub(crate) watch: Arc<Watch>,
    pub(crate) meta: &'static ModelMeta,
    pub(crate) slot: usize,
    pub(crate) how: How,
    /// How many rows it was loaded for.
    pub(crate) rows: usize,
}

/// How it was asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    Join,
    Prefetch,
    /// A part of a relation, into a slot.
    Slot,
    /// A deferred column that was not deferred.
    Column,
}

/// A relation (or a deferred column) that was loaded for one row.
#[derive(Clone)]
pub(crate) struct LazyLoad {
    pub(crate) watch: Arc<Watch>,
    pub(crate) meta: &'static ModelMeta,
    pub(crate) slot: usize,
    pub(crate) is_to_one: bool,
    /// The line that read it.
    pub(crate) touch: &'static Location<'static>,
}

/// What is known of a statement that ran.
struct Known {
    /// The number of its finding.
    finding: Option<usize>,
    version: Option<(u64, u32)>,
}

/// What a capture has seen so far.
#[derive(Default)]
pub(super) struct Seen {
    eager: Vec<EagerLoad>,
    /// With the number of writes before.
    lazy: Vec<(LazyLoad, usize)>,
    writes: usize,
    /// The statements that ran since the last write, by their text and binds, and what there is to say of those that ran
    /// again: the number of a finding.
    reads: HashMap<u64, Known>,
    again: Vec<Finding>,
}

impl Seen {
    pub(super) fn eager(&mut self, load: EagerLoad) {
        self.eager.push(load);
    }

    pub(super) fn lazy(&mut self, load: LazyLoad) {
        self.lazy.push((load, self.writes));
    }

    /// Counts a statement that ran with the same binds while nothing was written. A batch is not counted: two chunks of a
    /// stream may point at the same rows, and what runs twice because its rows were loaded twice is found by these.
    pub(super) fn statement(&mut self, statement: &Statement) {
        match statement.does {
            // What was read before is not what there is after.
            Does::Mark if statement.sql.starts_with("ROLLBACK") => self.wrote(),
            Does::Mark | Does::Batch | Does::Diagnose => {}
            Does::Write => self.wrote(),
            Does::Read if statement.error.is_some() => {}
            Does::Read => {
                let mut hasher = DefaultHasher::new();
                statement.thread.hash(&mut hasher);
                statement.sql.hash(&mut hasher);
                statement.binds.iter().for_each(|bind| hash(bind, &mut hasher));
                let version = statement.version;
                match self.reads.entry(hasher.finish()) {
                    Entry::Vacant(first) => {
                        first.insert(Known { finding: None, version });
                    }
                    // Somebody else has committed meanwhile.
                    Entry::Occupied(mut known) if known.get().version != version => known.get_mut().version = version,
                    Entry::Occupied(_) if may_differ(statement) => {}
                    Entry::Occupied(mut known) => {
                        match known.get().finding.and_then(|number| self.again.get_mut(number)) {
                            Some(finding) => finding.times += 1,
                            None => {
                                known.get_mut().finding = Some(self.again.len());
                                self.again.push(Finding {
                                    kind: FindingKind::SameAgain,
                                    what: statement.sql.clone(),
                                    times: 2,
                                    query: statement.location,
                                    touch: None,
                                    plan: None,
                                    gain: None,
                                    fix: "keep the first answer".to_owned(),
                                });
                            }
                        }
                    }
                }
            }
        }
    }

    /// Something was written: what is asked again may have another answer.
    pub(super) fn wrote(&mut self) {
        self.writes += 1;
        self.reads.clear();
    }

    /// The findings, in the order of what they cost.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let mut findings = self.one_by_one();
        findings.extend(self.in_hand_one_by_one());
        let touched: Vec<_> = findings.iter().filter_map(|finding| finding.touch).collect();
        findings.extend(self.same_again(&touched));
        findings.extend(self.unread());
        findings
    }

    fn one_by_one(&self) -> Vec<Finding> {
        let mut loads: BTreeMap<_, Vec<&LazyLoad>> = BTreeMap::new();
        for (load, writes) in &self.lazy {
            // What is written and read in turn cannot be loaded at once.
            let between = if load.watch.is_alone() { *writes } else { 0 };
            let key = (place(load.watch.at), place(load.touch), load.watch.path.clone(), load.slot, between);
            loads.entry(key).or_default().push(load);
        }
        let finding = |loads: &Vec<&LazyLoad>| {
            let (first, times) = (*loads.first()?, loads.len());
            // The same function for one row after the other: each is a result of its own, which is loaded in one way.
            let mut results = HashSet::new();
            if loads.iter().all(|load| results.insert(load.watch.result())) {
                return None;
            }
            let field = *first.meta.slot_names.get(first.slot)?;
            let (watch, closure) = (&first.watch, first.watch.closure(field));
            let (is_column, target) = (first.meta.relation_in(first.slot).is_none(), watch.target());
            let fix = if is_column {
                watch.undefer(field)
            } else if let Some(closure) = watch.alone_closure(field) {
                format!(
                    "call `prefetch_related_objects(&db, &rows, {closure})` before they are read: \
                     after `refresh`, and after a write to a relation, a row loads for itself"
                )
            } else if watch.is_outside {
                format!(
                    "add `.prefetch_related({closure})` where the rows are loaded, \
                     or call `prefetch_related_objects(&db, &rows, {closure})`"
                )
            } else if watch.is_in_hand && watch.slotted.0 == 0 {
                format!("add `{closure}` to {target}")
            } else if first.is_to_one && watch.joins() {
                format!("add `.select_related({closure})` or `.prefetch_related({closure})` to {target}")
            } else {
                format!("add `.prefetch_related({closure})` to {target}")
            };
            Some(Finding {
                kind: FindingKind::OneByOne,
                what: format!("{}.{field}", first.meta.name),
                times,
                query: first.watch.at,
                touch: Some(first.touch),
                plan: None,
                gain: None,
                fix,
            })
        };
        let mut findings: Vec<Finding> = loads.values().filter_map(finding).collect();
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.times));
        findings
    }

    /// What `prefetch_related_objects` has loaded for one row after the other of one result.
    fn in_hand_one_by_one(&self) -> Vec<Finding> {
        let mut loads: BTreeMap<_, Vec<&EagerLoad>> = BTreeMap::new();
        for load in self.eager.iter().filter(|load| load.watch.is_in_hand && load.watch.path.is_empty()) {
            loads.entry((place(load.watch.at), load.slot, load.watch.result())).or_default().push(load);
        }
        let finding = |loads: &Vec<&EagerLoad>| {
            let first = loads.first().filter(|_| loads.len() > 1 && loads.iter().all(|load| load.rows == 1))?;
            let field = first.meta.slot_names.get(first.slot)?;
            Some(Finding {
                kind: FindingKind::OneByOne,
                what: format!("{}.{field}", first.meta.name),
                times: loads.len(),
                query: first.watch.at,
                touch: None,
                plan: None,
                gain: None,
                fix: "call `prefetch_related_objects` once, for all rows".to_owned(),
            })
        };
        loads.values().filter_map(finding).collect()
    }

    /// What ran again, the same statement of one line together; but for what the lines have that loaded one by one.
    fn same_again(&self, touched: &[&'static Location<'static>]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        let mut numbers: HashMap<_, usize> = HashMap::new();
        for again in self.again.iter().filter(|finding| !touched.contains(&finding.query)) {
            let number = *numbers.entry((place(again.query), &*again.what)).or_insert(findings.len());
            match findings.get_mut(number) {
                Some(known) => {
                    known.times += again.times;
                    known.fix = "keep the first answer for each of the values".to_owned();
                }
                None => findings.push(again.clone()),
            }
        }
        findings
    }

    fn unread(&self) -> Vec<Finding> {
        // One query may have run many times (in a loop, chunk by chunk): what was read once is worth loading.
        let mut loads: BTreeMap<_, (&EagerLoad, usize, bool)> = BTreeMap::new();
        for load in &self.eager {
            let key = (place(load.watch.at), load.watch.path.clone(), load.slot);
            let known = loads.entry(key).or_insert((load, 0, false));
            known.1 += 1;
            known.2 |= load.watch.was_read(load.slot);
        }
        let mut unread: Vec<(&'static Location<'static>, Vec<&'static str>)> = Vec::new();
        let mut findings = Vec::new();
        for (load, times, was_read) in loads.values() {
            let Some(field) = load.meta.slot_names.get(load.slot) else { continue };
            let below_unread =
                unread.iter().any(|(at, path)| *at == load.watch.at && load.watch.path.starts_with(path));
            if *was_read || below_unread {
                continue;
            }
            let watch = &load.watch;
            let (closure, own) = (watch.closure(field), watch.own_closure(field));
            let from = |prefetch: String| format!(" from {prefetch}");
            let (kind, fix) = match load.how {
                How::Join => {
                    let from = watch.prefetch().map(from).unwrap_or_default();
                    (FindingKind::UnreadRelation, format!("remove `.select_related({own})`{from}"))
                }
                How::Prefetch if watch.is_in_hand && watch.slotted.0 == 0 => {
                    (FindingKind::UnreadRelation, format!("remove `prefetch_related_objects(.., {closure})`"))
                }
                How::Prefetch => {
                    let from = if watch.slotted.0 == 0 { String::new() } else { from(watch.target()) };
                    (FindingKind::UnreadRelation, format!("remove `.prefetch_related({closure})`{from}"))
                }
                How::Slot => {
                    let path = load.watch.path.iter().copied().chain([*field]);
                    (
                        FindingKind::UnreadRelation,
                        format!("remove the prefetch to `{}`", closure_of(load.watch.root, path)),
                    )
                }
                How::Column => (FindingKind::UnreadColumn, load.watch.defer(field)),
            };
            if kind == FindingKind::UnreadRelation {
                let mut path = load.watch.path.clone();
                path.push(field);
                unread.push((load.watch.at, path));
            }
            let what = format!("{}.{field}", load.meta.name);
            findings.push(Finding {
                kind,
                what,
                times: *times,
                query: load.watch.at,
                touch: None,
                plan: None,
                gain: None,
                fix,
            });
        }
        findings
    }
}

/// Whether a statement may have another answer each time: it asks for chance, for the time, or for the connection.
fn may_differ(statement: &Statement) -> bool {
    const WORDS: &[&str] = &["random", "changes()", "last_insert_rowid", "current_", "'now'", "pragma"];
    let text = statement.sql.to_ascii_lowercase();
    let is_now = |bind: &Bind<'_>| matches!(bind, Bind::Text(text) if text.eq_ignore_ascii_case("now"));
    WORDS.iter().any(|word| text.contains(word)) || statement.binds.iter().any(is_now)
}

fn hash(bind: &Bind<'_>, hasher: &mut DefaultHasher) {
    std::mem::discriminant(bind).hash(hasher);
    match bind {
        Bind::Null => {}
        Bind::Integer(value) => value.hash(hasher),
        Bind::Real(value) => value.to_bits().hash(hasher),
        Bind::Text(value) => value.hash(hasher),
        Bind::Blob(value) => value.hash(hasher),
        Bind::Array(values) => values.iter().for_each(|value| hash(value, hasher)),
        Bind::Refused(reason) => reason.hash(hasher),
    }
}

fn place(at: &'static Location<'static>) -> (&'static str, u32, u32) {
    (at.file(), at.line(), at.column())
}
