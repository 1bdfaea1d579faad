//! Schemas of databases from which a client is made: Prisma's say which variable has the address, and the code that uses the client does not.

use super::{Fleet, Store, Used};
use crate::edge::Place;
use crate::inventory::Home;
use crate::part::Part;
use crate::paths::{dir_of, is_below};
use crate::tree::{PlainFile, Tree};
use hedgerow_code::ir::Range;
use hedgerow_code::testcode::is_test;
use hedgerow_deploy::{Deploy, Partial};
use std::collections::BTreeMap;

/// What manifests of packages are called.
const MANIFESTS: &[&str] = &["package.json", "pyproject.toml", "setup.py", "go.mod", "Cargo.toml"];

/// What clients that are made of a schema are called by.
const CLIENTS: &[&str] = &["prisma"];

/// One schema.
struct Schema<'a> {
    file: &'a PlainFile,
    /// The directory of the package that it lies in.
    package: &'a str,
    /// The kind of store that its client speaks to.
    kind: Store,
    /// The variable with the address.
    variable: Option<&'a str>,
    /// The only store of the kind that the fleet has.
    only: Option<String>,
    at: Range,
}

/// All schemas of a tree.
pub(crate) struct Schemas<'a> {
    all: Vec<Schema<'a>>,
}

impl<'a> Schemas<'a> {
    pub(crate) fn new(tree: &'a Tree, fleet: &Fleet) -> Self {
        let is_schema = |file: &&PlainFile| file.path.ends_with(".prisma") && !is_test(&file.path);
        let all = tree.texts.iter().filter(is_schema).filter_map(|file| Schema::read(file, tree, fleet)).collect();
        Self { all }
    }

    /// The schemas in packages outside of a service's directories of which it loads code.
    pub(crate) fn loaded(&self, part: &Part) -> impl Iterator<Item = &'a PlainFile> {
        self.all.iter().filter(|schema| schema.is_loaded(part)).map(|schema| schema.file)
    }

    /// Whether it is told without a question whom a variable of a service's schemas leads to: to the only store of its kind, which the service
    /// is known to call, or to one in the program itself.
    pub(crate) fn settles(&self, variable: &str, (home, part): (&Home, &Part), calls: impl Fn(&str) -> bool) -> bool {
        let is_its = |schema: &&Schema| schema.variable == Some(variable) && schema.is_of(home, part);
        let mut all = self.all.iter().filter(is_its).peekable();
        all.peek().is_some()
            && all
                .all(|schema| schema.kind == Store::Embedded || schema.only.as_ref().is_some_and(|store| calls(store)))
    }

    /// Adds the clients of schemas whose address the deploy does not say, to what a service has of stores.
    pub(super) fn add(&self, home: &Home, deploy: &Deploy, part: &Part, uses: &mut BTreeMap<Store, Used>) {
        let mut its: Vec<&Schema> = self.all.iter().filter(|schema| schema.is_of(home, part)).collect();
        let is_client = |used: &Used| CLIENTS.iter().any(|name| used.call.to_lowercase().contains(name));
        let has_client = uses.get(&Store::Sql).is_some_and(is_client);
        // A client of the only kind that there is, made of a schema that is not seen to be its own.
        if its.is_empty() && has_client && self.all.windows(2).all(|pair| pair[0].kind == pair[1].kind) {
            its.extend(self.all.first());
        }
        if part.account.functions == 0 {
            return;
        }
        for schema in its {
            let given = deploy.of(&home.name).zip(schema.variable);
            let values = given.and_then(|(given, variable)| given.environment.get(variable)).into_iter().flatten();
            let values: Vec<Option<&str>> = values.map(Partial::known).collect();
            let is_told = !values.is_empty() && !values.contains(&None);
            let place = match uses.get(&Store::Sql).filter(|used| is_client(used)) {
                Some(used) => used.place.clone(),
                None => Place { path: schema.file.path.clone(), range: schema.at },
            };
            let used = uses.entry(schema.kind).or_insert_with(|| Used {
                place,
                call: String::new(),
                is_open: false,
                is_told: false,
                is_imported: false,
                private: None,
            });
            used.is_told |= is_told;
            used.is_open |= !is_told;
        }
    }
}

impl<'a> Schema<'a> {
    fn read(file: &'a PlainFile, tree: &'a Tree, fleet: &Fleet) -> Option<Self> {
        let start = file.text.find("datasource ")?;
        let body = file.text[start..].split_once('{')?.1.split('}').next()?;
        let said = |key: &str| {
            let lines = body.lines().map(str::trim);
            let mut values = lines.filter_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('='));
            values.next().map(str::trim)
        };
        let kind = Store::of_scheme(said("provider")?.trim_matches('"'))?;
        let named = said("url").and_then(|url| url.strip_prefix("env(\""));
        let variable = named.and_then(|name| name.split('"').next());
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        let at = Range { start: place(start), end: place(start + "datasource".len()) };
        let stores = fleet.of(kind);
        let only = stores.first().filter(|_| stores.len() == 1).map(|store| (*store).to_owned());
        Some(Self { file, package: package_of(&file.path, tree), kind, variable, only, at })
    }

    /// Whether a service's own directories have it, or code that it loads does.
    fn is_of(&self, home: &Home, part: &Part) -> bool {
        home.directories.iter().any(|(own, _)| is_below(&self.file.path, own)) || self.is_loaded(part)
    }

    fn is_loaded(&self, part: &Part) -> bool {
        part.loads.iter().any(|directory| directory == self.package || is_below(directory, self.package))
    }
}

/// The directory of the package that a file lies in: the nearest one with a manifest, else the one around `prisma/`.
fn package_of<'a>(path: &'a str, tree: &Tree) -> &'a str {
    let own = dir_of(path);
    let mut directory = own;
    loop {
        let is_manifest = |name: &&str| {
            let path = if directory.is_empty() { (*name).to_owned() } else { format!("{directory}/{name}") };
            tree.texts.iter().any(|file| file.path == path)
        };
        // The whole tree is no package of its services.
        if !directory.is_empty() && MANIFESTS.iter().any(is_manifest) {
            return directory;
        }
        if directory.is_empty() {
            return own.strip_suffix("/prisma").unwrap_or(own);
        }
        directory = dir_of(directory);
    }
}
