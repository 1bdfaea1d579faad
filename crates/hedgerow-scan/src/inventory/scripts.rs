//! Where programs in the script languages begin.

use super::{Area, beginning};
use crate::factories::factories;
use crate::program::{FnId, PackageId, Program};
use hedgerow_code::Begins;
use std::collections::{BTreeMap, BTreeSet};

/// Files of the script languages at a place or below it that no other file of the service loads: they are started by somebody.
pub(super) fn scripts(program: &Program, place: Area<'_>) -> Vec<FnId> {
    let (files, roots) = roots(program, place);
    let mut found = Vec::new();
    for file in roots {
        found.extend(program.loader(file));
        // What nobody imports and exports functions has them called by its host: a framework, a load generator, a runtime of functions.
        let functions = (0_u32..).zip(&program.files[file as usize].facts.functions).skip(1);
        found.extend(functions.filter(|(_, f)| f.exported).filter_map(|(at, _)| program.function_at(file, at)));
        found.extend(factories(program, file, true));
    }
    found.extend(in_rings(program, &files).filter_map(|file| program.loader(file)));
    found.extend(files.iter().flat_map(|file| factories(program, *file, false)));
    // What a framework calls by an annotation is reached once its file is loaded.
    found
}

/// The files of the script languages at a place with which programs begin.
pub(super) fn begin(program: &Program, place: Area<'_>) -> Vec<u32> {
    let (files, mut roots) = roots(program, place);
    roots.extend(in_rings(program, &files));
    roots
}

/// All such files, and those of them that no other one loads.
fn roots(program: &Program, place: Area<'_>) -> (Vec<u32>, Vec<u32>) {
    let files = beginning(program, place, Begins::Scripts);
    let files: Vec<u32> = files.map(|(at, _)| at).collect();
    let mut loaded = BTreeSet::new();
    for file in &files {
        let package = program.package_of(*file);
        loaded.extend(program.imported(package).filter(|other| *other != package));
    }
    let roots: Vec<u32> = files.iter().copied().filter(|file| !loaded.contains(&program.package_of(*file))).collect();
    // Files that load each other in a ring have no root: then all of them are.
    let roots = if roots.is_empty() { files.clone() } else { roots };
    (files, roots)
}

/// The files that stand for a ring.
fn in_rings(program: &Program, files: &[u32]) -> impl Iterator<Item = u32> {
    let rings = rings(program, files);
    files.iter().copied().filter(move |file| rings.contains(&program.package_of(*file)))
}

/// One file of each ring of files that load each other and that no other file loads: a program's first file is often loaded by those that
/// it loads. All others of a ring are loaded with it.
fn rings(program: &Program, files: &[u32]) -> BTreeSet<PackageId> {
    let own: BTreeSet<PackageId> = files.iter().map(|file| program.package_of(*file)).collect();
    let loads: BTreeMap<PackageId, Vec<PackageId>> = own
        .iter()
        .map(|package| {
            (*package, program.imported(*package).filter(|other| other != package && own.contains(other)).collect())
        })
        .collect();
    let loaded: BTreeSet<PackageId> = loads.values().flatten().copied().collect();
    // In the order in which a search leaves them, nothing that is left later is loaded by what was left before, unless both are in a ring.
    let mut left = Vec::new();
    let mut seen = BTreeSet::new();
    for start in &own {
        let mut way: Vec<(PackageId, usize)> = Vec::new();
        if seen.insert(*start) {
            way.push((*start, 0));
        }
        while let Some((package, next)) = way.last_mut() {
            match loads.get(package).and_then(|others| others.get(*next)) {
                Some(other) => {
                    *next += 1;
                    if seen.insert(*other) {
                        way.push((*other, 0));
                    }
                }
                None => left.extend(way.pop().map(|(package, _)| package)),
            }
        }
    }
    let mut reached = BTreeSet::new();
    let mut found = BTreeSet::new();
    for package in left.into_iter().rev() {
        if reached.contains(&package) {
            continue;
        }
        if loaded.contains(&package) {
            found.insert(package);
        }
        let mut open = vec![package];
        while let Some(package) = open.pop() {
            if reached.insert(package) {
                open.extend(loads.get(&package).into_iter().flatten().copied());
            }
        }
    }
    found
}
