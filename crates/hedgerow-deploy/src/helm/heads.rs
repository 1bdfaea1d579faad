//! What stands at the head of a block or in an action: variables that it declares or gives another value, and an expression.

/// `$a, $b := list`: the names, and the rest.
pub(super) fn declared(head: &str) -> (Vec<&str>, &str) {
    match head.split_once(":=") {
        Some((names, rest)) if names.trim_start().starts_with('$') => {
            (names.split(',').map(str::trim).collect(), rest.trim())
        }
        _ => (Vec::new(), head),
    }
}

/// The variables that a condition declares, what it is worth, and the variable that it gives another value.
pub(super) fn condition(head: &str) -> (Vec<&str>, &str, Option<&str>) {
    match assigned(head).filter(|found| !found.new) {
        Some(found) => (Vec::new(), found.value, Some(found.name)),
        None => {
            let (names, code) = declared(head);
            (names, code, None)
        }
    }
}

/// `$a := value`, `$a = value`.
pub(super) struct Assigned<'c> {
    pub(super) name: &'c str,
    pub(super) value: &'c str,
    pub(super) new: bool,
}

pub(super) fn assigned(code: &str) -> Option<Assigned<'_>> {
    let (name, value) = code.split_once('=')?;
    let before = name.trim_end();
    let name = before.trim_end_matches(':').trim_end();
    let is_name = name.strip_prefix('$').is_some_and(|rest| rest.chars().all(|c| c.is_alphanumeric() || c == '_'));
    is_name.then_some(Assigned { name, value: value.trim(), new: before.ends_with(':') })
}
