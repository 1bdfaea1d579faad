//! Lists that grow, and several things at once.

use super::call::{Call, member_of};
use super::meaning::{MAX_LIST, Meaning};
use super::scope::Scope;
use super::{Hosting, NAMES_A_STEP};
use crate::frontend::build::children;
use tree_sitter::Node;

/// Names of types whose objects are lists of what is added to them.
const LISTS: &[&str] = &[
    "Collection",
    "ConcurrentBag",
    "ConcurrentDictionary",
    "ConcurrentQueue",
    "Dictionary",
    "HashSet",
    "LinkedList",
    "List",
    "ObservableCollection",
    "Queue",
    "SortedDictionary",
    "SortedList",
    "SortedSet",
    "Stack",
];

/// Names of methods that add to a list.
const ADDS: &[&str] =
    &["Add", "AddFirst", "AddLast", "AddRange", "Enqueue", "Insert", "InsertRange", "Push", "TryAdd", "UnionWith"];

/// Names of methods that make a longer list.
const MORE: &[&str] = &["Append", "Concat", "Prepend", "Union"];

/// Whether a type is one of lists: `List<R>`, `R[]`, `System.Collections.Generic.HashSet<R>`.
pub(super) fn is_list_type(ty: &str) -> bool {
    let bare = ty.split('<').next().unwrap_or_default();
    ty.ends_with(']') || LISTS.contains(&bare.rsplit('.').next().unwrap_or_default().trim())
}

impl<'n> Hosting<'_, '_, 'n> {
    /// A call that adds to a list, or makes a longer one of it; nothing, if it is no such call.
    pub(super) fn added(
        &mut self,
        method: &str,
        call: &Call<'n>,
        scope: &mut Scope<'n>,
    ) -> Option<Option<Meaning<'n>>> {
        let of = call.of.as_ref().filter(|of| of.is_list())?;
        if !ADDS.contains(&method) && !MORE.contains(&method) {
            return None;
        }
        let (on, _) = member_of(call.node.child_by_field_name("function")?)?;
        let last = call.arguments.last().and_then(|argument| argument.meaning.as_ref());
        let is_many = method.ends_with("Range") || matches!(method, "Concat" | "Union" | "UnionWith");
        let new: Vec<Meaning<'n>> = match last {
            Some(list) if is_many => list.elements(),
            last => last.cloned().into_iter().collect(),
        };
        if ADDS.contains(&method) {
            self.add(on, new, scope);
            return Some(None);
        }
        let all = of.elements().into_iter().chain(new).collect();
        Some(self.list_of(call.node, all))
    }

    /// Adds to the list that a variable or a field holds, if it holds one.
    pub(super) fn add(&mut self, on: Node<'n>, new: Vec<Meaning<'n>>, scope: &mut Scope<'n>) {
        let Some(known) = self.meaning(on, scope).filter(Meaning::is_list) else { return };
        let mut all = known.elements();
        for one in new {
            if !all.iter().any(|known| known.is(&one)) {
                all.push(one);
            }
        }
        let list = Meaning::List(all.into());
        let size = list.size();
        if size > MAX_LIST {
            self.fault(on);
        } else if self.step(on, size / NAMES_A_STEP) {
            self.set(on, Some(list), scope);
        }
    }

    /// `(emoji, to: ledger)`
    pub(super) fn tuple(&mut self, node: Node<'n>, scope: &mut Scope<'n>) -> Option<Meaning<'n>> {
        let mut all = Vec::new();
        for argument in children(node) {
            let name = self.builder.field(argument, "name");
            let value = children(argument).last().and_then(|value| self.meaning(*value, scope));
            all.push((name, value));
        }
        Some(Meaning::Tuple(all.into()))
    }

    /// What a part of a tuple is, by its name or as `Item1`.
    pub(super) fn element(all: &[(String, Option<Meaning<'n>>)], name: &str) -> Option<Meaning<'n>> {
        let by_place = name.strip_prefix("Item").and_then(|place| place.parse::<usize>().ok());
        let by_place = by_place.and_then(|place| all.get(place.checked_sub(1)?));
        all.iter().find(|(known, _)| known == name).or(by_place)?.1.clone()
    }

    /// Says what names are that take what something is: a variable, or several of a tuple, `var (a, b)`, `(a, b)`.
    pub(super) fn bind(&mut self, names: Node<'n>, value: Option<Meaning<'n>>, scope: &mut Scope<'n>) {
        if !self.enter(names) {
            return;
        }
        match names.kind() {
            "tuple_pattern" | "tuple_expression" => {
                let parts = children(names);
                let count = parts.len();
                for (at, part) in parts.into_iter().enumerate() {
                    let part = match part.kind() {
                        "argument" => children(part).last().copied().unwrap_or(part),
                        _ => part,
                    };
                    let each = value.iter().flat_map(Meaning::each).filter_map(|one| match one {
                        Meaning::Tuple(all) => all.get(at)?.1.clone(),
                        // Of a dictionary, the values are known.
                        one => (count == 2 && at == 1).then_some(one),
                    });
                    let each = each.collect();
                    let value = self.one_of(names, each);
                    if names.kind() == "tuple_pattern" && part.kind() == "identifier" {
                        self.declare(part, self.builder.slice(part), value, scope);
                    } else {
                        self.bind(part, value, scope);
                    }
                }
            }
            "declaration_expression" => {
                if let Some(name) = names.child_by_field_name("name") {
                    self.declare(name, self.builder.slice(name), value, scope);
                }
            }
            _ => {
                self.set(names, value, scope);
            }
        }
        self.leave();
    }
}
