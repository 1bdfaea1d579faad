//! Names within classes.
#![cfg_attr(
    not(all(feature = "csharp", feature = "java", feature = "kotlin")),
    allow(dead_code, reason = "what one language's front end does not need, another one's does")
)]

use super::Builder;
use crate::ir::{Expr, ExprId, Range, TypeRef};
use std::collections::BTreeSet;

/// What is known of a class while its code is read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) fields: BTreeSet<String>,
    pub(crate) methods: BTreeSet<String>,
    pub(crate) extends: bool,
    /// The first type that it says it is: the class it extends, if it extends one.
    pub(crate) base: Option<TypeRef>,
    /// Whether a framework calls its methods, as its attributes say.
    pub(crate) registered: bool,
}

impl Builder<'_> {
    /// A bare name within classes, the innermost last: a local, a field or a method of one of them, or something of the file.
    pub(crate) fn name_within(&mut self, classes: &[Class], name: &str, span: Range) -> ExprId {
        if self.local(name).is_none() {
            let has = |class: &Class| class.fields.contains(name) || class.methods.contains(name);
            if let Some(at) = classes.iter().rposition(has) {
                let of = self.instance(classes, at, span);
                return self.push_member(of, name, span);
            }
        }
        self.name(name, span)
    }

    /// What a bare name that is called means within classes: something of one of them, or of what the innermost one extends, or of the file.
    pub(crate) fn called_within(&mut self, classes: &[Class], name: &str, span: Range) -> ExprId {
        if self.local(name).is_some() {
            return self.name(name, span);
        }
        let has = |class: &Class| class.methods.contains(name) || class.fields.contains(name);
        let inherits = || classes.last().is_some_and(|class| class.extends).then(|| classes.len() - 1);
        match classes.iter().rposition(has).or_else(inherits) {
            Some(at) => {
                let of = self.instance(classes, at, span);
                self.push_member(of, name, span)
            }
            None => self.push_name(name, span),
        }
    }

    /// The value that a method of the class at a place runs on. Of a class around the innermost one there is none here: it is the class.
    pub(crate) fn instance(&mut self, classes: &[Class], at: usize, span: Range) -> ExprId {
        match classes.get(at).filter(|_| at + 1 < classes.len()) {
            Some(class) => self.push_name(&class.name, span),
            None => self.this(classes, span),
        }
    }

    /// The value that a method of the innermost class runs on; where there is none, the class.
    pub(crate) fn this(&mut self, classes: &[Class], span: Range) -> ExprId {
        if self.local("this").is_some() {
            return self.name("this", span);
        }
        self.push_name(classes.last().map_or("", |class| class.name.as_str()), span)
    }

    /// A method of the class that the one of a method extends: `super.send`. `this` is the value that the method runs on.
    pub(crate) fn inherited(&mut self, this: ExprId, name: &str, span: Range) -> ExprId {
        let of = self.push(Expr::Super(this), span);
        self.push_member(of, name, span)
    }
}
