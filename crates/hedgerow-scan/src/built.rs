//! The code of services that have none of their own: what compose files build them from, or that of the service whose image they run.

mod part;

use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::Tree;
use crate::unused::is_known;
use hedgerow_deploy::build::{Build, Image, builds, image_runs};
use hedgerow_deploy::path::join;
use hedgerow_deploy::{Deploy, Hosts};
use std::collections::{BTreeMap, BTreeSet};

/// Gives services without code of their own that of the directory which a compose file builds them from: the Dockerfile's, where that lies
/// deeper and has code. Of the same image several may run, each by its own command. What several images are built from and none tells its
/// own part of is no service's: each would have the calls of all others.
pub(crate) fn add(tree: &Tree, homes: &mut [Home]) {
    let with_code = directories_of(tree);
    let has_code = |directory: &str| !tree.code.is_empty() && with_code.contains(directory);
    let is_empty = |home: &Home| !home.directories.iter().any(|(directory, _)| has_code(directory));
    if !homes.iter().any(is_empty) {
        return;
    }
    let names = homes.iter().map(|home| (home.name.as_str(), home.slug.as_str()));
    let hosts = Hosts::new(names, tree.namespaces.clone(), &tree.config.aliases, &tree.config.hosts);
    let is_compose = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
    let texts = tree.texts.iter().filter(|file| is_compose(&file.path));
    let builds: Vec<Build> = texts.flat_map(|file| builds(&file.path, &file.text)).collect();
    let directory_of =
        |build: &Build| build.inner().filter(|inner| has_code(inner)).unwrap_or(&build.context).to_owned();
    // By how many images, and for how many, each directory is used: files for production and for development build one service twice.
    let mut users: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut images: BTreeMap<String, BTreeSet<(&str, Option<&str>)>> = BTreeMap::new();
    for build in &builds {
        users.entry(directory_of(build)).or_default().insert(hosts.named(&build.name).unwrap_or(&build.name));
        images.entry(directory_of(build)).or_default().insert((&build.dockerfile, build.stage.as_deref()));
    }
    let declared = tree.services.iter().map(|service| service.directory.clone());
    let said = homes.iter().flat_map(|home| home.directories.iter().map(|(directory, _)| directory.clone()));
    let own: BTreeSet<String> = declared.chain(said).collect();
    // What lies above the directories of several is the root of all, and no service's code.
    let below = |directory: &str| own.iter().filter(|own| is_below(own, directory)).cloned().collect::<Vec<_>>();
    let is_root = |directory: &str| below(directory).len() > 1;
    for home in homes.iter_mut().filter(|home| is_empty(home)) {
        let its = |build: &&Build| hosts.named(&build.name) == Some(&home.name) && !is_bare(tree, build);
        for build in builds.iter().filter(its) {
            let directory = directory_of(build);
            if directory.is_empty() || is_root(&directory) || !has_code(&directory) {
                // One image of all of it is the program of all that run it; of several each has its part.
                let is_one = images.get(&directory).is_some_and(|images| images.len() == 1)
                    && tree.texts.iter().any(|file| file.path == build.dockerfile)
                    && has_code(&directory)
                    && below(&directory).iter().filter(|own| has_code(own)).count() < 2;
                // A script of a framework's own, such as PHP's `artisan`, runs the program as a whole.
                let is_whole = || {
                    let path = build.runs.as_ref().map(|runs| join(&directory, runs));
                    path.is_none_or(|path| tree.texts.iter().any(|file| file.path == path))
                };
                let part = part::of(tree, build, &has_code);
                let part = part.or_else(|| (is_one && is_whole()).then(|| (directory.clone(), None)));
                home.directories.extend(part.filter(|part| !home.directories.contains(part)));
                continue;
            }
            let main = runs(tree, build).and_then(|runs| main_of(tree, &directory, &runs));
            let inside = users.keys().filter(|other| is_below(other, &directory) && has_code(other));
            let is_alone = users.get(&directory).is_none_or(|services| services.len() == 1)
                || images.get(&directory).is_none_or(|images| images.len() == 1);
            let is_only = is_alone && inside.count() == 0;
            let place = (directory, main);
            if (is_only || place.1.is_some()) && !home.directories.contains(&place) {
                home.directories.push(place);
            }
        }
    }
}

/// Whether an image takes nothing from the tree and is made of somebody's program: `FROM keycloak` with other settings. One of a language
/// may have its code mounted.
fn is_bare(tree: &Tree, build: &Build) -> bool {
    let takes = |line: &str| {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
        match instruction.as_str() {
            "COPY" | "ADD" => !words.any(|word| word.starts_with("--from")),
            "RUN" => words.any(|word| word.starts_with("--mount")),
            "ONBUILD" => true,
            _ => false,
        }
    };
    let file = tree.texts.iter().find(|file| file.path == build.dockerfile);
    file.is_some_and(|file| !file.text.lines().map(str::trim).any(takes) && !is_known(&file.text))
}

/// Gives services without code of their own that of the service whose image their containers run: one that has code and runs the same image
/// itself, and that the image is called like, by its name or by that of the code's directory. A command in place of the image's own program
/// has to say where in the code it begins.
pub(crate) fn share(tree: &Tree, hosts: &Hosts, deploy: &Deploy, homes: &mut [Home]) {
    let with_code = directories_of(tree);
    let has_code = |directory: &str| !directory.is_empty() && with_code.contains(directory);
    let code_of = |home: &Home| -> Vec<(String, Option<String>)> {
        home.directories.iter().filter(|(directory, _)| has_code(directory)).cloned().collect()
    };
    let images: BTreeMap<&str, &BTreeSet<Image>> = deploy.images().collect();
    let of = |name: &str| images.get(name).into_iter().copied().flatten();
    // The code that an image is made of, with where it begins.
    let mut made_of: BTreeMap<&str, BTreeSet<(String, Option<String>)>> = BTreeMap::new();
    for home in homes.iter() {
        let code = code_of(home);
        let is_called = |image: &&Image| {
            let last = |(directory, _): &(String, _)| directory.rsplit('/').next() == Some(image.name());
            hosts.named(image.name()) == Some(&home.name) || code.iter().any(last)
        };
        for image in of(&home.name).filter(is_called) {
            made_of.entry(&image.path).or_default().extend(code.iter().cloned());
        }
    }
    for home in homes.iter_mut() {
        if !code_of(home).is_empty() {
            continue;
        }
        for image in of(&home.name) {
            for (directory, begins) in made_of.get(image.path.as_str()).into_iter().flatten() {
                let main = image.runs.as_deref().and_then(|runs| main_of(tree, directory, runs));
                if main.is_none() && image.is_replaced {
                    continue;
                }
                let place = (directory.clone(), main.or_else(|| begins.clone()));
                if !home.directories.contains(&place) {
                    home.directories.push(place);
                }
            }
        }
    }
}

/// The directories that have code in them or below them.
fn directories_of<'t>(tree: &'t Tree) -> BTreeSet<&'t str> {
    let mut found: BTreeSet<&str> = BTreeSet::from([""]);
    for file in tree.code {
        let mut directory = file.path.as_str();
        while let Some((above, _)) = directory.rsplit_once('/') {
            if !found.insert(above) {
                break;
            }
            directory = above;
        }
    }
    found
}

/// What a container runs: by the compose file, else by its image.
fn runs(tree: &Tree, build: &Build) -> Option<String> {
    let of_image = || {
        let file = tree.texts.iter().find(|file| file.path == build.dockerfile)?;
        image_runs(&file.text, build.stage.as_deref())
    };
    build.runs.clone().or_else(of_image)
}

/// The file below a directory that a command names: as it is, or as a module.
fn main_of(tree: &Tree, directory: &str, runs: &str) -> Option<String> {
    let module = runs.replace('.', "/");
    let files =
        [runs.to_owned(), format!("{module}.py"), format!("{module}/__main__.py"), format!("{module}/__init__.py")];
    files.into_iter().find(|file| {
        let place = join(directory, file);
        tree.code.iter().any(|code| code.path == place)
    })
}
