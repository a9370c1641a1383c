//! The arguments of the benchmarks that are programs of their own. What is not known is refused: a misspelt flag would
//! have something else measured than was asked for.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it answers whoever called")]

use std::process::exit;

/// What a program was called with.
pub struct Arguments {
    usage: &'static str,
    flags: Vec<String>,
    /// What is no flag.
    pub names: Vec<String>,
}

impl Arguments {
    /// Ends the program where it is asked for help, and where it does not know a flag. `cargo` adds `--bench`, and `--test`
    /// asks for as little as shows that the program runs.
    pub fn read(usage: &'static str, known: &[&str]) -> Self {
        let given = std::env::args().skip(1).filter(|argument| argument != "--bench");
        let (flags, names): (Vec<String>, Vec<String>) = given.partition(|argument| argument.starts_with('-'));
        let arguments = Arguments { usage, flags, names };
        if arguments.has("--help") || arguments.has("-h") {
            println!("{usage}");
            exit(0);
        }
        let is_known = |flag: &str| flag == "--test" || known.contains(&flag);
        if let Some(flag) = arguments.flags.iter().find(|flag| !is_known(flag)) {
            arguments.refuse(&format!("there is no {flag}"));
        }
        arguments
    }

    /// Those of a program that takes no names.
    #[allow(dead_code, reason = "not every benchmark is without")]
    pub fn without_names(usage: &'static str) -> Self {
        let arguments = Self::read(usage, &[]);
        if let Some(name) = arguments.names.first() {
            arguments.refuse(&format!("{name} is nothing it knows"));
        }
        arguments
    }

    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|given| given == flag)
    }

    /// Ends the program with 2, and says how it is called.
    pub fn refuse(&self, why: &str) -> ! {
        eprintln!("{why}\n\n{}", self.usage);
        exit(2);
    }
}
