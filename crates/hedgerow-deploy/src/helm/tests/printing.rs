//! What functions print of values, numbers, maps and texts with odd letters.

use super::*;

/// What `helm template` of Helm 3.17 writes, read as YAML.
#[test]
fn values_are_printed_as_helm_prints_them() {
    let values = "m: {zeta: 1, alpha: [1, x], \"10\": a, \"9\": b, Beta: {y: 'true', x: null}}\nl: [a, b]\nf: 3.0\nhalf: 1.5\ns: x\nnone: null\n";
    let map = "map[10:a 9:b Beta:map[x:<nil> y:true] alpha:[1 x] zeta:1]";
    let quoted = format!(r#"[{{"a":"{map}"}}]"#);
    for (text, expected) in [
        ("a: {{ .Values.m | quote }}", quoted.as_str()),
        ("a: {{ .Values.m | toString | quote }}", &quoted),
        ("a: {{ printf \"%v\" .Values.m | quote }}", &quoted),
        ("a: {{ print .Values.m | quote }}", &quoted),
        ("a: {{ cat .Values.m | quote }}", &quoted),
        ("a: \"{{ .Values.m }}\"", &quoted),
        ("a: {{ .Values.l | quote }}", r#"[{"a":"[a b]"}]"#),
        ("a: {{ quote .Values.s 1 true | squote }}", r#"[{"a":"\"x\" \"1\" \"true\""}]"#),
        ("a: {{ .Values.f | quote }}", r#"[{"a":"3"}]"#),
        ("a: {{ .Values.half | quote }}", r#"[{"a":"1.5"}]"#),
        ("a: {{ .Values.f | toJson | quote }}", r#"[{"a":"3"}]"#),
        (
            "a: {{ .Values.m | toJson | squote }}",
            r#"[{"a":"{\"10\":\"a\",\"9\":\"b\",\"Beta\":{\"x\":null,\"y\":\"true\"},\"alpha\":[1,\"x\"],\"zeta\":1}"}]"#,
        ),
        (
            "a: {{ dict \"b\" 1 \"a\" \"<&>\" | toJson | squote }}",
            r#"[{"a":"{\"a\":\"\\u003c\\u0026\\u003e\",\"b\":1}"}]"#,
        ),
        ("a: {{ dict \"b\" 1 \"a\" \"<&>\" | toRawJson | squote }}", r#"[{"a":"{\"a\":\"<&>\",\"b\":1}"}]"#),
        ("a: {{ mustToRawJson (list 1) | squote }}", r#"[{"a":"[1]"}]"#),
        ("a: {{ dict \"a\" 1.0 \"b\" 2.5 | mustToJson | squote }}", r#"[{"a":"{\"a\":1,\"b\":2.5}"}]"#),
        ("a: {{ printf \"%v\" (dict \"k\" .Values.unset) | quote }}", r#"[{"a":"map[k:<nil>]"}]"#),
        ("a: {{ printf \"%v\" (dict \"k\" (include \"gone\" .)) | quote }}", r#"[{"a":"map[k:?]"}]"#),
        (
            "a: {{ int \"12.7\" }}-{{ int64 3.9 }}-{{ float64 \"1.50\" }}-{{ ceil 1.2 }}-{{ floor 1.8 }}-{{ round 2.5 0 }}",
            r#"[{"a":"0-3-1.5-2-1-3"}]"#,
        ),
        ("a: {{ 0x1F }}-{{ 1e3 }}-{{ 1.50 }}-{{ +5 }}-{{ -5 }}-{{ 0 }}", r#"[{"a":"31-1000-1.5-5--5-0"}]"#),
        ("a: {{ add 1 \"2\" 3.7 }}{{ mod 7 4 }}{{ biggest 1 2 }}{{ add \"x\" 1 }}", r#"[{"a":6321}]"#),
        ("a: {{ add 1 .Values.none }}", r#"[{"a":"?"}]"#),
        ("a: {{ default 80 (int .Values.none) }}", r#"[{"a":80}]"#),
        ("a: {{ \"\\x41\\u00e9\\101\\U0001F600\\\\\\\"\" | squote }}", r#"[{"a":"AéA😀\\\""}]"#),
        ("a: {{ trunc -3 \"hello\" }}", r#"[{"a":"llo"}]"#),
        ("a: {{ and .Values.s \"y\" | quote }}", r#"[{"a":"y"}]"#),
        ("a: {{ and \"\" \"y\" | quote }}", r#"[{"a":""}]"#),
        ("a: {{ and 1 0 2 | quote }}", r#"[{"a":"0"}]"#),
        ("a: {{ and (list) \"y\" | toJson | quote }}", r#"[{"a":"[]"}]"#),
        ("a: {{ and (include \"gone\" .) \"y\" | quote }}", r#"[{"a":"?"}]"#),
        ("a: {{ and \"\" (include \"gone\" .) | quote }}", r#"[{"a":""}]"#),
        ("a: {{ (urlParse \"http://s-ledger:80/x\").hostname }}", r#"[{"a":"s-ledger"}]"#),
        ("a: {{ (urlParse (printf \"http://%s-db:80/x\" .Release.Name)).host }}", r#"[{"a":"<release>-db:80"}]"#),
        ("a: {{ urlParse (include \"gone\" .) | quote }}", r#"[{"a":"?"}]"#),
        ("a: {{ base \"a/b.yaml\" | trimSuffix (ext \"a/b.yaml\") }}", r#"[{"a":"b"}]"#),
        ("a: {{ untitle \"Get It\" | title | snakecase | quote }}", r#"[{"a":"get_it"}]"#),
    ] {
        assert_eq!(rendered(values, text), expected, "{text}");
    }
}

#[test]
fn what_is_not_there_is_told_from_what_is_not_known() {
    let values = "hosts: 's-ledger:80,s-card:81'\n";
    for (text, expected) in [
        ("a: {{ (split \":\" .Values.hosts)._0 }}", r#"[{"a":"s-ledger"}]"#),
        ("a: {{ (splitn \",\" 2 .Values.hosts)._1 }}", r#"[{"a":"s-card:81"}]"#),
        // Behind a gap any part may stand.
        ("a: {{ (split \":\" (printf \"s-ledger:%s\" (include \"gone\" .)))._0 }}", r#"[{"a":"s-ledger"}]"#),
        (
            "a: {{ (split \":\" (printf \"s-ledger:%s\" (include \"gone\" .)))._2 | default \"s-card\" }}",
            r#"[{"a":"?"}]"#,
        ),
        ("a: {{ (split \":\" .Values.hosts)._9 | default \"s-card\" }}", r#"[{"a":"s-card"}]"#),
        ("a: {{ splitList \":\" (printf \"a:%s\" (include \"gone\" .)) | last }}", r#"[{"a":"?"}]"#),
        ("a: {{ index (dict \"k\" \"v\") (include \"gone\" .) }}", r#"[{"a":"?"}]"#),
        ("a: {{ index (dict (include \"gone\" .) \"v\") \"k\" | default \"s-card\" }}", r#"[{"a":"?"}]"#),
        ("a: {{ get (dict \"k\" \"v\") \"n\" | default \"s-card\" }}", r#"[{"a":"s-card"}]"#),
        ("a: {{ index (list \"x\") 5 | default \"s-card\" }}", r#"[{"a":"?"}]"#),
        ("a: {{ dig \"k\" (include \"gone\" .) \"s-card\" (dict \"k\" (dict \"n\" 1)) }}", r#"[{"a":"?"}]"#),
        ("a: {{ pick (dict (include \"gone\" .) 1) \"k\" | toJson | squote }}", r#"[{"a":"?"}]"#),
        ("a: {{ upper .Release.Name }}", r#"[{"a":"?"}]"#),
        ("a: {{ lower .Release.Name | trimSuffix \"/\" | replace \"+\" \"_\" }}", r#"[{"a":"<release>"}]"#),
        ("a: {{ regexReplaceAll \"^https?://\" \"http://s-ledger\" \"\" }}", r#"[{"a":"s-ledger"}]"#),
    ] {
        assert_eq!(rendered(values, text), expected, "{text}");
    }
    let many = format!("hosts: '{}'\n", ":".repeat(99));
    assert_eq!(rendered(&many, "a: {{ (split \":\" .Values.hosts)._70 | default \"x\" }}"), r#"[{"a":"x"}]"#);
    let more = format!("hosts: '{}'\n", ":".repeat(3000));
    assert_eq!(rendered(&more, "a: {{ (split \":\" .Values.hosts)._70 | default \"x\" }}"), r#"[{"a":"?"}]"#);
}

#[test]
fn places_are_told_behind_marks_and_odd_letters() {
    for odd in [
        "\u{feff}",
        "# \u{100000}\u{100006}\n",
        "# {{ \"\u{100000}\" }}\n",
        "# {{/* \u{10ffff} */}}\n",
        "# {{ \"\\t\\\"}}\" }}\n",
        "\u{feff}# é\u{e000}\n",
    ] {
        let text = format!("{odd}a: x\n{{{{ if .Values.x }}}}\nb: {{{{ .Values.y }}}}\n{{{{ end }}}}\nc: s-ledger\n");
        let charts = Charts::new([("c/Chart.yaml", "name: c\n")].into_iter(), None);
        let found = charts.documents("c", &text);
        let sheet = &found.sheets[0];
        for (line, made) in sheet.text.lines().enumerate().filter(|(_, made)| made.starts_with("c: ")) {
            let at = sheet.lines[line] as usize;
            assert!(text[at..].starts_with(made), "{odd:?}: {made} is at {at}, {:?}", &text[at..]);
        }
        assert!(sheet.text.contains("c: s-ledger"));
    }
}

#[test]
fn letters_of_people_are_letters_everywhere() {
    for odd in ['\u{e000}', '\u{f8ff}', '\u{100000}', '\u{100001}', '\u{100006}', '\u{100100}', '\u{10ffff}'] {
        for (text, expected) in [
            ("a: {{ .Values.s | quote }}", "x@y"),
            ("a: {{ .Values.s | upper | trunc 2 }}", "X@"),
            ("a: {{ .Values.s | splitList \"y\" | first }}", "x@"),
            ("a: {{ .Values.s | replace \"@\" \"-\" }}", "x-y"),
            ("a: {{ .Values.s | trimSuffix \"@y\" }}", "x"),
            ("a: {{ (dict \"@\" .Values.s | toJson | fromJson) | values | first }}", "x@y"),
            ("a: {{ regexReplaceAll \"z\" .Values.s \"\" | default \"n\" }}", "?"),
            ("a: \"@{{ .Values.s }}\"", "@x@y"),
            ("a: {{ tpl \"{{ .Values.s }}@\" . }}", "x@y@"),
            ("a: {{ (split \"@\" .Values.s)._1 }}", "y"),
        ] {
            let put = |text: &str| text.replace('@', &odd.to_string());
            let values = put("s: x@y\n");
            let found = values_of(&[("c/values.yaml", &values)], &put(text));
            assert_eq!(found, BTreeSet::from([put(expected)]), "{odd:?} {text}");
        }
    }
}

#[test]
fn files_of_charts_are_told_from_what_is_none_of_them() {
    let long = "x".repeat(65 << 10);
    let files = [
        ("c/Chart.yaml", "name: c\n"),
        ("c/values.yaml", "host: s-ledger\n"),
        ("c/.helmignore", "secret/\n"),
        ("c/conf/a.txt", "s-card"),
        ("c/conf/long.txt", &long),
        ("c/secret/a.txt", "s-hidden"),
    ];
    for (text, expected) in [
        ("a: {{ (.Files.Glob \"conf/a*\").Get \"conf/a.txt\" }}", "s-card"),
        ("a: {{ (.Files.Glob \"conf/a*\").Get \"conf/b.txt\" | default \"none\" }}", "none"),
        ("a: {{ (.Files.Glob \"conf/a*\").Lines \"conf/a.txt\" | first }}", "s-card"),
        ("{{- $f := .Files.Glob \"conf/a*\" }}\n{{ $f.AsConfig | replace \"a.txt\" \"a\" }}", "s-card"),
        ("{{ (.Files.Glob \"conf/a*\").AsSecrets | replace \"a.txt\" \"a\" }}", "?"),
        ("a: {{ .Files.Get \"secret/a.txt\" | default \"none\" }}", "none"),
        ("a: {{ .Files.Get \"./conf/a.txt\" | default \"none\" }}", "none"),
        ("a: {{ .Files.Get \"values.yaml\" | default \"none\" }}", "none"),
    ] {
        let all: Vec<(&str, &str)> = files.iter().copied().chain([("c/templates/a.yaml", text)]).collect();
        assert_eq!(values_of(&all, text), BTreeSet::from([expected.to_owned()]), "{text}");
    }
    let text = "a: {{ .Files.Get \"conf/long.txt\" | quote }}\nb: x\n";
    let charts = Charts::new(files.into_iter().chain([("c/templates/a.yaml", text)]), None);
    let found = charts.documents("c", text);
    assert_eq!(json(&found.documents), r#"[{"a":"?","b":"x"}]"#);
    assert!(!found.is_whole, "what is left out is told");
    assert_eq!(found.lacks, BTreeSet::from(["`c/conf/long.txt` is longer than 64 KiB".to_owned()]));
}
