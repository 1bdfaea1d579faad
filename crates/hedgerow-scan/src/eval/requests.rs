//! What is known of the request that is being answered: its path begins with a slash, so that it ends a host in front of it.

use super::Eval;
use crate::program::FnId;
use crate::value::{Piece, Template, Value, Values};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::{Expr, ExprId};

/// What paths of requests are called, whatever they are asked of.
const PATHS: &[&str] = &[
    "originalUrl",
    "OriginalURL",
    "getRequestURI",
    "requestURI",
    "RequestURI",
    "getRequestUri",
    "getServletPath",
    "servletPath",
    "getPathInfo",
    "getRawPath",
    "rawPath",
    "EscapedPath",
    "raw_path",
    "path_qs",
    "path_info",
    "get_full_path",
    "full_path",
    "fullpath",
    "original_fullpath",
    "path_and_query",
    "pathname",
    "GetEncodedPathAndQuery",
    "GetEncodedPath",
    "REQUEST_URI",
    "PATH_INFO",
];

/// What they are called where something says that it is a request's.
const SHORT: &[&str] = &["path", "Path", "url", "uri", "getPath", "pathWithinApplication"];

/// What requests and their addresses are called.
const REQUESTS: &[&str] = &["req", "request", "Request", "getRequest", "URL", "url", "uri", "getURI", "nextUrl", "ctx"];

/// What only changes how a text is held.
const SAME: &[&str] = &["Value", "value", "ToString", "toString", "to_string", "as_str", "to_s", "decode"];

impl Eval<'_, '_> {
    /// The path of a request, of which nothing else is known.
    pub(super) fn path_of_request(&self, function: FnId, id: ExprId, values: Values) -> Values {
        let hole = Value::Text(Template::piece(Piece::Hole));
        if values.known.len() != 1 || !values.known.contains_key(&hole) || !self.is_path_of_request(function, id) {
            return values;
        }
        let path = Value::Text(Template(vec![Piece::Text("/".to_owned()), Piece::Hole]));
        Values { known: values.known.into_values().map(|way| (path.clone(), way)).collect(), ..values }
    }

    fn is_path_of_request(&self, function: FnId, id: ExprId) -> bool {
        let program = self.infer.program;
        let mut whole = id;
        let Some((mut name, mut of)) = self.last_word(function, id) else { return false };
        if SAME.contains(&name) {
            let Some(inner) = of.and_then(|of| Some((of, self.last_word(function, of)?))) else { return false };
            (whole, (name, of)) = inner;
        }
        // What a parameter is called says nothing of who fills it.
        if matches!(program.expr(function, whole), Expr::Local(_)) {
            return false;
        }
        if PATHS.contains(&name) {
            return true;
        }
        let language = program.files[program.file_of(function) as usize].language;
        // `$request->path()` of Laravel has no slash, and `$request->url()` a host.
        if !SHORT.contains(&name) || language == Language::Php {
            return false;
        }
        let around = of.and_then(|of| self.last_word(function, of));
        around.is_some_and(|(around, _)| REQUESTS.contains(&around))
    }

    /// What an expression asks for last, and of what: `URL` of `r.URL`, `getPath` of `request.getPath()`.
    fn last_word(&self, function: FnId, id: ExprId) -> Option<(&str, Option<ExprId>)> {
        let program = self.infer.program;
        match program.expr(function, id) {
            Expr::Member { of, name } => Some((program.word(function, *name), Some(*of))),
            Expr::Name(name) => Some((program.word(function, *name), None)),
            Expr::Local(local) => Some((program.local_name(function, *local), None)),
            Expr::Call { callee, .. } => self.last_word(function, *callee),
            Expr::Index { of, key } => match program.expr(function, *key) {
                Expr::Text(text) => Some((program.word(function, *text), Some(*of))),
                _ => None,
            },
            _ => None,
        }
    }
}
