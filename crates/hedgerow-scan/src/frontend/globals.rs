//! Names that a language gives without an import, as far as packs speak about them.

use super::Language;

impl Language {
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
            (Self::Java, "System") => Some("java.lang.System"),
            (Self::Java, "String") => Some("java.lang.String"),
            _ => None,
        }
    }
}
