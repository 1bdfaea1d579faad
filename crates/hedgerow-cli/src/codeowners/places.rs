//! Which code hosts read which file of a repository.

use super::Host;

/// A code host whose grammar is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Foreign {
    pub(crate) name: &'static str,
    /// How its files differ, for a message.
    pub(crate) grammar: &'static str,
    place: &'static str,
    signs: &'static [&'static str],
}

/// The files of a repository and who reads them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Hosts whose grammar is known, each with the one file that it reads.
    pub(crate) known: Vec<(Host, &'static str)>,
    /// Hosts whose grammar is not, each with its file.
    pub(crate) foreign: Vec<(Foreign, &'static str)>,
}

const ROOT: &str = "CODEOWNERS";
const DOCS: &str = "docs/CODEOWNERS";

/// In the order in which each host looks; the first that is there is the only one it reads.
const PLACES: [(Host, [&str; 3], &[&str]); 2] = [
    (Host::GitHub, [".github/CODEOWNERS", ROOT, DOCS], &[".github"]),
    (Host::GitLab, [ROOT, DOCS, ".gitlab/CODEOWNERS"], &[".gitlab", ".gitlab-ci.yml"]),
];

const FOREIGN: [Foreign; 3] = [
    Foreign {
        name: "Bitbucket",
        grammar: "groups, teams and how many of them are asked",
        place: ".bitbucket/CODEOWNERS",
        signs: &[".bitbucket", "bitbucket-pipelines.yml"],
    },
    Foreign {
        name: "Gitea",
        grammar: "regular expressions, all of which count",
        place: ".gitea/CODEOWNERS",
        signs: &[".gitea"],
    },
    Foreign {
        name: "Forgejo",
        grammar: "regular expressions, all of which count",
        place: ".forgejo/CODEOWNERS",
        signs: &[".forgejo"],
    },
];

/// The places that hosts look at, in which a file may be.
fn places(host: Host) -> [&'static str; 3] {
    PLACES.iter().find(|(of, ..)| *of == host).map_or([ROOT; 3], |(_, places, _)| *places)
}

/// Finds the files and their readers. A host is there if it is asked for, if something in the repository is a sign of it, or
/// if a file lies where only it looks; a file that several may read and no sign decides about is read as each would.
pub(crate) fn find(asked: Option<Host>, exists: impl Fn(&str) -> bool) -> Found {
    let file_of = |host| places(host).into_iter().find(|place| exists(place));
    if let Some(host) = asked {
        return Found { known: vec![(host, file_of(host).unwrap_or_else(|| begin(host)))], foreign: Vec::new() };
    }
    let is_signed = |signs: &[&str]| signs.iter().any(|sign| exists(sign));
    let mut known: Vec<_> = PLACES
        .iter()
        .filter(|(_, _, signs)| is_signed(signs))
        .map(|&(host, _, _)| (host, file_of(host).unwrap_or_else(|| begin(host))))
        .collect();
    let foreign: Vec<_> = FOREIGN
        .iter()
        .filter(|host| is_signed(host.signs))
        .filter_map(|host| {
            // Gitea looks where others do as well.
            let is_regular = host.name != "Bitbucket";
            let shared = [ROOT, DOCS].into_iter().filter(|_| is_regular);
            Some((*host, shared.chain([host.place]).find(|place| exists(place))?))
        })
        .collect();
    if known.is_empty() && foreign.is_empty() {
        known = match [ROOT, DOCS].into_iter().find(|place| exists(place)) {
            Some(place) => vec![(Host::GitHub, place), (Host::GitLab, place)],
            None => vec![(Host::GitHub, begin(Host::GitHub))],
        };
    }
    Found { known, foreign }
}

/// Where a file is begun.
const fn begin(host: Host) -> &'static str {
    match host {
        Host::GitHub => ".github/CODEOWNERS",
        Host::GitLab => ".gitlab/CODEOWNERS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_reads_the_first_file_of_its_own_places() {
        use Host::{GitHub, GitLab};
        type Row<'a> = (&'a [&'a str], &'a [(Host, &'a str)], &'a [&'a str]);
        let rows: [Row<'_>; 14] = [
            (&[], &[(GitHub, ".github/CODEOWNERS")], &[]),
            (&["CODEOWNERS"], &[(GitHub, "CODEOWNERS"), (GitLab, "CODEOWNERS")], &[]),
            (&["docs/CODEOWNERS"], &[(GitHub, "docs/CODEOWNERS"), (GitLab, "docs/CODEOWNERS")], &[]),
            (&[".github", "CODEOWNERS"], &[(GitHub, "CODEOWNERS")], &[]),
            (&[".github", ".github/CODEOWNERS", "CODEOWNERS"], &[(GitHub, ".github/CODEOWNERS")], &[]),
            (&[".gitlab-ci.yml", "CODEOWNERS"], &[(GitLab, "CODEOWNERS")], &[]),
            (&[".gitlab", ".gitlab/CODEOWNERS", "CODEOWNERS"], &[(GitLab, "CODEOWNERS")], &[]),
            (&[".gitlab", ".gitlab/CODEOWNERS", "docs/CODEOWNERS"], &[(GitLab, "docs/CODEOWNERS")], &[]),
            (&[".gitlab", ".gitlab/CODEOWNERS"], &[(GitLab, ".gitlab/CODEOWNERS")], &[]),
            (
                &[".github", ".github/CODEOWNERS", ".gitlab", ".gitlab/CODEOWNERS"],
                &[(GitHub, ".github/CODEOWNERS"), (GitLab, ".gitlab/CODEOWNERS")],
                &[],
            ),
            (&[".bitbucket", ".bitbucket/CODEOWNERS"], &[], &[".bitbucket/CODEOWNERS"]),
            (&[".gitea", "CODEOWNERS"], &[], &["CODEOWNERS"]),
            (&[".forgejo", ".forgejo/CODEOWNERS"], &[], &[".forgejo/CODEOWNERS"]),
            (&[".github", "CODEOWNERS", ".gitea"], &[(GitHub, "CODEOWNERS")], &["CODEOWNERS"]),
        ];
        for (there, known, foreign) in rows {
            let found = find(None, |path| there.contains(&path));
            assert_eq!(found.known, known, "{there:?}");
            assert_eq!(found.foreign.iter().map(|(_, place)| *place).collect::<Vec<_>>(), foreign, "{there:?}");
        }
        let asked = |host, there: &[&str]| find(Some(host), |path| there.contains(&path)).known;
        assert_eq!(asked(GitLab, &[".github/CODEOWNERS"]), [(GitLab, ".gitlab/CODEOWNERS")]);
        assert_eq!(asked(GitHub, &["CODEOWNERS", ".gitlab/CODEOWNERS"]), [(GitHub, "CODEOWNERS")]);
    }
}
