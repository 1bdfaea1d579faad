//! Classes of C# that stand in others, and names of classes with all that these stand in.

use super::{Meaning, Program, TypeId};
use hedgerow_code::frontend::Language;
use std::collections::BTreeMap;

impl<'p> Program<'p> {
    /// Gives a class that stands in another one its bare name, too, where it is the only one. Two of one name in two classes have none.
    pub(super) fn add_inner(&mut self) {
        let files = &self.files;
        for package in &mut self.packages {
            let first = package.files.first().and_then(|file| files.get(*file as usize));
            if first.is_none_or(|file| file.language != Language::CSharp) {
                continue;
            }
            let mut inner: BTreeMap<&'p str, Option<TypeId>> = BTreeMap::new();
            for (path, id) in &package.types {
                let Some((_, name)) = path.rsplit_once('.') else { continue };
                inner.entry(name).and_modify(|only| *only = None).or_insert(Some(*id));
            }
            for (name, id) in inner.into_iter().filter_map(|(name, id)| Some((name, id?))) {
                package.declare(name, Meaning::Type(id));
            }
        }
    }

    /// What a name of C# with dots is: the class that has all of it, in a name space that has what is left before. What nothing in the
    /// tree has is a class from outside by its last part, and never another class that is called so.
    pub(super) fn class_by_path(&self, file: u32, name: &'p str) -> Option<Meaning<'p>> {
        let (_, last) = name.rsplit_once('.')?;
        if self.files[file as usize].language != Language::CSharp {
            return None;
        }
        let own = self.package_of(file);
        let packages = || std::iter::once(own).chain(self.dots.get(file as usize).into_iter().flatten().copied());
        let found = packages().find_map(|package| self.package(package).types.get(name));
        if let Some(id) = found {
            return Some(Meaning::Type(*id));
        }
        for (at, _) in name.match_indices('.') {
            let (head, path) = (name.get(..at)?, name.get(at + 1..)?);
            let is_in =
                |space: &str| space.strip_suffix(head).is_some_and(|outer| outer.is_empty() || outer.ends_with('.'));
            let mut found = packages().filter_map(|package| {
                let package = self.package(package);
                let first = package.files.first().map(|file| self.files[*file as usize].facts)?;
                package.types.get(path).filter(|_| is_in(&first.package))
            });
            if let Some(id) = found.next() {
                return Some(Meaning::Type(*id));
            }
        }
        Some(Meaning::External(last, None))
    }
}
