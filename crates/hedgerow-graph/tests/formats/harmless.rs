//! Names are text in every format, whatever is in them.

use hedgerow_graph::Layout;

use crate::hostile;

/// Edges, `allow` entries, what is published, and calls that are on no edge.
const ARROWS: usize = hostile::TEXTS.len() * 2 + 5 + STRANGERS;
/// All calls but the three that are on an edge by a rule.
const STRANGERS: usize = hostile::TEXTS.len() - 3;

#[test]
fn dot_holds_its_strings() {
    let dot = hedgerow_graph::dot(&hostile::network());
    // Read as Graphviz reads: what is left outside of strings is only what this crate writes itself.
    let mut outside = String::new();
    let mut letters = dot.chars();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if quoted => {
                letters.next();
            }
            '"' => quoted = !quoted,
            letter if !quoted => outside.push(letter),
            _ => {}
        }
    }
    assert!(!quoted, "a string is left open");
    for word in ["script", "img", "calc", "init", "two", "exe"] {
        assert!(!outside.contains(word), "`{word}` stands outside of a string:\n{outside}");
    }
    assert_eq!(outside.matches("->").count(), ARROWS);
}

#[test]
fn mermaid_has_one_statement_per_line() {
    let mermaid = hedgerow_graph::mermaid(&hostile::network());
    for line in mermaid.lines() {
        let known = ["flowchart LR", "  subgraph o", "    n", "  end", "  n", "  x", "  classDef ", "  linkStyle "];
        assert!(known.iter().any(|start| line.starts_with(start)), "{line}");
        assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        assert!(!line.contains(['<', '{', '}', '\\']) && !line.contains("%%"), "{line}");
    }
    let arrows = mermaid
        .lines()
        .filter(|line| [" --> ", " -->|", " -.->|", " -.-> ", " ==>|"].iter().any(|it| line.contains(it)));
    assert_eq!(arrows.count(), ARROWS);
}

#[test]
fn csv_keeps_its_columns_and_runs_nothing() {
    let network = hostile::network();
    let csv = hedgerow_graph::csv(&network);
    let rows = read_csv(&csv);
    let others = network.nodes().iter().enumerate().map(|(at, node)| node.allow.len() + network.published(at).len());
    let others: usize = others.sum();
    assert!(others > 0);
    assert_eq!(rows.len(), hostile::TEXTS.len() + 1 + STRANGERS + others);
    for row in &rows {
        assert_eq!(row.len(), rows[0].len(), "{row:?}");
        for cell in row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "a spreadsheet would run {cell:?}");
        }
    }
}

/// A plain reader of RFC 4180.
fn read_csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {
                letters.next();
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            letter => cell.push(letter),
        }
    }
    assert!(!quoted && row.is_empty() && cell.is_empty(), "the last row is complete");
    rows
}

#[test]
fn json_gives_every_name_back() {
    let json = hedgerow_graph::json(&hostile::network()).unwrap();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let mut names: Vec<&str> =
        value["services"].as_array().unwrap().iter().map(|service| service["name"].as_str().unwrap()).collect();
    let mut wanted = hostile::TEXTS.to_vec();
    names.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(names, wanted);
}

#[test]
fn svg_has_no_element_of_a_name() {
    let network = hostile::network();
    let svg = hedgerow_graph::svg(&network, &Layout::new(&network, &|_| ()));
    assert_markup(&svg, &["svg", "title", "desc", "style", "rect", "text", "g", "circle", "path", "defs", "marker"]);
    assert!(!svg.contains(|letter: char| letter.is_control() && letter != '\n'), "XML forbids control characters");
    assert!(!svg.contains('\u{202e}'), "no name turns the direction of writing");
}

#[test]
fn html_has_no_element_of_a_name() {
    let network = hostile::network();
    let html = hedgerow_graph::html(&network, &Layout::new(&network, &|_| ())).unwrap();
    assert_eq!(html.matches("<script").count(), 2, "data and module");
    assert_eq!(html.matches("</script").count(), 2);
    assert!(!html.contains("<!--") && !html.contains("<img"));
    let (_, rest) = html.split_once("id=\"data\">").unwrap();
    let data = rest.split_once("</script>").unwrap().0;
    assert!(!data.contains(['<', '>', '&']));
    let value: serde_json::Value = serde_json::from_str(data).unwrap();
    assert_eq!(value["services"].as_array().unwrap().len(), hostile::TEXTS.len());
}

#[test]
fn html_reaches_for_nothing() {
    let network = hostile::network();
    let html = hedgerow_graph::html(&network, &Layout::new(&network, &|_| ())).unwrap();
    let (head, rest) = html.split_once("id=\"data\">").unwrap();
    let page = format!("{head}{}", rest.split_once("</script>").unwrap().1);
    for door in
        ["http:", "https:", "url(", "@import", "fetch(", "XMLHttpRequest", "WebSocket", "import(", "innerHTML", "eval("]
    {
        assert!(!page.contains(door), "the page holds `{door}`");
    }
    assert!(page.contains("content=\"default-src 'none'; style-src 'sha256-"));
    assert!(!page.contains("unsafe-inline") && !page.contains("unsafe-eval"));
}

/// Every `<` begins an element of the list (or ends one), and every `&` a character reference of ours.
fn assert_markup(text: &str, elements: &[&str]) {
    for piece in text.split('<').skip(1) {
        let name: String = piece.trim_start_matches('/').chars().take_while(char::is_ascii_alphabetic).collect();
        assert!(elements.contains(&name.as_str()), "<{piece}");
    }
    for piece in text.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|known| piece.starts_with(known)), "&{piece}");
    }
}
