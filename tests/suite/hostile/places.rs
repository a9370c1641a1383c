//! The evil values in every place that takes a value.

use super::*;
use eager_orm::PageCursor;

fn numbers(db: &Database, query: QuerySet<Item>) -> Result<Vec<i64>> {
    let query = query.order_by(|i| i.id()).values_list(|i| i.number());
    Ok(assert_num_queries!(db, 1, { query.all(db)? }))
}

/// The evil values for which this holds, by their numbers.
fn expected(holds: impl Fn(&str) -> bool) -> Vec<i64> {
    (0..).zip(EVIL).filter(|(_, text)| holds(text)).map(|(number, _)| number).collect()
}

#[test]
fn every_lookup_takes_an_evil_value_for_what_it_is() -> Result<()> {
    type Build = fn(&Fields<Item>, &str) -> Cond<Item>;
    type Rule = fn(&str, &str) -> bool;
    let fold = str::to_lowercase;
    let lookups: &[(&str, Build, Rule)] = &[
        ("eq", |i, w| i.evil().eq(w), |t, w| t == w),
        ("ne", |i, w| i.evil().ne(w), |t, w| t != w),
        ("lt", |i, w| i.evil().lt(w), |t, w| t < w),
        ("ge", |i, w| i.evil().ge(w), |t, w| t >= w),
        ("between", |i, w| i.evil().between("A", w), |t, w| "A" <= t && t <= w),
        ("in_", |i, w| i.evil().in_([w, "'"]), |t, w| t == w || t == "'"),
        ("contains", |i, w| i.evil().contains(w), |t, w| t.contains(w)),
        ("starts_with", |i, w| i.evil().starts_with(w), |t, w| t.starts_with(w)),
        ("ends_with", |i, w| i.evil().ends_with(w), |t, w| t.ends_with(w)),
        ("iexact", |i, w| i.evil().iexact(w), |t, w| t.to_lowercase() == w.to_lowercase()),
        ("in a subquery", |i, w| i.owner().in_([w]), |t, w| t == w),
        ("exists", |i, w| i.labels().any(|l| l.name().eq(w)), |t, w| t == w),
        ("case", |i, w| case().when(i.evil().eq(w), w).otherwise("no").eq(w), |t, w| t == w || w == "no"),
        ("nullif", |i, w| i.evil().nullif(w).is_null(), |t, w| t == w),
        ("greatest", |i, w| i.evil().greatest(w).eq(w), |t, w| t <= w),
        (
            "replace",
            |i, w| i.evil().replace(w, "").eq(""),
            |t, w| if w.is_empty() { t.is_empty() } else { t.replace(w, "").is_empty() },
        ),
        ("concat", |i, w| concat((i.evil(), w)).eq(concat((w, i.evil()))), |t, w| [t, w].concat() == [w, t].concat()),
    ];
    let db = odd();
    for (name, build, rule) in lookups {
        for evil in EVIL {
            let found = numbers(&db, Item::objects().filter(|i| build(&i, evil)))?;
            assert_eq!(found, expected(|text| rule(text, evil)), "{name} {evil:?}");
            let rest = numbers(&db, Item::objects().exclude(|i| build(&i, evil)))?;
            assert_eq!(rest, expected(|text| !rule(text, evil)), "not {name} {evil:?}");
        }
    }
    type Pair = (&'static str, Build, Rule);
    let folded: &[Pair] = &[
        ("icontains", |i, w| i.evil().icontains(w), |t, w| t.contains(w)),
        ("istarts_with", |i, w| i.evil().istarts_with(w), |t, w| t.starts_with(w)),
        ("iends_with", |i, w| i.evil().iends_with(w), |t, w| t.ends_with(w)),
    ];
    for (name, build, rule) in folded {
        for evil in EVIL {
            let found = numbers(&db, Item::objects().filter(|i| build(&i, &evil.to_uppercase())))?;
            assert_eq!(found, expected(|text| rule(&fold(text), &fold(evil))), "{name} {evil:?}");
        }
    }
    Ok(())
}

#[test]
fn functions_give_evil_values_back() -> Result<()> {
    let db = odd();
    for evil in EVIL {
        let selected = |i: Fields<Item>| {
            (
                concat((*evil, i.evil(), *evil)),
                i.evil().replace("'", *evil),
                i.evil().nullif("no").coalesce(*evil),
                case().when(i.number().lt(0), "no").otherwise(*evil),
                i.evil().length(),
                i.evil().substr(1, 2),
            )
        };
        let rows = Item::objects().order_by(|i| i.id()).values_list(selected);
        for (row, text) in assert_num_queries!(db, 1, { rows.all(&db)? }).into_iter().zip(EVIL) {
            let two: String = text.chars().take(2).collect();
            let expected = (
                [evil, *text, evil].concat(),
                text.replace('\'', evil),
                (*text).to_owned(),
                (*evil).to_owned(),
                text.chars().count() as i64,
                two,
            );
            assert_eq!(row, expected, "{evil:?}");
        }
    }
    Ok(())
}

#[test]
fn evil_values_are_written_one_by_one_and_many_at_once() -> Result<()> {
    let db = odd();
    let labels = assert_num_queries!(db, 1, {
        Label::objects().bulk_create(EVIL.iter().map(|evil| Label::create().name(format!("{evil}+")))).run(&db)?
    });
    for (label, evil) in labels.iter().zip(EVIL) {
        let found = Label::objects().filter(|l| l.name().eq(format!("{evil}+"))).get(&db)?;
        assert_eq!((found.id, &found.name), (label.id, &label.name));
    }
    let mut changed = labels;
    for (label, evil) in changed.iter_mut().zip(EVIL.iter().rev()) {
        label.name = format!("-{evil}");
    }
    assert_eq!(Label::objects().bulk_update(&db, &changed, |l| l.name())?, EVIL.len() as u64);
    for evil in EVIL {
        let of_it = || Label::objects().filter(|l| l.name().eq(format!("-{evil}")));
        assert_eq!(assert_num_queries!(db, 1, { of_it().update(&db, |l| l.name().set(format!("={evil}=")))? }), 1);
        assert_eq!(of_it().count(&db)?, 0);
        let owner = Owner::objects().find(&db, *evil)?;
        assert_eq!(owner.items.query().get(&db)?.evil, *evil);
    }
    let owners = assert_num_queries!(db, 1, { Owner::objects().in_bulk(&db, EVIL.iter().copied())? });
    assert!(EVIL.iter().all(|evil| owners[*evil].name == *evil), "{owners:?}");
    for evil in EVIL {
        assert_eq!(Label::objects().filter(|l| l.name().eq(format!("={evil}="))).delete(&db)?.total, 1, "{evil:?}");
    }
    assert_eq!(Label::objects().count(&db)?, EVIL.len() as u64);
    Ok(())
}

#[test]
fn an_evil_separator_stands_between_texts() -> Result<()> {
    let db = odd();
    for evil in EVIL {
        let two = Item::objects().filter(|i| i.number().lt(2));
        let joined = assert_num_queries!(db, 1, { two.aggregate(&db, |i| i.evil().group_concat(evil))? });
        assert_eq!(joined, Some(EVIL[..2].join(evil)));
        let grouped = Item::objects().filter(|i| i.number().eq(3)).values_list(|i| i.labels().name());
        let grouped = grouped.annotate(|i| i.evil().group_concat(evil)).all(&db)?;
        assert_eq!(grouped, [(Some(EVIL[3].to_owned()), Some(EVIL[3].to_owned()))]);
    }
    Ok(())
}

#[test]
fn a_place_among_evil_values_goes_to_text_and_back() -> Result<()> {
    let db = odd();
    let mut sorted = EVIL.to_vec();
    sorted.sort_unstable();
    let items = Item::objects().order_by(|i| i.evil());
    let (mut found, mut pages) = (Vec::new(), items.clone());
    let last: PageCursor = loop {
        let page = assert_num_queries!(db, 1, { pages.cursor_page(&db, 4)? });
        found.extend(page.items.into_iter().map(|item| item.evil));
        match page.next {
            Some(next) => {
                let text = next.to_string();
                assert!(text.chars().all(|c| c.is_ascii_alphanumeric() || c == '~'), "{text}");
                pages = items.after(&text.parse()?);
            }
            None => break page.previous.unwrap(),
        }
    };
    assert_eq!(found, sorted);
    let before = items.before(&last.to_string().parse()?).cursor_page(&db, EVIL.len() as u64)?;
    assert!(before.items.len() >= EVIL.len() - 4 && before.previous.is_none());
    assert!(before.items.iter().zip(&sorted).all(|(item, text)| item.evil == *text));
    Ok(())
}

#[test]
fn evil_values_are_put_together_taken_away_and_counted() -> Result<()> {
    let db = odd();
    let mut sorted = EVIL.to_vec();
    sorted.sort_unstable();
    let names = || Label::objects().values_list(|l| l.name());
    let both = names().union(Item::objects().values_list(|i| i.from())).order_by(|l| l.name());
    assert_eq!(assert_num_queries!(db, 1, { both.all(&db)? }), sorted);
    for evil in EVIL {
        let rest = names().difference(Item::objects().filter(|i| i.evil().eq(*evil)).values_list(|i| i.evil()));
        assert_eq!(assert_num_queries!(db, 1, { rest.count(&db)? }), EVIL.len() as u64 - 1, "{evil:?}");
        let one = names().intersection(Owner::objects().filter(|o| o.name().eq(*evil)).values_list(|o| o.name()));
        assert_eq!(one.all(&db)?, [*evil]);
    }
    let groups = Item::objects().values_list(|i| i.from()).annotate(|_| count()).order_by(|i| i.from()).all(&db)?;
    assert_eq!(groups, sorted.iter().map(|evil| ((*evil).to_owned(), 1)).collect::<Vec<_>>());
    Ok(())
}

#[test]
fn evil_values_are_partitions_and_neighbours() -> Result<()> {
    let db = odd();
    for evil in EVIL {
        Label::create().name(*evil).save(&db)?;
    }
    let number = |l: &Fields<Label>| row_number().over(window().partition_by(l.name()).order_by(l.id()));
    let numbered = Label::objects().order_by(|l| l.id()).values_list(|l| number(&l));
    let numbers = assert_num_queries!(db, 1, { numbered.all(&db)? });
    assert_eq!(numbers, [vec![1; EVIL.len()], vec![2; EVIL.len()]].concat());
    for evil in EVIL {
        let second = Label::objects().filter(|l| number(&l).eq(2) & l.name().eq(*evil)).values_list(|l| l.name());
        assert_eq!(assert_num_queries!(db, 1, { second.all(&db)? }), [*evil]);
    }
    let mut sorted = EVIL.to_vec();
    sorted.sort_unstable();
    let before =
        Item::objects().order_by(|i| i.evil()).values_list(|i| i.evil().lag(1).over(window().order_by(i.evil())));
    let before = assert_num_queries!(db, 1, { before.all(&db)? });
    assert!(before[1..].iter().zip(&sorted).all(|(found, text)| found.as_deref() == Some(*text)), "{before:?}");
    Ok(())
}

#[test]
fn a_megabyte_stands_in_every_place() -> Result<()> {
    let db = odd();
    let long = "ä'\"%\0_🦀 ".repeat(100_000);
    let labels = [long.clone(), format!("{long}2"), long.clone()].map(|name| Label::create().name(name));
    let labels = Label::objects().bulk_create(labels).run(&db)?;
    let longer = || Label::objects().filter(|l| l.name().length().gt(1_000));
    let counted = longer().values_list(|l| l.name()).annotate(|_| count()).order_by(|l| l.name()).all(&db)?;
    assert_eq!(counted, [(long.clone(), 2), (format!("{long}2"), 1)]);
    let joined =
        longer().filter(|l| l.id().ne(labels[1].id)).aggregate(&db, |l| l.name().substr(1, 1).group_concat(&long))?;
    assert_eq!(joined, Some(format!("ä{long}ä")));
    let page = longer().order_by(|l| l.name()).cursor_page(&db, 1)?;
    let place: PageCursor = page.next.unwrap().to_string().parse()?;
    let rest = longer().order_by(|l| l.name()).after(&place).values_list(|l| l.id()).all(&db)?;
    assert_eq!(rest, [labels[2].id, labels[1].id]);
    let numbers = longer().order_by(|l| l.id());
    let numbers = numbers.values_list(|l| row_number().over(window().partition_by(l.name()).order_by(l.id())));
    assert_eq!(numbers.all(&db)?, [1, 1, 2]);
    let names = |query: QuerySet<Label>| query.values_list(|l| l.name());
    assert_eq!(names(longer()).union(names(longer())).count(&db)?, 2);
    assert_eq!(longer().update(&db, |l| l.name().set(concat((&*long, l.name()))))?, 3);
    let replaced = longer().filter(|l| l.id().eq(labels[1].id)).values_list(|l| l.name().replace(&long, "x"));
    assert_eq!(replaced.get(&db)?, "xx2");
    Ok(())
}
