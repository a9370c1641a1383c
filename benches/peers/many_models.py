#!/usr/bin/env python3
"""many_models.py <library> <folder>: a program of 50 models of 20 columns and 5 relations, and a query for each with its parent."""
import pathlib
import sys

MODELS = 50
# The plain columns beside the key and the three foreign keys.
COLUMNS = [
    ("name", "String"), ("number", "i64"), ("note", "Option<String>"), ("price", "f64"), ("pages", "i32"), ("code", "String"),
    ("rank", "Option<i64>"), ("active", "bool"), ("published", "String"), ("label", "String"), ("remark", "Option<String>"),
    ("size", "i64"), ("weight", "f64"), ("state", "String"), ("ended", "Option<String>"), ("content", "String"),
]
KEYS = ["parent", "owner", "maybe"]


def away(number, steps):
    return (number + steps) % MODELS


def eager_orm():
    out = ["use eager_orm::prelude::*;\n"]
    for n in range(MODELS):
        out.append(f"#[derive(Model, Debug, Clone, PartialEq)]\npub struct M{n} {{\n    pub id: i64,")
        out += [f"    pub {name}: {ty}," for name, ty in COLUMNS]
        out.append(f"    pub parent: ForeignKey<M{away(n, 1)}>,\n    pub owner: ForeignKey<M{away(n, 2)}>,")
        out.append(f"    pub maybe: Option<ForeignKey<M{away(n, 3)}>>,")
        out.append(f'    #[relation(via = "parent")]\n    pub children: HasMany<M{away(n, -1)}>,')
        out.append(f'    #[relation(via = "owner")]\n    pub owned: HasMany<M{away(n, -2)}>,\n}}')
    out.append("fn main() -> eager_orm::Result<()> {\n    let db = &Database::in_memory()?;\n    db.create_tables(models![")
    out.append(", ".join(f"M{n}" for n in range(MODELS)) + "])?;\n    let mut rows = 0;")
    for n in range(MODELS):
        out.append(f"    rows += M{n}::objects().filter(|m| m.number().gt({n})).select_related(|m| m.parent()).all(db)?.len();")
    out.append('    println!("{rows}");\n    Ok(())\n}')
    return out


def diesel():
    kinds = {"String": "Text", "i64": "BigInt", "i32": "Integer", "f64": "Double", "bool": "Bool"}
    kind = lambda ty: f"Nullable<{kinds[ty[7:-1]]}>" if ty.startswith("Option") else kinds[ty]
    columns = COLUMNS + [("parent_id", "i64"), ("owner_id", "i64"), ("maybe_id", "Option<i64>")]
    out = ["use diesel::prelude::*;\n"]
    for n in range(MODELS):
        out.append(f"diesel::table! {{ m{n} (id) {{ id -> BigInt, " + " ".join(f"{name} -> {kind(ty)}," for name, ty in columns) + " } }")
    for n in range(MODELS):
        out += [f"diesel::joinable!(m{n} -> m{away(n, steps)} ({key}_id));" for steps, key in enumerate(KEYS, 1)]
    out.append("diesel::allow_tables_to_appear_in_same_query!(" + ", ".join(f"m{n}" for n in range(MODELS)) + ");")
    for n in range(MODELS):
        belongs = ", ".join(f"belongs_to(M{away(n, steps)}, foreign_key = {key}_id)" for steps, key in enumerate(KEYS, 1))
        out.append("#[derive(Queryable, Selectable, Identifiable, Associations, Insertable, Debug, Clone, PartialEq)]")
        out.append(f"#[diesel(table_name = m{n}, {belongs})]\npub struct M{n} {{\n    pub id: i64,")
        out += [f"    pub {name}: {ty}," for name, ty in columns] + ["}"]
    out.append('fn main() -> Result<(), Box<dyn std::error::Error>> {\n    let c = &mut SqliteConnection::establish(":memory:")?;\n    let mut rows = 0;')
    for n in range(MODELS):
        p = away(n, 1)
        out.append(f"    rows += m{n}::table.inner_join(m{p}::table).filter(m{n}::number.gt({n})).select((M{n}::as_select(), M{p}::as_select())).load::<(M{n}, M{p})>(c).map_or(0, |rows| rows.len());")
    out.append('    println!("{rows}");\n    Ok(())\n}')
    return out


def sea_orm():
    columns = COLUMNS + [("parent_id", "i64"), ("owner_id", "i64"), ("maybe_id", "Option<i64>")]
    out = ["use sea_orm::entity::prelude::*;\n"]
    for n in range(MODELS):
        out.append(f"mod m{n} {{\n    use sea_orm::entity::prelude::*;\n    #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]")
        out.append(f'    #[sea_orm(table_name = "m{n}")]\n    pub struct Model {{\n        #[sea_orm(primary_key)]\n        pub id: i64,')
        out += [f"        pub {name}: {ty}," for name, ty in columns]
        out.append("    }\n    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]\n    pub enum Relation {")
        for steps, key in enumerate(KEYS, 1):
            name = key.capitalize()
            out.append(f'        #[sea_orm(belongs_to = "super::m{away(n, steps)}::Entity", from = "Column::{name}Id", to = "super::m{away(n, steps)}::Column::Id")]\n        {name},')
        out.append(f'        #[sea_orm(has_many = "super::m{away(n, -1)}::Entity")]\n        Children,')
        out.append(f'        #[sea_orm(has_many = "super::m{away(n, -2)}::Entity")]\n        Owned,\n    }}')
        for steps, name in [(1, "Parent"), (2, "Owner"), (3, "Maybe"), (-1, "Children"), (-2, "Owned")]:
            out.append(f"    impl Related<super::m{away(n, steps)}::Entity> for Entity {{\n        fn to() -> RelationDef {{\n            Relation::{name}.def()\n        }}\n    }}")
        out.append("    impl ActiveModelBehavior for ActiveModel {}\n}")
    out.append("async fn run() -> Result<usize, DbErr> {\n    let c = &sea_orm::Database::connect(\"sqlite::memory:\").await?;\n    let mut rows = 0;")
    for n in range(MODELS):
        out.append(f"    rows += m{n}::Entity::find().filter(m{n}::Column::Number.gt({n})).find_also_related(m{away(n, 1)}::Entity).all(c).await.map_or(0, |rows| rows.len());")
    out.append("    Ok(rows)\n}\nfn main() {\n    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();")
    out.append('    println!("{:?}", runtime.block_on(run()));\n}')
    return out


def toasty():
    # Without it: E0320, "overflow while adding drop-check rules".
    out = ["#![recursion_limit = \"1024\"]\nuse toasty::Deferred;\n"]
    for n in range(MODELS):
        out.append(f"#[derive(Debug, toasty::Model)]\npub struct M{n} {{\n    #[key]\n    #[auto]\n    id: u64,")
        out += [f"    {name}: {ty}," for name, ty in COLUMNS]
        for steps, key in enumerate(KEYS, 1):
            of = (lambda ty: f"Option<{ty}>") if key == "maybe" else (lambda ty: ty)
            out.append(f"    #[index]\n    {key}_id: {of('u64')},\n    #[belongs_to(key = {key}_id, references = id)]\n    {key}: Deferred<{of(f'M{away(n, steps)}')}>,")
        out.append(f"    #[has_many(pair = parent)]\n    children: Deferred<Vec<M{away(n, -1)}>>,")
        out.append(f"    #[has_many(pair = owner)]\n    owned: Deferred<Vec<M{away(n, -2)}>>,\n}}")
    out.append("async fn run() -> toasty::Result<usize> {\n    let db = toasty::Db::builder().models(toasty::models!(crate::*)).max_pool_size(1).build(toasty_driver_sqlite::Sqlite::in_memory()).await?;")
    out.append("    db.push_schema().await?;\n    let mut c = db.connection().await?;\n    let mut rows = 0;")
    for n in range(MODELS):
        out.append(f"    rows += M{n}::filter(M{n}::fields().number().gt({n})).include(M{n}::fields().parent()).exec(&mut c).await?.len();")
    out.append("    Ok(rows)\n}\nfn main() {\n    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();")
    out.append('    println!("{:?}", runtime.block_on(run()));\n}')
    return out


library, folder = sys.argv[1], pathlib.Path(sys.argv[2])
here = pathlib.Path(__file__).resolve().parent
# The same dependencies and profile as the program of the workloads, so that both share what is built.
manifest = (here / library / "Cargo.toml").read_text()
manifest = manifest.replace('"../../.."', f'"{here.parent.parent}"').replace('"../common"', f'"{here / "common"}"')
manifest = manifest.replace("peer-", "many-").replace(f'name = "{library}"', f'name = "many-{library}"')
(folder / "src").mkdir(parents=True, exist_ok=True)
(folder / "Cargo.toml").write_text(manifest)
lock = here / library / "Cargo.lock"
if lock.exists():
    (folder / "Cargo.lock").write_text(lock.read_text().replace(f'"peer-{library}"', f'"many-{library}"'))
source = {"eager-orm": eager_orm, "diesel": diesel, "sea-orm": sea_orm, "toasty": toasty}[library]()
(folder / "src/main.rs").write_text("//! Fifty models of 20 columns and 5 relations.\n#![allow(dead_code)]\n" + "\n".join(source) + "\n")
