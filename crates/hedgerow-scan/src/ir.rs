//! The facts of one file: the small language that every front end translates into.
//!
//! The facts hold no idea of services, sinks or deploys; they say what is declared, what is assigned and what is
//! called, so that they depend on the file's bytes alone and can be kept in a cache under the hash of its content.
//! They are insensitive to the order of statements: a local has the set of its definitions.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

/// Changes whenever the meaning or the shape of [`Facts`] changes: part of every cache key.
pub const VERSION: u32 = 4;

/// A range of bytes in the file the facts were taken from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub struct Range {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

/// The index of an expression in [`Facts::exprs`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ExprId(pub u32);

/// The index of a local in [`Function::locals`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocalId(pub u32);

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The package's name as the file gives it; empty where the language has none.
    pub package: String,
    /// What the file imports.
    pub imports: Vec<Import>,
    /// The functions; the first one holds what runs when the file is loaded.
    pub functions: Vec<Function>,
    /// The types.
    pub types: Vec<TypeDecl>,
    /// The names declared at the top of the file.
    pub globals: Vec<Global>,
    /// The expressions of all functions, each function's in one unbroken run.
    pub exprs: Vec<Expr>,
    /// Where each expression stands; as long as `exprs`.
    pub spans: Vec<Range>,
    /// The comments that speak to the scan.
    pub comments: Vec<Comment>,
    /// Stretches that the parser could not make sense of.
    pub faults: Vec<Range>,
    /// The build constraint, as the file writes it.
    pub constraint: Option<String>,
}

/// One import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The name it has in the file; `.` brings every exported name in, `_` none.
    pub alias: Option<CompactString>,
    /// What is imported.
    pub path: CompactString,
    /// The one name taken out of it, for languages that import names.
    pub name: Option<CompactString>,
}

/// One function or method.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name; empty for what runs when the file is loaded.
    pub name: CompactString,
    /// The type it is a method of.
    pub receiver: Option<CompactString>,
    /// The parameters, in order, without the receiver.
    pub parameters: Vec<LocalId>,
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// The types of the results.
    pub results: Vec<TypeRef>,
    /// The locals that stand for named results.
    pub named_results: Vec<LocalId>,
    /// The locals, those of closures included.
    pub locals: Vec<Local>,
    /// The closures.
    pub closures: Vec<Closure>,
    /// The values given back, one list per `return`.
    pub returns: Vec<Vec<ExprId>>,
    /// Assignments to what is not a local.
    pub stores: Vec<Store>,
    /// The run of its expressions.
    pub exprs: (u32, u32),
    /// Where it stands.
    pub span: Range,
    /// Whether something outside of the code calls it: an annotation, a decorator, a framework's convention.
    pub registered: bool,
}

/// One local: a variable, a constant, a parameter or a receiver. Two of one name in two blocks are two locals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Its name.
    pub name: CompactString,
    /// Its type where one is written.
    pub ty: Option<TypeRef>,
    /// Where its values come from.
    pub defs: Vec<Def>,
}

/// Where a value of a local comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Def {
    /// The `result`-th value of an expression.
    Value {
        /// The expression.
        expr: ExprId,
        /// Which of its results.
        result: u16,
    },
    /// An element of what the expression gives.
    Element(ExprId),
    /// The first of the two names that a loop over the expression binds: a map's key, a channel's element.
    Key(ExprId),
    /// The zero value of the local's type.
    Zero,
    /// The function's `n`-th parameter.
    Parameter(u16),
    /// The named arguments of the function's calls, all that no parameter takes.
    Named,
    /// The function's receiver.
    Receiver,
    /// The `index`-th parameter of a closure.
    ClosureParameter {
        /// Which closure of the function.
        closure: u32,
        /// Which of its parameters.
        index: u16,
    },
    /// Whatever a call stores through the address it is given.
    Address {
        /// The call.
        call: ExprId,
        /// Which argument is the address.
        argument: u16,
    },
}

/// A function without a name. Its body belongs to the function around it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Its parameters.
    pub parameters: Vec<LocalId>,
    /// The values given back, one list per `return`.
    pub returns: Vec<Vec<ExprId>>,
}

/// An assignment to a field, an element, a global, or through a pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Store {
    /// What is assigned to.
    pub target: ExprId,
    /// What is assigned.
    pub value: ExprId,
    /// Which of its results.
    pub result: u16,
}

/// A name declared at the top of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Global {
    /// Its name.
    pub name: CompactString,
    /// Its type where one is written.
    pub ty: Option<TypeRef>,
    /// Its values, each with the index of the result; they belong to the file's first function.
    pub values: Vec<(ExprId, u16)>,
}

/// A declared type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TypeDecl {
    /// Its name.
    pub name: CompactString,
    /// What it is.
    pub ty: TypeRef,
    /// Annotations with their texts, for languages that have them.
    pub notes: Vec<Note>,
    /// Where it stands.
    pub span: Range,
}

/// An annotation or decorator with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its name.
    pub name: CompactString,
    /// Its arguments: a name, empty for a positional one, and the expression.
    pub arguments: Vec<(CompactString, ExprId)>,
    /// Where it stands.
    pub span: Range,
}

/// A type as it is written. Pointers and type arguments are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TypeRef {
    /// A name, with the alias of the import it comes from.
    Name {
        /// The import's alias.
        qualifier: Option<CompactString>,
        /// The name.
        name: CompactString,
    },
    /// A list, an array, a channel.
    List(Box<Self>),
    /// A map, by the type of its values.
    Map(Box<Self>),
    /// A structure or class.
    Struct(Vec<Field>),
    /// An interface.
    Interface {
        /// Its methods.
        methods: Vec<Signature>,
        /// The interfaces it takes in.
        embeds: Vec<Self>,
    },
    /// A function, by its results.
    Function(Vec<Self>),
    /// Anything else.
    Unknown,
}

/// A field of a structure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// Its name; of an embedded field the name of its type.
    pub name: CompactString,
    /// Its type.
    pub ty: TypeRef,
    /// Whether its own fields and methods are taken in.
    pub embedded: bool,
    /// The text behind it (Go's struct tags).
    pub tag: Option<CompactString>,
}

/// A method of an interface.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Its name.
    pub name: CompactString,
    /// How many parameters it takes.
    pub arity: u16,
    /// The types of its results.
    pub results: Vec<TypeRef>,
}

/// One expression.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expr {
    /// A text.
    Text(CompactString),
    /// A number, as it is written.
    Number(CompactString),
    /// A local.
    Local(LocalId),
    /// A name that is not a local.
    Name(CompactString),
    /// A part of a value, or a name of an import.
    Member {
        /// The whole.
        of: ExprId,
        /// The part's name.
        name: CompactString,
    },
    /// A call.
    Call {
        /// What is called.
        callee: ExprId,
        /// What is passed.
        arguments: Box<[Argument]>,
    },
    /// Two texts, one behind the other.
    Concat(ExprId, ExprId),
    /// Texts and values in one text, one behind the other.
    Format(Vec<ExprId>),
    /// A value of a structure, a list or a map, written out.
    Composite {
        /// Its type.
        ty: Box<TypeRef>,
        /// Its parts.
        parts: Box<[Part]>,
    },
    /// A new value of a class, with the arguments of its constructor.
    New {
        /// The class.
        ty: Box<TypeRef>,
        /// What is passed.
        arguments: Box<[Argument]>,
    },
    /// An element.
    Index {
        /// Of what.
        of: ExprId,
        /// Which.
        key: ExprId,
    },
    /// A closure of the function.
    Closure(u32),
    /// The address of a value.
    Address(ExprId),
    /// What an address leads to.
    Deref(ExprId),
    /// One of several values.
    Choice(Vec<ExprId>),
    /// A value taken as another type.
    Cast {
        /// The value.
        of: ExprId,
        /// The type.
        ty: Box<TypeRef>,
    },
    /// A type as a value.
    Type(Box<TypeRef>),
    /// Anything else; what stands in it has its own places in the run.
    Other,
}

/// One argument of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name, for languages that have named arguments; `**` for a map of them.
    pub name: Option<Box<str>>,
    /// What is passed.
    pub value: ExprId,
    /// Whether it is a list whose elements are passed one by one.
    pub spread: bool,
}

/// One part of a value that is written out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The field's name, where one is written.
    pub field: Option<CompactString>,
    /// The key's expression, where one is written that may not be a field.
    pub key: Option<ExprId>,
    /// The value.
    pub value: ExprId,
}

/// A comment that speaks to the scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    /// What it says.
    pub directive: Directive,
    /// Where it stands.
    pub span: Range,
    /// The function it belongs to: an index into [`Facts::functions`]; none for the whole file's package.
    pub function: Option<u32>,
}

/// What a comment asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Directive {
    /// These services are called from here: names or globs, each with its place.
    Calls(Vec<(String, Range)>),
    /// The calls here whose target cannot be told need no rule, for a reason.
    Ignore(String),
    /// A comment that begins like one of ours and cannot be understood.
    Malformed(String),
}

impl Facts {
    /// The expression with this id.
    #[must_use]
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.0 as usize]
    }

    /// What the file says about others: its package, its imports, its comments, and what could not be parsed. The rest
    /// is left out.
    #[must_use]
    pub fn header(&self) -> Self {
        Self {
            package: self.package.clone(),
            imports: self.imports.clone(),
            comments: self.comments.clone(),
            faults: self.faults.clone(),
            constraint: self.constraint.clone(),
            ..Self::default()
        }
    }

    /// Where the expression with this id stands.
    #[must_use]
    pub fn span(&self, id: ExprId) -> Range {
        self.spans[id.0 as usize]
    }

    /// Whether every index in the facts leads somewhere: what a cache gives back is checked before it is used.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let exprs = self.exprs.len();
        let ok = |id: ExprId| (id.0 as usize) < exprs;
        let ordered = |range: (u32, u32)| range.0 <= range.1 && range.1 as usize <= exprs;
        let functions = self.functions.iter().all(|function| {
            let locals = function.locals.len();
            let local = |id: &LocalId| (id.0 as usize) < locals;
            let def = |def: &Def| match *def {
                Def::Value { expr, .. } | Def::Element(expr) | Def::Key(expr) => ok(expr),
                Def::Address { call, .. } => ok(call),
                Def::ClosureParameter { closure, .. } => (closure as usize) < function.closures.len(),
                Def::Zero | Def::Parameter(_) | Def::Named | Def::Receiver => true,
            };
            let run = function.exprs.0 as usize..(function.exprs.1 as usize).min(exprs);
            ordered(function.exprs)
                && function.parameters.iter().all(local)
                && function.named_results.iter().all(local)
                && function.locals.iter().all(|local| local.defs.iter().all(def))
                && function.returns.iter().flatten().all(|id| ok(*id))
                && function.closures.iter().all(|closure| {
                    closure.parameters.iter().all(local) && closure.returns.iter().flatten().all(|id| ok(*id))
                })
                && function.stores.iter().all(|store| ok(store.target) && ok(store.value))
                && self.exprs.get(run).is_some_and(|run| {
                    run.iter().all(|expr| match expr {
                        Expr::Local(id) => local(id),
                        Expr::Closure(id) => (*id as usize) < function.closures.len(),
                        _ => true,
                    })
                })
        });
        let exprs_sound = self.exprs.iter().enumerate().all(|(at, expr)| {
            // Children come before their parents, so that no walk over the tree can go round.
            let child = |id: &ExprId| (id.0 as usize) < at;
            match expr {
                Expr::Member { of, .. } | Expr::Address(of) | Expr::Deref(of) | Expr::Cast { of, .. } => child(of),
                Expr::Call { callee, arguments } => child(callee) && arguments.iter().all(|a| child(&a.value)),
                Expr::New { arguments, .. } => arguments.iter().all(|a| child(&a.value)),
                Expr::Concat(a, b) | Expr::Index { of: a, key: b } => child(a) && child(b),
                Expr::Format(parts) | Expr::Choice(parts) => parts.iter().all(child),
                Expr::Composite { parts, .. } => {
                    parts.iter().all(|part| child(&part.value) && part.key.iter().all(child))
                }
                Expr::Text(_)
                | Expr::Number(_)
                | Expr::Local(_)
                | Expr::Name(_)
                | Expr::Closure(_)
                | Expr::Type(_)
                | Expr::Other => true,
            }
        });
        !self.functions.is_empty()
            && self.spans.len() == exprs
            && exprs_sound
            && functions
            && self.globals.iter().all(|global| global.values.iter().all(|(id, _)| ok(*id)))
            && self.types.iter().all(|ty| ty.notes.iter().all(|note| note.arguments.iter().all(|(_, id)| ok(*id))))
            && self.comments.iter().all(|c| c.function.is_none_or(|f| (f as usize) < self.functions.len()))
    }
}
