//! The projects of .NET: which files are one program, which projects it refers to, and which namespaces its files take in.

use super::File;
use crate::paths::dir_of;
use hedgerow_code::frontend::csharp_using;
use hedgerow_deploy::path::join;
use std::collections::{BTreeMap, BTreeSet};

/// What the name of a project's file ends in.
pub(crate) const PROJECT: &str = ".csproj";

/// How many projects one may refer to, through others.
const MAX_PROJECTS: usize = 400;

/// Namespaces that projects take in without saying so (`ImplicitUsings`), of which a tree adds to some.
const IMPLICIT: &[&str] = &[
    "System",
    "System.Collections.Generic",
    "System.IO",
    "System.Linq",
    "System.Net.Http",
    "System.Net.Http.Json",
    "System.Threading",
    "System.Threading.Tasks",
    "Microsoft.AspNetCore.Builder",
    "Microsoft.AspNetCore.Hosting",
    "Microsoft.AspNetCore.Http",
    "Microsoft.AspNetCore.Routing",
    "Microsoft.Extensions.Configuration",
    "Microsoft.Extensions.DependencyInjection",
    "Microsoft.Extensions.Hosting",
    "Microsoft.Extensions.Logging",
];

/// The projects of a tree, by their directories.
#[derive(Debug, Default)]
pub(crate) struct Projects {
    /// The directories of the projects that each one refers to.
    refers: BTreeMap<String, BTreeSet<String>>,
    /// The directory of a project by the name of its file, which may be elsewhere than a path says.
    usings: BTreeMap<String, BTreeSet<String>>,
    /// The namespaces that have types.
    namespaces: BTreeSet<(String, String)>,
    /// The packages that each one refers to.
    packages: BTreeMap<String, BTreeSet<String>>,
    /// The packages of files that projects take in by themselves, as `Directory.Build.props`.
    common: BTreeSet<String>,
}

/// The package of a namespace in a project.
pub(crate) fn modules_path(project: &str, namespace: &str) -> String {
    format!("{project}:{namespace}")
}

/// The value of an attribute.
fn attribute<'e>(element: &'e str, name: &str) -> Option<&'e str> {
    let (_, rest) = element.split_once(&format!("{name}=\""))?;
    rest.split('"').next()
}

/// The packages that a project's file refers to.
fn packages(text: &str) -> impl Iterator<Item = String> {
    let elements = text.split('<').filter(|element| element.starts_with("PackageReference"));
    elements.filter_map(|element| attribute(element, "Include")).map(str::to_owned)
}

impl Projects {
    /// Reads a project's file.
    pub(crate) fn manifest(&mut self, path: &str, text: &str) {
        let dir = dir_of(path);
        let refers = self.refers.entry(dir.to_owned()).or_default();
        let mut usings = Vec::new();
        self.packages.entry(dir.to_owned()).or_default().extend(packages(text));
        // What matters is in attributes of elements without content.
        for element in text.split('<') {
            let attribute = |name| attribute(element, name);
            if element.starts_with("ProjectReference") {
                if let Some(other) = attribute("Include") {
                    refers.insert(dir_of(&join(dir, &other.replace('\\', "/"))).to_owned());
                }
            } else if element.starts_with("Using ") {
                usings.extend(attribute("Include").map(str::to_owned));
            }
        }
        self.usings.entry(dir.to_owned()).or_default().extend(usings);
    }

    /// Reads a file that projects take in.
    pub(crate) fn common(&mut self, text: &str) {
        self.common.extend(packages(text));
    }

    /// The packages that the project of a file refers to, through others too; nothing where one of those is not in the tree.
    pub(crate) fn packages(&self, path: &str) -> Option<BTreeSet<&str>> {
        let mut found: BTreeSet<&str> = self.common.iter().map(String::as_str).collect();
        for project in self.closure(dir_of(path)) {
            found.extend(self.packages.get(project)?.iter().map(String::as_str));
        }
        Some(found)
    }

    /// Takes in a file; all projects are known.
    pub(crate) fn file(&mut self, file: &File) {
        let project = self.of(file.path).to_owned();
        self.namespaces.insert((project.clone(), file.facts.package.clone()));
        let usings = file.facts.imports.iter().filter_map(|import| csharp_using(import).filter(|(_, all)| *all));
        self.usings.entry(project).or_default().extend(usings.map(|(path, _)| path.to_owned()));
    }

    /// The directory of the project that a file belongs to: the nearest one above it; the root where there is none.
    pub(crate) fn of<'p>(&self, path: &'p str) -> &'p str {
        let mut dir = dir_of(path);
        while !dir.is_empty() && !self.refers.contains_key(dir) {
            dir = dir_of(dir);
        }
        dir
    }

    /// Whether a directory is a project's.
    pub(crate) fn has(&self, dir: &str) -> bool {
        self.refers.contains_key(dir)
    }

    /// A project and all it refers to, through others.
    pub(crate) fn closure<'s>(&'s self, project: &'s str) -> Vec<&'s str> {
        let mut found = vec![project];
        let mut at = 0;
        while let Some(next) = found.get(at).copied().filter(|_| at < MAX_PROJECTS) {
            at += 1;
            for other in self.refers.get(next).into_iter().flatten() {
                if !found.contains(&other.as_str()) {
                    found.push(other);
                }
            }
        }
        found
    }

    /// The packages whose names a file uses: of its project and those it refers to, the namespaces around its own, those it names in
    /// a `using`, and those that its project takes in for all files.
    pub(crate) fn opens(&self, file: &File) -> Vec<String> {
        let project = self.of(file.path);
        let mut spaces: Vec<&str> = vec![&file.facts.package];
        let mut above = file.facts.package.as_str();
        while let Some((outer, _)) = above.rsplit_once('.') {
            spaces.push(outer);
            above = outer;
        }
        spaces.push("");
        spaces.extend(file.facts.imports.iter().filter_map(csharp_using).map(|(path, _)| path));
        spaces.extend(self.usings.get(project).into_iter().flatten().map(String::as_str));
        spaces.extend(IMPLICIT);
        let own = (project, file.facts.package.as_str());
        let mut found = Vec::new();
        for space in spaces {
            for project in self.closure(project) {
                let known = self.namespaces.contains(&(project.to_owned(), space.to_owned()));
                if known && (project, space) != own {
                    let path = modules_path(project, space);
                    if !found.contains(&path) {
                        found.push(path);
                    }
                }
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn projects_refer_to_others() {
        let mut projects = Projects::default();
        projects.manifest("src/Web/Web.csproj", "<Project><ItemGroup><ProjectReference Include=\"..\\Lib\\Lib.csproj\" /><Using Include=\"Shop.Lib\" /></ItemGroup></Project>");
        projects
            .manifest("src/Lib/Lib.csproj", "<Project><ProjectReference Include=\"../Core/Core.csproj\"/></Project>");
        projects.manifest("src/Core/Core.csproj", "<Project></Project>");
        assert_eq!(projects.closure("src/Web"), ["src/Web", "src/Lib", "src/Core"]);
        assert_eq!(projects.of("src/Web/Api/X.cs"), "src/Web");
        assert_eq!(projects.of("other/X.cs"), "");
        assert!(projects.usings["src/Web"].contains("Shop.Lib"));
    }
}
