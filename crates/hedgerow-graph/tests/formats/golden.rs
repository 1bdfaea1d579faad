//! What each format looks like. A change here is a change for whoever reads the output.

use hedgerow_graph::Layout;
use insta::assert_snapshot;

use crate::small;

#[test]
fn dot() {
    assert_snapshot!(hedgerow_graph::dot(&small::network()));
}

#[test]
fn json() {
    assert_snapshot!(hedgerow_graph::json(&small::network()).unwrap());
}

#[test]
fn csv() {
    assert_snapshot!(hedgerow_graph::csv(&small::network()).replace('\r', "␍"));
}

#[test]
fn mermaid() {
    assert_snapshot!(hedgerow_graph::mermaid(&small::network()));
}

#[test]
fn svg() {
    let network = small::network();
    let svg = hedgerow_graph::svg(&network, &Layout::new(&network, &|_| ()));
    assert_snapshot!(without(&svg, "<style>", "</style>"));
}

#[test]
fn html() {
    let network = small::network();
    let html = hedgerow_graph::html(&network, &Layout::new(&network, &|_| ())).unwrap();
    let data = html.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
    assert_snapshot!(data.replace("],[", "],\n["));
}

#[test]
fn observed_dot() {
    assert_snapshot!(hedgerow_graph::dot(&small::observed()));
}

#[test]
fn observed_json() {
    assert_snapshot!(hedgerow_graph::json(&small::observed()).unwrap());
}

#[test]
fn observed_csv() {
    assert_snapshot!(hedgerow_graph::csv(&small::observed()).replace('\r', "␍"));
}

#[test]
fn observed_mermaid() {
    assert_snapshot!(hedgerow_graph::mermaid(&small::observed()));
}

#[test]
fn observed_svg() {
    let network = small::observed();
    let svg = hedgerow_graph::svg(&network, &Layout::new(&network, &|_| ()));
    assert_snapshot!(without(&svg, "<style>", "</style>"));
}

#[test]
fn observed_html() {
    let network = small::observed();
    let html = hedgerow_graph::html(&network, &Layout::new(&network, &|_| ())).unwrap();
    let data = html.split_once("id=\"data\">").and_then(|(_, rest)| rest.split_once("</script>")).unwrap().0;
    assert_snapshot!(data.replace("],[", "],\n["));
}

/// Leaves out what is between two marks: it is the same for every network.
fn without(text: &str, open: &str, close: &str) -> String {
    let (before, rest) = text.split_once(open).unwrap();
    let (_, after) = rest.split_once(close).unwrap();
    format!("{before}{open}…{close}{after}")
}
