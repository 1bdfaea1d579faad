//! What the packs say about calls: targets of sinks, and functions that pass texts on.

use super::composed::{placeholders, resolved};
use super::{Eval, Frame};
use crate::pack::{Gives, Place, Source, Target, Transfer};
use crate::program::FnId;
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::ir::{Argument, Expr, ExprId, Field};
use std::collections::{BTreeMap, BTreeSet};

impl<'p> Eval<'_, 'p> {
    /// What the packs say about a call; none where they do not know it.
    pub(super) fn packs_call(
        &self,
        frame: &Frame,
        site: Site,
        arguments: &'p [Argument],
        result: u16,
    ) -> Option<Values> {
        let language = self.language(frame.function);
        let path = self.paths.get(&site)?;
        if let Some((sink, _)) = self.packs.sink(language, path)
            && sink.gives == Some(Gives::Connection)
            && let Some(target) = &sink.target
        {
            let target = self.target_in(frame, site, target);
            let templates = target.templates().into_keys().collect();
            return Some(Values {
                known: BTreeMap::from([(Value::Connection(site, templates), Vec::new())]),
                unknown: target.unknown,
            });
        }
        let transfer = match self.packs.transfer(language, path)? {
            // `process.env.LEDGER_URL.replace(/x/, "")`: a method of what the variable holds is no variable.
            transfer if transfer.gives == Source::Environment => match self.method_of_variable(frame, site) {
                Some(method) => self.packs.transfer(language, &format!("?.{method}"))?,
                None => transfer,
            },
            transfer => transfer,
        };
        let (callee, arguments) = match self.infer.program.expr(site.function, site.expr) {
            Expr::Call { callee, arguments } => (*callee, self.infer.program.arguments(site.function, *arguments)),
            Expr::New { arguments, .. } => (site.expr, self.infer.program.arguments(site.function, *arguments)),
            _ => (site.expr, arguments),
        };
        Some(self.transfer(frame, transfer, callee, arguments, result, site))
    }

    /// The name of the method that is called, if it is one of the text that a variable holds.
    fn method_of_variable(&self, frame: &Frame, site: Site) -> Option<&'p str> {
        let program = self.infer.program;
        let Expr::Call { callee, .. } = program.expr(site.function, site.expr) else { return None };
        let Expr::Member { of, name } = program.expr(site.function, *callee) else { return None };
        let is_variable = |piece: &Piece| matches!(piece, Piece::Environment(_));
        let holds = |value: &Value| matches!(value, Value::Text(text) if text.0.iter().any(is_variable));
        self.eval(frame, *of, 0).known.keys().any(holds).then(|| program.word(site.function, *name))
    }

    pub(super) fn target_in(&self, frame: &Frame, site: Site, target: &Target) -> Values {
        let program = self.infer.program;
        let (Expr::Call { arguments, .. } | Expr::New { arguments, .. }) = program.expr(site.function, site.expr)
        else {
            return Values::lost(site);
        };
        let arguments = program.arguments(site.function, *arguments);
        match target {
            Target::Receiver(_) => self.called_on(frame, site).unwrap_or_else(|| Values::lost(site)),
            Target::Argument(at) => self.positional(frame, arguments, usize::from(*at)).unwrap_or_default(),
            Target::Named(name) => self.by_name(frame, arguments, name).unwrap_or_default(),
            Target::Any(targets) => {
                let mut found = targets.iter().map(|target| self.target_in(frame, site, target));
                found.find(|values| !values.is_empty()).unwrap_or_default()
            }
            Target::Option { option, argument } => {
                let mut values = Values::default();
                for passed in arguments {
                    let inner = Site { function: site.function, expr: passed.value };
                    if self.paths.get(&inner).is_some_and(|path| option.fits(path)) {
                        values.add(&self.target_in(frame, inner, &Target::Argument(*argument)));
                    }
                }
                if values.is_empty() { Values::lost(site) } else { values }
            }
            Target::Network { network, argument } => {
                let Some(address) = self.positional(frame, arguments, usize::from(*argument)) else {
                    return Values::default();
                };
                let unix = self.positional(frame, arguments, usize::from(*network)).is_some_and(|network| {
                    let mut names = network.known.keys().map(|value| matches!(value, Value::Text(text) if text.constant().is_some_and(|name| name.starts_with("unix"))));
                    network.unknown.is_empty() && !network.known.is_empty() && names.all(|is_unix| is_unix)
                });
                if unix { Values::text("unix:").then(&address) } else { address }
            }
            Target::ConnectionString { connection_string } => {
                let Some(name) = self.positional(frame, arguments, usize::from(*connection_string)) else {
                    return Values::default();
                };
                let mut values = self.section(frame, None, &name, Source::ConnectionString);
                values.add(&name);
                values
            }
            Target::Field { argument, field } => {
                let Some(passed) = arguments.get(usize::from(*argument)) else { return Values::default() };
                let mut values = Values::default();
                for value in self.eval(frame, passed.value, 0).known.keys() {
                    match value {
                        Value::Made(made, chain) => match self.part(*made, chain, field) {
                            Some(found) => values.add(&found),
                            None => values.add(&self.fields_of_elements(*made, chain, field)),
                        },
                        // A structure that the configuration fills.
                        Value::Setting(path) if !path.is_empty() => {
                            values.add(&Values::one(Value::Setting(
                                [path.as_slice(), std::slice::from_ref(field)].concat(),
                            )));
                        }
                        _ => {}
                    }
                }
                values
            }
        }
    }

    /// A field of the elements of a list that is written out: `[{host: "a"}, {host: "b"}]`.
    fn fields_of_elements(&self, list: Site, chain: &[Site], field: &str) -> Values {
        let program = self.infer.program;
        let mut values = Values::default();
        let Expr::Composite { parts, .. } = program.expr(list.function, list.expr) else { return values };
        let frame = Frame { function: list.function, chain: chain.to_vec() };
        let elements = program.parts(list.function, *parts).iter().filter(|p| p.field.is_none() && p.key.is_none());
        for element in elements {
            for value in self.eval(&frame, element.value, 0).known.keys() {
                if let Value::Made(made, chain) = value {
                    values.add(&self.part(*made, chain, field).unwrap_or_default());
                }
            }
        }
        values
    }

    /// Of lists that are written out their elements: `brokers: ["a:1", "b:1"]`.
    pub(super) fn each(&self, values: Values) -> Values {
        let is_made = |value: &Value| matches!(value, Value::Made(..));
        if !values.known.keys().any(is_made) {
            return values;
        }
        let (made, mut rest): (BTreeMap<_, _>, BTreeMap<_, _>) =
            values.known.into_iter().partition(|(value, _)| is_made(value));
        let mut found = Values { known: std::mem::take(&mut rest), unknown: values.unknown };
        found.add(&self.elements(&Values { known: made, unknown: BTreeSet::new() }, None));
        found
    }

    /// What a method is called on.
    fn called_on(&self, frame: &Frame, site: Site) -> Option<Values> {
        let program = self.infer.program;
        let Expr::Call { callee, .. } = program.expr(site.function, site.expr) else { return None };
        let Expr::Member { of, .. } = program.expr(site.function, *callee) else { return None };
        Some((*self.eval(frame, *of, 0)).clone())
    }

    /// The configuration, or what of it stands under the prefix that a call names.
    fn configuration(&self, frame: &Frame, transfer: &Transfer, site: Site) -> Values {
        let prefixes = transfer.prefix.as_ref().map(|target| self.target_in(frame, site, target)).unwrap_or_default();
        let mut values = Values::default();
        for template in prefixes.templates().keys() {
            let prefix = template.constant().filter(|name| !name.is_empty());
            let path = prefix.map(|prefix| vec![prefix.to_owned()]).unwrap_or_default();
            values.add(&Values::one(Value::Setting(path)));
        }
        if values.is_empty() { Values::one(Value::Setting(Vec::new())) } else { values }
    }

    pub(super) fn transfer(
        &self,
        frame: &Frame,
        transfer: &Transfer,
        callee: ExprId,
        arguments: &'p [Argument],
        result: u16,
        site: Site,
    ) -> Values {
        let program = self.infer.program;
        if result > 0 && !matches!(transfer.gives, Source::Argument) {
            return Values::default();
        }
        if transfer.gives == Source::Configuration {
            return self.configuration(frame, transfer, site);
        }
        if transfer.gives == Source::Map {
            return Values::one(Value::Made(site, frame.chain.clone()));
        }
        if transfer.gives == Source::Address
            && let Some(address) = self.address(frame, arguments)
        {
            return address;
        }
        let arguments = self.behind(frame, transfer, arguments);
        let at = match transfer.argument {
            Place::Argument(at) => usize::from(at),
            Place::Receiver => 0,
        };
        let text = match transfer.argument {
            Place::Argument(_) => arguments.get(at).map(|argument| self.eval(frame, argument.value, 0)),
            Place::Receiver => match program.expr(frame.function, callee) {
                Expr::Member { of, .. } => Some(self.eval(frame, *of, 0)),
                _ => None,
            },
        };
        let text = match text {
            Some(text) => text,
            None if transfer.gives == Source::Concat => return Values::text(""),
            None => return Values::lost(site),
        };
        let symbol = |piece: fn(String) -> Piece| {
            let mut values = Values { known: BTreeMap::new(), unknown: text.unknown.clone() };
            for (template, way) in text.templates() {
                let found = match template.constant() {
                    Some(name) => Template::piece(piece(name.to_owned())),
                    None => Template::piece(Piece::Hole),
                };
                values.known.insert(Value::Text(found), way);
            }
            if let Some(default) = transfer.default.and_then(|at| arguments.get(usize::from(at))) {
                values.add(&self.eval(frame, default.value, 0));
            }
            values
        };
        let rest: Vec<ExprId> = arguments.iter().skip(at).map(|argument| argument.value).collect();
        match transfer.gives {
            Source::Environment => symbol(Piece::Environment),
            Source::Flag => symbol(Piece::Flag),
            // A structure that is filled with what begins so.
            Source::Prefix if transfer.into.is_some() => Values::one(Value::Setting(Vec::new())),
            Source::SettingValue | Source::SettingVariable | Source::SettingFlags => Values::default(),
            Source::Prefix | Source::Map => Values::default(),
            Source::Setting => {
                // `viper.Sub("ledger").GetString("url")`, and keys with a separator of their own, `ledger::url`.
                let below = self.settings_called_on(frame, callee);
                let mut values = symbol(|name| {
                    let names = name.split(['.', ':']);
                    Piece::Setting(names.filter(|name| !name.is_empty()).map(str::to_owned).collect())
                });
                // What lies below it can be asked for.
                let parts = std::mem::take(&mut values.known).into_iter().map(|(value, way)| match value {
                    Value::Text(template) => match template.0.as_slice() {
                        [Piece::Setting(path)] => (Value::Setting([below.as_slice(), path].concat()), way),
                        _ => (Value::Text(template), way),
                    },
                    value => (value, way),
                });
                values.known = parts.collect();
                values
            }
            Source::Configuration => self.configuration(frame, transfer, site),
            Source::Argument | Source::Address => (*text).clone(),
            Source::Upper => in_capitals(&text),
            Source::Section | Source::ConnectionString => {
                let of = match program.expr(frame.function, callee) {
                    Expr::Member { of, .. } => Some(*of),
                    _ => None,
                };
                self.section(frame, of, &text, transfer.gives)
            }
            Source::Placeholder => placeholders(&text),
            Source::Elements => {
                let mut values = Values::default();
                for id in rest {
                    values.add(&self.elements(&self.eval(frame, id, 0), None));
                }
                values
            }
            Source::Resolved => match rest.get(1) {
                Some(base) => resolved(&text, &self.eval(frame, *base, 0)),
                None => (*text).clone(),
            },
            Source::Concat if transfer.argument == Place::Receiver => text.then(&self.chain(frame, &rest)),
            Source::Concat => self.chain(frame, &rest),
            Source::Join => {
                let values = if transfer.argument == Place::Receiver {
                    rest.as_slice()
                } else {
                    rest.get(1..).unwrap_or_default()
                };
                self.joined(frame, &text, values)
            }
            Source::HostPort => {
                let port =
                    arguments.get(at + 1).map(|argument| self.eval(frame, argument.value, 0)).unwrap_or_default();
                text.then(&Values::text(":")).then(&port)
            }
            Source::Format | Source::Braces if transfer.argument == Place::Receiver => {
                self.format(frame, &text, arguments, transfer.gives)
            }
            Source::Format | Source::Braces => {
                // `String.Format(CultureInfo.InvariantCulture, "http://{0}", host)`: the text comes after the country's ways.
                let mark = if transfer.gives == Source::Braces { '{' } else { '%' };
                let marked = |piece: &Piece| matches!(piece, Piece::Text(text) if text.contains(mark));
                let is_format =
                    |values: &Values| values.templates().keys().any(|template| template.0.iter().any(marked));
                let is_lost = text.templates().keys().all(|template| *template == Template::piece(Piece::Hole));
                let second = arguments.get(at + 1).filter(|_| is_lost);
                match second.map(|argument| self.eval(frame, argument.value, 0)).filter(|second| is_format(second)) {
                    Some(second) => self.format(frame, &second, &arguments[at + 2..], transfer.gives),
                    None => self.format(frame, &text, arguments.get(at + 1..).unwrap_or_default(), transfer.gives),
                }
            }
        }
    }

    /// The part of the configuration that a method is called on; empty where it is all of it.
    fn settings_called_on(&self, frame: &Frame, callee: ExprId) -> Vec<String> {
        let Expr::Member { of, .. } = self.infer.program.expr(frame.function, callee) else { return Vec::new() };
        let base = self.eval(frame, *of, 0);
        let mut paths = crate::said::parts(&base);
        match (paths.next(), paths.next()) {
            (Some(path), None) => path.clone(),
            _ => Vec::new(),
        }
    }

    /// The arguments of a call without those in front that only say how to write.
    fn behind(&self, frame: &Frame, transfer: &Transfer, arguments: &'p [Argument]) -> &'p [Argument] {
        let says_how = |argument: &Argument| match self.infer.program.expr(frame.function, argument.value) {
            // `null`
            Expr::Choice(of) => of.is_empty(),
            _ => {
                let origin = self.infer.origin(frame.function, argument.value);
                let path = origin.or_else(|| self.written_out(frame.function, argument.value));
                path.is_some_and(|path| transfer.behind.iter().any(|pattern| pattern.fits(&path)))
            }
        };
        match arguments {
            [first, rest @ ..] if !transfer.behind.is_empty() && says_how(first) => rest,
            _ => arguments,
        }
    }

    /// A name with all the packages in front of it: `java.util.Locale.ROOT`.
    fn written_out(&self, function: FnId, expr: ExprId) -> Option<String> {
        let program = self.infer.program;
        let mut parts = Vec::new();
        let mut open = expr;
        loop {
            match program.expr(function, open) {
                Expr::Member { of, name } => {
                    parts.push(program.word(function, *name));
                    open = *of;
                }
                Expr::Name(name) => {
                    parts.push(program.word(function, *name));
                    parts.reverse();
                    return Some(parts.join("."));
                }
                _ => return None,
            }
        }
    }
}

/// What lies under `name` in a part of the configuration, by the field's tag where it has one.
pub(super) fn setting(path: &[String], name: &str, field: Option<&Field>) -> Vec<Value> {
    let Some(field) = field else {
        return vec![Value::Setting([path, &[name.to_owned()]].concat())];
    };
    if field.embedded {
        return vec![Value::Setting(path.to_vec())];
    }
    let whole = |key: &str| {
        let text = field.tag.as_deref()?;
        text[text.find(&format!("{key}:\""))? + key.len() + 2..].split('"').next()
    };
    // Words without a value are the name; `envconfig:"optional,default=x,LEDGER_URL"` has it last.
    let is_option = |part: &&str| part.contains('=') || *part == "optional";
    let tag = |key: &str| {
        let value = whole(key)?.split(',').find(|part| !(key == "envconfig" && is_option(part)))?;
        (!value.is_empty() && value != "-").then(|| value.to_owned())
    };
    let mut values = Vec::new();
    // `env.Options{Prefix: "LEDGER_"}`: what stands in front of all variables of the structure, which have no other names.
    if let Some((front, name)) = path.first().filter(|front| front.ends_with('_')).zip(tag("env")) {
        if path.len() > 1 {
            let path = path.iter().map(|part| part.trim_end_matches('_').to_owned());
            values.push(Value::Setting(path.chain([name.clone()]).collect()));
        }
        values.push(Value::Text(Template::piece(Piece::Environment(format!("{front}{name}")))));
        values.extend(tag("envDefault").map(|text| Value::Text(Template::text(&text))));
        return values;
    }
    for key in ["env", "envconfig"] {
        if let Some(name) = tag(key) {
            // `envPrefix:"LEDGER_"` of the structure around it.
            if !path.is_empty() {
                values.push(Value::Setting([path, std::slice::from_ref(&name)].concat()));
            }
            values.push(Value::Text(Template::piece(Piece::Environment(name))));
        }
    }
    values.extend(tag("flag").map(|name| Value::Text(Template::piece(Piece::Flag(name)))));
    // `kong:"env='LEDGER_URL',default='x'"`
    let within = |key: &str| {
        let text = field.tag.as_deref()?;
        let text = text.split_once("kong:\"")?.1;
        let rest = text.split_once(&format!("{key}='"))?.1;
        Some(rest.split_once('\'')?.0.to_owned())
    };
    values.extend(within("env").map(|name| Value::Text(Template::piece(Piece::Environment(name)))));
    values.extend(within("default").map(|text| Value::Text(Template::text(&text))));
    let default = ["env", "envconfig"]
        .into_iter()
        .filter_map(|key| whole(key)?.split(',').find_map(|part| part.strip_prefix("default=")));
    values.extend(default.map(|text| Value::Text(Template::text(text))));
    for key in ["envDefault", "default"] {
        values.extend(tag(key).map(|text| Value::Text(Template::text(&text))));
    }
    let keys = ["json", "yaml", "mapstructure", "toml", "koanf"];
    let prefix = || tag("envPrefix").map(|prefix| prefix.trim_end_matches('_').to_owned());
    let key = keys.into_iter().find_map(tag).or_else(prefix).unwrap_or_else(|| name.to_owned());
    values.push(Value::Setting([path, &[key]].concat()));
    values
}

/// Texts with capitals for their letters.
fn in_capitals(text: &Values) -> Values {
    let upper = |template: Template| {
        Template(
            template
                .0
                .into_iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Piece::Text(text.to_uppercase()),
                    piece => piece,
                })
                .collect(),
        )
    };
    let known = text.templates().into_iter().map(|(template, way)| (Value::Text(upper(template)), way)).collect();
    Values { known, unknown: text.unknown.clone() }
}
