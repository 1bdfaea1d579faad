//! Pages and schemas that the program carries, so that nobody needs a network to read them.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// The text of that name.
pub(crate) fn find(among: &'static [(&'static str, &'static str)], name: &str) -> Option<&'static str> {
    among.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The address of a page of the documentation, as diagnostics give it: who runs a program has no `docs/` beside it.
macro_rules! docs {
    ($page:literal) => {
        concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/", $page)
    };
}
pub(crate) use docs;
