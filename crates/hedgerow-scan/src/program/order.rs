//! The order in which a class looks for a method in those that it extends, for languages where it may extend several: Python's C3.

use super::{Found, Program, Ty, TypeId, index};
use hedgerow_code::ir::TypeRef;
use std::collections::{BTreeMap, BTreeSet};

/// How many classes an order may have; more are not written by people.
const MAX_ORDER: usize = 64;

/// A class in an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Class {
    /// One of the tree.
    Declared(TypeId),
    /// One from outside, by its path.
    External(String),
}

/// The orders of the classes that extend several, themselves or by those that they extend.
#[derive(Debug, Default)]
pub(super) struct Orders {
    of: BTreeMap<TypeId, Vec<Class>>,
    /// Whom each class is in the order of, besides itself.
    below: BTreeMap<TypeId, Vec<TypeId>>,
    /// The classes that others extend.
    extended: BTreeSet<TypeId>,
}

impl<'p> Program<'p> {
    /// Finds the orders.
    pub(super) fn add_orders(&mut self) {
        let mut known: BTreeMap<TypeId, Vec<Class>> = BTreeMap::new();
        let mut orders = Orders::default();
        let all: Vec<TypeId> = (0..index(self.types.len())).map(TypeId).collect();
        for id in all.into_iter().filter(|id| self.semantics(self.ty(*id).0).orders_bases()) {
            orders.extended.extend(self.declared_bases(id));
            let order = self.order_of(id, &mut known, &mut Vec::new());
            if self.is_mixed(&order) {
                for class in &order {
                    if let Class::Declared(above) = class
                        && *above != id
                    {
                        orders.below.entry(*above).or_default().push(id);
                    }
                }
                orders.of.insert(id, order);
            }
        }
        self.orders = orders;
    }

    /// The classes that one says it extends.
    fn bases(&self, id: TypeId) -> Vec<Class> {
        let (file, decl) = self.ty(id);
        let TypeRef::Struct(fields) = &decl.ty else { return Vec::new() };
        let bases = fields.iter().filter(|field| field.embedded).filter_map(|field| {
            let ty = Ty::Written { file, r: &field.ty };
            self.type_id(ty).map(Class::Declared).or_else(|| self.external(ty).map(Class::External))
        });
        bases.collect()
    }

    /// The classes of the tree that one says it extends.
    pub(crate) fn declared_bases(&self, id: TypeId) -> Vec<TypeId> {
        let declared = |base| match base {
            Class::Declared(id) => Some(id),
            Class::External(_) => None,
        };
        self.bases(id).into_iter().filter_map(declared).collect()
    }

    /// A class and those of the tree that it extends, in the order in which it looks for a name.
    pub(crate) fn order(&self, id: TypeId) -> Vec<TypeId> {
        let Some(order) = self.orders.of.get(&id) else {
            let above = |id: &TypeId| self.declared_bases(*id).first().copied();
            return std::iter::successors(Some(id), above).take(MAX_ORDER).collect();
        };
        let declared = |class: &Class| match class {
            Class::Declared(id) => Some(*id),
            Class::External(_) => None,
        };
        order.iter().filter_map(declared).collect()
    }

    /// The paths of those from outside.
    pub(crate) fn outside_bases(&self, id: TypeId) -> Vec<String> {
        let outside = |base| match base {
            Class::Declared(_) => None,
            Class::External(path) => Some(path),
        };
        self.bases(id).into_iter().filter_map(outside).collect()
    }

    /// Whether one of an order extends several.
    fn is_mixed(&self, order: &[Class]) -> bool {
        order.iter().any(|class| matches!(class, Class::Declared(id) if self.bases(*id).len() > 1))
    }

    fn order_of(&self, id: TypeId, known: &mut BTreeMap<TypeId, Vec<Class>>, open: &mut Vec<TypeId>) -> Vec<Class> {
        if let Some(order) = known.get(&id) {
            return order.clone();
        }
        if open.contains(&id) || open.len() >= MAX_ORDER {
            return Vec::new();
        }
        open.push(id);
        let bases = self.bases(id);
        let mut lists: Vec<Vec<Class>> = bases
            .iter()
            .map(|base| match base {
                Class::Declared(base) => self.order_of(*base, known, open),
                Class::External(_) => vec![base.clone()],
            })
            .collect();
        open.pop();
        lists.push(bases);
        let order = [vec![Class::Declared(id)], merged(lists)].concat();
        known.insert(id, order.clone());
        order
    }

    /// Whether others extend a class.
    pub(crate) fn is_extended(&self, id: TypeId) -> bool {
        self.orders.extended.contains(&id)
    }

    /// The classes that extend one, if some of them extend others besides, so that these may come behind it.
    pub(crate) fn mixed_below(&self, id: TypeId) -> &[TypeId] {
        self.orders.below.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The method behind those of the class `after`, in the order of the class `of`; none where that class has no order of its own.
    pub(crate) fn behind(&self, of: TypeId, after: TypeId, name: &str) -> Option<Option<Found<'p>>> {
        let order = self.orders.of.get(&of)?;
        let at = order.iter().position(|class| *class == Class::Declared(after))?;
        let behind = &order[at + 1..];
        let declared = behind.iter().find_map(|class| match class {
            Class::Declared(id) => self.own_method(*id, name),
            Class::External(_) => None,
        });
        // A class from outside may have any method; one of the tree that has it is the better answer.
        Some(declared.map(Found::Function).or_else(|| {
            behind.iter().find_map(|class| match class {
                Class::Declared(_) => None,
                Class::External(path) => Some(Found::External(path.clone())),
            })
        }))
    }

    /// The names of the methods that a class has, its own and those of what it extends in the tree.
    pub(crate) fn method_names(&self, id: TypeId) -> BTreeSet<&'p str> {
        let mut names = BTreeSet::new();
        let mut open = vec![id];
        let mut seen = BTreeSet::new();
        while let Some(id) = open.pop().filter(|_| seen.len() < MAX_ORDER) {
            if seen.insert(id) {
                names.extend(self.own_methods(id).map(|(name, _)| name));
                open.extend(self.declared_bases(id));
            }
        }
        names
    }

    /// The class of the tree whose method a class has that looks in several.
    pub(super) fn declarer(&self, id: TypeId, name: &str) -> Option<TypeId> {
        self.orders.of.get(&id)?.iter().find_map(|class| match class {
            Class::Declared(id) => self.own_method(*id, name).map(|_| *id),
            Class::External(_) => None,
        })
    }
}

/// Puts orders together: each class before those that any of the orders has behind it. Where that cannot be, which Python refuses, in the
/// order in which they come.
fn merged(mut lists: Vec<Vec<Class>>) -> Vec<Class> {
    let mut found: Vec<Class> = Vec::new();
    loop {
        lists.retain(|list| !list.is_empty());
        if lists.is_empty() || found.len() >= MAX_ORDER {
            return found;
        }
        let is_behind = |class: &Class| lists.iter().any(|list| list[1..].contains(class));
        let next = lists.iter().map(|list| &list[0]).find(|class| !is_behind(class)).unwrap_or(&lists[0][0]).clone();
        for list in &mut lists {
            list.retain(|class| *class != next);
        }
        found.push(next);
    }
}
