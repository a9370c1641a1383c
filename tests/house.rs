//! The rules of the house that a compiler does not know: floors, headers, who may name the driver, who may write SQL,
//! and how long a file may get. Each failure names the file and the line.
//!
//! The rules are read from the source: the floors of `orm-core` are the order of the `mod` lines in its `lib.rs`.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The most lines a file may have, and where it starts asking to become a room.
const LINES: usize = 500;
const MANY_LINES: usize = 400;

/// The floors of `orm-derive`, from the ground up. Modules on one floor do not know each other.
const DERIVE_FLOORS: &[&[&str]] = &[
    &["symbol", "errors", "names"],
    &["model", "projection", "column_type"],
    &["parse", "check"],
    &["expand"],
    &["derive"],
];

/// Words with which statements begin, and the files that may write them.
const SQL: &[(&[&str], &str)] = &[
    (&["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "REPLACE", "WITH"], "sql/"),
    (&["PRAGMA", "BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "ATTACH", "EXPLAIN"], "db/"),
];

#[test]
fn a_room_imports_only_from_the_floors_below() {
    let rooms = rooms_of(&read(&root("orm-core/src/lib.rs")));
    assert!(rooms.len() > 10, "the rooms of orm-core: {rooms:?}");
    let floors: Vec<Vec<&str>> = rooms.iter().map(|room| vec![room.as_str()]).collect();
    hold("orm-core/src", |file, source| upward(file, source, &floors));
}

#[test]
fn the_floors_in_the_architecture_are_those_of_the_code() {
    let table: Vec<String> = read(&root("ARCHITECTURE.md"))
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('`').nth(1).map(str::to_owned))
        .collect();
    assert_eq!(table, rooms_of(&read(&root("orm-core/src/lib.rs"))));
}

#[test]
fn the_derive_has_floors_too() {
    let floors: Vec<Vec<&str>> = DERIVE_FLOORS.iter().map(|floor| floor.to_vec()).collect();
    hold("orm-derive/src", |file, source| upward(file, source, &floors));
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    for folder in ["orm-core/src", "orm-derive/src", "src"] {
        hold(folder, |_, source| headless(source));
    }
}

#[test]
fn only_the_room_of_the_database_names_the_driver() {
    hold("orm-core/src", |file, source| {
        if file.starts_with("db/") || file == "error/sqlite.rs" { Vec::new() } else { naming("rusqlite", source) }
    });
}

#[test]
fn only_the_room_of_sql_writes_sql() {
    hold("orm-core/src", statements);
}

#[test]
fn no_file_is_too_long() {
    for folder in ["orm-core/src", "orm-derive/src", "src"] {
        hold(folder, |file, source| {
            let lines = source.lines().count();
            if lines > MANY_LINES {
                println!("{folder}/{file} has {lines} lines: it is asking to become a room");
            }
            too_long(lines)
        });
    }
}

// The rules. Each takes a source and gives the lines on which it is broken, with what is wrong.

type Broken = Vec<(usize, String)>;

/// Imports from the same floor, or from above.
fn upward(file: &str, source: &str, floors: &[Vec<&str>]) -> Broken {
    let module = file.strip_suffix(".rs").unwrap_or(file).strip_suffix("/mod").unwrap_or(file.trim_end_matches(".rs"));
    let path: Vec<&str> = module.split('/').collect();
    let room = path[0];
    let floor_of = |name: &str| floors.iter().position(|floor| floor.contains(&name));
    if room == "lib" {
        return Vec::new();
    }
    let Some(floor) = floor_of(room) else {
        return vec![(1, format!("`{room}` is on no floor"))];
    };
    let mut broken = Vec::new();
    for (line, name) in names_in_the_crate(&tokens(source), path.len()) {
        if name == room {
            continue;
        }
        match floor_of(&name) {
            Some(other) if other < floor => {}
            Some(_) => broken.push((line, format!("`{room}` imports from `{name}`, which is not below it"))),
            None => broken.push((line, format!("`crate::{name}` hides a room: name the room it comes from"))),
        }
    }
    broken
}

/// A file that begins with something else than what it is about.
fn headless(source: &str) -> Broken {
    let first = source.lines().next().unwrap_or("");
    // The crate's own documentation may be a file.
    if first.starts_with("//! ") || first.starts_with("#![doc = include_str!(") {
        Vec::new()
    } else {
        vec![(1, "it does not open with `//!`".to_owned())]
    }
}

/// Where a name stands in the code.
fn naming(name: &str, source: &str) -> Broken {
    let tokens = tokens(source);
    let named = tokens.iter().filter(|token| token.kind == Kind::Word && token.text == name);
    named.map(|token| (token.line, format!("it names `{name}`"))).collect()
}

/// Statements of SQL written by another file than the one that may.
fn statements(file: &str, source: &str) -> Broken {
    let tokens = tokens(source);
    let tests = blocks(&tokens, "tests");
    let mut broken = Vec::new();
    if file.ends_with("/tests.rs") {
        return broken;
    }
    for (at, token) in tokens.iter().enumerate() {
        // Who asks what a statement begins with does not write one.
        let asks = at >= 2 && tokens[at - 2].text == "starts_with";
        if token.kind != Kind::Text || asks || tests.iter().any(|block| block.contains(&at)) {
            continue;
        }
        let word = token.text.trim_start().split(|c: char| !c.is_ascii_uppercase()).next().unwrap_or("");
        // `"UPDATE"` begins a statement; `"SELECTED"` and `"UPDATEs"` do not.
        let after = token.text.trim_start()[word.len()..].chars().next();
        if after.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        for (words, place) in SQL {
            if words.contains(&word) && !file.starts_with(place) {
                broken.push((token.line, format!("it writes `{word} ..`, which is for `{place}`")));
            }
        }
    }
    broken
}

fn too_long(lines: usize) -> Broken {
    if lines > LINES { vec![(LINES, format!("it has {lines} lines, and {LINES} are the most"))] } else { Vec::new() }
}

/// Asks a rule of every file in a folder, and fails with all that breaks it.
fn hold(folder: &str, rule: impl Fn(&str, &str) -> Broken) {
    let base = root(folder);
    let files = files(&base);
    assert!(files.len() > 1, "no source in {}", base.display());
    let mut report = Vec::new();
    for path in files {
        let file = path.strip_prefix(&base).unwrap().to_str().unwrap().replace('\\', "/");
        for (line, what) in rule(&file, &read(&path)) {
            report.push(format!("{folder}/{file}:{line}: {what}"));
        }
    }
    assert!(report.is_empty(), "\n{}\n", report.join("\n"));
}

fn root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

// Reading Rust, as far as the rules need it.

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// An identifier or a keyword.
    Word,
    /// What stands in a string literal.
    Text,
    /// One character of anything else.
    Sign,
}

#[derive(Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
    line: usize,
}

/// The words, texts and signs of a source, without its comments.
fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let (kind, text, length) = if rest.starts_with("//") {
            (None, "", rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("/*") {
            (None, "", block_comment(rest))
        } else if let Some((text, length)) = string(rest) {
            (Some(Kind::Text), text, length)
        } else if let Some(length) = character(rest) {
            (None, "", length)
        } else if first.is_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            (Some(Kind::Word), &rest[..length], length)
        } else if first.is_ascii_digit() {
            // `1u8` is no word, and neither is the `e3` of `1e3`.
            (None, "", rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len()))
        } else if first.is_whitespace() {
            (None, "", first.len_utf8())
        } else {
            (Some(Kind::Sign), &rest[..first.len_utf8()], first.len_utf8())
        };
        if let Some(kind) = kind {
            tokens.push(Token { kind, text, line: source[..at].matches('\n').count() + 1 });
        }
        at += length;
    }
    tokens
}

/// The length of a comment that may have others inside.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// The inside of a string literal, and the length of the whole.
fn string(rest: &str) -> Option<(&str, usize)> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix).map(|after| after.trim_start_matches('#'));
        let raw = prefix.ends_with('r');
        rest.starts_with(prefix)
            && if raw { after.is_some_and(|a| a.starts_with('"')) } else { rest[prefix.len()..].starts_with('"') }
    })?;
    let after = &rest[prefix.len()..];
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inside = &after[hashes + 1..];
    if prefix.ends_with('r') {
        let end = inside.find(&format!("\"{}", "#".repeat(hashes)))?;
        return Some((&inside[..end], prefix.len() + 2 * hashes + 2 + end));
    }
    let mut escaped = false;
    let end = inside.find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some((&inside[..end], prefix.len() + 2 + end))
}

/// The length of a character literal; a lifetime is none.
fn character(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('\'')?;
    if let Some(escaped) = inside.strip_prefix('\\') {
        let first = escaped.chars().next()?.len_utf8();
        return Some(3 + first + escaped[first..].find('\'')?);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

/// The modules that a `lib.rs` declares, in their order.
fn rooms_of(source: &str) -> Vec<String> {
    let tokens = tokens(source);
    let declared = tokens.windows(3).filter(|w| w[0].text == "mod" && w[1].kind == Kind::Word && w[2].text == ";");
    declared.map(|w| w[1].text.to_owned()).collect()
}

/// The tokens of the inline modules of a name.
fn blocks(tokens: &[Token<'_>], name: &str) -> Vec<Range<usize>> {
    modules(tokens).into_iter().filter(|(module, _)| *module == name).map(|(_, block)| block).collect()
}

/// Every `mod name { .. }`, with its tokens.
fn modules<'a>(tokens: &[Token<'a>]) -> Vec<(&'a str, Range<usize>)> {
    let mut found = Vec::new();
    for (at, window) in tokens.windows(3).enumerate() {
        if window[0].text == "mod" && window[1].kind == Kind::Word && is_sign(&window[2], "{") {
            let mut depth = 0;
            let end = tokens[at + 2..].iter().position(|token| {
                depth += i32::from(is_sign(token, "{")) - i32::from(is_sign(token, "}"));
                depth == 0
            });
            found.push((window[1].text, at..at + 3 + end.unwrap_or(tokens.len())));
        }
    }
    found
}

fn is_sign(token: &Token<'_>, sign: &str) -> bool {
    token.kind == Kind::Sign && token.text == sign
}

/// The first names of all paths that begin at the crate's root, by `crate::` or by enough `super::`, with their lines.
/// `depth` is how deep the file's own module lies.
fn names_in_the_crate(tokens: &[Token<'_>], depth: usize) -> Vec<(usize, String)> {
    let modules = modules(tokens);
    let path_follows = |at: usize| {
        tokens.get(at).is_some_and(|t| is_sign(t, ":")) && tokens.get(at + 1).is_some_and(|t| is_sign(t, ":"))
    };
    let mut names = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let after_path = at >= 2 && path_follows(at - 2);
        let mut next = at + 1;
        if token.text == "crate" && token.kind == Kind::Word && path_follows(next) {
            next += 2;
        } else if token.text == "super" && token.kind == Kind::Word && !after_path {
            let inline = modules.iter().filter(|(_, block)| block.contains(&at)).count();
            let mut supers = 1;
            while path_follows(next) && tokens.get(next + 2).is_some_and(|t| t.text == "super") {
                (next, supers) = (next + 3, supers + 1);
            }
            if supers < depth + inline || !path_follows(next) {
                continue;
            }
            next += 2;
        } else {
            continue;
        }
        // `$crate::..` is for those who call the macro.
        if at > 0 && is_sign(&tokens[at - 1], "$") {
            continue;
        }
        names.extend(first_names(tokens, next));
    }
    names
}

/// The first name of the path at `at`, or of each path in braces.
fn first_names(tokens: &[Token<'_>], at: usize) -> Vec<(usize, String)> {
    let Some(first) = tokens.get(at) else { return Vec::new() };
    if !is_sign(first, "{") {
        return vec![(first.line, first.text.to_owned())];
    }
    let mut names = Vec::new();
    let (mut depth, mut expected) = (0, false);
    for token in &tokens[at..] {
        match token.text {
            "{" => (depth, expected) = (depth + 1, depth == 0),
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            "," => expected = depth == 1,
            name if expected => {
                names.push((token.line, name.to_owned()));
                expected = false;
            }
            _ => {}
        }
    }
    names
}

/// The rules can be broken: each of them, by a few lines made up for it.
mod rules {
    use super::*;

    fn floors() -> Vec<Vec<&'static str>> {
        vec![vec!["error"], vec!["value"], vec!["db"], vec!["queryset"]]
    }

    fn lines(broken: Broken) -> Vec<usize> {
        broken.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn an_import_from_below_is_fine() {
        assert!(
            upward("db/mod.rs", "use crate::error::Error;\nuse crate::{value::Value, error};", &floors()).is_empty()
        );
        assert!(upward("db/row.rs", "use super::Database;\nuse crate::db::log;", &floors()).is_empty());
        assert!(upward("lib.rs", "pub use db::Database;", &floors()).is_empty());
    }

    #[test]
    fn an_import_from_above_is_not() {
        let source = "use std::fmt;\nuse crate::queryset::QuerySet;\nfn f() -> crate::queryset::Rows {}";
        assert_eq!(lines(upward("db/mod.rs", source, &floors())), [2, 3]);
        let source = "use crate::{\n    error::{Error, Result},\n    queryset::{Rows, db},\n};";
        assert_eq!(lines(upward("value/mod.rs", source, &floors())), [3]);
    }

    #[test]
    fn an_import_in_a_test_counts() {
        let source = "#[cfg(test)]\nmod tests {\n    use super::*;\n    use crate::db::Database;\n}";
        assert_eq!(lines(upward("value/mod.rs", source, &floors())), [4]);
    }

    #[test]
    fn super_is_no_way_around() {
        assert_eq!(lines(upward("error/mod.rs", "use super::db::Database;", &floors())), [1]);
        assert_eq!(lines(upward("error/sqlite.rs", "use super::super::db::Database;", &floors())), [1]);
        assert!(upward("error/sqlite.rs", "use super::Error;", &floors()).is_empty());
        assert!(upward("error/mod.rs", "mod tests {\n    use super::Error;\n}", &floors()).is_empty());
        assert_eq!(lines(upward("error/mod.rs", "mod tests {\n    use super::super::db::Row;\n}", &floors())), [2]);
    }

    #[test]
    fn a_name_of_the_root_hides_a_room() {
        assert_eq!(lines(upward("error/mod.rs", "use crate::Database;", &floors())), [1]);
        assert!(upward("error/mod.rs", "macro_rules! m { () => { $crate::Database } }", &floors()).is_empty());
    }

    #[test]
    fn comments_and_texts_are_no_imports() {
        let source = "/// [`crate::db::Row`]\n//! crate::db\n/* crate::db::x /* y */ crate::db::z */\nconst A: &str = \"crate::db::Row\";\n\
                      const B: &str = r#\"crate::db::\"Row\"#;\nconst C: char = '\"';\nconst D: char = '\\'';\nfn f<'a>(_: &'a str) {}\n\
                      use crate::db::Row;";
        assert_eq!(lines(upward("error/mod.rs", source, &floors())), [9]);
    }

    #[test]
    fn a_room_on_no_floor_is_noticed() {
        assert_eq!(lines(upward("cache/mod.rs", "", &floors())), [1]);
        assert_eq!(lines(upward("cache.rs", "", &floors())), [1]);
    }

    #[test]
    fn modules_on_one_floor_do_not_know_each_other() {
        let floors = vec![vec!["symbol", "names"], vec!["parse", "check"]];
        assert_eq!(lines(upward("check.rs", "use crate::symbol;\nuse crate::parse::Words;", &floors)), [2]);
        assert!(upward("parse/words.rs", "use crate::{names, symbol};", &floors).is_empty());
    }

    #[test]
    fn a_header_is_asked_for() {
        assert!(headless("//! What it is.\n").is_empty());
        assert_eq!(lines(headless("use std::fmt;\n//! Too late.")), [1]);
        assert_eq!(lines(headless("")), [1]);
    }

    #[test]
    fn the_driver_is_found_in_code_and_not_in_comments() {
        assert_eq!(lines(naming("rusqlite", "// rusqlite\nuse rusqlite::Row;\nfn f(_: &rusqlite::Row) {}")), [2, 3]);
        assert!(naming("rusqlite", "fn rusqlite_row() { \"rusqlite\"; }").is_empty());
    }

    #[test]
    fn sql_is_found_where_it_may_not_be() {
        let source = "/// \"SELECT 1\"\nfn f() { g(\"SELECT 1\"); g(r\"  DELETE FROM x\"); g(\"UPDATE\") }";
        assert_eq!(lines(statements("save/mod.rs", source)), [2, 2, 2]);
        assert!(statements("sql/select.rs", source).is_empty());
        assert!(statements("sql/mod.rs", "const A: &str = \"SELECT\";").is_empty());
        assert_eq!(lines(statements("sql/mod.rs", "const A: &str = \"PRAGMA x\";")), [1]);
        assert!(statements("db/mod.rs", "const A: &str = \"BEGIN\";").is_empty());
        assert_eq!(lines(statements("queryset/mod.rs", "const A: &str = \"EXPLAIN x\";")), [1]);
        assert!(statements("db/explain.rs", "const A: &str = \"EXPLAIN x\";").is_empty());
    }

    #[test]
    fn words_questions_and_tests_are_no_statements() {
        assert!(statements("db/log.rs", "fn f(sql: &str) -> bool { sql.starts_with(\"SELECT\") }").is_empty());
        assert!(statements("save/mod.rs", "fn f() { g(\"SELECTED\"); g(\"Update it\"); g(\"an UPDATE\") }").is_empty());
        assert!(statements("save/mod.rs", "mod tests {\n    const A: &str = \"SELECT 1\";\n}").is_empty());
        let source = "mod tests {\n    fn f() {}\n}\nconst A: &str = \"SELECT 1\";";
        assert_eq!(lines(statements("save/mod.rs", source)), [4]);
        assert!(statements("save/tests.rs", "const A: &str = \"SELECT 1\";").is_empty());
    }

    #[test]
    fn a_long_file_is_noticed() {
        assert!(too_long(LINES).is_empty());
        assert_eq!(too_long(LINES + 1).len(), 1);
    }

    #[test]
    fn the_rooms_are_read_in_their_order() {
        let source = "//! mod no;\nmod value;\npub mod error;\nmod inline { mod inner {} }\npub use value::x;";
        assert_eq!(rooms_of(source), ["value", "error"]);
    }
}
