//! The column types of the features, each with its extremes: what goes in comes out, and SQL compares it as Rust does.

use std::collections::BTreeMap;
use std::str::FromStr;

use eager_orm::{Error, prelude::*};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
struct Settings {
    theme: String,
    size: Option<i64>,
    tags: Vec<String>,
    by_name: BTreeMap<String, f64>,
}

#[derive(Model, Clone, Debug, PartialEq)]
struct Account {
    #[field(primary_key, default = Uuid::now_v7())]
    id: Uuid,
    parent: Option<ForeignKey<Account>>,
    #[relation(via = "parent")]
    children: HasMany<Account>,
    #[field(default = Decimal::ZERO)]
    balance: Decimal,
    limit: Option<Decimal>,
    #[field(default = Json(Settings::default()))]
    settings: Json<Settings>,
    extra: Option<Json<Vec<u8>>>,
    token: Deferred<Option<Uuid>>,
}

fn accounts() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![Account]).unwrap();
    db
}

fn decimal(text: &str) -> Decimal {
    Decimal::from_str(text).unwrap()
}

#[test]
fn a_uuid_is_a_key_and_the_type_of_its_foreign_keys() -> eager_orm::Result<()> {
    let db = accounts();
    let root = Account::create().save(&db)?;
    assert_eq!(root.id.get_version_num(), 7);
    let given = Uuid::from_u128(u128::MAX);
    Account::create().id(given).parent(&root).token(root.id).save(&db)?;
    Account::create().parent(root.id).save(&db)?;
    let stored: (String, i64) = raw("SELECT typeof(id), length(id) FROM account LIMIT 1", ()).get(&db)?;
    assert_eq!(stored, ("blob".to_owned(), 16));
    assert_eq!(Account::objects().find(&db, given)?.parent.key(), Some(&root.id));
    assert_eq!(Account::objects().filter(|a| a.parent().eq(root.id) & a.id().ne(given)).count(&db)?, 1);
    assert_eq!(Account::objects().in_bulk(&db, [given, Uuid::nil()])?.len(), 1);
    let loaded = assert_num_queries!(db, 2, {
        let all = Account::objects().order_by(|a| a.id()).all(&db)?;
        let children: Vec<usize> =
            all.iter().map(|a| a.children.all(&db).map(<[Account]>::len)).collect::<Result<_, _>>()?;
        children
    });
    assert_eq!(loaded, [2, 0, 0]);
    let deferred = assert_num_queries!(db, 2, {
        let all = Account::objects().defer(|a| a.token()).order_by(|a| a.id()).all(&db)?;
        all.iter().map(|a| a.token.get(&db).copied()).collect::<Result<Vec<_>, _>>()?
    });
    assert_eq!(deferred, [None, None, Some(root.id)]);
    let parents = Account::objects().select_related(|a| a.parent()).order_by(|a| a.id().desc()).all(&db)?;
    assert_eq!(parents[0].parent.get(&db)?.map(|parent| parent.id), Some(root.id));
    let error = Account::objects().find(&db, Uuid::nil()).unwrap_err();
    assert_eq!(error.to_string(), "no `Account` matches: key x'00000000000000000000000000000000'");
    let error = Account::create().parent(Uuid::nil()).save(&db).unwrap_err();
    assert!(matches!(error, Error::ForeignKey { relation: Some("parent"), .. }), "{error}");
    let record = Account::objects().filter(|a| a.id().eq(given)).values(|a| a.id()).get(&db)?;
    assert_eq!(serde_json::to_string(&record).unwrap(), r#"{"id":"ffffffff-ffff-ffff-ffff-ffffffffffff"}"#);
    let error = raw::<()>("UPDATE account SET token = x'00'", ()).execute(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { name, .. } if name == "token_length"), "{error}");
    Ok(())
}

#[test]
fn json_is_any_type_that_serde_knows() -> eager_orm::Result<()> {
    let db = accounts();
    let settings = Settings {
        theme: "dark \"\u{0}\u{1F600}".to_owned(),
        size: Some(i64::MIN),
        tags: vec!["a".to_owned(), String::new()],
        by_name: [("x".to_owned(), f64::MIN_POSITIVE), ("y".to_owned(), -0.5)].into(),
    };
    let mut account = Account::create().settings(Json(settings.clone())).extra(Json(vec![0, 255])).save(&db)?;
    Account::create().save(&db)?;
    account.refresh(&db)?;
    assert_eq!((&account.settings.0, account.extra.as_deref()), (&settings, Some(&vec![0, 255])));
    account.settings.size = None;
    account.save(&db)?;
    let fields = |f: fn(Fields<Account>) -> Cond<Account>| Account::objects().filter(f).count(&db);
    assert_eq!(fields(|a| a.settings().json::<f64>("$.by_name.y").lt(0.0))?, 1);
    assert_eq!(fields(|a| a.settings().json::<String>("$.tags[0]").eq("a"))?, 1);
    assert_eq!(fields(|a| a.settings().json::<i64>("$.size").is_null())?, 2);
    assert_eq!(fields(|a| a.extra().json::<i64>("$[1]").eq(255))?, 1);
    assert_eq!(fields(|a| a.settings().eq(Json(Settings::default())))?, 1);
    let records = Account::objects().filter(|a| a.extra().is_null()).values(|a| (a.settings(), a.extra())).get(&db)?;
    assert_eq!(
        serde_json::to_string(&records).unwrap(),
        r#"{"settings":{"by_name":{},"size":null,"tags":[],"theme":""},"extra":null}"#
    );
    let error = raw::<()>("UPDATE account SET settings = '{'", ()).execute(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { name, .. } if name == "settings_json"), "{error}");
    raw::<()>("UPDATE account SET settings = '[1]'", ()).execute(&db)?;
    let error = Account::objects().first(&db).unwrap_err().to_string();
    assert!(
        error.starts_with(
            "`Account.settings` is a `Json<Settings>`, and the row has the TEXT '[1]', which is refused ("
        ),
        "{error}"
    );
    Ok(())
}

#[test]
fn decimals_are_exact_and_in_their_order() -> eager_orm::Result<()> {
    let db = accounts();
    let texts = [
        "-79228162514264337593543950335",
        "-100",
        "-99.9",
        "-12.51",
        "-12.5",
        "-12",
        "-1",
        "-0.5",
        "-0.05",
        "-0.0000000000000000000000000001",
        "0",
        "0.0000000000000000000000000001",
        "0.05",
        "0.5",
        "0.51",
        "1",
        "9.99",
        "10",
        "12",
        "12.5",
        "12.51",
        "99.9",
        "100",
        "7.922816251426433759354395033",
        "79228162514264337593543950335",
    ];
    let mut sorted: Vec<Decimal> = texts.iter().map(|text| decimal(text)).collect();
    Account::objects().bulk_create(sorted.iter().rev().map(|value| Account::create().balance(*value))).run(&db)?;
    sorted.sort();
    let balances = |q: QuerySet<Account>| q.order_by(|a| a.balance()).values_list(|a| a.balance()).all(&db);
    assert_eq!(balances(Account::objects())?, sorted);
    for value in &sorted {
        let less: Vec<Decimal> = sorted.iter().copied().filter(|other| other < value).collect();
        assert_eq!(balances(Account::objects().filter(|a| a.balance().lt(*value)))?, less);
        assert_eq!(balances(Account::objects().filter(|a| a.balance().eq(value)))?, [*value]);
    }
    // Scales are no part of a number.
    assert_eq!(
        balances(Account::objects().filter(|a| a.balance().in_([decimal("12.500"), decimal("-0.0")])))?.len(),
        2
    );
    let ends = Account::objects().aggregate(&db, |a| (a.balance().min(), a.balance().max(), a.balance().sum()))?;
    // The greatest and the least, and the digits furthest behind the point, are lost by none of the additions between.
    let sum = decimal("28.422816251426433759354395033");
    assert_eq!(ends, (Some(Decimal::MIN), Some(Decimal::MAX), Some(sum)));
    assert_eq!(Account::objects().aggregate(&db, |a| a.limit().sum())?, None);
    Ok(())
}

#[test]
fn decimals_are_added_up_exactly_and_cast_to_numbers() -> eager_orm::Result<()> {
    let db = accounts();
    let cents = (0..1000).map(|n| Account::create().balance(Decimal::new(10, 2)).limit(Decimal::new(n, 3)));
    Account::objects().bulk_create(cents).run(&db)?;
    let (sum, mean, of_some) = Account::objects().aggregate(&db, |a| {
        (a.balance().sum(), a.limit().avg(), a.balance().sum().filter(a.limit().lt(decimal("0.3"))))
    })?;
    assert_eq!((sum, mean, of_some), (Some(decimal("100")), Some(decimal("0.4995")), Some(decimal("30"))));
    let groups = Account::objects().values_list(|a| a.balance()).annotate(|a| (count(), a.limit().max())).all(&db)?;
    assert_eq!(groups, [(decimal("0.1"), (1000, Some(decimal("0.999"))))]);
    let running = Account::objects()
        .values_list(|a| (a.limit(), a.limit().sum().over(window().order_by(a.limit()).rows(-1..=1))))
        .order_by(|a| a.limit())
        .slice(0..2)
        .all(&db)?;
    assert_eq!(running[1], (Some(decimal("0.001")), Some(decimal("0.003"))));
    let shown = Account::objects()
        .filter(|a| a.limit().cast::<f64>().gt(0.9985) & a.limit().cast::<String>().eq("0.999"))
        .values_list(|a| (a.limit().cast::<f64>(), a.balance().cast::<String>(), value("2.50").cast::<Decimal>()))
        .get(&db)?;
    assert_eq!(shown, (Some(0.999), "0.1".to_owned(), decimal("2.5")));
    let record = Account::objects().limit(1).values(|a| a.balance()).get(&db)?;
    assert_eq!(serde_json::to_string(&record).unwrap(), r#"{"balance":"0.1"}"#);
    Account::objects().bulk_create([Account::create().balance(Decimal::MAX)]).run(&db)?;
    assert!(Account::objects().aggregate(&db, |a| a.balance().sum()).is_err());
    raw::<()>("UPDATE account SET balance = '1.50'", ()).execute(&db)?;
    let error = Account::objects().first(&db).unwrap_err().to_string();
    assert!(
        error.starts_with("`Account.balance` is a `Decimal`, and the row has the TEXT '1.50' in column"),
        "{error}"
    );
    Ok(())
}

fn any_decimal() -> impl Strategy<Value = Decimal> {
    (any::<u32>(), any::<u32>(), 0_u32..1 << 20, any::<bool>(), 0_u32..=28)
        .prop_map(|(low, mid, high, is_negative, scale)| Decimal::from_parts(low, mid, high, is_negative, scale))
}

#[derive(Model, Debug)]
struct Pair {
    id: i64,
    left: Decimal,
    right: Decimal,
    uuid: Uuid,
    json: Json<(String, Option<i64>, Vec<bool>)>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_value_comes_back_and_compares_as_in_rust(
        left in any_decimal(), right in any_decimal(), bits in any::<u128>(), json in any::<(String, Option<i64>, Vec<bool>)>(),
    ) {
        let db = Database::in_memory().unwrap();
        db.create_tables(models![Pair]).unwrap();
        let uuid = Uuid::from_u128(bits);
        Pair::create().left(left).right(right).uuid(uuid).json(Json(json.clone())).save(&db).unwrap();
        let pair = Pair::objects().get(&db).unwrap();
        prop_assert_eq!((pair.left, pair.right, pair.uuid, pair.json.0), (left, right, uuid, json));
        let is_less = Pair::objects().filter(|p| p.left().lt(p.right())).exists(&db).unwrap();
        prop_assert_eq!(is_less, left < right);
        let is_same = Pair::objects().filter(|p| p.left().eq(p.right())).exists(&db).unwrap();
        prop_assert_eq!(is_same, left == right);
    }
}

#[test]
fn rows_for_tests_have_values_of_these_types() -> eager_orm::Result<()> {
    use eager_orm::testing::{self, bake};
    let db = testing::database(models![Pair])?;
    let pairs = bake::<Pair>().with(|p| p.json().set(Json((String::new(), None, vec![])))).quantity(20).create(&db)?;
    assert!(pairs.iter().all(|pair| pair.left >= Decimal::ONE && pair.uuid != Uuid::nil()));
    Ok(())
}

/// JSON that is written and cannot be read is data that is lost.
#[derive(Model, Debug)]
struct Measured {
    id: i64,
    value: Json<Vec<f64>>,
    #[field(default = Json(serde_json::Value::Null))]
    any: Json<serde_json::Value>,
}

#[test]
fn json_that_could_not_be_read_again_is_refused() -> eager_orm::Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Measured])?;
    let refused = |outcome: eager_orm::Result<Measured>, named: &str| match outcome {
        Err(Error::NotStorable { model: "Measured", field, .. }) => assert_eq!(field, named),
        other => panic!("{other:?}"),
    };
    for float in [f64::NAN, f64::INFINITY] {
        refused(Measured::create().value(Json(vec![1.0, float])).save(&db), "value");
    }
    let nested = |levels: usize| (0..levels).fold(serde_json::Value::Null, |inner, _| serde_json::json!([inner]));
    let with = |levels| Measured::create().value(Json(vec![f64::MIN_POSITIVE, f64::MAX])).any(Json(nested(levels)));
    refused(with(128).save(&db), "any");
    let row = with(127).save(&db)?;
    assert_eq!((&row.any.0, &row.value.0), (&nested(127), &vec![f64::MIN_POSITIVE, f64::MAX]));
    assert_eq!(Measured::objects().get(&db)?.any.0, nested(127));
    Ok(())
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Shape {
    Point(Option<f64>),
    Line { from: f32, to: Option<f32> },
    Path(Vec<(f64, Option<f64>)>),
    Named(BTreeMap<String, Option<f64>>),
    Nothing,
}

#[derive(Model, Debug, Clone)]
struct Drawing {
    id: i64,
    shapes: Json<Vec<Option<Shape>>>,
    scale: Option<Json<Option<f64>>>,
}

#[test]
fn a_float_that_json_has_not_is_refused_wherever_it_stands_and_null_is_stored() -> eager_orm::Result<()> {
    let db = Database::in_memory()?;
    db.create_tables(models![Drawing])?;
    let line = |to: Option<f32>| Shape::Line { from: 1.5, to };
    let named = |value: Option<f64>| Shape::Named(BTreeMap::from([("a".to_owned(), None), ("b".to_owned(), value)]));
    let good = vec![
        None,
        Some(Shape::Point(None)),
        Some(Shape::Nothing),
        Some(line(None)),
        Some(Shape::Path(vec![(f64::MAX, None), (-0.5, Some(1e-300))])),
        Some(named(Some(2.0))),
    ];
    let drawing = Drawing::create().shapes(Json(good.clone())).scale(Json(None)).save(&db)?;
    assert_eq!((&drawing.shapes.0, &Drawing::objects().get(&db)?.shapes.0), (&good, &good));
    let bad = [
        Shape::Point(Some(f64::NAN)),
        line(Some(f32::INFINITY)),
        Shape::Path(vec![(1.0, None), (2.0, Some(f64::NEG_INFINITY))]),
        named(Some(f64::NAN)),
    ];
    for shape in bad {
        let error = Drawing::create().shapes(Json(vec![None, Some(shape)])).save(&db).unwrap_err();
        assert!(matches!(&error, Error::NotStorable { model: "Drawing", field, .. } if field == "shapes"), "{error:?}");
    }
    let error = Drawing::objects().update(&db, |d| d.scale().set(Json(Some(f64::NAN)))).unwrap_err();
    assert!(matches!(&error, Error::NotStorable { .. }), "{error:?}");
    assert_eq!(Drawing::objects().count(&db)?, 1);
    Ok(())
}
