//! Names that a language gives without an import, as far as packs speak about them.

use super::Language;

impl Language {
    /// The names by which something is known that is declared by a whole name: in Ruby, whoever is inside of `Bank` says `Client` for
    /// `Bank::Client`.
    pub fn known_as(self, name: &str) -> impl Iterator<Item = &str> {
        let tails = name.match_indices("::").map(|(at, _)| &name[at + 2..]).filter(move |_| self == Self::Ruby);
        std::iter::once(name).chain(tails)
    }

    /// The path of a name that needs no import: packs name it so.
    #[must_use]
    pub fn global(self, name: &str) -> Option<&'static str> {
        match (self, name) {
            (Self::JavaScript | Self::TypeScript, "fetch") => Some("fetch"),
            (Self::JavaScript | Self::TypeScript, "globalThis") => Some("globalThis"),
            (Self::JavaScript | Self::TypeScript, "window") => Some("window"),
            (Self::JavaScript | Self::TypeScript, "self") => Some("self"),
            (Self::JavaScript | Self::TypeScript, "Request") => Some("Request"),
            (Self::JavaScript | Self::TypeScript, "process") => Some("process"),
            (Self::JavaScript | Self::TypeScript, "URL") => Some("URL"),
            (Self::JavaScript | Self::TypeScript, "WebSocket") => Some("WebSocket"),
            (Self::JavaScript | Self::TypeScript, "EventSource") => Some("EventSource"),
            (Self::JavaScript | Self::TypeScript, "String") => Some("String"),
            (Self::JavaScript | Self::TypeScript, "Deno") => Some("Deno"),
            (Self::JavaScript | Self::TypeScript, "__ENV") => Some("__ENV"),
            (Self::Java | Self::Kotlin, "System") => Some("java.lang.System"),
            (Self::Java | Self::Kotlin, "String") => Some("java.lang.String"),
            _ => None,
        }
    }
}
