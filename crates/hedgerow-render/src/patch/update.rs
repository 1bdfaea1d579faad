//! Brings an object of ours in the stream up to date: its mark, its namespace and its `spec`. Labels and annotations of others
//! on it, and whatever else stands beside these, are theirs and come out as they went in.

use super::document::{Found, POLICY, Policy};
use super::{Context, prove};
use crate::object::Object;
use hedgerow_core::diag::{Code, Diagnostic};
use hedgerow_yaml::{Edit, MapChange, Obstacle, Reason, ScalarStyle, Site, Yaml, change_map, quote, quote_always};

pub(super) fn update(context: &Context<'_>, policy: &Policy<'_>, object: &Object, found: &mut Found<'_>) {
    if context.options.prove {
        return prove::policy(context, policy, object, found);
    }
    match edits(context, policy, object) {
        Ok(edits) => {
            found.tally.policies += usize::from(!edits.is_empty());
            found.edits.extend(edits);
        }
        Err(obstacle) => {
            let (kind, name, why) = (policy.kind.as_str(), &policy.name, obstacle.reason.phrase());
            let message = format!("the {kind} `{name}` cannot be brought up to date: {why}");
            found.diagnostics.push(
                Diagnostic::new(Code::UnbackedPolicy, message)
                    .mark(context.span(&obstacle.range), "")
                    .help("remove it, and Hedgerow writes it anew"),
            );
        }
    }
}

const fn set<'a>(set: &'a [(&'a str, &'a str)]) -> MapChange<'a> {
    MapChange { set, remove: &[] }
}

fn edits(context: &Context<'_>, policy: &Policy<'_>, object: &Object) -> Result<Vec<Edit>, Obstacle> {
    let nowhere = || Obstacle { reason: Reason::NotAMapping, range: policy.range.clone() };
    let site = |id| policy.outline.site(id).ok_or_else(nowhere);
    let change = |id, change: MapChange<'_>| change_map(context.stream, site(id)?, change);
    let mut edits = Vec::new();
    // What others renamed keeps its name. Versions before the mark gave the backstop the policy's.
    if policy.mark.is_none()
        && policy.name != object.name.as_str()
        && let Site::Scalar(name) = site(POLICY.name)?
    {
        let wanted = object.name.as_str();
        let text = if name.style == ScalarStyle::Plain { quote(wanted).into_owned() } else { quote_always(wanted) };
        edits.push(Edit::replace(name.range.clone(), text));
    }
    match (&object.namespace, &policy.namespace) {
        (Some(namespace), None) => {
            edits.extend(change(POLICY.metadata, set(&[("namespace", namespace.as_str())]))?);
        }
        (None, Some(_)) => {
            edits.extend(change(POLICY.metadata, MapChange { set: &[], remove: &["namespace"] })?);
        }
        (Some(_), Some(_)) | (None, None) => {}
    }
    let mark = [(object.mark.key().as_str(), object.mark.value().as_str())];
    edits.extend(change(POLICY.labels, set(&mark))?);
    if !policy.spec.equals(&object.spec) {
        edits.push(replace_spec(context, site(POLICY.content(policy.kind))?, &object.spec, nowhere)?);
    }
    Ok(edits)
}

/// Writes `spec` anew: on the lines where it stands, or as JSON where it stands in flow.
fn replace_spec(
    context: &Context<'_>,
    site: &Site<'_>,
    spec: &Yaml,
    nowhere: impl FnOnce() -> Obstacle,
) -> Result<Edit, Obstacle> {
    let range = match site {
        Site::Node(range) => range,
        Site::Refused(obstacle) => return Err(obstacle.clone()),
        Site::Missing(_) | Site::Null(_) | Site::Scalar(_) | Site::Map(_) | Site::Seq(_) => return Err(nowhere()),
    };
    let obstacle = |reason| Obstacle { reason, range: range.clone() };
    let written = &context.stream[range.clone()];
    if written.starts_with('{') {
        return Ok(Edit::replace(range.clone(), spec.to_json()));
    }
    // An anchor or a tag stands in front of the mapping, an alias in its place.
    match written.chars().next() {
        Some('&') => return Err(obstacle(Reason::Anchor)),
        Some('*') => return Err(obstacle(Reason::Alias)),
        Some('!') => return Err(obstacle(Reason::Tag)),
        _ => {}
    }
    let line = context.stream[..range.start].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let column = range.start - line;
    if !context.stream[line..range.start].bytes().all(|byte| byte == b' ') {
        return Err(obstacle(Reason::NotAMapping));
    }
    let text = spec.to_block_at(column);
    let text = if written.ends_with(['\n', '\r']) { text.as_str() } else { text.trim_end() };
    Ok(Edit::replace(range.clone(), with_line_breaks(text.trim_start(), line_break(context.stream))))
}

/// The line break that a stream ends its lines with: that of its last line that has one.
pub(super) fn line_break(stream: &str) -> &'static str {
    let last = stream.trim_end_matches(|c| !matches!(c, '\n' | '\r'));
    match (last.ends_with("\r\n"), last.ends_with('\r')) {
        (true, _) => "\r\n",
        (false, true) => "\r",
        (false, false) => "\n",
    }
}

pub(super) fn with_line_breaks(text: &str, eol: &str) -> String {
    if eol == "\n" { text.to_owned() } else { text.replace('\n', eol) }
}
