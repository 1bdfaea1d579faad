//! What is told where releases are more than is read of them.

use super::outside::{CHARTS, read, told, variable};
use std::collections::BTreeSet;

#[test]
fn many_releases_of_a_chart_are_told_apart_up_to_a_limit() {
    let releases = |count: usize| -> String {
        (0..count)
            .map(|at| format!("- name: r{at}\n  chart: ./charts/emoji\n  values: [{{url: 'http://u{at}'}}]\n"))
            .collect()
    };
    let deploy = read(&format!("{CHARTS}-- helmfile.yaml\nreleases:\n{}", releases(40)));
    assert!((0..40).all(|at| variable(&deploy, "emoji", "URL").contains(&format!("http://u{at}"))));
    assert_eq!(told(&deploy), BTreeSet::new());
    let deploy = read(&format!("{CHARTS}-- helmfile.yaml\nreleases:\n{}", releases(60)));
    let what = "the chart has more than 48 releases".to_owned();
    assert_eq!(told(&deploy), BTreeSet::from([("helmfile.yaml".to_owned(), what)]));
}

#[test]
fn what_is_too_much_work_is_told() {
    let large = format!("url: http://ledger\nx: {}\n", "x".repeat(900 << 10));
    let releases: String =
        (0..99).map(|_| "- {name: r, chart: ./charts/emoji, values: [large.yaml]}\n".to_owned()).collect();
    let deploy = read(&format!("{CHARTS}-- large.yaml\n{large}-- helmfile.yaml\nreleases:\n{releases}"));
    let what = "the releases of the tree have more than 32 MiB of values".to_owned();
    assert_eq!(told(&deploy), BTreeSet::from([("helmfile.yaml".to_owned(), what)]));
    // Each variable is another one.
    let files: String = (0..40).map(|at| format!("-- v/{at}/{at}.yaml\nurl: u\n")).collect();
    let script = "-- run.sh\nhelm upgrade --install r ./charts/emoji -f v/$A/$B.yaml -f v/$C/$D.yaml -f v/$E/$F.yaml\n";
    let deploy = read(&format!("{CHARTS}{files}{script}"));
    assert!(
        told(&deploy)
            .contains(&("run.sh".to_owned(), "its values are more than 32 by the variables in them".to_owned()))
    );
}

#[test]
fn what_is_left_out_of_many_is_told() {
    let one = |what: &str, path: &str| BTreeSet::from([(path.to_owned(), what.to_owned())]);
    // Of the files that a path can be the last one counts as well.
    let files = |count: usize| -> String {
        (0..count).map(|at| format!("-- env/e{at:02}/v.yaml\nurl: http://u{at}\n")).collect()
    };
    let script = "-- run.sh\nhelm upgrade --install r ./charts/emoji -f env/$ENV/v.yaml\n";
    let deploy = read(&format!("{CHARTS}{}{script}", files(40)));
    assert_eq!(told(&deploy), one("its values are more than 32 by the variables in them", "run.sh"));
    let deploy = read(&format!("{CHARTS}{}{script}", files(32)));
    assert_eq!((told(&deploy), variable(&deploy, "emoji", "URL").contains("http://u31")), (BTreeSet::new(), true));
    // So do the charts that it can be of.
    let charts = |count: usize| -> String {
        (0..count).map(|at| format!("-- charts/a{at}/Chart.yaml\nname: a{at}\n")).collect()
    };
    let script = "-- run.sh\nhelm upgrade --install r ./charts/$S --set url=http://ledger\n";
    let deploy = read(&format!("{CHARTS}{}{script}", charts(40)));
    assert_eq!(told(&deploy), one("a release that may be of more than 32 charts", "run.sh"));
    assert_eq!(told(&read(&format!("{CHARTS}{}{script}", charts(20)))), BTreeSet::new());
    // Branches of a helmfile, and of values.
    let branches = |count: usize| -> String {
        let branch = |at| {
            format!(
                "{{{{ else if eq .Values.x \"{at}\" }}}}\n- {{name: r, chart: ./charts/emoji, values: [{{url: 'http://u{at}'}}]}}\n"
            )
        };
        let all: String = (0..count).map(branch).collect();
        format!("-- helmfile.yaml\nreleases:\n{{{{ if .Values.y }}}}\n[]\n{all}{{{{ end }}}}\n")
    };
    let deploy = read(&format!("{CHARTS}{}", branches(12)));
    assert!((0..12).all(|at| variable(&deploy, "emoji", "URL").contains(&format!("http://u{at}"))));
    assert_eq!(deploy.broken().count(), 0);
    let deploy = read(&format!("{CHARTS}{}", branches(40)));
    let broken: Vec<(&str, &str)> = deploy.broken().collect();
    assert_eq!(broken, [("helmfile.yaml", "a helmfile of which a part is not known: it has more than 32 branches")]);
    let sides: String = (0..5)
        .map(|at| format!("{{{{ if .Values.a{at} }}}}\nk{at}: a\n{{{{ else }}}}\nk{at}: b\n{{{{ end }}}}\n"))
        .collect();
    let release = "-- helmfile.yaml\nreleases: [{name: r, chart: ./charts/emoji, values: [a.gotmpl, b.gotmpl, c.gotmpl, d.gotmpl, e.gotmpl]}]\n";
    let values: String = ["a", "b", "c", "d", "e"]
        .iter()
        .map(|name| format!("-- {name}.gotmpl\n{}", sides.replace("k", name)))
        .collect();
    let deploy = read(&format!("{CHARTS}{values}{release}"));
    assert_eq!(told(&deploy), one("its values are more than 16 by the branches that make them", "helmfile.yaml"));
}

#[test]
fn what_values_have_that_is_not_known_is_told() {
    let release = "-- helmfile.yaml\nreleases: [{name: r, chart: ./charts/emoji, values: [v.gotmpl]}]\n";
    let lacks = |text: &str| {
        let deploy = read(&format!("{CHARTS}-- v.gotmpl\n{text}{release}"));
        told(&deploy).into_iter().map(|(_, what)| what).collect::<Vec<_>>()
    };
    assert_eq!(lacks("url: http://{{ .Values.x }}\n"), Vec::<String>::new());
    assert_eq!(lacks("url: x\n{{ .Values.x | toYaml }}\n"), ["the values file `v.gotmpl`: lines that are not known"]);
    let deep = format!("url: x\n{}{}", "{{ if .Values.x }}\n".repeat(300), "{{ end }}\n".repeat(300));
    assert_eq!(lacks(&deep)[0], "the values file `v.gotmpl`: a part of it is not closed, or too deep");
}

/// None of this took a minute of its own with the patterns tried against all files.
#[test]
fn paths_with_variables_cost_what_they_lead_to() {
    let files: String = (0..3000).map(|at| format!("-- conf/{at}/some-config-file-name-{at}.yaml\nurl: u\n")).collect();
    let calls: String = (0..20)
        .map(|at| {
            let call = format!(
                "helm upgrade r{at} ./charts/emoji -f $DIR/$ENV-{at}.yaml -f $DIR/conf/$REGION/$NAME-{at}-none.yaml -f conf/$R/$A-$B-$C.yml\n"
            );
            format!("-- up{at}.sh\n{}", call.repeat(20))
        })
        .collect();
    let deep = format!(
        "-- {}/x\na: b\n-- deep.sh\nhelm upgrade x ./charts/emoji -f $A-$B-$C-$D/none -f $A-$B-$C/$A-$B-$C\n",
        vec!["a"; 120].join("-")
    );
    let deploy = read(&format!("{CHARTS}{files}{calls}{deep}"));
    assert!(!told(&deploy).iter().any(|(_, what)| what.contains("too much of the tree")), "{:?}", told(&deploy));
}

/// Each of these texts takes time that grows with the square of its length where one thing is looked for again and again.
#[test]
fn long_scripts_are_read_once() {
    let call = "helm upgrade r ./charts/emoji --set url=http://ledger\n";
    let pieces = [
        "$(",
        "${",
        "{{",
        "((",
        "$(a ",
        "`a ",
        "cat <<A\n",
        "cat <<A\nB\n",
        "'\n\"",
        "\"\\\"",
        "cd a\n",
        "pushd a; ",
        "A=b\n",
        "A$A=$A\n",
        "$X ",
        "set ",
        "%A:",
        "!a%",
        "'a' + ",
        "[",
        "$X\n",
        "bash -c \"$X\"\n",
        "f() {\n",
        "for a in b\n",
        "${a:-b}\n",
        "helm upgrade $X ",
        "#",
        "\\",
        "=",
        "a:\n- run: x\n",
        "env: {A: b}\n",
        "dir('a') {\n",
    ];
    for piece in pieces {
        let long = format!("X='{}'\n{}\n", "x ".repeat(2000), piece.repeat((16 << 10) / piece.len()));
        let files = ["up.sh", "Makefile", "up.ps1", "up.bat", "Jenkinsfile", "a.toml", "a.yaml"];
        let tree: String = files.iter().map(|file| format!("-- {file}\n{call}{long}")).collect();
        read(&format!("{CHARTS}{tree}"));
    }
}

/// Each call took all of these with it, and each text was put together before it was seen to be too long.
#[test]
fn variables_of_variables_have_an_end() {
    let chain: String = (0..8000).map(|at| format!("V{at}=$V{}\n", at + 1)).collect();
    let calls: String = (0..250).map(|at| format!("helm upgrade r{at} ./charts/emoji --set url=$V0\n")).collect();
    let deploy = read(&format!("{CHARTS}-- run.sh\n{chain}{calls}"));
    assert!(variable(&deploy, "emoji", "URL").contains("?"));
    let long = format!("A={}\nhelm upgrade r ./charts/emoji --set url={}\n", "x".repeat(100_000), "$A".repeat(20_000));
    let deploy = read(&format!("{CHARTS}-- run.sh\n{long}"));
    assert!(variable(&deploy, "emoji", "URL").iter().any(|url| url.starts_with('?')));
    // So many words that variables hold are not read, and that is told.
    let flags = format!("F=\"{}\"\n{}", "--set a=b ".repeat(2000), "helm upgrade r ./charts/emoji $F\n".repeat(100));
    let deploy = read(&format!("{CHARTS}-- run.sh\n{flags}"));
    let broken: Vec<String> = deploy.broken().map(|(path, fault)| format!("{path}: {fault}")).collect();
    assert_eq!(broken, ["run.sh: commands of more text than is read of one file"]);
}

/// A run of marks was looked at again from each of them, and each script that another one runs had all names by then.
#[test]
fn marks_and_scripts_that_are_run_are_counted_once() {
    let call = "helm upgrade r ./charts/emoji --set url=http://ledger\n";
    for marks in ["%", "%~", "!%", "%%~"] {
        read(&format!("{CHARTS}-- run.cmd\n{call}{}\n", marks.repeat((512 << 10) / marks.len())));
    }
    for piece in ["for ", "lambda ", "def ", "def f(", "a (\n", "do |", "a -> ", "a, b = ", "a: b = "] {
        let long = piece.repeat((64 << 10) / piece.len());
        read(&format!("{CHARTS}-- Jenkinsfile\nsh '{}'\n{long}\n", call.trim()));
    }
    read(&format!("{CHARTS}-- x.yaml\nrun: {call}a: '##vso[{}'\n", "task.setvariable ".repeat(20_000)));
    let names: String = (0..10_000).map(|at| format!("v{at}=b\n")).collect();
    for (file, source) in [("run.sh", ". a\n"), ("Makefile", "include a\n"), ("run.ps1", ". a\n")] {
        read(&format!("{CHARTS}-- {file}\n{call}{names}{}", source.repeat(30_000)));
    }
}

#[test]
fn variables_that_are_handed_down_are_weighed() {
    let broken = |length: usize, count: usize| -> Vec<String> {
        let env = format!("env: {{A: {}}}\n", "x".repeat(length));
        let call = "- run: helm upgrade r ./charts/emoji --set url=http://ledger\n";
        let deploy = read(&format!("{CHARTS}-- x.yaml\n{env}steps:\n{call}{}", "- run: helm\n".repeat(count)));
        assert!(variable(&deploy, "emoji", "URL").contains("http://ledger"));
        deploy.broken().map(|(path, fault)| format!("{path}: {fault}")).collect()
    };
    assert_eq!(broken(450 << 10, 100), ["x.yaml: commands of more text than is read of one file"]);
    assert_eq!(broken(200, 1000), Vec::<String>::new());
    assert_eq!(broken(450 << 10, 10), Vec::<String>::new());
}
