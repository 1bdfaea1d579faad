//! The oracle: mutated manifests on which the fast path and the general path must agree.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "shared by tests, an example and the fuzz target")]

pub mod stream;

use hedgerow_yaml::{
    Content, Document, Edit, Edits, MapChange, Node, Part, Piece, Route, RouteSet, Site, Want, change_map, split,
};

/// Manifests that mutants are made of.
pub const SEEDS: [&str; 7] = [
    include_str!("../../testdata/seeds/deployment.yaml"),
    include_str!("../../testdata/seeds/cronjob.yaml"),
    include_str!("../../testdata/seeds/sorted.yaml"),
    include_str!("../../testdata/seeds/odd.yaml"),
    include_str!("../../testdata/seeds/list.yaml"),
    include_str!("../../testdata/seeds/json.yaml"),
    include_str!("../../testdata/seeds/gaps.yaml"),
];

/// Documents that hold others.
pub const LISTS: [&str; 3] = [
    include_str!("../../testdata/lists/pods.yaml"),
    include_str!("../../testdata/lists/nested.yaml"),
    include_str!("../../testdata/seeds/list.yaml"),
];

/// Pieces of text that change what a YAML scanner makes of the text behind them.
const WORDS: [&str; 67] = [
    "\"",
    "'",
    "[",
    "]",
    "{",
    "}",
    ": ",
    ":",
    " #",
    "#",
    "- ",
    "-",
    "|",
    ">",
    "|-\n",
    ">+2\n",
    "&a ",
    "*a ",
    "!t ",
    "!!str ",
    "<<: *a\n",
    "? ",
    "\t",
    "\r",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\n",
    "\n\n",
    "---\n",
    "--- ",
    "...\n",
    "%YAML 1.1\n",
    ",",
    "\\",
    "''",
    "\\\"",
    "  ",
    " ",
    "kind: Job\n",
    "kind",
    "\"kind\": Job\n",
    "labels:\n",
    "labels: {}\n",
    "metadata:\n",
    "spec:\n",
    "template:\n",
    "  labels:\n    a: b\n",
    "name: x\n",
    "~",
    "null",
    "é",
    "\u{FEFF}",
    "a: b",
    "a: 'b\n",
    "\0",
    "x: |\n  y\n",
    "key: \"a\n b\"\n",
    "k: [a,\n b]\n",
    "# c\n",
    "    ",
    "-\t",
    ":\t",
    "\" :",
    "\"a\":\"",
    "\"}",
    "|  # c\n",
];

/// Small random numbers; the same seed gives the same numbers on every machine.
pub struct Random(pub u64);

impl Random {
    /// The next number (splitmix64).
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// A manifest with a few changes in it.
pub fn mutant(random: &mut Random) -> String {
    mutant_of(&SEEDS, random)
}

/// A mutated text, made of one of these.
pub fn mutant_of(seeds: &[&str], random: &mut Random) -> String {
    let mut text = seeds[random.below(seeds.len())].to_owned();
    if random.below(8) == 0 {
        text = text.replace('\n', "\r\n");
    }
    for _ in 0..=random.below(4) {
        mutate(&mut text, random);
    }
    text
}

fn mutate(text: &mut String, random: &mut Random) {
    let at = boundary(text, random.below(text.len() + 1));
    let lines: Vec<usize> = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let line = lines[random.below(lines.len())];
    let line_end = text[line..].find('\n').map_or(text.len(), |end| line + end + 1);
    match random.below(9) {
        0 | 1 => text.insert_str(at, WORDS[random.below(WORDS.len())]),
        2 => text.insert_str(line, WORDS[random.below(WORDS.len())]),
        3 => {
            let end = boundary(text, (at + 1 + random.below(6)).min(text.len()));
            text.replace_range(at..end, "");
        }
        4 => text.replace_range(line..line_end, ""),
        5 => {
            let copied = text[line..line_end].to_owned();
            text.insert_str(lines[random.below(lines.len())], &copied);
        }
        6 => text.insert_str(line, &" ".repeat(1 + random.below(4))),
        7 => {
            let spaces = text[line..].bytes().take_while(|&byte| byte == b' ').count();
            text.replace_range(line..line + random.below(spaces + 1), "");
        }
        _ => {
            let end = boundary(text, (at + 1).min(text.len()));
            text.replace_range(at..end, WORDS[random.below(WORDS.len())]);
        }
    }
}

fn boundary(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// The questions that are asked of every document.
pub fn questions() -> [RouteSet; 5] {
    let [mut head, mut workload, mut cron, mut ranges, mut items] = [(); 5].map(|()| RouteSet::new());
    for route in ["kind", "apiVersion", "metadata.name", "metadata.namespace"] {
        head.ask(route, Want::Scalar).unwrap();
    }
    head.add(Route::keys(["metadata", "annotations", "helm.sh/hook"]), Want::Scalar);
    workload.ask("kind", Want::Scalar).unwrap();
    workload.ask("metadata.annotations", Want::Map).unwrap();
    workload.ask("spec.template.metadata.labels", Want::Map).unwrap();
    workload.ask("spec.template.spec.hostNetwork", Want::Scalar).unwrap();
    workload.ask("spec.selector", Want::Range).unwrap();
    workload.ask("spec.template", Want::Range).unwrap();
    cron.ask("spec.jobTemplate.spec.template.metadata.labels", Want::Map).unwrap();
    cron.ask("metadata.labels", Want::Map).unwrap();
    cron.ask("data", Want::Map).unwrap();
    for route in ["metadata", "metadata.annotations", "data", "spec", "spec.template", "spec.schedule", "items"] {
        ranges.ask(route, Want::Range).unwrap();
    }
    items.ask("items", Want::Seq).unwrap();
    [head, workload, cron, ranges, items]
}

/// The maps that the laws of edits are about, one set each: two gaps could want to make the same container.
pub fn labels() -> [RouteSet; 4] {
    [
        "metadata.labels",
        "spec.template.metadata.labels",
        "spec.jobTemplate.spec.template.metadata.labels",
        "items[].spec.template.metadata.labels",
    ]
    .map(|route| {
        let mut routes = RouteSet::new();
        routes.ask(route, Want::Map).unwrap();
        routes
    })
}

/// What became of one text.
#[derive(Debug, Default, Clone, Copy)]
pub struct Tally {
    /// Questions answered by the fast path about valid documents.
    pub fast: usize,
    /// Questions answered by the general path about valid documents.
    pub general: usize,
    /// Questions about documents that are not YAML.
    pub invalid: usize,
}

/// Asks all questions of all documents in both ways.
///
/// # Panics
/// If the two ways differ on a valid document, or an edit by one is not an edit by the other.
pub fn compare(text: &str, questions: &[RouteSet]) -> Tally {
    let mut tally = Tally::default();
    for piece in split(text) {
        let parsed = Document::of_piece(text, &piece);
        let fresh = Document::of_piece(text, &piece);
        for routes in questions {
            let fast = fresh.outline(routes);
            match parsed.outline_fully(routes) {
                Ok(full) => assert_eq!(fast, Ok(full), "in {:?}", &text[piece.range.clone()]),
                // Whatever the fast path says about such a document, it has come back with it.
                Err(_) => tally.invalid += 1,
            }
            match fresh.is_parsed() {
                _ if parsed.tree().is_err() => {}
                true => tally.general += 1,
                false => tally.fast += 1,
            }
        }
    }
    tally
}

/// Asks all questions of the objects in lists, of those found by their lines and of those found in the tree.
///
/// # Panics
/// If the two ways differ on a valid document.
pub fn compare_parts(text: &str, questions: &[RouteSet]) -> Tally {
    let mut tally = Tally::default();
    let items = Route::parse("items[]").unwrap();
    for piece in split(text) {
        let (fresh, parsed) = (Document::of_piece(text, &piece), Document::of_piece(text, &piece));
        if parsed.tree().is_err() {
            tally.invalid += 1;
            // Whatever is said about such a document, it is said without a panic.
            for part in fresh.parts(&items).unwrap_or_default() {
                let _ = part.outline(&questions[0]);
            }
            continue;
        }
        let (by_lines, by_tree) = (fresh.parts(&items).unwrap(), parsed.parts(&items).unwrap());
        match fresh.is_parsed() {
            true => tally.general += 1,
            false => tally.fast += 1,
        }
        same_parts(text, &by_lines, &by_tree, &items, questions);
    }
    tally
}

fn same_parts(text: &str, by_lines: &[Part<'_, '_>], by_tree: &[Part<'_, '_>], items: &Route, questions: &[RouteSet]) {
    assert_eq!(by_lines.len(), by_tree.len(), "in {text:?}");
    for (by_lines, by_tree) in by_lines.iter().zip(by_tree) {
        for routes in questions {
            assert_eq!(by_lines.outline(routes), by_tree.outline(routes), "in {text:?}");
        }
        same_parts(text, &by_lines.parts(items).unwrap(), &by_tree.parts(items).unwrap(), items, questions);
        assert_eq!(by_lines.node(), by_tree.node(), "in {text:?}");
        // Now that there is a tree, it is asked.
        if let Some(routes) = questions.first() {
            assert_eq!(by_lines.outline(routes), by_tree.outline(routes), "in {text:?}");
            same_parts(text, &by_lines.parts(items).unwrap(), &by_tree.parts(items).unwrap(), items, &[]);
        }
    }
}

/// What labels become in the laws of edits.
pub const CHANGE: MapChange<'static> =
    MapChange { set: &[("example.com/a", "true"), ("app", "v")], remove: &["version", "c"] };

/// Changes every map that a set of questions finds, in all documents that can be edited.
pub fn edit(text: &str, routes: &RouteSet, change: MapChange<'_>) -> Edits {
    let mut edits = Vec::new();
    for piece in split(text) {
        let Ok(outline) = Document::of_piece(text, &piece).outline_fully(routes) else { continue };
        let maps = outline.all_sites().filter(|site| matches!(site, Site::Map(_) | Site::Missing(_) | Site::Null(_)));
        for site in maps {
            edits.extend(change_map(text, site, change).unwrap_or_default());
        }
    }
    Edits::new(text, edits).unwrap()
}

/// Checks the laws of edits on one text.
///
/// # Panics
/// If an edit changes a byte outside its range, damages a document, misses its aim, or has more to do when repeated.
pub fn check_edits(text: &str, labels: &RouteSet) {
    let edits = edit(text, labels, CHANGE);
    let mut edited = String::new();
    edits.push_to(text, &mut edited);
    assert_eq!(edited.len(), edits.edited_len(text));
    assert_eq!(undo(&edited, text, edits.as_slice()), text, "output minus edits is input");
    let (before, after): (Vec<Piece>, Vec<Piece>) = (split(text).collect(), split(&edited).collect());
    assert_eq!(before.len(), after.len(), "no document came or went in {edited:?}");
    for (old, new) in before.iter().zip(&after) {
        let (old, new) = (Document::of_piece(text, old), Document::of_piece(&edited, new));
        if let Ok(tree) = old.tree() {
            let now = new.tree();
            assert!(now.is_ok(), "{now:?}: {edited}");
            let (was, is) = (tree.map(|node| values(node)), now.unwrap().map(|node| values(node)));
            let same = |value: &Option<Value>| value.as_ref().map(|value| value.without(&["labels"]));
            assert_eq!(same(&was), same(&is), "nothing but labels changed in {edited:?}");
        }
    }
    let again = edit(&edited, labels, CHANGE);
    assert_eq!(again.as_slice(), [], "nothing is left to do in {edited:?}");
}

/// Takes the new text of edits out of an edited text and puts the old one back.
fn undo(edited: &str, text: &str, edits: &[Edit]) -> String {
    let (mut undone, mut at, mut from) = (String::new(), 0, 0);
    for edit in edits {
        let kept = edit.range.start - from;
        undone.push_str(&edited[at..at + kept]);
        undone.push_str(&text[edit.range.clone()]);
        assert_eq!(&edited[at + kept..at + kept + edit.text.len()], edit.text);
        at += kept + edit.text.len();
        from = edit.range.end;
    }
    undone.push_str(&edited[at..]);
    undone
}

/// What a tree says, without where it says it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Tag, text and whether the text could be anything but a string.
    Scalar(Option<String>, String, bool),
    /// Pairs in order.
    Map(Option<String>, Vec<(Self, Self)>),
    /// Elements in order.
    Seq(Option<String>, Vec<Self>),
    /// Name of the anchor.
    Alias(String),
}

impl Value {
    /// The value with mappings that hold nothing else than these keys taken for null, and these keys taken out.
    fn without(&self, keys: &[&str]) -> Self {
        match self {
            Self::Map(tag, pairs) => {
                let named = |key: &Self| matches!(key, Self::Scalar(_, text, _) if keys.contains(&text.as_str()));
                let left = pairs.iter().filter(|(key, _)| !named(key));
                let pairs: Vec<_> = left
                    .map(|(key, value)| (key.clone(), value.without(keys)))
                    .filter(|(_, value)| *value != null())
                    .collect();
                if pairs.is_empty() { null() } else { Self::Map(tag.clone(), pairs) }
            }
            Self::Seq(tag, values) => Self::Seq(tag.clone(), values.iter().map(|value| value.without(keys)).collect()),
            Self::Scalar(None, text, true) if matches!(text.as_str(), "~" | "null" | "Null" | "NULL") => null(),
            Self::Scalar(..) | Self::Alias(_) => self.clone(),
        }
    }
}

fn null() -> Value {
    Value::Scalar(None, String::new(), true)
}

fn values(node: &Node<'_>) -> Value {
    let tag = node.tag().map(|tag| tag.name.clone());
    match node.content() {
        Content::Scalar(scalar) => Value::Scalar(tag, scalar.value.clone().into_owned(), !scalar.is_string()),
        Content::Mapping(mapping) => {
            Value::Map(tag, mapping.pairs.iter().map(|pair| (values(&pair.key), values(&pair.value))).collect())
        }
        Content::Sequence(sequence) => {
            Value::Seq(tag, sequence.elements.iter().map(|element| values(&element.node)).collect())
        }
        Content::Alias(name) => Value::Alias(name.clone().into_owned()),
    }
}
