//! The module of Django's settings, which code takes in by another name: `from django.conf import settings`.
//!
//! See <https://docs.djangoproject.com/en/stable/topics/settings/>.

use super::File;
use crate::inventory::Home;
use crate::paths::{above, below, dir_of};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{DJANGO_SETTINGS, Import};
use hedgerow_deploy::Deploy;
use hedgerow_deploy::path::join;
use std::collections::{BTreeMap, BTreeSet};

/// The variable that says which module it is.
const VARIABLE: &str = "DJANGO_SETTINGS_MODULE";

/// The files that say it, those that serve before the one that people start by hand.
const STARTERS: &[&str] = &["wsgi.py", "asgi.py", "celery.py", "manage.py"];

/// The files of settings by the directory in which the package of the project lies.
#[derive(Debug, Default)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Finds them: what the deploy says, else what the project's own code does, else the only one there.
    pub(crate) fn new(files: &[File], homes: &[Home], deploy: &Deploy) -> Self {
        let paths: BTreeSet<&str> =
            files.iter().filter(|file| file.language == Language::Python).map(|file| file.path).collect();
        let place = |root: &str, module: &str| {
            let base = join(root, &module.replace('.', "/"));
            let all = [format!("{base}.py"), format!("{base}/__init__.py")];
            all.into_iter().find(|path| paths.contains(path.as_str()))
        };
        let mut said: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for file in files.iter().filter(|file| file.language == Language::Python) {
            let name = file.path.rsplit('/').next().unwrap_or(file.path);
            let rank = STARTERS.iter().position(|starter| *starter == name).unwrap_or(STARTERS.len());
            let imports = file.facts.imports.iter().filter(|import| import.alias.as_deref() == Some(DJANGO_SETTINGS));
            for import in imports {
                let found = above(dir_of(file.path)).find_map(|root| Some((root, place(root, &import.path)?)));
                let Some((root, path)) = found else { continue };
                let known = said.entry(root.to_owned()).or_insert_with(|| (rank, path.clone()));
                if rank < known.0 {
                    *known = (rank, path);
                }
            }
        }
        let mut found: BTreeMap<String, String> = said.into_iter().map(|(root, (_, path))| (root, path)).collect();
        let mut alone: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for path in &paths {
            let Some(package) = path.strip_suffix("/settings.py") else { continue };
            let is_project =
                ["urls.py", "wsgi.py"].iter().any(|name| paths.contains(format!("{package}/{name}").as_str()));
            if is_project {
                alone.entry(dir_of(package)).or_default().insert(path);
            }
        }
        for (root, all) in alone.into_iter().filter(|(_, all)| all.len() == 1) {
            found.entry(root.to_owned()).or_insert_with(|| all.first().copied().unwrap_or_default().to_owned());
        }
        let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for home in homes {
            let given = deploy.of(&home.name).and_then(|given| given.environment.get(VARIABLE));
            let Some([module]) = given.map(Vec::as_slice) else { continue };
            let Some(module) = module.known() else { continue };
            for root in found.keys() {
                let is_own = home.directories.iter().any(|(own, _)| own == root || below(root, own).is_some());
                if let Some(path) = place(root, module).filter(|_| is_own) {
                    told.entry(root.clone()).or_default().insert(path);
                }
            }
        }
        // Where services that share the code load different ones, what it takes in is not the same for all of them.
        for (root, paths) in told {
            found.remove(&root);
            if paths.len() == 1 {
                found.extend(paths.into_iter().map(|path| (root.clone(), path)));
            }
        }
        Self(found)
    }

    /// The file of settings that an import of Django's means.
    pub(crate) fn of(&self, from: &str, import: &Import) -> Option<&str> {
        let is_it = import.path == "django.conf" && import.name.as_deref() == Some("settings");
        let all = above(dir_of(from)).filter(|_| is_it);
        all.into_iter().find_map(|directory| self.0.get(directory)).map(String::as_str)
    }
}
