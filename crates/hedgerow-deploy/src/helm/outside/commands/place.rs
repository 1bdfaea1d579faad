//! What the variable stands for that a path begins with.

use super::super::marks::Marks;

/// A directory that scripts know by a variable or a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Root {
    /// Where the script lies, and steps from there.
    Own(String),
    /// The root of the tree.
    Top,
    /// Where it is.
    Here,
    Unknown,
}

/// Variables of pipelines that have the root of the tree.
const TOP: &[&str] = &[
    "BITBUCKET_CLONE_DIR",
    "BUILD_SOURCESDIRECTORY",
    "Build.SourcesDirectory",
    "CI_PROJECT_DIR",
    "CODEBUILD_SRC_DIR",
    "DRONE_WORKSPACE",
    "GITHUB_WORKSPACE",
    "SYSTEM_DEFAULTWORKINGDIRECTORY",
    "System.DefaultWorkingDirectory",
    "TRAVIS_BUILD_DIR",
    "WORKSPACE",
    "env.GITHUB_WORKSPACE",
    "env.WORKSPACE",
    "github.workspace",
];

/// Variables that have where the script lies.
const OWN: &[&str] =
    &["CURDIR", "PSScriptRoot", "justfile_directory()", "source_directory()", "invocation_directory()"];

/// What a variable is by its name, or by the command whose output it is.
pub(super) fn root(name: &str) -> Root {
    if TOP.contains(&name) || name.contains("rev-parse --show-toplevel") {
        return Root::Top;
    }
    if OWN.contains(&name) {
        return Root::Own(String::new());
    }
    if matches!(name, "PWD" | "pwd") {
        return Root::Here;
    }
    let is_own = ["$0", "${0", "BASH_SOURCE", "$MAKEFILE_LIST", "$(MAKEFILE_LIST)", "lastword"]
        .iter()
        .any(|mark| name.contains(mark));
    if !(name.contains("dirname") && is_own) {
        return Root::Unknown;
    }
    // `$(cd "$(dirname "$0")/.." && pwd)`, `$(dirname "$(dirname "$0")")`
    let mut steps = "../".repeat(name.matches("dirname").count().saturating_sub(1));
    let marks = Marks::new(name);
    let command = name.match_indices("$(dirname").find_map(|(at, _)| Some(&name[at + marks.length(at)?..]));
    if let Some(rest) = command.and_then(|rest| rest.strip_prefix('/')) {
        let end = rest.find(['"', ' ', '&', ';', ')', '\'']).unwrap_or(rest.len());
        steps.push_str(&rest[..end]);
    }
    Root::Own(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_known_by_what_they_are_called() {
        let own = |steps: &str| Root::Own(steps.to_owned());
        for (name, expected) in [
            ("dirname $0", own("")),
            ("dirname \"$0\"", own("")),
            ("cd \"$(dirname \"$0\")/..\" && pwd", own("..")),
            ("cd $(dirname ${BASH_SOURCE[0]})/../deploy; pwd", own("../deploy")),
            ("cd -- \"$( dirname -- \"${BASH_SOURCE[0]}\" )\" &> /dev/null && pwd", own("")),
            ("dirname \"$(dirname \"$0\")\"", own("../")),
            ("git rev-parse --show-toplevel", Root::Top),
            ("github.workspace", Root::Top),
            ("PWD", Root::Here),
            ("ROOT", Root::Unknown),
            ("dirname $X", Root::Unknown),
        ] {
            assert_eq!(root(name), expected, "{name}");
        }
    }
}
