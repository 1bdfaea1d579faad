//! Gradle's version catalogues: what the names that build files use for libraries stand for.
//!
//! See <https://docs.gradle.org/current/userguide/version_catalogs.html>.

use crate::tree::Tree;
use std::collections::BTreeMap;

/// How the file of a catalogue ends; one called `libs` is known to build files by that name.
const END: &str = ".versions.toml";

/// The modules of all catalogues of a tree, by the accessors for them: `libs.eureka.client`.
#[derive(Debug, Default)]
pub(crate) struct VersionCatalogue(BTreeMap<String, Vec<String>>);

impl VersionCatalogue {
    pub(crate) fn new(tree: &Tree) -> Self {
        let files = tree.texts.iter().filter_map(|file| {
            let name = file.path.rsplit('/').next()?.strip_suffix(END)?;
            Some((name, toml::from_str::<toml::Table>(&file.text).ok()?))
        });
        let mut all = Self::default();
        for (name, table) in files {
            all.add(name, &table);
        }
        all
    }

    fn add(&mut self, catalogue: &str, table: &toml::Table) {
        let section = |name: &str| table.get(name).and_then(toml::Value::as_table).into_iter().flatten();
        let mut modules: BTreeMap<&str, String> = BTreeMap::new();
        for (alias, library) in section("libraries") {
            let of = |key: &str| library.get(key).and_then(toml::Value::as_str);
            let module = library.as_str().or_else(|| of("module")).map(str::to_owned);
            let module = module.or_else(|| Some(format!("{}:{}", of("group")?, of("name")?)));
            modules.extend(module.map(|module| (alias.as_str(), module)));
        }
        for (alias, bundle) in section("bundles") {
            let names = bundle.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
            let found: Vec<String> = names.filter_map(|name| modules.get(name).cloned()).collect();
            self.0.entry(format!("{catalogue}.bundles.{}", accessor(alias))).or_default().extend(found);
        }
        for (alias, module) in modules {
            self.0.entry(format!("{catalogue}.{}", accessor(alias))).or_default().push(module);
        }
    }

    /// The modules that a build file names, in its order.
    pub(crate) fn modules(&self, build: &str) -> Vec<&str> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let words = build.split(|c| !is_part(c));
        words.filter_map(|word| self.0.get(word)).flatten().map(String::as_str).collect()
    }
}

/// What build files write for an alias: dashes and underscores are dots.
fn accessor(alias: &str) -> String {
    alias.replace(['-', '_'], ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accessors_stand_for_modules() {
        let table = "[versions]\nx = '1'\n[libraries]\neureka-client = { module = 'org:eureka-client', version.ref = 'x' }\n\
                     jpa = 'org:jpa:1'\nkafka_streams = { group = 'org', name = 'streams' }\nlater = { version = '1' }\n\
                     [bundles]\ndata = ['jpa', 'kafka_streams', 'none']\n";
        let mut catalogue = VersionCatalogue::default();
        catalogue.add("libs", &toml::from_str(table).unwrap());
        for (build, expected) in [
            ("implementation(libs.eureka.client)", &["org:eureka-client"][..]),
            ("implementation libs.jpa\napi libs.kafka.streams", &["org:jpa:1", "org:streams"]),
            ("implementation(libs.bundles.data)", &["org:jpa:1", "org:streams"]),
            ("implementation(libs.later)", &[]),
            ("implementation(others.jpa)", &[]),
            ("implementation(libs.eureka)", &[]),
        ] {
            assert_eq!(catalogue.modules(build), expected, "{build}");
        }
    }
}
