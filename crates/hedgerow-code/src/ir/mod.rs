//! The facts of one file: the small language that every front end translates into.
//!
//! The facts hold no idea of services, sinks or deploys; they say what is declared, what is assigned and what is
//! called, so that they depend on the file's bytes alone and can be kept in a cache under the hash of its content.
//! They are insensitive to the order of statements: a local has the set of its definitions.
//!
//! A scan holds the facts of a whole tree at once. So they are flat: what belongs to an expression or a function is a
//! [`Run`] of a long list of the file, a name in it is a [`Word`] of one long text, and a written type is the index of a
//! list. Whoever holds one of these asks the [`Facts`] it comes from.

mod components;
mod read;
mod sound;

use compact_str::CompactString;
pub use components::Components;
use serde::{Deserialize, Serialize};

/// Changes whenever the meaning or the shape of [`Facts`] changes: part of every cache key.
pub const VERSION: u32 = 23;

/// The name of an import by which Django loads its settings: `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")`. No name
/// of a program is like it.
pub const DJANGO_SETTINGS: &str = "<settings>";

/// The field of a part that is a map whose parts are all taken in: `{**base}`, `{...base}`.
pub const ALL: &str = "**";

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

/// The index of a local among those of its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LocalId(pub u32);

/// The index of a written type in [`Facts::written`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TypeRefId(pub u32);

/// A run of one of the lists of [`Facts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub struct Run {
    /// The index of the first.
    pub start: u32,
    /// The index after the last.
    pub end: u32,
}

/// A name or a text: a stretch of [`Facts::text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Default)]
pub struct Word {
    /// Its first byte there.
    pub start: u32,
    /// How many bytes it has.
    pub length: u32,
}

/// What one file says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// The package's name as the file gives it; empty where the language has none.
    pub package: String,
    /// What the file imports.
    pub imports: Vec<Import>,
    /// What it imports for its types alone, by the path: nothing of that is loaded when the file runs.
    pub types_only: Vec<CompactString>,
    /// The names that it gives on: others', or its own by another name.
    pub exports: Vec<Export>,
    /// The whole names of what the file declares, for languages whose files use each other's names without an import.
    pub declares: Vec<CompactString>,
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
    /// The arguments of all calls.
    pub arguments: Vec<Argument>,
    /// The parts of all values that are written out.
    pub parts: Vec<Part>,
    /// Lists of expressions: those of a text in pieces, those of a choice, what a `return` gives.
    pub lists: Vec<ExprId>,
    /// The written types.
    pub written: Vec<TypeRef>,
    /// The locals of all functions.
    pub locals: Vec<Local>,
    /// The definitions of all locals.
    pub defs: Vec<Def>,
    /// The parameters and the named results of all functions and closures.
    pub parameters: Vec<LocalId>,
    /// The types of the results of all functions.
    pub results: Vec<TypeRefId>,
    /// What each `return` gives: runs of `lists`.
    pub returns: Vec<Run>,
    /// Assignments to what is not a local, of all functions.
    pub stores: Vec<Store>,
    /// The closures of all functions.
    pub closures: Vec<Closure>,
    /// The words, one behind the other.
    pub text: String,
    /// What code that describes a deploy gives to services.
    pub grants: Vec<Grant>,
    /// The comments that speak to the scan.
    pub comments: Vec<Comment>,
    /// What the file says to a container of components, for languages that have those.
    pub components: Components,
    /// What is called with types between angle brackets, in order, where the language tells methods apart by that.
    pub typed: Vec<ExprId>,
    /// Stretches that the parser could not make sense of.
    pub faults: Vec<Range>,
    /// The build constraint, as the file writes it; of a script, the directive that it begins with: `"use client"`.
    pub constraint: Option<String>,
    /// How many lines the file has.
    pub lines: u32,
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

/// A name that a file gives to whoever imports it, and does not declare: `export { a as b } from "./c"`. In Python what a module imports is
/// given on; where it declares the same name as well, either may be what the name means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// The name that others ask for; `*` for all that the other module gives.
    pub name: CompactString,
    /// The module that it is from, as an import names it; none for a name of the file itself.
    pub path: Option<CompactString>,
    /// The name there; none for the whole module.
    pub of: Option<CompactString>,
}

/// One function or method.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name; empty for what runs when the file is loaded.
    pub name: CompactString,
    /// The type it is a method of.
    pub receiver: Option<CompactString>,
    /// The parameters, in order, without the receiver: a run of [`Facts::parameters`].
    pub parameters: Run,
    /// Whether the last parameter takes any number of arguments.
    pub variadic: bool,
    /// The types of the results: a run of [`Facts::results`].
    pub results: Run,
    /// The locals that stand for named results: a run of [`Facts::parameters`].
    pub named_results: Run,
    /// The locals, those of closures included: a run of [`Facts::locals`].
    pub locals: Run,
    /// The closures: a run of [`Facts::closures`].
    pub closures: Run,
    /// The values given back: a run of [`Facts::returns`].
    pub returns: Run,
    /// Assignments to what is not a local: a run of [`Facts::stores`].
    pub stores: Run,
    /// Its expressions: a run of [`Facts::exprs`].
    pub exprs: Run,
    /// Where it stands.
    pub span: Range,
    /// Whether something outside of the code calls it: an annotation, a decorator, a framework's convention.
    pub registered: bool,
    /// Whether code of other files sees it, for languages that say so.
    pub exported: bool,
    /// Whether it is a method that is read like a field.
    pub property: bool,
    /// The types that it is made for, where its language tells methods apart by that.
    pub generic: Generic,
}

/// Whether a function is written for types that its callers choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Generic {
    /// No.
    #[default]
    No,
    /// Its parameters tell them.
    Told,
    /// Its callers write them: no parameter tells all of them.
    Written,
}

/// One local: a variable, a constant, a parameter or a receiver. Two of one name in two blocks are two locals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Local {
    /// Its name.
    pub name: Word,
    /// Its type where one is written.
    pub ty: Option<TypeRefId>,
    /// Where its values come from: a run of [`Facts::defs`].
    pub defs: Run,
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closure {
    /// Its parameters: a run of [`Facts::parameters`].
    pub parameters: Run,
    /// The values given back: a run of [`Facts::returns`].
    pub returns: Run,
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
    pub ty: Option<TypeRefId>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expr {
    /// A text.
    Text(Word),
    /// A number, as it is written.
    Number(Word),
    /// A local.
    Local(LocalId),
    /// A name that is not a local.
    Name(Word),
    /// A part of a value, or a name of an import.
    Member {
        /// The whole.
        of: ExprId,
        /// The part's name.
        name: Word,
    },
    /// A call.
    Call {
        /// What is called.
        callee: ExprId,
        /// What is passed: a run of [`Facts::arguments`].
        arguments: Run,
    },
    /// Two texts, one behind the other.
    Concat(ExprId, ExprId),
    /// Texts and values in one text, one behind the other: a run of [`Facts::lists`].
    Format(Run),
    /// A value of a structure, a list or a map, written out.
    Composite {
        /// Its type.
        ty: TypeRefId,
        /// Its parts: a run of [`Facts::parts`].
        parts: Run,
    },
    /// A new value of a class, with the arguments of its constructor.
    New {
        /// The class.
        ty: TypeRefId,
        /// What is passed: a run of [`Facts::arguments`].
        arguments: Run,
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
    /// The value that a method runs on, as one of the class that its own extends: `super`, `base`.
    Super(ExprId),
    /// The class of a value, as a value: `type(self)`, the `cls` of a class method.
    Class(ExprId),
    /// A part of a value by a name that is a value itself: `getattr(client, verb)`.
    Attribute {
        /// The whole.
        of: ExprId,
        /// The part's name.
        name: ExprId,
    },
    /// One of several values: a run of [`Facts::lists`].
    Choice(Run),
    /// A value taken as another type.
    Cast {
        /// The value.
        of: ExprId,
        /// The type.
        ty: TypeRefId,
    },
    /// A type as a value.
    Type(TypeRefId),
    /// Anything else; what stands in it has its own places in the run.
    Other,
}

/// One argument of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Argument {
    /// Its name, for languages that have named arguments; `**` for a map of them.
    pub name: Option<Word>,
    /// What is passed.
    pub value: ExprId,
    /// Whether it is a list whose elements are passed one by one.
    pub spread: bool,
}

/// One part of a value that is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The field's name, where one is written.
    pub field: Option<Word>,
    /// The key's expression, where one is written that may not be a field.
    pub key: Option<ExprId>,
    /// The value.
    pub value: ExprId,
}

/// What code that describes a deploy gives to a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The name of the service there.
    pub to: CompactString,
    /// What it is given.
    pub gift: Gift,
    /// Where that is said.
    pub span: Range,
}

/// What code that describes a deploy says of a service or gives to it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Gift {
    /// It is the program of a project: the project's name, as an identifier.
    Project(String),
    /// It is a program of the machine that the host runs on, and begins in this directory, from the host's own; empty where that is not
    /// known.
    Program(String),
    /// It answers at this port of the machine that all services run on.
    Port(u16),
    /// It is given an environment variable.
    Variable {
        /// The variable.
        name: CompactString,
        /// Its value.
        value: String,
        /// The method that makes the data store or the broker that it leads to (`AddRedis`); empty where it leads to none.
        maker: String,
    },
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
