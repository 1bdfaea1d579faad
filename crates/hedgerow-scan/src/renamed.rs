//! Files that an image puts a service's program in the place of: `RUN mv worker.py app.py`. What is called so there is the program, whatever
//! the tree has under that name.

use crate::inventory::Home;
use crate::paths::{above, dir_of, is_below};
use crate::tree::{PlainFile, Tree};
use hedgerow_deploy::Hosts;
use hedgerow_deploy::build::{Build, builds};
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::path::join;
use std::collections::BTreeSet;

/// Notes the files that the services' images lay their programs over.
pub(crate) fn add(tree: &Tree, homes: &mut [Home]) {
    if !homes.iter().any(|home| home.directories.iter().any(|(_, main)| main.is_some())) {
        return;
    }
    let paths: BTreeSet<&str> = tree.code.iter().map(|file| file.path.as_str()).collect();
    let images: Vec<&PlainFile> = tree.texts.iter().filter(|file| is_image(&file.path)).collect();
    let is_yaml = |path: &str| path.ends_with(".yaml") || path.ends_with(".yml");
    let texts = tree.texts.iter().filter(|file| is_yaml(&file.path));
    let builds: Vec<Build> = texts.flat_map(|file| builds(&file.path, &file.text)).collect();
    let names = homes.iter().map(|home| (home.name.as_str(), home.slug.as_str()));
    let hosts = Hosts::new(names, tree.namespaces.clone(), &tree.config.aliases, &tree.config.hosts);
    for home in homes {
        for (directory, main) in &home.directories {
            let Some(main) = main else { continue };
            let main = join(directory, main);
            let place = dir_of(&main);
            for image in images.iter().filter(|file| place == dir_of(&file.path) || is_below(place, dir_of(&file.path)))
            {
                let made: Vec<&Build> = builds.iter().filter(|build| build.dockerfile == image.path).collect();
                // An image that is built for others alone is theirs.
                if !made.is_empty() && !made.iter().any(|build| hosts.named(&build.name) == Some(&home.name)) {
                    continue;
                }
                let contexts = made.iter().map(|build| build.context.as_str()).chain(above(dir_of(&image.path)));
                let contexts: BTreeSet<&str> = contexts.collect();
                let over = laid_over(&image.text, &main, &contexts).into_iter().map(|over| join(place, over));
                home.covered.extend(over.filter(|over| *over != main && paths.contains(over.as_str())));
            }
        }
    }
}

/// The names that a Dockerfile gives to a file, which it is built with from one of the contexts.
fn laid_over<'t>(text: &'t str, main: &str, contexts: &BTreeSet<&str>) -> Vec<&'t str> {
    let mut found = Vec::new();
    for part in text.lines().flat_map(|line| line.split(['&', ';', '|'])) {
        let of_stage = part.contains("--from=");
        let words = part.split_whitespace().filter(|word| !word.starts_with('-') && *word != "\\");
        let mut words = words.skip_while(|word| *word == "RUN");
        let verb = words.next().unwrap_or_default();
        let copies_in = verb.eq_ignore_ascii_case("COPY") || verb.eq_ignore_ascii_case("ADD");
        let files: Vec<&str> = words.collect();
        if let (true, [from, to]) = (copies_in || matches!(verb, "mv" | "cp"), files.as_slice()) {
            let is_it = match copies_in && !of_stage {
                true => contexts.iter().any(|context| join(context, from) == main),
                false => is_inside(from, main),
            };
            found.extend(to.rsplit('/').next().filter(|_| is_it));
        }
    }
    found
}

/// Whether a file of the tree may lie at a path in the image: where the image has its directory is not known.
fn is_inside(path: &str, main: &str) -> bool {
    let path = path.trim_start_matches("./");
    match path.starts_with('/') {
        true => path.rsplit('/').next() == main.rsplit('/').next(),
        false => main == path || main.strip_suffix(path).is_some_and(|before| before.ends_with('/')),
    }
}
