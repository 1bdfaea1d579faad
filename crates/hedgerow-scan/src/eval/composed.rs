//! Texts that are put together of others: formats, joins, placeholders, addresses with a base.

use super::{Eval, Frame};
use crate::pack::Source;
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::format::{self, Part};
use hedgerow_code::ir::{Argument, Expr, ExprId};
use std::collections::{BTreeMap, BTreeSet};

impl<'p> Eval<'_, 'p> {
    /// The elements of a list that a call is written out as, where that is known: `List.of(a, b)`.
    fn listed_by(&self, frame: &Frame, list: ExprId) -> Option<Vec<ExprId>> {
        let path = self.paths.get(&Site { function: frame.function, expr: list })?;
        let transfer = self.packs.transfer(self.language(frame.function), path)?;
        let Expr::Call { arguments, .. } = self.infer.program.expr(frame.function, list) else { return None };
        let arguments = self.infer.program.arguments(frame.function, *arguments);
        (transfer.gives == Source::Elements).then(|| arguments.iter().map(|argument| argument.value).collect())
    }

    /// Texts, one behind the other, with another one between them; of a list that is not written out, each element for itself.
    pub(super) fn joined(&self, frame: &Frame, between: &Values, texts: &[ExprId]) -> Values {
        let list = |frame: &Frame, texts: &[ExprId]| {
            let mut values = Values::text("");
            for (at, text) in texts.iter().enumerate() {
                values = if at == 0 { values } else { values.then(between) }.then(&self.eval(frame, *text, 0));
            }
            values
        };
        let [only] = texts else { return list(frame, texts) };
        if let Some(texts) = self.listed_by(frame, *only) {
            return list(frame, &texts);
        }
        let given = self.eval(frame, *only, 0);
        let mut values = Values { known: BTreeMap::new(), unknown: given.unknown.clone() };
        for (value, way) in &given.known {
            let parts = match value {
                Value::Made(site, _) => match self.infer.program.expr(site.function, site.expr) {
                    Expr::Composite { parts, .. } => self.infer.program.parts(site.function, *parts),
                    _ => &[],
                },
                _ => &[],
            };
            match value {
                Value::Made(site, chain) if !parts.is_empty() => {
                    let texts: Vec<ExprId> = parts.iter().map(|part| part.value).collect();
                    values.add(&list(&Frame { function: site.function, chain: chain.clone() }, &texts));
                }
                _ => {
                    let one =
                        Values { known: BTreeMap::from([(value.clone(), way.clone())]), unknown: BTreeSet::new() };
                    values.add(&self.elements(&one, None));
                }
            }
        }
        values
    }

    /// A format filled with its arguments.
    pub(super) fn format(&self, frame: &Frame, format: &Values, arguments: &[Argument], source: Source) -> Values {
        let spread = arguments.iter().any(|argument| argument.spread);
        let mut values = Values { known: BTreeMap::new(), unknown: format.unknown.clone() };
        for (template, way) in format.templates() {
            let mut filled = Values::text("");
            let mut next = 0;
            for piece in &template.0 {
                let Piece::Text(text) = piece else {
                    filled = filled.then(&Values::one(Value::Text(Template::piece(piece.clone()))));
                    continue;
                };
                let cut = if source == Source::Braces { format::braces(text) } else { format::verbs(text) };
                for part in cut {
                    let value = match part {
                        Part::Text(text) => Values::text(&text),
                        Part::Next => {
                            next += 1;
                            self.filled(frame, arguments, next - 1, spread)
                        }
                        Part::At(at) => self.filled(frame, arguments, at, spread),
                        Part::Named(name) => {
                            let found = self.named(frame.function, arguments, &name);
                            found.map_or_else(hole, |argument| (*self.eval(frame, argument.value, 0)).clone())
                        }
                    };
                    filled = filled.then(&value);
                }
            }
            for (value, inner) in filled.known {
                let mut way = way.clone();
                way.extend(inner);
                values.known.entry(value).or_insert(way);
            }
            values.unknown.extend(filled.unknown);
        }
        values
    }

    /// `URL.build(scheme="http", host=host, port=port)`; none where no host is named.
    pub(super) fn address(&self, frame: &Frame, arguments: &'p [Argument]) -> Option<Values> {
        let part = |names: &[&str]| names.iter().find_map(|name| self.by_name(frame, arguments, name));
        let host = part(&["host", "hostname"]).filter(|host| !host.is_empty())?;
        let scheme = part(&["scheme", "drivername"]).filter(|scheme| !scheme.is_empty());
        let port = part(&["port"]).filter(|port| !port.is_empty());
        let mut values = scheme.map_or_else(|| Values::text("//"), |scheme| scheme.then(&Values::text("://")));
        values = values.then(&host);
        if let Some(port) = port {
            values = values.then(&Values::text(":")).then(&port);
        }
        Some(values)
    }

    pub(super) fn filled(&self, frame: &Frame, arguments: &[Argument], at: usize, spread: bool) -> Values {
        match arguments.get(at) {
            Some(argument) if !spread => {
                let values = self.eval(frame, argument.value, 0);
                if values.is_empty() { hole() } else { (*values).clone() }
            }
            _ => hole(),
        }
    }
}

/// Anything, from nowhere in particular.
fn hole() -> Values {
    Values::one(Value::Text(Template::piece(Piece::Hole)))
}

/// Addresses seen from a base: those with a host of their own are themselves, the others have the base's.
pub(super) fn resolved(of: &Values, base: &Values) -> Values {
    let mut values = base.clone();
    for (template, way) in of.templates() {
        if matches!(template.0.first(), Some(Piece::Text(text)) if text.contains("://")) {
            values.known.insert(Value::Text(template), way);
        }
    }
    values
}

/// `${name:default}` in texts. A setting that is also an environment variable, as frameworks have it, is asked for as both.
pub(crate) fn placeholders(of: &Values) -> Values {
    let mut values = Values { known: BTreeMap::new(), unknown: of.unknown.clone() };
    for (template, way) in of.templates() {
        let Some(mut rest) = template.constant() else {
            values.known.insert(Value::Text(template), way);
            continue;
        };
        let mut found = Values::text("");
        while let Some((head, tail)) = rest.split_once("${") {
            let Some((inner, tail)) = tail.split_once('}') else { break };
            let (name, default) = inner.split_once(':').map_or((inner, None), |(name, default)| (name, Some(default)));
            let mut value = Values::one(Value::Setting(name.split('.').map(str::to_owned).collect()));
            let variable = name.replace(['.', '-'], "_").to_uppercase();
            value.add(&Values::one(Value::Text(Template::piece(Piece::Environment(variable)))));
            if let Some(default) = default {
                value.add(&Values::text(default));
            }
            found = found.then(&Values::text(head)).then(&value);
            rest = tail;
        }
        values.add(&found.then(&Values::text(rest)));
    }
    values
}
