//! What a call of `helm` says, read as `helm` itself reads its words: <https://pkg.go.dev/github.com/spf13/pflag>.

use super::super::open::Open;
use super::super::set::Form;
use super::super::{From, Layer, Written};
use super::call::VERBS;
use super::words::Word;
use crate::partial::Partial;

/// The flags that have a value, beside those for values of charts: of Helm 2, 3 and 4, and of the plugins `diff` and `secrets`.
const WITH_VALUE: &[&str] = &[
    "api-versions",
    "args",
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
    "find-renames",
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
    "server-side",
    "suppress",
    "suppress-annotation",
    "suppress-label",
    "suppress-output-line-regex",
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

/// Those of them that are switches of `helm diff`.
const SWITCHES_OF_DIFF: &[&str] = &["color", "colour"];

/// The letters of flags that have a value, and those of the plugins alone.
const LETTERS_WITH_VALUE: &str = "aflnos";
const LETTERS_OF_DIFF: &str = "CD";
const LETTERS_OF_SECRETS: &str = "b";

/// What is told of flags that nobody can read.
const HELD: &str = "flags that a variable holds";

/// What a call installs, if it installs something. `input` is what it reads where a file is `-`. A word in quotes is one.
pub(super) fn read(call: &[Word], input: Option<&Partial>) -> Option<Written> {
    let mut words = call.iter();
    let mut plain: Vec<&Word> = Vec::new();
    let mut layers = Vec::new();
    let (mut name, mut is_nameless, mut is_held) = (None, false, false);
    while let Some(word) = words.next() {
        let plugin = plain.first().map_or("", |word| word.text.as_str());
        let text = word.text.as_str();
        if text == "--" {
            plain.extend(words.by_ref());
        } else if let Some(long) = text.strip_prefix("--") {
            let (flag, inline) = long.split_once('=').map_or((long, None), |(flag, value)| (flag, Some(value)));
            let mut value = || inline.map(str::to_owned).or_else(|| words.next().map(|word| word.text.clone()));
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
                flag if plugin == "diff" && SWITCHES_OF_DIFF.contains(&flag) => {}
                flag if WITH_VALUE.contains(&flag) => drop(value()),
                _ => {}
            }
        } else if let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            // Letters stand together up to one that has a value: `-if v.yaml`, `-fv.yaml`, `-f=v.yaml`.
            for (at, letter) in letters.char_indices() {
                let after = &letters[at + letter.len_utf8()..];
                let of_plugin = match plugin {
                    "diff" => LETTERS_OF_DIFF,
                    "secrets" => LETTERS_OF_SECRETS,
                    _ => "",
                };
                if LETTERS_WITH_VALUE.contains(letter) || of_plugin.contains(letter) {
                    let inline = after.strip_prefix('=').unwrap_or(after);
                    let value = if inline.is_empty() { words.next()?.text.clone() } else { inline.to_owned() };
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
        } else if is_flags(text) || plain.is_empty() && may_be_flags(word) {
            is_held = true;
        } else {
            plain.push(word);
        }
    }
    // `helm secrets upgrade`, `helm diff upgrade` install or show the same.
    let is_plugin = plain.first().is_some_and(|word| matches!(word.text.as_str(), "secrets" | "diff"));
    let (verb, mut rest) = plain[usize::from(is_plugin)..].split_first()?;
    let mut verb = *verb;
    while is_plugin && may_be_flags(verb) {
        is_held = true;
        let (next, after) = rest.split_first()?;
        (verb, rest) = (*next, after);
    }
    if !VERBS.contains(&verb.text.as_str()) {
        return None;
    }
    let (first, chart) = name_and_chart(rest)?;
    is_held |= rest.len() > 1 + usize::from(first.is_some());
    name = name.or_else(|| first.map(str::to_owned));
    let name = name.filter(|_| !is_nameless).map(|name| opened(&name));
    if is_held {
        layers.push(Layer::Unknown(HELD.to_owned()));
    }
    if layers.len() > MAX_LAYERS {
        layers.truncate(MAX_LAYERS);
        layers.push(Layer::Unknown(format!("it has more than {MAX_LAYERS} files and flags of values")));
    }
    Layer::as_flags(&mut layers);
    let is_shown = verb.text == "template";
    Some(Written { chart: opened(chart), name, layers, is_shown, ..Written::default() })
}

/// The name and the chart among the words behind the verb. Some of these may be flags that variables hold; no name has a `/`.
fn name_and_chart<'w>(words: &[&'w Word]) -> Option<(Option<&'w str>, &'w str)> {
    let has_slash = |word: &Word| word.text.contains('/');
    let last = |is: &dyn Fn(&Word) -> bool| {
        let is_it = |(at, word): &(usize, &&Word)| *at > 0 && !may_be_flags(word) && is(word);
        words.iter().enumerate().filter(is_it).map(|(at, _)| at).last()
    };
    let first = words.first()?;
    let chart = match words.len() {
        1 => 0,
        _ => last(&has_slash)
            .or_else(|| last(&|_| true))
            .unwrap_or(usize::from(may_be_flags(first) || !has_slash(first))),
    };
    let before = &words[..chart];
    let name = before.iter().find(|word| !may_be_flags(word)).or_else(|| before.first());
    Some((name.map(|word| word.text.as_str()), words[chart].text.as_str()))
}

fn files(value: &str, input: Option<&Partial>, layers: &mut Vec<Layer>) {
    layers.extend(value.split(',').filter(|file| !file.is_empty()).map(|file| match (file, input) {
        ("-", Some(input)) => Layer::Text(input.clone()),
        ("-", None) => Layer::Unknown("it reads values from another command".to_owned()),
        (file, _) => Layer::File(opened(file), From::Base),
    }));
}

/// Whether a word is a variable that is called like flags, or a list: `$EXTRA_ARGS`, `"$@"`, `$(HELM_FLAGS)`, `"${LIST[@]}"`, `@list`.
fn is_flags(word: &str) -> bool {
    if matches!(word, "$@" | "$*") || word.strip_prefix('@').is_some_and(|name| !name.is_empty()) {
        return true;
    }
    let open = opened(word);
    let Some(name) = open.variable() else { return false };
    let name = name.trim().to_uppercase();
    name.starts_with(['@', '*'])
        || ["[@]", "[*]", ":+"].iter().any(|mark| name.contains(mark))
        || ["ARGS", "FLAGS", "OPTS", "OPTIONS", "PARAMS", "VALUES"].iter().any(|end| name.ends_with(end))
}

/// Whether a word may be flags: a variable that nothing is known of, and no quotes around it.
fn may_be_flags(word: &Word) -> bool {
    !word.is_quoted && opened(&word.text).variable().is_some()
}

/// A text whose variables are known by their names.
pub(super) fn opened(text: &str) -> Open {
    Open::read(&Partial::from(text))
}
