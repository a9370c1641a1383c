#!/usr/bin/env python3
"""report.py results.jsonl: the tables, as Markdown. A ratio is to the floor (`raw`) of the same run; checksums must agree."""
import json
import math
import statistics
import sys

NAMES = {
    "W1": "load_all",
    "W2": "get_by_pk",
    "W2_read": "get_by_pk in one `db.read`",
    "W3": "filter_small",
    "W4": "join_eager",
    "W4_prefetch": "the same by prefetch_related",
    "W5": "prefetch_fk",
    "W5_loop": "the same by a plain loop (peers)",
    "W6": "prefetch_m2m",
    "W7": "prefetch_nested",
    "W8": "nplus1",
    "W8_loop": "the same by a plain loop (peers)",
    "W9": "bulk_insert",
    "W10": "bulk_update",
    "W11": "insert_one",
    "W12": "values2",
    "W13": "count_filtered",
}
# What a program cannot say, and does instead; it stands in its cell.
NOTES = {
    ("butane", "W4"): "no joins: 3 queries, clones",
    ("butane", "W5"): "no prefetch: IN and grouping by hand",
    ("butane", "W6"): "no prefetch: IN and grouping by hand",
    ("butane", "W7"): "no prefetch: IN and grouping by hand",
    ("butane", "W9"): "no bulk insert: save() each",
    ("butane", "W10"): "no partial update: load, then save() each",
    ("butane", "W13"): "no count: loads ids",
    ("rust-query", "W5"): "no IN: joins, grouping by hand",
    ("rust-query", "W6"): "no filter by key: all links read",
    ("rust-query", "W7"): "no IN: joins, grouping by hand",
    ("rust-query", "W11"): "synchronous=OFF not offered",
    ("ruprizzle", "W4"): "one include a query: publishers by hand",
    ("ruprizzle", "W10"): "no update in a transaction: its text",
    ("ruprizzle", "W13"): "no > on f64: raw!",
    ("toasty", "W6"): "one run",
    ("toasty", "W7"): "one run",
    ("sqlx", "W5"): "by hand",
    ("sqlx", "W6"): "by hand",
    ("sqlx", "W7"): "by hand",
}
BASE = "raw"

results, order, failed = {}, [], set()
for line in open(sys.argv[1]):
    result = json.loads(line)
    if result["peer"] not in order:
        order.append(result["peer"])
    if result.get("failed"):
        failed.add((result["peer"], result["w"]))
    else:
        results.setdefault((result["w"], result["peer"]), []).append(result)
workloads = [w for w in NAMES if any(key[0] == w for key in results)]


def over_rounds(what, of):
    return lambda w, peer: of(r[what] for r in results[w, peer]) if (w, peer) in results else None


def table(title, value, notes=False):
    print(f"\n### {title}\n")
    print("| workload | " + " | ".join("floor" if peer == BASE else peer for peer in order) + " |")
    print("|---|" + "---:|" * len(order))
    ratios = {peer: [] for peer in order}
    for w in workloads:
        base = value(w.split("_")[0], BASE)
        cells = []
        for peer in order:
            mine = value(w, peer)
            if mine is None:
                cells.append("fails" if (peer, w) in failed else "")
            elif peer == BASE or not base:
                cells.append(f"{mine:.2f}")
            else:
                note = NOTES.get((peer, w))
                cells.append(f"{mine / base:.2f}" + (f" ({note})" if notes and note else ""))
                if "_" not in w:
                    ratios[peer].append(mine / base)
        print(f"| {NAMES[w]} | " + " | ".join(cells) + " |")
    if any(ratios.values()):
        mean = lambda of: f"{math.exp(sum(map(math.log, of)) / len(of)):.2f}" if of else "1.00"
        print("| geometric mean of the 13 | " + " | ".join(mean(ratios[peer]) for peer in order) + " |")


table("Medians of the rounds' medians: the floor in ms, the others as ratio to it", over_rounds("median", statistics.median), True)
table("Minima over all rounds: the floor in ms, the others as ratio to it", over_rounds("min", min))
table("CPU time of all threads, medians: the floor in ms, the others as ratio to it", over_rounds("cpu", statistics.median))

print("\n### Allocations of one iteration (SQLite's own are not counted)\n")
print("| workload | " + " | ".join("floor" if peer == BASE else peer for peer in order) + " |")
print("|---|" + "---:|" * len(order))
for w in workloads:
    print(f"| {NAMES[w]} | " + " | ".join(f"{results[w, p][-1]['allocs']:,}" if (w, p) in results else "" for p in order) + " |")


def said(what, workload):
    """Who said which checksum of a workload, in whatever way it was done."""
    sums = {}
    for (w, peer), rows in results.items():
        if w.split("_")[0] == workload:
            for r in rows:
                if r.get(what):
                    sums.setdefault(r[what], set()).add(peer)
    return sums


# Of what was read or written, and of the keys that came back of an insert.
asked = [w for w in NAMES if "_" not in w and said("sum", w)]
differ = [f"{NAMES[w]} ({what})" for w in asked for what in ("sum", "keys") if len(said(what, w)) > 1]
alone = [NAMES[w] for w in asked if len(set().union(*said("sum", w).values())) < 2]
print()
if differ:
    print("Checksums DIFFER on " + ", ".join(differ))
elif len(alone) == len(asked):
    print("Checksums: there is nothing to compare, as no two programs ran the same")
else:
    print("Checksums agree" + (f", but for {', '.join(alone)}, of which there is only one" if alone else " on every workload"))
without = [p for p in order if any(not r.get("keys") for w in ("W9", "W11") for r in results.get((w, p), []))]
if without:
    print("The keys of inserted rows do not come back in " + ", ".join(without))
sys.exit(bool(differ))
