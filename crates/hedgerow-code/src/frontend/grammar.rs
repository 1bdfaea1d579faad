//! A grammar whose names of nodes and fields are turned into numbers once, so that no walk compares texts.

use tree_sitter::{Language, Node};

/// A grammar with the kinds of nodes that a front end tells apart (`K`) and the fields it asks for (`F`).
pub(crate) struct Grammar<K, F> {
    /// The grammar itself.
    pub(crate) language: Language,
    /// The fields.
    pub(crate) fields: F,
    kinds: Vec<K>,
}

impl<K: Copy + Default, F> Grammar<K, F> {
    /// Reads the names of `language`.
    pub(crate) fn new(language: Language, kind: fn(&str) -> K, fields: fn(&Language) -> F) -> Self {
        let count = u16::try_from(language.node_kind_count()).unwrap_or(u16::MAX);
        let kinds = (0..count).map(|id| language.node_kind_for_id(id).map_or_else(K::default, kind)).collect();
        Self { fields: fields(&language), kinds, language }
    }

    /// The kind of a node.
    pub(crate) fn kind(&self, node: Node) -> K {
        self.kinds.get(usize::from(node.kind_id())).copied().unwrap_or_default()
    }
}

/// The number of a field; one that no node has for a name the grammar does not know.
pub(crate) fn field(language: &Language, name: &str) -> u16 {
    language.field_id_for_name(name).map_or(u16::MAX, std::num::NonZeroU16::get)
}

/// Declares the kinds of nodes that a front end tells apart, each with its names in the grammar.
macro_rules! kinds {
    ($($kind:ident: $($name:literal)|+,)+) => {
        /// The kinds of nodes that are told apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        enum Kind {
            $($kind,)+
            /// Any other.
            #[default]
            Other,
        }

        impl Kind {
            fn of(name: &str) -> Self {
                match name {
                    $($($name)|+ => Self::$kind,)+
                    _ => Self::Other,
                }
            }
        }
    };
}

/// Declares the fields that a front end asks for, each with its name in the grammar.
macro_rules! fields {
    ($($field:ident: $name:literal,)+) => {
        /// The numbers of the fields that are asked for.
        struct Fields {
            $($field: u16,)+
        }

        impl Fields {
            fn of(language: &tree_sitter::Language) -> Self {
                Self { $($field: $crate::frontend::grammar::field(language, $name),)+ }
            }
        }
    };
}

pub(crate) use {fields, kinds};
