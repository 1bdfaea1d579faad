//! Files that an image puts a service's program in the place of: `RUN mv worker.py app.py`. What is called so there is the program, whatever
//! the tree has under that name.

use crate::inventory::Home;
use crate::paths::{dir_of, is_below};
use crate::tree::Tree;
use hedgerow_deploy::image::is_image;
use hedgerow_deploy::path::join;
use std::collections::BTreeSet;

/// Notes the files that the services' images lay their programs over.
pub(crate) fn add(tree: &Tree, homes: &mut [Home]) {
    let paths: BTreeSet<&str> = tree.code.iter().map(|file| file.path.as_str()).collect();
    for home in homes {
        for (directory, main) in &home.directories {
            let Some(main) = main else { continue };
            let main = join(directory, main);
            let (place, name) = (dir_of(&main), main.rsplit('/').next().unwrap_or(&main));
            let images = tree.texts.iter().filter(|file| is_image(&file.path));
            for image in images.filter(|file| place == dir_of(&file.path) || is_below(place, dir_of(&file.path))) {
                let over = laid_over(&image.text, name).into_iter().map(|over| join(place, over));
                home.covered.extend(over.filter(|over| *over != main && paths.contains(over.as_str())));
            }
        }
    }
}

/// The names that a Dockerfile gives to a file beside it.
fn laid_over<'t>(text: &'t str, name: &str) -> Vec<&'t str> {
    let mut found = Vec::new();
    for part in text.lines().flat_map(|line| line.split(['&', ';', '|'])) {
        let words = part.split_whitespace().filter(|word| !word.starts_with('-') && *word != "\\");
        let mut words = words.skip_while(|word| *word == "RUN");
        let verb = words.next().unwrap_or_default();
        let copies =
            matches!(verb, "mv" | "cp") || verb.eq_ignore_ascii_case("COPY") || verb.eq_ignore_ascii_case("ADD");
        let files: Vec<&str> = words.collect();
        if let (true, [from, to]) = (copies, files.as_slice())
            && from.rsplit('/').next() == Some(name)
        {
            found.extend(to.rsplit('/').next());
        }
    }
    found
}
