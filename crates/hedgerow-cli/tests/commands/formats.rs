//! What programs read.

use crate::common::{Command, Ran, tree};
use crate::{CONFIG, fleet, workload};
use hedgerow_cli::Exit;
use serde_json::Value;

/// A check that finds an unknown key with a place, a fix and text beyond ASCII before it, and a rule in a path that a URI
/// must escape.
fn check(format: &str) -> Ran {
    let root = tree(&[
        ("hedgerow.yaml", CONFIG.as_bytes()),
        ("service.a/service.yaml", "# größe 💸\n{reason: '💸', onwer: x}\n".as_bytes()),
        ("service.a/egress/not a rule%", b""),
    ]);
    Command::new(root.path(), &format!("check --format {format}")).run()
}

#[test]
fn json_has_a_version_places_and_fixes() {
    let json: Value = serde_json::from_str(check("json").out()).unwrap();
    assert_eq!(json["version"], 1);
    let diagnostics = json["diagnostics"].as_array().unwrap();
    let typo = diagnostics.iter().find(|d| d["message"].as_str().unwrap().contains("onwer")).unwrap();
    let mark = &typo["marks"][0];
    assert_eq!((typo["code"].as_str(), typo["severity"].as_str()), (Some("unknown-key"), Some("error")));
    assert_eq!(mark["path"], "service.a/service.yaml");
    // Columns count characters, offsets count bytes.
    assert_eq!((mark["line"].as_u64(), mark["column"].as_u64()), (Some(2), Some(15)));
    assert_eq!((mark["start"].as_u64(), mark["end"].as_u64()), (Some(32), Some(37)));
    assert_eq!(typo["fix"]["edits"][0]["text"], "owner");
    assert_eq!(typo["fix"]["applicability"], "unsafe");
}

#[test]
fn json_is_a_document_also_where_nothing_is_wrong() {
    let ran = Command::new(&fleet(), "check --format json").run();
    let json: Value = serde_json::from_str(ran.out()).unwrap();
    assert_eq!(json["diagnostics"], serde_json::json!([]));
}

#[test]
fn github_commands_stay_on_their_lines() {
    let ran = check("github");
    assert!(!ran.out().is_empty());
    for line in ran.out().lines() {
        assert!(line.starts_with("::error file=service.a/"), "{line}");
        assert!(line.contains(",title=hedgerow%3A "), "{line}");
    }
    assert!(ran.out().contains("file=service.a/egress/not a rule%25,line=1,col=1,"), "{}", ran.out());
}

#[test]
fn sarif_has_all_that_its_schema_requires() {
    let sarif: Value = serde_json::from_str(check("sarif").out()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    assert!(sarif["$schema"].as_str().unwrap().contains("sarif"));
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["name"], "hedgerow");
    let rules: Vec<_> = driver["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    for result in results {
        assert!(rules.contains(&result["ruleId"].as_str().unwrap()), "{result:#}");
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().unwrap();
        assert!(!uri.contains([' ', '\\']) && !uri.ends_with('%'), "{uri}");
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        assert!(place["region"]["startColumn"].as_u64().unwrap() >= 1);
    }
}

#[test]
fn the_faults_of_a_stream_come_in_every_format_on_standard_error() {
    let stream = format!(
        "{}---\n{}",
        workload("stranger"),
        workload("s-emoji").replace("app: x", "bank.example/egress-s-x: \"true\"")
    );
    for format in ["text", "json", "github", "sarif"] {
        let ran =
            Command::new(&fleet(), &format!("post-render --env off --format {format}")).stdin(stream.clone()).run();
        assert_eq!((ran.exit, ran.out()), (Exit::BadInput, ""));
        assert!(ran.stderr.contains("unbacked-label") && ran.stderr.contains("unclaimed-workload"), "{}", ran.stderr);
        if matches!(format, "json" | "sarif") {
            serde_json::from_str::<Value>(&ran.stderr).unwrap();
        }
    }
}

/// Each path that a report of a format names.
fn named(format: &str, text: &str) -> Vec<String> {
    let until = |text: &str, end: char| text.split(end).next().unwrap_or_default().to_owned();
    let (mark, end) = if format == "sarif" { ("\"uri\": \"", '"') } else { ("file=", ',') };
    text.split(mark).skip(1).map(|rest| until(rest, end)).collect()
}

#[test]
fn what_only_github_reads_has_paths_from_the_top_of_the_repository() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: default}\nspec: {podSelector: 5}\n";
    let main = "package main\n\nimport \"net/http\"\n\nfunc main() {\n\thttp.Get(\"http://service.a:8080/x\")\n}\n";
    let config = CONFIG.as_bytes();
    // Where the fleet lies, where the command runs, what it is, what it names, and how that is called in the repository.
    let rows = [
        ("fleet/", ".", "-C fleet check", "fleet/service.a/egress/not a rule"),
        ("fleet/", "fleet", "check", "fleet/service.a/egress/not a rule"),
        ("fleet/", "fleet/service.a", "check", "fleet/service.a/egress/not a rule"),
        ("", ".", "check", "service.a/egress/not a rule"),
        ("deep/er/", "deep", "-C er check", "deep/er/service.a/egress/not a rule"),
        ("deep/er/", "other", "-C ../deep/er check", "deep/er/service.a/egress/not a rule"),
        ("fleet/", ".", "-C fleet --config other.yaml check", "other.yaml"),
        ("good/", ".", "-C good scan --check", "good/service.b/main.go"),
        ("good/", "good", "verify --env prod ../out", "out/all.yaml"),
        ("good/", ".", "-C good verify --env prod out", "out/all.yaml"),
        ("good/", ".", "-C good verify --env prod --complete fine", "good/service.b/service.yaml"),
        ("good/", "out", "-C ../good verify --env prod -", "<stdin>"),
        ("good/", "out", "-C ../good codeowners --check", "CODEOWNERS"),
        ("good/", ".", "-C good diff good/base", "good/service.b/service.yaml"),
        ("good/", "good", "diff base", "good/service.b/service.yaml"),
        ("good/", "good", "diff . base", "good/base/service.b/service.yaml"),
    ];
    for format in ["github", "sarif"] {
        for (fleet, here, arguments, path) in rows {
            for is_repository in [true, false] {
                let at = |path: &str| format!("{fleet}{path}");
                let rule = if fleet == "good/" { "egress/service.b.rule" } else { "egress/not a rule" };
                let (rule, code) = (at(&format!("service.a/{rule}")), at("service.b/main.go"));
                let (top, own) = (at("hedgerow.yaml"), at("service.b/service.yaml"));
                let stranger = workload("stranger");
                let mut files: Vec<(&str, &[u8])> = vec![
                    (&top, config),
                    (&rule, b""),
                    (&code, main.as_bytes()),
                    (&own, b"owner: x\nallow: [{from: anybody, reason: x}]\nports: [{name: http, port: 8080}]\n"),
                    ("good/base/hedgerow.yaml", config),
                    ("good/base/service.b/service.yaml", b"ports: [{name: http, port: 8080}]\n"),
                    ("other.yaml", b"version: 1\nx: y\n"),
                    ("other/x", b""),
                    ("out/all.yaml", policy.as_bytes()),
                    ("fine/all.yaml", stranger.as_bytes()),
                    ("CODEOWNERS", b"* @all\n"),
                ];
                if is_repository {
                    files.extend([
                        (".git/HEAD", b"ref: refs/heads/main\n" as &[u8]),
                        (".git/objects/x", b""),
                        (".git/refs/x", b""),
                    ]);
                }
                let root = tree(&files);
                if format == "sarif" && format!(" {arguments}").contains(" diff ") {
                    continue;
                }
                let ran = Command::new(&root.path().join(here), &format!("{arguments} --format {format}"))
                    .stdin(policy)
                    .run();
                let text = format!("{}{}", ran.out(), ran.stderr);
                let escaped = if format == "sarif" {
                    path.replace(' ', "%20").replace('<', "%3C").replace('>', "%3E")
                } else {
                    path.to_owned()
                };
                let found = named(format, &text);
                if is_repository {
                    assert!(found.contains(&escaped), "{here}: {arguments}: {found:?}, {text}");
                } else if fleet.is_empty() || path.starts_with('<') {
                    assert!(found.contains(&escaped), "without git, {here}: {arguments}: {found:?}, {text}");
                } else if let Some(below) = escaped.strip_prefix(fleet) {
                    assert!(
                        found.contains(&below.to_owned()) || below.starts_with("base/"),
                        "without git, {here}: {arguments}: {found:?}"
                    );
                }
            }
        }
    }
}
