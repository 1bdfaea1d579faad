//! Puts the pages of the diagnostic codes and the schemas into the program: `hedgerow explain` and `hedgerow schema` print them.
#![allow(clippy::disallowed_methods, reason = "runs while the program is built, and reads what goes into it")]

use std::fmt::Write;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let here = env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?;
    let out = env::var("OUT_DIR").map_err(io::Error::other)?;
    let mut code = String::new();
    for (constant, directory, ending) in [("PAGES", "pages", "md"), ("SCHEMAS", "schemas", "json")] {
        let directory = Path::new(&here).join(directory);
        println!("cargo::rerun-if-changed={}", directory.display());
        let mut names = Vec::new();
        for entry in fs::read_dir(&directory)? {
            let path = entry?.path();
            let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
            if path.extension().is_some_and(|found| found == ending) && name != "README" {
                names.push((name.to_owned(), path));
            }
        }
        names.sort();
        let _infallible = write!(code, "pub(crate) const {constant}: &[(&str, &str)] = &[");
        for (name, path) in names {
            let _infallible = write!(code, "({name:?}, include_str!({:?})),", path.display().to_string());
        }
        code.push_str("];\n");
    }
    fs::write(Path::new(&out).join("embedded.rs"), code)
}
