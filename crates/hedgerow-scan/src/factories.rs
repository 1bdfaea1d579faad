//! Functions of Python that no code calls, but a server that is told their names.

use crate::program::{FnId, Program};
use hedgerow_code::frontend::Language;
use hedgerow_code::ir::Function;

/// What functions are called by convention that a server of Python is told to call for the application: `flask run`, `uvicorn --factory`,
/// `gunicorn 'shop:create_app()'`.
const FACTORIES: &[&str] = &["create_app", "make_app", "app_factory", "create_application", "build_app"];

/// The classes of Python's applications.
const APPLICATIONS: &[&str] = &["FastAPI", "Flask", "Starlette", "Quart", "Sanic", "Litestar", "Application", "Celery"];

/// The functions of a file of Python that a server calls for the application: those that are called like one, and in a file that nobody loads
/// those that say that they give one.
pub(crate) fn factories(program: &Program, file: u32, is_root: bool) -> Vec<FnId> {
    let code = &program.files[file as usize];
    if code.language != Language::Python {
        return Vec::new();
    }
    let is_factory = |function: &Function| {
        FACTORIES.contains(&function.name.as_str()) || (is_root && gives_application(program, file, function))
    };
    let functions = (0_u32..).zip(&code.facts.functions).skip(1);
    let functions = functions.filter(|(_, function)| function.receiver.is_none() && is_factory(function));
    functions.filter_map(|(at, _)| program.function_at(file, at)).collect()
}

/// Whether a function says that it gives an application.
fn gives_application(program: &Program, file: u32, function: &Function) -> bool {
    let results = program.files[file as usize].facts.results(function).iter();
    let paths = results.filter_map(|ty| program.external(program.written_in(file, *ty)));
    paths.into_iter().any(|path| path.rsplit('.').next().is_some_and(|name| APPLICATIONS.contains(&name)))
}
