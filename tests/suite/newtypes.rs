//! Newtypes as columns and keys: as typed as the program's own, stored as what is in them.

use std::fmt;

use eager_orm::{Error, prelude::*};

#[derive(DbValue, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[db(key)]
struct UserId(i64);

#[derive(DbValue, Clone, Debug, PartialEq, Eq, Hash)]
#[db(key)]
struct Sku(String);

/// Three capital letters: checked wherever one is made.
#[derive(DbValue, Clone, Debug, PartialEq, Eq, Hash)]
#[db(try_from)]
struct Currency {
    code: String,
}

impl TryFrom<String> for Currency {
    type Error = String;
    fn try_from(code: String) -> Result<Self, String> {
        if code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase()) {
            Ok(Currency { code })
        } else {
            Err("a currency is three capital letters".to_owned())
        }
    }
}

#[derive(DbValue, Clone, Copy, Debug, PartialEq)]
struct Percent(u8);

/// A type of the standard library, which is no column type, stored by hand.
#[derive(DbValue, Clone, Copy, Debug, PartialEq)]
#[db(stored_as = String)]
struct Address(std::net::IpAddr);

impl From<&Address> for String {
    fn from(address: &Address) -> String {
        address.0.to_string()
    }
}
impl TryFrom<String> for Address {
    type Error = std::net::AddrParseError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse().map(Address)
    }
}

/// An enum with values in it, stored by hand.
#[derive(DbValue, Clone, Debug, PartialEq)]
#[db(stored_as = i64)]
enum Limit {
    None,
    Of(u32),
}

impl From<&Limit> for i64 {
    fn from(limit: &Limit) -> i64 {
        match limit {
            Limit::None => -1,
            Limit::Of(limit) => i64::from(*limit),
        }
    }
}
impl TryFrom<i64> for Limit {
    type Error = fmt::Error;
    fn try_from(stored: i64) -> Result<Self, fmt::Error> {
        match stored {
            -1 => Ok(Limit::None),
            stored => u32::try_from(stored).map(Limit::Of).map_err(|_| fmt::Error),
        }
    }
}

#[derive(Model, Clone, Debug)]
struct User {
    id: UserId,
    name: String,
    address: Option<Address>,
    #[field(default = Limit::None)]
    limit: Limit,
    orders: HasMany<Order>,
}

#[derive(Model, Clone, Debug)]
struct Product {
    #[field(primary_key)]
    sku: Sku,
    currency: Currency,
    discount: Option<Percent>,
    orders: HasMany<Order>,
}

#[derive(Model, Clone, Debug)]
struct Order {
    id: i64,
    user: ForeignKey<User>,
    product: ForeignKey<Product>,
    gift_to: Option<ForeignKey<User>>,
}

fn shop() -> Database {
    let db = Database::in_memory().unwrap();
    db.create_tables(models![User, Product, Order]).unwrap();
    let ann = User::create().name("Ann").save(&db).unwrap();
    let bob = User::create().id(UserId(70)).name("Bob").address(Address([127, 0, 0, 1].into())).save(&db).unwrap();
    assert_eq!((ann.id, bob.id), (UserId(1), UserId(70)));
    let product = |sku: &str| {
        let currency = Currency { code: "EUR".to_owned() };
        Product::create().sku(Sku(sku.to_owned())).currency(currency).save(&db).unwrap()
    };
    let (lamp, desk) = (product("lamp"), product("desk"));
    Order::create().user(&ann).product(&lamp).save(&db).unwrap();
    Order::create().user(UserId(70)).product(&desk).gift_to(UserId(1)).save(&db).unwrap();
    Order::create().user(bob.id).product(Sku("lamp".to_owned())).save(&db).unwrap();
    db
}

#[test]
fn an_integer_newtype_is_a_key_that_is_counted_up() {
    let db = shop();
    let next = User::create().name("Cid").save(&db).unwrap();
    assert_eq!(next.id, UserId(71));
    let users = User::objects().bulk_create(["Dan", "Eve"].map(|name| User::create().name(name))).run(&db).unwrap();
    assert_eq!((users[0].id, users[1].id), (UserId(72), UserId(73)));
    assert_eq!(User::objects().find(&db, UserId(70)).unwrap().name, "Bob");
    let some = User::objects().in_bulk(&db, [UserId(1), UserId(72), UserId(500)]).unwrap();
    assert_eq!((some.len(), &*some[&UserId(72)].name), (2, "Dan"));
    let error = User::objects().find(&db, UserId(500)).unwrap_err();
    assert!(matches!(&error, Error::DoesNotExist { model: "User", key: Some(key) } if key == "key 500"), "{error}");
}

#[test]
fn relations_go_by_newtypes() -> eager_orm::Result<()> {
    let db = shop();
    let orders = assert_num_queries!(db, 1, {
        Order::objects().select_related(|o| (o.user(), o.product(), o.gift_to())).order_by(|o| o.id()).all(&db).unwrap()
    });
    let shown: Vec<(&str, &str)> = orders
        .iter()
        .map(|order| (&*order.user.get(&db).unwrap().name, &*order.product.get(&db).unwrap().sku.0))
        .collect();
    assert_eq!(shown, [("Ann", "lamp"), ("Bob", "desk"), ("Bob", "lamp")]);
    assert_eq!(orders[1].gift_to.get(&db).unwrap().unwrap().id, UserId(1));
    let lazily = assert_num_queries!(db, 2, {
        let products = Product::objects().order_by(|p| p.sku()).all(&db).unwrap();
        products.iter().map(|product| product.orders.all(&db).unwrap().len()).collect::<Vec<_>>()
    });
    assert_eq!(lazily, [1, 2]);
    let users = User::objects().prefetch_related(|u| u.orders()).order_by(|u| u.id()).all(&db).unwrap();
    assert_eq!(users[1].orders.all(&db).unwrap().len(), 2);
    let of_bob = Order::objects().filter(|o| o.user().eq(UserId(70)) & o.product().key().eq(Sku("lamp".to_owned())));
    assert_eq!(of_bob.count(&db).unwrap(), 1);
    assert_eq!(Order::objects().filter(|o| o.user().in_([UserId(1), UserId(2)])).count(&db).unwrap(), 1);
    assert_eq!(Order::objects().filter(|o| o.gift_to().eq(None::<UserId>)).count(&db).unwrap(), 2);
    let keys = Order::objects().values_list(|o| (o.user(), o.gift_to())).order_by(|o| o.id()).all(&db).unwrap();
    assert_eq!(keys[1], (UserId(70), Some(UserId(1))));
    let error = Order::create().user(UserId(9)).product(Sku("lamp".to_owned())).save(&db).unwrap_err();
    assert!(
        matches!(&error, Error::ForeignKey { relation: Some("user"), key: Some(key), .. } if key == "9"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_newtype_stands_in_lookups_and_results() {
    let db = shop();
    let skus = Product::objects().order_by(|p| p.sku()).values_list(|p| p.sku()).all(&db).unwrap();
    assert_eq!(skus, [Sku("desk".to_owned()), Sku("lamp".to_owned())]);
    let local = User::objects().filter(|u| u.address().eq(Address([127, 0, 0, 1].into())));
    assert_eq!(local.values_list(|u| u.name()).all(&db).unwrap(), ["Bob"]);
    assert_eq!(User::objects().filter(|u| u.id().gt(UserId(1))).count(&db).unwrap(), 1);
    assert_eq!(User::objects().aggregate(&db, |u| u.id().max()).unwrap(), Some(UserId(70)));
    // The text in it has the lookups of text, which take the newtype, and `cast` makes it a text.
    let found = Product::objects()
        .filter(|p| p.sku().starts_with(Sku("la".to_owned())) & p.sku().cast::<String>().contains("am"));
    assert_eq!(found.count(&db).unwrap(), 1);
    let records = User::objects().order_by(|u| u.id()).values(|u| (u.id(), u.address(), u.limit())).all(&db).unwrap();
    assert_eq!(serde_json::to_string(&records[1]).unwrap(), r#"{"id":70,"address":"127.0.0.1","limit":-1}"#);
    assert_eq!(
        raw::<Sku>("SELECT sku FROM product WHERE sku = ?1", (Sku("lamp".to_owned()),)).all(&db).unwrap().len(),
        1
    );
}

#[test]
fn what_a_conversion_refuses_is_a_decode_error() {
    let db = shop();
    raw::<()>("UPDATE product SET currency = 'euro' WHERE sku = 'desk'", ()).execute(&db).unwrap();
    assert_eq!(
        Product::objects().find(&db, Sku("desk".to_owned())).unwrap_err().to_string(),
        "`Product.currency` is a `Currency`, and the row has the TEXT 'euro', which is refused (a currency is three \
         capital letters), in column \"currency\""
    );
    raw::<()>("UPDATE user SET address = 'home' WHERE id = 70", ()).execute(&db).unwrap();
    let error = User::objects().find(&db, UserId(70)).unwrap_err().to_string();
    assert!(
        error.starts_with("`User.address` is a `Option<Address>`, and the row has the TEXT 'home', which is refused")
    );
}

#[test]
fn the_table_holds_what_the_type_in_it_has_room_for() {
    let db = shop();
    let error = raw::<()>("UPDATE product SET discount = 256", ()).execute(&db).unwrap_err();
    assert!(matches!(&error, Error::Check { name, .. } if name == "discount_range"), "{error}");
    let mut lamp = Product::objects().find(&db, Sku("lamp".to_owned())).unwrap();
    lamp.discount = Some(Percent(255));
    lamp.save(&db).unwrap();
    lamp.refresh(&db).unwrap();
    assert_eq!(lamp.discount, Some(Percent(255)));
}
