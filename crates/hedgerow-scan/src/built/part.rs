//! The part of a tree that an image has which is built from all of it: what its Dockerfile starts, builds or copies.

use super::main_of;
use crate::paths::dir_of;
use crate::tree::Tree;
use hedgerow_deploy::build::{Build, Recipe, recipe};
use hedgerow_deploy::path::join;
use std::collections::BTreeSet;

/// The code of a container that is built from what several are built from: the file that it runs, else the directory that its image builds a
/// program of, else the only one with code that it copies.
pub(super) fn of(tree: &Tree, build: &Build, has_code: &dyn Fn(&str) -> bool) -> Option<(String, Option<String>)> {
    let file = tree.texts.iter().find(|file| file.path == build.dockerfile);
    let recipe = file.map(|file| recipe(&file.text, build.stage.as_deref(), &build.arguments)).unwrap_or_default();
    started(tree, build, &recipe)
        .or_else(|| made(tree, build, &recipe, has_code))
        .or_else(|| copied(build, &recipe, has_code))
}

/// The file that is run. It lies in what was copied, or below that.
fn started(tree: &Tree, build: &Build, recipe: &Recipe) -> Option<(String, Option<String>)> {
    let runs = build.runs.as_ref().or(recipe.runs.as_ref())?;
    let copies = recipe.copies.iter().map(|source| join(&build.context, source));
    let places = copies.flat_map(|place| [dir_of(&place).to_owned(), place]);
    let places: BTreeSet<String> = places.chain([build.context.clone()]).collect();
    // The deepest place first: what lies there was copied for this image.
    let found = places.iter().rev().find_map(|place| Some((place, main_of(tree, place, runs)?)));
    found.map(|(place, main)| (join(place, &main), None))
}

/// The directory of the program that is built: `go build ./cmd/ledger`, `dotnet publish src/Ledger/Ledger.csproj`.
fn made(
    tree: &Tree,
    build: &Build,
    recipe: &Recipe,
    has_code: &dyn Fn(&str) -> bool,
) -> Option<(String, Option<String>)> {
    let place = |word: &String| {
        let path = join(&build.context, word.trim_start_matches("./").trim_end_matches('/'));
        let is_file = || tree.code.iter().any(|file| file.path == path) || path.ends_with(".csproj");
        let directory = if is_file() { dir_of(&path).to_owned() } else { path.clone() };
        (!directory.is_empty() && directory != build.context && has_code(&directory)).then_some(directory)
    };
    let found: BTreeSet<String> =
        recipe.builds.iter().filter(|word| !word.starts_with('-')).filter_map(place).collect();
    found.first().filter(|_| found.len() == 1).map(|directory| (directory.clone(), None))
}

/// The only directory with code that is copied.
fn copied(build: &Build, recipe: &Recipe, has_code: &dyn Fn(&str) -> bool) -> Option<(String, Option<String>)> {
    let all = recipe.copies.iter().map(|source| join(&build.context, source));
    let found: BTreeSet<String> = all.filter(|place| place.is_empty() || has_code(place)).collect();
    found
        .first()
        .filter(|place| found.len() == 1 && !place.is_empty() && **place != build.context)
        .map(|place| (place.clone(), None))
}
