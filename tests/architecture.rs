//! The rules of `ARCHITECTURE.md` that no compiler checks.

#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test chooses its own time and stops where it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
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

/// A module's name, from the crate down: `["lane", "state"]`. The crate itself has none.
type Module = Vec<String>;

/// The module of a file, and its code up to the tests in it. None for a file of tests.
fn modules() -> BTreeMap<Module, String> {
    sources()
        .into_iter()
        .filter_map(|(name, code)| {
            let mut module: Module = name
                .trim_end_matches(".rs")
                .split('/')
                .map(str::to_owned)
                .collect();
            if module.iter().any(|part| part == "tests") {
                return None;
            }
            if matches!(module.last()?.as_str(), "mod" | "lib") {
                module.pop();
            }
            let tests = ["#[cfg(test)]\nmod ", "#[cfg(test)]\n#[path"];
            let end = tests.iter().filter_map(|start| code.find(start)).min();
            Some((module, code[..end.unwrap_or(code.len())].to_owned()))
        })
        .collect()
}

/// The paths that `tree` stands for, as in `use`: `a::{b, c::d}` is two.
fn paths(tree: &str) -> Vec<Vec<String>> {
    let end = tree
        .find(|c: char| c != '_' && !c.is_alphanumeric())
        .unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    let Some(rest) = rest.strip_prefix("::") else {
        return vec![vec![name.to_owned()]];
    };
    let branches = match rest.strip_prefix('{') {
        Some(group) => group_of(group),
        None => vec![rest],
    };
    branches
        .into_iter()
        .flat_map(paths)
        .map(|path| std::iter::once(name.to_owned()).chain(path).collect())
        .collect()
}

/// The branches of a group, up to the brace that ends it.
fn group_of(text: &str) -> Vec<&str> {
    let (mut branches, mut depth, mut start) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                branches.push(text[start..at].trim());
                start = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    branches.retain(|branch| !branch.is_empty());
    branches
}

/// Every path in `code` that begins with `root`, without it.
fn paths_from(code: &str, root: &str) -> Vec<Vec<String>> {
    let start = format!("{root}::");
    code.match_indices(&start)
        .filter(|(at, _)| {
            !code[..*at].ends_with(|c: char| c == '_' || c == ':' || c.is_alphanumeric())
        })
        .flat_map(|(at, _)| paths(&code[at..]))
        .map(|path| path[1..].to_vec())
        .collect()
}

/// The modules that `module` uses. What a module re-exports counts as a use of where it is.
fn uses(modules: &BTreeMap<Module, String>, module: &Module) -> BTreeSet<Module> {
    let code = &modules[module];
    let from = |base: &[String], path: Vec<String>| [base, &path].concat();
    let above = module.split_last().map_or(&[][..], |(_, above)| above);
    paths_from(code, "crate")
        .into_iter()
        .chain(
            paths_from(code, "super")
                .into_iter()
                .map(|path| match path.first() {
                    Some(first) if first == "super" => {
                        from(&above[..above.len() - 1], path[1..].to_vec())
                    }
                    _ => from(above, path),
                }),
        )
        .map(|path| resolved(modules, &path))
        .collect()
}

/// The module in which the last part of `path` is, or which it is.
fn resolved(modules: &BTreeMap<Module, String>, path: &[String]) -> Module {
    let mut module = Module::new();
    for part in path {
        let child = |name: &String| [&module[..], std::slice::from_ref(name)].concat();
        if modules.contains_key(&child(part)) {
            module.push(part.clone());
            continue;
        }
        let code = &modules[&module];
        let source = code
            .match_indices("pub use ")
            .flat_map(|(at, found)| {
                let tree = &code[at + found.len()..];
                paths(tree.strip_prefix("self::").unwrap_or(tree))
            })
            .find(|reexport| {
                reexport.last() == Some(part) && modules.contains_key(&child(&reexport[0]))
            });
        match source {
            Some(reexport) => module.push(reexport[0].clone()),
            None => break,
        }
    }
    module
}

/// What stands beside each other in one folder, and who of it uses whom. A module and those inside of it are one.
fn neighbours() -> BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> {
    let modules = modules();
    let mut found: BTreeMap<Module, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for user in modules.keys() {
        for used in uses(&modules, user) {
            let shared = user.iter().zip(&used).take_while(|(a, b)| a == b).count();
            let (Some(from), Some(to)) = (user.get(shared), used.get(shared)) else {
                continue;
            };
            let folder = found.entry(user[..shared].to_vec()).or_default();
            folder.entry(from.clone()).or_default().insert(to.clone());
        }
    }
    found
}

/// The modules that use themselves by way of others.
fn circles(uses: &BTreeMap<String, BTreeSet<String>>) -> Vec<&String> {
    let reaches_itself = |start: &String| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(module) = next.pop() {
            for used in uses.get(module).into_iter().flatten() {
                if used == start {
                    return true;
                }
                if seen.insert(used) {
                    next.push(used);
                }
            }
        }
        false
    };
    uses.keys()
        .filter(|module| reaches_itself(module))
        .collect()
}

#[test]
fn no_module_uses_itself_by_way_of_others() {
    let neighbours = neighbours();
    let root = &neighbours[&Module::new()];
    assert!(
        root["scheduler"].contains("core_state") && root["lane"].contains("budget"),
        "the uses are read: {root:?}"
    );
    for (folder, uses) in &neighbours {
        assert!(circles(uses).is_empty(), "{folder:?}: {:?}", circles(uses));
    }
}

#[test]
fn a_circle_would_be_found() {
    let path = |text: &str| paths(text).into_iter().map(|path| path.join("::"));
    assert_eq!(
        path("crate::{a::b, c::{d, e}, f};").collect::<Vec<_>>(),
        ["crate::a::b", "crate::c::d", "crate::c::e", "crate::f"]
    );
    let set = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let uses = BTreeMap::from([
        ("a".to_owned(), set(&["b"])),
        ("b".to_owned(), set(&["c"])),
        ("c".to_owned(), set(&["b"])),
    ]);
    assert_eq!(circles(&uses), ["b", "c"]);
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

/// The functions that napi calls, each with its body.
fn boundary() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, code) in sources() {
        if !name.starts_with("binding/") {
            continue;
        }
        for (at, _) in code.match_indices("#[napi") {
            let item = code[at..].split_once("]\n").unwrap().1.trim_start();
            let Some(function) = item.strip_prefix("pub fn ") else {
                continue;
            };
            let (head, body) = function.split_once(" {\n").unwrap();
            let name = head.split(['(', '<']).next().unwrap();
            found.push((name.to_owned(), body.trim_start().to_owned()));
        }
    }
    found
}

/// What follows the parenthesis that ends the call whose arguments `text` begins with.
fn after_call(text: &str) -> &str {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '(') - i32::from(c == ')');
        depth == 0
    });
    &text[end.unwrap() + 1..]
}

#[test]
fn no_panic_leaves_a_function_of_the_boundary() {
    let boundary = boundary();
    assert!(boundary.len() > 30, "{}", boundary.len());
    for (name, body) in boundary {
        let call = body.strip_prefix("guarded(");
        assert!(
            call.is_some_and(|call| after_call(call).trim_start().starts_with('}')),
            "{name} does more than `guarded`"
        );
    }
}
