//! Calico's selector expressions.
//!
//! Label keys and values hold no quotes, so nothing needs escaping; the grammar has no escapes either.

use hedgerow_core::policy::Labels;

/// The most characters that Calico takes in one selector field.
const LIMIT: usize = 1024;

/// Pods that wear all of these labels.
pub(super) fn all_of(labels: &Labels) -> String {
    let terms: Vec<_> = labels.iter().map(|(key, value)| format!("{key} == '{value}'")).collect();
    terms.join(" && ")
}

/// Things whose label `key` has one of `values`: as many expressions as the limit on the length of one asks for, in order.
pub(super) fn one_of(key: &str, values: &[&str]) -> Vec<String> {
    let mut expressions = Vec::new();
    let mut rest = values;
    while !rest.is_empty() {
        let mut length = key.len() + " in {}".len();
        let fits = rest.iter().take_while(|value| {
            length += value.len() + "'', ".len();
            length <= LIMIT
        });
        // A label value has at most 63 characters and a key at most 317, so at least one always fits.
        let (now, later) = rest.split_at(fits.count().max(1));
        rest = later;
        expressions.push(match now {
            [only] => format!("{key} == '{only}'"),
            _ => {
                format!("{key} in {{{}}}", now.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", "))
            }
        });
    }
    expressions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_stay_below_the_limit() {
        assert_eq!(one_of("a", &["x"]), ["a == 'x'"]);
        assert_eq!(one_of("a", &["x", "y"]), ["a in {'x', 'y'}"]);
        let long = "x".repeat(63);
        let many = vec![long.as_str(); 40];
        let expressions = one_of(&"k".repeat(300), &many);
        assert!(expressions.iter().all(|expression| expression.len() <= LIMIT), "{expressions:?}");
        assert_eq!(expressions.concat().matches(&long).count(), 40);
    }
}
