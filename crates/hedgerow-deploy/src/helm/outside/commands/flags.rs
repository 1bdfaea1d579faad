//! What a call of `helm` says, read as `helm` itself reads its words: <https://pkg.go.dev/github.com/spf13/pflag>.

use super::super::open::Open;
use super::super::set::Form;
use super::super::{From, Layer, Written};
use crate::partial::Partial;

/// The flags that have a value, beside those for values of charts: of Helm 2, 3 and 4, and of the plugins `diff` and `secrets`.
const WITH_VALUE: &[&str] = &[
    "api-versions",
    "backend",
    "burst-limit",
    "ca-file",
    "cert-file",
    "color",
    "colour",
    "content-cache",
    "context",
    "description",
    "driver",
    "history-max",
    "home",
    "host",
    "key-file",
    "keyring",
    "kube-apiserver",
    "kube-as-group",
    "kube-as-user",
    "kube-ca-file",
    "kube-context",
    "kube-tls-server-name",
    "kube-token",
    "kube-version",
    "kubeconfig",
    "labels",
    "name-template",
    "namespace",
    "output",
    "output-dir",
    "password",
    "post-renderer",
    "post-renderer-args",
    "qps",
    "registry-config",
    "repo",
    "repository-cache",
    "repository-config",
    "show-only",
    "suppress",
    "tiller-connection-timeout",
    "tiller-namespace",
    "timeout",
    "tls-ca-cert",
    "tls-cert",
    "tls-hostname",
    "tls-key",
    "username",
    "version",
];

/// How many files and flags of values one call has.
const MAX_LAYERS: usize = 512;

/// The letters of flags that have a value.
const LETTERS_WITH_VALUE: &str = "aflnos";

/// What a call installs, if it installs something. `input` is what it reads where a file is `-`.
pub(super) fn read(call: &[String], input: Option<&Partial>) -> Option<Written> {
    let mut words = call.iter();
    let mut plain: Vec<&str> = Vec::new();
    let mut layers = Vec::new();
    let (mut name, mut is_nameless) = (None, false);
    while let Some(word) = words.next() {
        if word == "--" {
            plain.extend(words.by_ref().map(String::as_str));
        } else if let Some(long) = word.strip_prefix("--") {
            let (flag, inline) = long.split_once('=').map_or((long, None), |(flag, value)| (flag, Some(value)));
            let mut value = || inline.map(str::to_owned).or_else(|| words.next().cloned());
            match flag {
                "values" => files(&value()?, input, &mut layers),
                "set" => layers.push(Layer::SetAll(opened(&value()?), Form::Typed)),
                "set-string" => layers.push(Layer::SetAll(opened(&value()?), Form::Text)),
                "set-literal" => layers.push(Layer::SetAll(opened(&value()?), Form::Literal)),
                "set-json" => layers.push(Layer::SetAll(opened(&value()?), Form::Json)),
                "set-file" => layers.push(Layer::SetAll(opened(&value()?), Form::Unknown)),
                // Helm 2's.
                "name" => name = value(),
                "generate-name" => is_nameless = true,
                flag if WITH_VALUE.contains(&flag) => drop(value()),
                _ => {}
            }
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            // Letters stand together up to one that has a value: `-if v.yaml`, `-fv.yaml`, `-f=v.yaml`.
            for (at, letter) in letters.char_indices() {
                let after = &letters[at + letter.len_utf8()..];
                if LETTERS_WITH_VALUE.contains(letter) {
                    let inline = after.strip_prefix('=').unwrap_or(after);
                    let value = if inline.is_empty() { words.next()?.clone() } else { inline.to_owned() };
                    if letter == 'f' {
                        files(&value, input, &mut layers);
                    }
                    break;
                }
                is_nameless |= letter == 'g';
                if after.starts_with('=') {
                    break;
                }
            }
        } else {
            plain.push(word);
        }
    }
    // `helm secrets upgrade`, `helm diff upgrade` install or show the same.
    let plain = plain.strip_prefix(&["secrets"]).or_else(|| plain.strip_prefix(&["diff"])).unwrap_or(&plain);
    let (verb, rest) = plain.split_first()?;
    if !matches!(*verb, "upgrade" | "install" | "template") {
        return None;
    }
    // Flags that a variable holds are no names.
    let rest: Vec<&str> = rest.iter().copied().filter(|word| !is_flags(word)).collect();
    let chart = match rest.as_slice() {
        [chart] => *chart,
        [first, chart, ..] => {
            name = name.or_else(|| Some((*first).to_owned()));
            *chart
        }
        [] => return None,
    };
    let name = name.filter(|_| !is_nameless).map(|name| opened(&name));
    if layers.len() > MAX_LAYERS {
        layers.truncate(MAX_LAYERS);
        layers.push(Layer::Unknown(format!("it has more than {MAX_LAYERS} files and flags of values")));
    }
    Layer::as_flags(&mut layers);
    let is_shown = *verb == "template";
    Some(Written { chart: opened(chart), name, layers, is_shown, ..Written::default() })
}

fn files(value: &str, input: Option<&Partial>, layers: &mut Vec<Layer>) {
    layers.extend(value.split(',').filter(|file| !file.is_empty()).map(|file| match (file, input) {
        ("-", Some(input)) => Layer::Text(input.clone()),
        ("-", None) => Layer::Unknown("it reads values from another command".to_owned()),
        (file, _) => Layer::File(opened(file), From::Base),
    }));
}

/// Whether a word is a variable that is called like flags: `$EXTRA_ARGS`, `"$@"`, `$(HELM_FLAGS)`.
fn is_flags(word: &str) -> bool {
    let Some(name) = word.strip_prefix('$') else { return false };
    let name = name.trim_matches(['{', '}', '(', ')']).to_uppercase();
    matches!(name.as_str(), "@" | "*")
        || ["ARGS", "FLAGS", "OPTS", "OPTIONS", "PARAMS", "VALUES", "[@]", "[*]"].iter().any(|end| name.ends_with(end))
}

/// A text whose variables are known by their names.
pub(super) fn opened(text: &str) -> Open {
    Open::read(&Partial::from(text))
}
