//! Names of C# that mean something of another class, and texts that are put together by name.

use super::Lower;
use crate::frontend::build::range;
use crate::ir::{Expr, ExprId, Range};
use tree_sitter::Node;

/// The longest name of a class with what it stands in, in bytes.
const MAX_PATH: usize = 500;

impl<'n> Lower<'_, 'n> {
    /// A bare name that nothing in the file has: what one of the types has whose members the file uses by bare names.
    pub(super) fn or_static(&mut self, name: &str, found: ExprId, span: Range) -> ExprId {
        let is_bare = matches!(self.builder.facts.expr(found), Expr::Name(_));
        if !is_bare || self.statics.is_empty() || !name.starts_with(char::is_uppercase) {
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

    /// `Urls.Internal`, whose parts are read: a part of a class or, by its bare name, a class in it or in a name space.
    pub(super) fn or_inner_class(&mut self, node: Node<'n>, value: ExprId) -> ExprId {
        let text = self.builder.slice(node);
        let is_path = node.kind() == "member_access_expression"
            && text.len() <= MAX_PATH
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
        let is_known = self.builder.facts.imports.iter().any(|import| import.name.is_none() && import.path == above);
        if !is_known {
            self.import(None, &above);
        }
        let class = self.builder.push_name(last.trim(), range(node));
        let both = self.builder.list_of([value, class]);
        self.builder.push(Expr::Choice(both), range(node))
    }

    /// `builder.Append(path)` of a `StringBuilder`: the text with more behind it.
    pub(super) fn appended(
        &mut self,
        function: Node<'n>,
        callee: ExprId,
        value: ExprId,
        span: Range,
    ) -> Option<ExprId> {
        let name = function.child_by_field_name("name").filter(|_| function.kind() == "member_access_expression")?;
        if !matches!(self.builder.slice(name), "Append" | "AppendFormat" | "AppendLine") || self.texts.is_empty() {
            return None;
        }
        let Expr::Member { of, .. } = *self.builder.facts.expr(callee) else { return None };
        let mut root = function;
        // Chains are as long as people write them.
        for _ in 0..64 {
            let inner = root.child_by_field_name("expression").or_else(|| root.child_by_field_name("function"));
            root = match inner {
                Some(inner) => inner,
                None => break,
            };
        }
        let text = self.builder.slice(root);
        if root.kind() != "identifier" || !self.texts.contains(text) {
            return None;
        }
        let target = self.name(text, range(root));
        let longer = self.builder.push(Expr::Concat(of, value), span);
        self.builder.assign(target, longer, 0);
        Some(longer)
    }
}
