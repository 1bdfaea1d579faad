//! Classes that a container of components finds by itself, without a word of other code: Spring's component scan.
//!
//! See <https://docs.spring.io/spring-framework/reference/core/beans/classpath-scanning.html>.

use super::{Expr, ExprId, Facts};
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
const SEARCHES: &[&str] = &["ComponentScan", "SpringBootApplication", "SpringCloudApplication"];

/// Their arguments that name packages.
const PACKAGES: &[&str] = &["", "basePackages", "scanBasePackages", "value"];

/// What a file says to a container of components.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Components {
    /// Whether one of its classes is a component.
    pub has_any: bool,
    /// The packages that are searched for components because of it.
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
                said.for_each(|(_, value)| texts(facts, *value, &mut packages));
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

/// The texts of a value: one, or a list of them.
fn texts(facts: &Facts, value: ExprId, found: &mut Vec<CompactString>) {
    let text = |id: ExprId| match facts.expr(id) {
        Expr::Text(word) => Some(facts.word(*word).into()),
        _ => None,
    };
    match facts.expr(value) {
        Expr::Composite { parts, .. } => found.extend(facts.parts(*parts).iter().filter_map(|part| text(part.value))),
        _ => found.extend(text(value)),
    }
}
