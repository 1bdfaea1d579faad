//! Classes that a container of components finds by itself, without a word of other code: Spring's component scan.
//!
//! See <https://docs.spring.io/spring-framework/reference/core/beans/classpath-scanning.html>.

use super::{Expr, ExprId, Facts, TypeRef};
use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Annotations of classes that the container makes.
const COMPONENTS: &[&str] = &[
    "Component",
    "Configuration",
    "Controller",
    "ControllerAdvice",
    "DubboService",
    "GrpcService",
    "Repository",
    "RestController",
    "RestControllerAdvice",
    "Service",
];

/// Annotations that let the container search packages.
const SEARCHES: &[&str] = &["ComponentScan", "ComponentScans", "SpringBootApplication", "SpringCloudApplication"];

/// Their arguments that name packages, by their names or by classes in them.
const PACKAGES: &[&str] =
    &["", "basePackageClasses", "basePackages", "scanBasePackageClasses", "scanBasePackages", "value"];

/// What stands for all packages, where which ones are meant is not understood.
const ALL: &str = "";

/// What a file says to a container of components.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Components {
    /// Whether one of its classes is a component.
    pub has_any: bool,
    /// The packages that are searched for components because of it; an empty name for all.
    pub searched: Vec<CompactString>,
}

impl Components {
    /// What the annotations of the file's classes say.
    pub(crate) fn of(facts: &Facts) -> Self {
        let mut found = Self::default();
        for note in facts.types.iter().flat_map(|ty| &ty.notes) {
            let name = note.name.rsplit('.').next().unwrap_or(&note.name);
            found.has_any |= COMPONENTS.contains(&name);
            if SEARCHES.contains(&name) {
                let mut packages = Vec::new();
                let said = note.arguments.iter().filter(|(name, _)| PACKAGES.contains(&name.as_str()));
                said.for_each(|(_, value)| packages_in(facts, *value, &mut packages));
                // What is not said is the package of the class.
                if packages.is_empty() {
                    packages.push(facts.package.as_str().into());
                }
                found.searched.append(&mut packages);
            }
        }
        found
    }
}

/// The packages that a value names: in texts, in constants of the file, and by classes.
fn packages_in(facts: &Facts, value: ExprId, found: &mut Vec<CompactString>) {
    match facts.expr(value) {
        Expr::Composite { parts, .. } => {
            facts.parts(*parts).iter().for_each(|part| packages_in(facts, part.value, found));
        }
        Expr::Text(word) => {
            let names = facts.word(*word).split([',', ';', ' ', '\t', '\n']).filter(|name| !name.is_empty());
            // `bank.**` is all below `bank`, and what a setting says is not known.
            let start =
                |name: &str| name.split(['*', '$', '#']).next().unwrap_or_default().trim_end_matches('.').into();
            found.extend(names.map(start));
        }
        Expr::Type(ty) => found.push(package_of(facts, facts.written(*ty)).unwrap_or(ALL).into()),
        Expr::Name(name) | Expr::Member { name, .. } => {
            let constants = facts.globals.iter().filter(|global| global.name == facts.word(*name));
            let mut texts =
                constants.flat_map(|global| &global.values).filter_map(|(value, _)| match facts.expr(*value) {
                    Expr::Text(word) => Some(facts.word(*word)),
                    _ => None,
                });
            found.push(texts.next().unwrap_or(ALL).into());
        }
        _ => found.push(ALL.into()),
    }
}

/// The package of a class, as a file that names it says.
fn package_of<'f>(facts: &'f Facts, class: &'f TypeRef) -> Option<&'f str> {
    let TypeRef::Name { qualifier, name } = class else { return None };
    if let Some(qualifier) = qualifier {
        let is_package = qualifier.contains('.') && !qualifier.contains(char::is_uppercase);
        return is_package.then_some(qualifier.as_str());
    }
    let imported = facts.imports.iter().find(|import| import.name.as_deref() == Some(name.as_str()));
    let is_own = || !facts.imports.iter().any(|import| import.alias.as_deref() == Some("."));
    imported.map(|import| import.path.as_str()).or_else(|| is_own().then_some(facts.package.as_str()))
}
