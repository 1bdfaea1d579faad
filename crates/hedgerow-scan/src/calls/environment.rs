//! Calls of libraries that ask the environment by themselves whom to call, where the code does not tell them.

use super::Search;
use crate::edge::Place;
use crate::pack::Target;
use crate::reach::Site;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Def, Expr, ExprId, Range};
use hedgerow_deploy::Answer;
use std::collections::{BTreeMap, BTreeSet};

/// The calls of such libraries by their places, each with its path.
pub(super) type Readers<'r> = BTreeMap<Place, (Site, BTreeSet<&'r str>)>;

impl<'a> Search<'a, '_> {
    /// The calls of such libraries.
    pub(super) fn readers(&self) -> Readers<'a> {
        let context = self.context;
        let paths = &context.reach.paths;
        let is_reader = paths.ask(|outside| context.packs.reads(outside.language, &outside.path).next().is_some());
        let mut found = Readers::new();
        for (site, path) in context.reach.external.iter().filter(|(_, path)| *is_reader.get(*path)) {
            let (_, paths_of) = found.entry(self.place(site.function, site.expr)).or_insert((*site, BTreeSet::new()));
            paths_of.insert(paths.get(*path).path.as_str());
        }
        found
    }

    /// Remembers that a call is given an address, on all ways there, which may be the one that such a library calls.
    pub(super) fn told(&mut self, site: Site, target: &Target, readers: &Readers) {
        let place = self.place(site.function, site.expr);
        if !readers.keys().any(|reader| reader.path == place.path) {
            return;
        }
        let one = std::slice::from_ref(target);
        let mut targets = match target {
            Target::Any(several) => several.as_slice(),
            _ => one,
        }
        .iter();
        let is_told = targets.any(|target| {
            // What has no name may be something else than an address: a service's kind, a size.
            let is_named = matches!(target, Target::Named(_) | Target::Field { .. });
            let values = self.eval.target(site, target);
            !values.is_empty() && values.iter().all(|values| self.is_address(values, is_named))
        });
        if is_told {
            let callback = self.callback(site);
            self.told.push(Told { place, callback });
        }
    }

    /// The innermost function without a name that makes a call, unless the call is on what that function is given: `o => o.setUrl("http://a")`
    /// sets an option of whoever it is handed to.
    fn callback(&mut self, site: Site) -> Option<Range> {
        let program = self.context.infer.program;
        let facts = program.facts_of(site.function);
        let function = program.function(site.function);
        let at = facts.span(site.expr);
        let of = |id: &ExprId| matches!(facts.expr(*id), Expr::Closure(_));
        let spans = || program.exprs(site.function).filter(of).map(|id| facts.span(id));
        let closures = self.closures.entry(site.function).or_insert_with(|| Closures::new(spans().collect()));
        let innermost = closures.innermost(at)?;
        let mut root = site.expr;
        loop {
            root = match *facts.expr(root) {
                Expr::Call { callee, .. } => callee,
                Expr::Member { of, .. } | Expr::Index { of, .. } | Expr::Cast { of, .. } => of,
                Expr::Deref(of) | Expr::Address(of) => of,
                Expr::Local(local) => {
                    let local = facts.locals(function)[local.0 as usize];
                    let is_parameter = |def: &Def| matches!(def, Def::ClosureParameter { .. });
                    return (!facts.defs(&local).iter().any(is_parameter)).then_some(innermost);
                }
                _ => return Some(innermost),
            };
        }
    }

    /// The same for what is put somewhere.
    pub(super) fn told_by(&mut self, value: Site, values: &[Values], readers: &Readers) {
        let place = self.place(value.function, value.expr);
        let is_near = readers.keys().any(|reader| reader.path == place.path);
        if is_near && !values.is_empty() && values.iter().all(|values| self.is_address(values, true)) {
            self.told.push(Told { place, callback: None });
        }
    }

    /// Whether a target is an address, whoever answers there. `dbname=x` is none, and a word is one only if something says so.
    pub(super) fn is_address(&self, values: &Values, may_be_word: bool) -> bool {
        let join = self.join();
        let legal = |c: char| c.is_ascii_alphanumeric() || "-._*".contains(c);
        values.templates().keys().any(|template| {
            let text = template.constant();
            let has_host = || text.is_none_or(|text| !text.contains(":///"));
            let is_marked = || may_be_word || text.is_none_or(|text| text.contains([':', '.', '=']));
            join.judge(template).answers.iter().any(|answer| match answer {
                Answer::Service(..) | Answer::Several { .. } => true,
                Answer::Outside(host) => host.chars().all(legal) && is_marked(),
                Answer::Local => has_host(),
                Answer::Open => false,
            })
        })
    }

    /// The host that a value may be of which nobody says whose it is: an address of a private network, or a name that several stand in for.
    pub(super) fn private(&self, values: &Values) -> Option<String> {
        let join = self.join();
        values.templates().keys().find_map(|template| join.judge(template).private.pop_first())
    }

    /// The variables that are meant by one that a library asks for: with a star at its end all that the deploy gives and that begin so, in
    /// capitals or not, as .NET reads them.
    fn variables_of(&self, variable: &str) -> Vec<String> {
        let Some(prefix) = variable.strip_suffix('*') else { return vec![variable.to_owned()] };
        let begins =
            |name: &&String| name.get(..prefix.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(prefix));
        let given = self.context.given.into_iter().flat_map(|given| given.environment.keys());
        given.filter(begins).cloned().collect()
    }

    /// Whether a value is a host that the deployment does not have, where several of its services may be meant.
    pub(super) fn stands_for_several(&self, values: &Values) -> bool {
        let join = self.join();
        let is_name = |host: &String| host.starts_with(|c: char| c.is_ascii_alphabetic());
        values.templates().keys().any(|template| join.judge(template).private.iter().any(is_name))
    }

    /// Adds such calls. What the deploy does not set is no open question: they have defaults.
    pub(super) fn environment(&mut self, readers: &Readers) {
        for (place, (site, paths)) in readers {
            if self.told.iter().any(|told| told.is_for(place)) {
                continue;
            }
            for path in paths {
                let language = self.language(site.function);
                for reads in self.context.packs.reads(language, path) {
                    let variables: Vec<String> =
                        reads.variables.iter().flat_map(|name| self.variables_of(name)).collect();
                    // .NET's libraries ask the configuration, of which the environment is a part.
                    let settings = variables.iter().map(|name| Piece::Setting(vec![name.clone()]));
                    let settings: Vec<Piece> = settings.filter(|_| language == Language::CSharp).collect();
                    for piece in variables.into_iter().map(Piece::Environment).chain(settings) {
                        let text = Template::piece(piece);
                        for group in self.groups(&Values::one(Value::Text(text))).values() {
                            self.edges(*site, group, reads.kind);
                        }
                    }
                }
            }
        }
    }
}

/// Where the functions without a name of one function stand: many calls ask.
#[derive(Debug)]
pub(super) struct Closures {
    /// By where they begin, outer ones before inner ones, each with the one around it.
    spans: Vec<(Range, Option<usize>)>,
}

impl Closures {
    fn new(mut spans: Vec<Range>) -> Self {
        spans.sort_unstable_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
        let mut found: Vec<(Range, Option<usize>)> = Vec::with_capacity(spans.len());
        for span in spans {
            let around = Self::around(&found, found.len().checked_sub(1), span);
            found.push((span, around));
        }
        Self { spans: found }
    }

    /// The innermost one around a place.
    fn innermost(&self, at: Range) -> Option<Range> {
        let behind = self.spans.partition_point(|(span, _)| span.start <= at.start);
        Self::around(&self.spans, behind.checked_sub(1), at).map(|nth| self.spans[nth].0)
    }

    /// The first one around a place of one and those that it stands in.
    fn around(spans: &[(Range, Option<usize>)], mut nth: Option<usize>, at: Range) -> Option<usize> {
        while let Some((_, outer)) = nth.and_then(|nth| spans.get(nth)).filter(|(span, _)| span.end < at.end) {
            nth = *outer;
        }
        nth
    }
}

/// An address that a call is given, or that is put somewhere.
#[derive(Debug)]
pub(super) struct Told {
    place: Place,
    /// The function without a name that makes the call.
    callback: Option<Range>,
}

impl Told {
    /// Whether the address is for a call at another place: it is what that call is given, or it stands among what it is given, or what it
    /// makes is given it right there, as builders are. What a function that the call is handed calls is its own affair.
    fn is_for(&self, call: &Place) -> bool {
        let (inner, outer) = (self.place.range, call.range);
        let is_within = |inner: Range| outer.start <= inner.start && inner.end <= outer.end;
        let is_chained = inner.start == outer.start && outer.end <= inner.end;
        let is_its = is_within(inner) && !self.callback.is_some_and(is_within);
        self.place.path == call.path && (is_its || is_chained)
    }
}
