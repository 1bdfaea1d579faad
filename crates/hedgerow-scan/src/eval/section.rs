//! Parts of the configuration that code asks for by `A:B`, as .NET has it.

use super::{Eval, Frame, packs};
use crate::pack::Source;
use crate::program::{Owner, TypeId};
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::frontend::OPTIONS;
use hedgerow_code::ir::{ExprId, Field};
use std::collections::{BTreeMap, BTreeSet};

impl<'p> Eval<'_, 'p> {
    /// The part under a key of another part, or of the whole configuration where `of` is none.
    pub(super) fn section(&self, frame: &Frame, of: Option<ExprId>, key: &Values, source: Source) -> Values {
        let mut roots = BTreeSet::new();
        if let Some(of) = of {
            let base = self.eval(frame, of, 0);
            roots.extend(base.known.keys().filter_map(|value| match value {
                Value::Setting(path) => Some(path.clone()),
                _ => None,
            }));
        }
        if roots.is_empty() {
            roots.insert(Vec::new());
        }
        let under: &[String] = match source {
            Source::ConnectionString => &["ConnectionStrings".to_owned()],
            _ => &[],
        };
        let mut values = Values { known: BTreeMap::new(), unknown: key.unknown.clone() };
        for (template, way) in key.templates() {
            let Some(name) = template.constant() else {
                values.known.insert(Value::Text(Template::piece(Piece::Hole)), way);
                continue;
            };
            for root in &roots {
                let names: Vec<String> = name.split([':', '.']).map(str::to_owned).collect();
                values.known.insert(Value::Setting([root.as_slice(), under, &names].concat()), way.clone());
            }
        }
        values
    }

    /// `configuration["A:B"]`
    pub(super) fn section_index(&self, frame: &Frame, of: ExprId, key: ExprId) -> Option<Values> {
        let path = self.infer.origin(frame.function, of)?;
        let transfer = self.packs.transfer(self.language(frame.function), &path)?;
        let is_section = transfer.gives == Source::Section;
        is_section.then(|| self.section(frame, Some(of), &self.eval(frame, key, 0), Source::Section))
    }

    /// What fills a field of a class that the configuration fills.
    pub(super) fn options_field(&self, id: TypeId, name: &str, field: Option<&'p Field>) -> Values {
        let mut values = Values::default();
        for stored in self.reach.fields.get(&(Owner::Type(id), OPTIONS)).into_iter().flatten() {
            for (value, way) in self.stored(*stored).known {
                if let Value::Setting(path) = value {
                    let found = packs::setting(&path, name, field);
                    values.known.extend(found.into_iter().map(|value| (value, way.clone())));
                }
            }
        }
        values
    }
}
