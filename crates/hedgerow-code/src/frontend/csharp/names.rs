//! Names of C# that mean something of another class.

use super::Lower;
use crate::frontend::build::{children, range};
use crate::ir::{Expr, ExprId, Range};
use tree_sitter::Node;

/// The longest name of a class with what it stands in, in bytes.
const MAX_PATH: usize = 500;

/// How many parts such a name may have.
const MAX_PARTS: usize = 12;

/// How many things in which classes may stand are looked into for one file.
const MAX_ABOVE: usize = 200;

impl<'n> Lower<'_, 'n> {
    /// A bare name that nothing in the file has: what one of the types has whose members the file uses by bare names.
    pub(super) fn or_static(&mut self, name: &str, found: ExprId, span: Range) -> ExprId {
        let is_bare = matches!(self.builder.facts.expr(found), Expr::Name(_));
        if !is_bare
            || self.inner_class(name).is_some()
            || self.statics.is_empty()
            || !name.starts_with(char::is_uppercase)
        {
            return found;
        }
        // The other part of a class may have it.
        let is_partial = self.classes.iter().any(|class| self.partial.contains(&class.name));
        let mut all = if is_partial { vec![found] } else { Vec::new() };
        for class in self.statics.clone() {
            let of = self.builder.push_name(class, span);
            all.push(self.builder.push_member(of, name, span));
        }
        if let [only] = all.as_slice() {
            return *only;
        }
        let all = self.builder.list_of(all);
        self.builder.push(Expr::Choice(all), span)
    }

    /// A name of the file for a class: `using Http = Bank.Http`.
    pub(super) fn or_alias(&mut self, name: &str, found: ExprId, span: Range) -> ExprId {
        match (self.builder.facts.expr(found), self.aliases.get(name).cloned()) {
            (Expr::Name(_), Some(class)) => self.builder.push_name(class, span),
            _ => found,
        }
    }

    /// The name of a class with those that it stands in. Two classes of one name in different ones are two classes.
    pub(super) fn path_within(&self, name: String) -> String {
        let path = self.classes.last().map(|outer| format!("{}.{name}", outer.name));
        path.filter(|path| path.len() <= MAX_PATH).unwrap_or(name)
    }

    /// Finds the classes of the file that stand in others.
    pub(super) fn find_inner_classes(&mut self, root: Node<'n>) {
        let mut open = vec![(root, String::new())];
        while let Some((node, above)) = open.pop() {
            for child in children(node) {
                let kind = child.kind();
                if matches!(kind, "class_declaration" | "struct_declaration" | "interface_declaration")
                    || kind.starts_with("record_")
                {
                    let name = self.builder.field(child, "name");
                    let path = if above.is_empty() { name } else { format!("{above}.{name}") };
                    if path.len() > MAX_PATH {
                        continue;
                    }
                    if !above.is_empty() {
                        self.inner.insert(path.clone());
                    }
                    open.extend(child.child_by_field_name("body").map(|body| (body, path)));
                } else if matches!(
                    kind,
                    "namespace_declaration" | "file_scoped_namespace_declaration" | "declaration_list"
                ) || kind.starts_with("preproc_")
                {
                    open.push((child, above.clone()));
                }
            }
        }
    }

    /// The class of the file that a name means which stands in one of those around it: `Routes`, `Urls.Internal`.
    pub(super) fn inner_class(&self, name: &str) -> Option<String> {
        if self.inner.is_empty() || name.len() > MAX_PATH || !name.starts_with(char::is_uppercase) {
            return None;
        }
        let mut paths = self.classes.iter().rev().map(|class| format!("{}.{name}", class.name));
        paths.find(|path| self.inner.contains(path)).or_else(|| self.inner.get(name).cloned())
    }

    /// `Urls.Internal`, whose parts are read: a part of a class or, by its whole name, a class in it or in a name space.
    pub(super) fn or_inner_class(&mut self, node: Node<'n>, value: ExprId) -> ExprId {
        let text = self.builder.slice(node);
        let is_path = node.kind() == "member_access_expression"
            && text.len() <= MAX_PATH
            && text.split('.').count() <= MAX_PARTS
            && text.split('.').map(str::trim).all(|part| {
                part.starts_with(char::is_uppercase) && part.chars().all(|c| c.is_alphanumeric() || c == '_')
            });
        let (Some((above, last)), Expr::Member { of, .. }) = (text.rsplit_once('.'), *self.builder.facts.expr(value))
        else {
            return value;
        };
        let is_class = |expr: &Expr| matches!(expr, Expr::Name(_) | Expr::Member { .. } | Expr::Choice(_));
        if !is_path || !is_class(self.builder.facts.expr(of)) {
            return value;
        }
        // Where it is a name space, nothing else need say so.
        let above: String = above.split_whitespace().collect();
        let path = format!("{above}.{}", last.trim());
        if !self.above.contains(&above) {
            if self.above.len() == MAX_ABOVE {
                self.builder.facts.faults.push(range(node));
            } else if self.above.len() < MAX_ABOVE {
                self.import(None, &above);
            }
            if self.above.len() <= MAX_ABOVE {
                self.above.insert(above);
            }
        }
        let path = self.inner_class(&path).unwrap_or(path);
        let class = self.builder.push_name(path, range(node));
        let both = self.builder.list_of([value, class]);
        self.builder.push(Expr::Choice(both), range(node))
    }
}
