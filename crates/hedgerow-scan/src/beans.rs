//! Classes that files of a service name to the container that makes them: beans in Spring's XML, servlets, jobs.
//!
//! See <https://docs.spring.io/spring-framework/reference/core/beans/definition.html>.

use crate::inventory::Home;
use crate::paths::is_below;
use crate::tree::Tree;
use hedgerow_code::frontend::Language;
use hedgerow_code::testcode::is_test;
use std::collections::BTreeSet;

/// Attributes and tags by which XML names a class.
const NAMES: &[&str] = &["class=\"", "class='", "-class>", "Class>", "<class>"];

/// Notes the classes that XML in the services' directories names.
pub(crate) fn add(tree: &Tree, homes: &mut [Home]) {
    if !tree.code.iter().any(|file| matches!(file.language, Language::Java | Language::Kotlin)) {
        return;
    }
    let is_xml = |path: &str| path.ends_with(".xml") && !path.ends_with("pom.xml") && !is_test(path);
    let files: Vec<_> = tree.texts.iter().filter(|file| is_xml(&file.path)).collect();
    for home in homes.iter_mut().filter(|_| !files.is_empty()) {
        let is_own = |path: &str| home.directories.iter().any(|(own, _)| is_below(path, own));
        let own = files.iter().filter(|file| is_own(&file.path));
        home.named = own.flat_map(|file| named(&file.text)).collect();
    }
}

/// The full names of classes in a text.
fn named(text: &str) -> BTreeSet<String> {
    let behind = |mark: &'static str| text.match_indices(mark).map(move |(at, _)| at + mark.len());
    let names = NAMES.iter().flat_map(|mark| behind(mark)).filter_map(|at| {
        let rest = text[at..].trim_start();
        let end = rest.find(|c: char| !c.is_alphanumeric() && !"._$".contains(c)).unwrap_or(rest.len());
        rest[..end].contains('.').then(|| rest[..end].replace('$', "."))
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::named;

    #[test]
    fn classes_that_xml_names() {
        for (text, expected) in [
            ("<bean id=\"a\" class=\"g.LedgerJob\"/>", &["g.LedgerJob"][..]),
            ("<bean class='g.Outer$Inner'>", &["g.Outer.Inner"]),
            ("<servlet-class>\n  g.Gate\n</servlet-class>", &["g.Gate"]),
            ("<job-class>g.A</job-class><listener-class>g.B</listener-class>", &["g.A", "g.B"]),
            ("<div class=\"page wide\">", &[]),
        ] {
            assert_eq!(named(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
