//! What an AppHost of Aspire runs. Its code is not executed: a call with a name that is written out is read, wherever it stands.

use super::read::is_name;
use super::{Look, text};
use std::fs;
use std::path::Path;

/// Something that an AppHost runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hosted {
    /// The directory of its code, where it is code of the tree.
    pub(crate) code: Option<String>,
    /// Whether it is a program, and no data store or the like.
    pub(crate) is_program: bool,
    /// The file that says so.
    pub(crate) file: String,
}

/// Calls that add a program, whose second argument is a directory.
const PROGRAMS: [&str; 8] = [
    "AddNpmApp",
    "AddNodeApp",
    "AddViteApp",
    "AddJavaScriptApp",
    "AddPythonApp",
    "AddUvicornApp",
    "AddGolangApp",
    "AddDockerfile",
];
/// Calls that add a container, or what stands before others.
const CONTAINERS: [&str; 2] = ["AddContainer", "AddYarp"];
/// Calls that add what keeps data or carries messages; what else is added is nobody's pod.
const STORES: [&str; 11] = [
    "AddRedis",
    "AddValkey",
    "AddGarnet",
    "AddRabbitMQ",
    "AddPostgres",
    "AddMySql",
    "AddSqlServer",
    "AddMongoDB",
    "AddKafka",
    "AddNats",
    "AddElasticsearch",
];

/// Whether a project is an AppHost.
pub(super) fn is_host(project: &str) -> bool {
    project.contains("Aspire.AppHost.Sdk") || project.contains("<IsAspireHost>true")
}

/// Reads the AppHosts that were found.
pub(super) fn finish(root: &Path, look: &mut Look) {
    for host in look.hosts.clone() {
        let Ok(entries) = fs::read_dir(root.join(&host)) else { continue };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".cs")) {
            let file = if host.is_empty() { name.clone() } else { format!("{host}/{name}") };
            if let Some(text) = text(&root.join(&file)) {
                read(&host, &file, &text, look);
            }
        }
    }
}

fn read(host: &str, file: &str, text: &str, look: &mut Look) {
    for line in text.split([';', '\n']).map(str::trim).filter(|line| !line.starts_with("//")) {
        for call in line.split(".Add").skip(1) {
            let Some((function, arguments)) = call.split_once('(') else { continue };
            let (function, of_type) = function.split_once('<').unwrap_or((function, ""));
            let function = format!("Add{}", function.trim());
            let mut literals = arguments.split('"').skip(1).step_by(2);
            let Some(name) = literals.next().filter(|name| is_name(name)) else { continue };
            let project = of_type.trim_end_matches('>').trim().strip_prefix("Projects.");
            let code = match project {
                // The compiler makes an identifier of a project's name.
                Some(project) => look.projects.iter().find(|(known, _)| known.replace(['.', '-', ' '], "_") == project),
                None => None,
            };
            let code = match code {
                Some((_, directory)) => Some(directory.clone()),
                None if PROGRAMS.contains(&function.as_str()) => {
                    literals.next().map(|path| super::read::joined(host, path))
                }
                None => None,
            };
            let is_program = function == "AddProject"
                || PROGRAMS.contains(&function.as_str())
                || CONTAINERS.contains(&function.as_str());
            if is_program || STORES.contains(&function.as_str()) {
                let hosted = Hosted { code, is_program, file: file.to_owned() };
                look.hosted.entry(name.to_owned()).or_insert(hosted);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_host_adds_is_read() {
        let mut look = Look::default();
        look.projects.insert("Basket.API".to_owned(), "src/Basket.API".to_owned());
        let lines = [
            ("builder.AddProject<Projects.Basket_API>(\"basket-api\", profile)", Some((true, Some("src/Basket.API")))),
            ("var x = builder.AddProject<Projects.Other>(\"other\")", Some((true, None))),
            ("builder.AddNpmApp(\"web\", \"../web/app\")", Some((true, Some("src/web/app")))),
            ("builder.AddContainer(\"proxy\", \"envoy\")", Some((true, None))),
            ("builder.AddYarp(\"bff\").WithX()", Some((true, None))),
            ("builder.AddRedis(\"redis\")", Some((false, None))),
            ("postgres.AddDatabase(\"db\")", None),
            ("builder.AddParameter(\"key\")", None),
            ("// builder.AddRedis(\"old\")", None),
            ("builder.AddProject<Projects.Basket_API>(name)", None),
            ("builder.AddRedis(\"NOT A NAME\")", None),
        ];
        for (line, expected) in lines {
            look.hosted.clear();
            read("src/Host", "src/Host/Program.cs", line, &mut look);
            let found = look.hosted.values().next().map(|hosted| (hosted.is_program, hosted.code.as_deref()));
            assert_eq!(found, expected, "{line}");
        }
    }
}
