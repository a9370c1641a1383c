//! What does not compile, and what the compiler says then.
//!
//! Each program in `ui/parse` (attributes and types that cannot be read), `ui/check` (models that contradict
//! themselves or each other) and `ui/types` (queries and writes) makes the one mistake it is named after. Lines at its
//! top say what the message has to contain, paths left out:
//!
//! - `//~ text`: the first error contains this text;
//! - `//~2 text`: the second error does, and so on;
//! - `//~ up to 3 errors`: one mistake is one error, and this one is more, but no flood.
//!
//! Each program in `ui/pass` compiles, without a warning, and so does the library `ui/library.rs`.
//!
//! The texts after `//~` are mostly ours and hold on any compiler. Where a `.stderr` stands beside a program, the whole
//! message is held as well, word for word, by trybuild. That includes rustc's words, which change from version to
//! version: so it is done on one version only, [`PINNED`]. `TRYBUILD=overwrite cargo test --test ui` writes these files
//! anew; an empty `.stderr` is enough to start one.

mod scratch;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use scratch::Scratch;
use serde_json::Value;

/// The compiler whose messages the `.stderr` files hold.
const PINNED: &str = "rustc 1.95.";

/// Most errors that one mistake may give, said of it or not.
const FLOOD: usize = 5;

/// A program in one of the folders.
struct Program {
    /// `types_misspelt_field`
    name: String,
    path: PathBuf,
}

/// The programs of a folder, in the order of their names.
fn programs(folder: &str) -> Vec<Program> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui").join(folder);
    let files = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == "rs")).collect();
    paths.sort();
    let name = |path: &Path| format!("{folder}_{}", path.file_stem().unwrap().to_str().unwrap());
    paths.into_iter().map(|path| Program { name: name(&path), path }).collect()
}

/// What the compiler said of each program.
#[derive(Default)]
struct Said {
    errors: Vec<String>,
    warnings: Vec<String>,
}

/// Compiles all programs at once.
fn compile(programs: &[Program]) -> BTreeMap<String, Said> {
    let mut scratch = Scratch::new("ui-programs");
    scratch.library(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui/library.rs"));
    for program in programs {
        scratch.program(&program.name, &program.path);
    }
    let output = scratch.cargo(&["check", "--lib", "--bins", "--keep-going", "--message-format=json"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for line in stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let message = &line["message"];
        // The last error of each program only counts the others.
        let counts = |text: &str| text.starts_with("aborting due to") || text.ends_with("warnings emitted");
        if line["reason"] != "compiler-message" || message["message"].as_str().is_some_and(counts) {
            continue;
        }
        let said = all.entry(line["target"]["name"].as_str().unwrap().to_owned()).or_default();
        let text = plain(message["rendered"].as_str().unwrap());
        match message["level"].as_str().unwrap() {
            "error" => said.errors.push(text),
            _ => said.warnings.push(text),
        }
    }
    // Every program depends on the library, so none is compiled if it is not.
    let built = all.remove("ui_programs").unwrap_or_default();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(built.errors.is_empty() && built.warnings.is_empty(), "library.rs: {:#?}", (built.errors, built.warnings));
    assert!(!all.is_empty(), "cargo did not compile the programs:\n{stderr}");
    all
}

/// A message without the paths that depend on where a name was imported from.
fn plain(message: &str) -> String {
    let mut rest = message.replace("zoo::", "").replace("eager_orm::", "");
    let mut text = String::new();
    while let Some(start) = rest.find("eager_orm_core::") {
        text.push_str(&rest[..start]);
        let path =
            rest[start..].find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len() - start);
        let last = rest[start..start + path].rfind(':').map_or(start, |colon| start + colon + 1);
        rest.replace_range(..last, "");
    }
    text + &rest
}

/// What a program says about its errors.
struct Expected {
    /// How many there may be.
    limit: usize,
    /// The number of an error, and what it contains.
    texts: Vec<(usize, String)>,
}

fn expected(source: &str) -> Expected {
    let mut expected = Expected { limit: 1, texts: Vec::new() };
    for line in source.lines().filter_map(|line| line.strip_prefix("//~")) {
        let (number, text) = line.split_once(' ').unwrap_or((line, ""));
        let limit = text.strip_prefix("up to ").and_then(|text| text.strip_suffix(" errors"));
        match limit.and_then(|limit| limit.parse().ok()) {
            Some(limit) => expected.limit = limit,
            None => expected.texts.push((number.parse().unwrap_or(1), text.to_owned())),
        }
    }
    expected
}

/// What is not as the program says it is.
fn complaints(source: &str, said: &Said) -> Vec<String> {
    let Expected { limit, texts } = expected(source);
    let mut complaints = Vec::new();
    if texts.is_empty() {
        complaints.push("it does not say what the error is: add a line `//~ text`".to_owned());
    }
    if said.errors.is_empty() {
        complaints.push("it compiles".to_owned());
    }
    for (number, text) in texts {
        if !said.errors.is_empty() && !said.errors.get(number - 1).is_some_and(|error| error.contains(&text)) {
            complaints.push(format!("error {number} does not contain `{text}`"));
        }
    }
    if said.errors.len() > limit {
        complaints.push(format!("it gives {} errors, and not {limit}", said.errors.len()));
    }
    complaints
}

#[test]
fn a_mistake_does_not_compile_and_the_message_says_what_it_is() {
    let wrong: Vec<Program> = ["parse", "check", "types"].into_iter().flat_map(programs).collect();
    let right = programs("pass");
    let all: Vec<Program> = wrong.into_iter().chain(right).collect();
    let said = compile(&all);
    let nothing = Said::default();
    let mut report = String::new();
    for program in &all {
        let said = said.get(&program.name).unwrap_or(&nothing);
        let complaints = if program.name.starts_with("pass_") {
            said.errors
                .iter()
                .chain(&said.warnings)
                .map(|text| format!("it does not compile cleanly: {text}"))
                .collect()
        } else {
            complaints(&fs::read_to_string(&program.path).unwrap(), said)
        };
        if !complaints.is_empty() {
            let complaints = complaints.join("\n  ");
            writeln!(report, "{}:\n  {complaints}\n{}", program.path.display(), said.errors.join("\n")).unwrap();
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_mistake_in_a_query_is_no_flood_of_errors() {
    for program in programs("types") {
        let Expected { limit, .. } = expected(&fs::read_to_string(&program.path).unwrap());
        assert!(limit <= FLOOD, "{}: {limit} errors", program.name);
    }
}

#[test]
fn messages_stay_word_for_word_on_the_pinned_compiler() {
    let version =
        Command::new(env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())).arg("--version").output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    if !version.starts_with(PINNED) {
        println!("not compared word for word: this is {}, and the messages are those of {PINNED}", version.trim());
        return;
    }
    let held: Vec<PathBuf> = ["parse", "check", "types"]
        .into_iter()
        .flat_map(programs)
        .map(|program| program.path)
        .filter(|path| path.with_extension("stderr").exists())
        .collect();
    assert!(held.len() >= 40, "the messages of {} programs are held, and should be of 40 at least", held.len());
    let cases = trybuild::TestCases::new();
    for path in held {
        cases.compile_fail(path);
    }
}

/// The harness can fail: each kind of complaint, on messages made up for it.
mod harness {
    use super::*;

    fn said(errors: &[&str]) -> Said {
        Said { errors: errors.iter().map(|error| (*error).to_owned()).collect(), warnings: Vec::new() }
    }

    #[test]
    fn a_message_without_the_text_is_a_complaint() {
        let source = "//~ `x` is not a field\nfn main() {}";
        assert!(complaints(source, &said(&["error: `x` is not a field of `Book`"])).is_empty());
        assert_eq!(complaints(source, &said(&["error: `y` is not a field"])).len(), 1);
    }

    #[test]
    fn a_program_that_compiles_is_a_complaint() {
        assert_eq!(complaints("//~ text", &said(&[])), ["it compiles"]);
    }

    #[test]
    fn a_program_that_expects_nothing_is_a_complaint() {
        assert_eq!(complaints("fn main() {}", &said(&["error"])).len(), 1);
        assert_eq!(complaints("//~ up to 2 errors", &said(&["error"])).len(), 1);
    }

    #[test]
    fn more_errors_than_are_allowed_are_a_complaint() {
        assert_eq!(complaints("//~ one", &said(&["one", "two"])).len(), 1);
        assert_eq!(complaints("//~ up to 2 errors\n//~ one", &said(&["one", "two"])).len(), 0);
    }

    #[test]
    fn a_number_names_a_later_error() {
        assert_eq!(complaints("//~ up to 2 errors\n//~2 two", &said(&["one", "two"])).len(), 0);
        assert_eq!(complaints("//~ up to 2 errors\n//~2 one", &said(&["one", "two"])).len(), 1);
        assert_eq!(complaints("//~2 two", &said(&["one"])).len(), 1);
    }

    #[test]
    fn paths_are_left_out() {
        let message = "`eager_orm_core::value::kind::Own` of `zoo::Book` is no `eager_orm::Model`";
        assert_eq!(plain(message), "`Own` of `Book` is no `Model`");
        assert_eq!(plain("in `eager_orm_core::a::<impl B>::c`"), "in `<impl B>::c`");
    }
}
