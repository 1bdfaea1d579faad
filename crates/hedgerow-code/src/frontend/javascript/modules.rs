//! The paths of modules as code writes them: texts, and what is put together from the directory of the file.

use super::Lower;
use crate::frontend::build::children;
use tree_sitter::Node;

/// How deep a path is put together.
const DEPTH: usize = 8;

impl<'n> Lower<'_, 'n> {
    /// The path that a call of `require` gives: `"./a"`, `` `./a` ``, `path.join(__dirname, "..", "a")`, `__dirname + "/a"`.
    pub(super) fn module(&self, argument: Node<'n>) -> Option<String> {
        match argument.kind() {
            "string" => Some(self.builder.slice(argument).trim_matches(['"', '\'']).to_owned()),
            "template_string"
                if argument.named_children(&mut argument.walk()).all(|part| part.kind() == "string_fragment") =>
            {
                Some(self.builder.slice(argument).trim_matches('`').to_owned())
            }
            _ => self.beside(argument, 0),
        }
    }

    /// Keeps what a constant says of a path below the directory of the file: `const shared = path.join(__dirname, "..", "shared")`.
    pub(super) fn keep_path(&mut self, name: &str, value: Node<'n>) {
        let path = if value.kind() == "string" { None } else { self.beside(value, 0) };
        match path {
            Some(path) => drop(self.paths.insert(name.to_owned(), path)),
            // Another value of the same name hides it.
            None => drop(self.paths.remove(name)),
        }
    }

    /// A path from the directory of the file, beginning with a dot.
    fn beside(&self, node: Node<'n>, depth: usize) -> Option<String> {
        if depth > DEPTH {
            return None;
        }
        match node.kind() {
            "identifier" => match self.builder.slice(node) {
                "__dirname" => Some(".".to_owned()),
                name => self.paths.get(name).cloned(),
            },
            "parenthesized_expression" => self.beside(node.named_child(0)?, depth + 1),
            "binary_expression" => {
                let base = self.beside(node.child_by_field_name("left")?, depth + 1)?;
                let right = node.child_by_field_name("right").filter(|right| right.kind() == "string")?;
                let rest = self.builder.slice(right).trim_matches(['"', '\'']).to_owned();
                rest.starts_with('/').then(|| base + &rest)
            }
            "template_string" => {
                let mut cursor = node.walk();
                let parts: Vec<Node<'n>> = node.named_children(&mut cursor).collect();
                let [hole, rest] = parts.as_slice() else { return None };
                let base =
                    self.beside(hole.named_child(0).filter(|_| hole.kind() == "template_substitution")?, depth + 1)?;
                let rest = self.builder.slice(*rest);
                rest.starts_with('/').then(|| base + rest)
            }
            "call_expression" => {
                let function = self.builder.slice(node.child_by_field_name("function")?);
                if !matches!(function.rsplit('.').next(), Some("join" | "resolve")) {
                    return None;
                }
                let mut parts = children(node.child_by_field_name("arguments")?).into_iter();
                let mut path = self.beside(parts.next()?, depth + 1)?;
                for part in parts {
                    let text = Some(part).filter(|part| part.kind() == "string")?;
                    let text = self.builder.slice(text).trim_matches(['"', '\'']);
                    // What begins with `/` is where `resolve` begins anew.
                    if text.starts_with('/') && function.ends_with("resolve") {
                        return None;
                    }
                    path.push('/');
                    path.push_str(text.trim_start_matches('/'));
                }
                Some(path)
            }
            _ => None,
        }
    }
}
