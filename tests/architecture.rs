//! The rules of `ARCHITECTURE.md` that no compiler checks.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

use std::fs;
use std::path::{Path, PathBuf};

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Files of `src/` and their text without comments.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let code = |text: String| {
        text.lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let name = |path: &Path| {
        path.strip_prefix(&root)
            .unwrap()
            .to_string_lossy()
            .replace('\\', "/")
    };
    rust_files(&root)
        .iter()
        .map(|path| (name(path), code(fs::read_to_string(path).unwrap())))
        .collect()
}

#[test]
fn only_the_binding_names_napi() {
    let naming: Vec<String> = sources()
        .into_iter()
        .filter(|(_, code)| code.contains("napi"))
        .map(|(name, _)| name)
        .collect();
    assert!(
        !naming.is_empty() && naming.iter().all(|name| name.starts_with("binding/")),
        "{naming:?}"
    );
}

#[test]
fn unsafe_code_is_allowed_in_the_binding_alone() {
    for (name, code) in sources() {
        assert!(
            name == "binding/mod.rs" || !code.contains("allow(unsafe_code)"),
            "{name}"
        );
    }
}

#[test]
fn a_file_can_be_read_in_one_go() {
    for (name, code) in sources() {
        let lines = code
            .split("#[cfg(test)]")
            .next()
            .unwrap_or_default()
            .lines()
            .count();
        assert!(lines <= 500, "{name} has {lines} lines");
    }
}
