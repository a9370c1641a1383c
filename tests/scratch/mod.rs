//! A scratch package: programs that a test writes, and has cargo compile against this library.
//!
//! It stands in the target folder of the test run, and has the dependencies, the lock file and the profile of this
//! package. So nothing that the test run has built is built again (SQLite least of all), and nothing is downloaded.
#![allow(dead_code, reason = "each test that includes this file uses a part of it")]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs};

use serde_json::Value;

/// A package in the target folder.
pub struct Scratch {
    folder: PathBuf,
    manifest: String,
}

impl Scratch {
    /// A package of this name, with the dependencies and dev-dependencies of `eager-orm`.
    pub fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock")).unwrap();
        let mut manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\nautobins = false\n\n\
             [workspace]\n\n[dependencies]\n"
        );
        for dependency in dependencies() {
            writeln!(manifest, "{dependency}").unwrap();
        }
        manifest.push_str(&profiles(&fs::read_to_string(root.join("Cargo.toml")).unwrap()));
        Scratch { folder, manifest }
    }

    /// Where the package stands.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Adds a program.
    pub fn program(&mut self, name: &str, path: &Path) {
        write!(self.manifest, "\n[[bin]]\nname = \"{name}\"\npath = {:?}\n", path.to_str().unwrap()).unwrap();
    }

    /// Adds a library.
    pub fn library(&mut self, path: &Path) {
        write!(self.manifest, "\n[lib]\npath = {:?}\n", path.to_str().unwrap()).unwrap();
    }

    /// Runs `cargo <command>` in the package, in the profile of this test and offline.
    pub fn cargo(&self, command: &[&str]) -> Output {
        let manifest = self.folder.join("Cargo.toml");
        if fs::read_to_string(&manifest).ok().as_ref() != Some(&self.manifest) {
            fs::write(&manifest, &self.manifest).unwrap();
        }
        Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
            .args(command)
            .args(["--offline", "--profile", &profile()])
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", target())
            .output()
            .unwrap()
    }
}

/// The target folder of this test run.
fn target() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap()
}

/// The profile of this test run: its binary is `target/<profile>/deps/<test>`.
fn profile() -> String {
    let program = env::current_exe().unwrap();
    let folder = program.ancestors().nth(2).and_then(Path::file_name).unwrap().to_str().unwrap();
    if folder == "debug" { "dev".to_owned() } else { folder.to_owned() }
}

/// What this package and its tests depend on, as lines of a manifest. With other features, cargo would build other
/// dependencies.
fn dependencies() -> Vec<String> {
    let output = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = metadata["packages"].as_array().unwrap().iter().find(|package| package["name"] == "eager-orm");
    let mut lines: Vec<String> = Vec::new();
    // Named twice (the package is its own dev-dependency), a dependency counts with the features of the last one.
    for dependency in package.unwrap()["dependencies"].as_array().unwrap() {
        let name = dependency["name"].as_str().unwrap();
        let mut line = format!(
            "{name} = {{ version = {}, default-features = {}, features = {}",
            dependency["req"], dependency["uses_default_features"], dependency["features"]
        );
        if let Some(path) = dependency["path"].as_str() {
            write!(line, ", path = {path:?}").unwrap();
        }
        line.push_str(" }");
        lines.retain(|known| !known.starts_with(&format!("{name} =")));
        lines.push(line);
    }
    lines
}

/// The `[profile..]` sections of a manifest.
fn profiles(manifest: &str) -> String {
    let mut text = String::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.starts_with("[profile");
        }
        if inside {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}
