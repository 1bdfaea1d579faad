//! Jobs that are made anew: whoever deploys them never changes the template of one that lives.

use super::document::Object;
use super::rollout::at;
use hedgerow_yaml::{Node, Site};

/// What an annotation must say.
enum Says {
    /// Anything.
    Anything,
    /// One of these words, whatever the case.
    Word(&'static [&'static str]),
    /// One of these in its list, which is separated by commas.
    Item(&'static [&'static str]),
}

/// Annotations by which a host deletes the Job that lives, gives the new one another name, or leaves the old one alone.
/// Spinnaker's `replace` and Argo CD's `Replace=true` alone are not among them: both change the Job in place.
const REMADE: [(&str, Says); 10] = [
    ("helm.sh/hook", Says::Anything),
    ("argocd.argoproj.io/hook", Says::Anything),
    ("argocd.argoproj.io/sync-options", Says::Item(&["Force=true"])),
    ("kustomize.toolkit.fluxcd.io/force", Says::Word(&["enabled"])),
    ("kustomize.toolkit.fluxcd.io/ssa", Says::Word(&["IfNotPresent"])),
    ("kapp.k14s.io/update-strategy", Says::Word(&["always-replace", "fallback-on-replace", "skip"])),
    ("kapp.k14s.io/versioned", Says::Anything),
    ("strategy.spinnaker.io/recreate", Says::Word(&["true"])),
    ("action.timoni.sh/force", Says::Word(&["enabled"])),
    ("werf.io/delete-policy", Says::Item(&["before-creation", "before-creation-if-immutable"])),
];

impl Says {
    fn is_said(&self, value: &str) -> bool {
        let is_one_of = |words: &[&str], text: &str| words.iter().any(|word| word.eq_ignore_ascii_case(text.trim()));
        match self {
            Self::Anything => true,
            Self::Word(words) => is_one_of(words, value),
            Self::Item(words) => value.split(',').any(|item| is_one_of(words, item)),
        }
    }
}

/// Whether a deploy makes this object anew instead of changing the one that lives.
pub(super) fn is_remade(annotations: Option<&Site<'_>>, has_name: bool, generates_name: bool) -> bool {
    let by_annotation = match annotations {
        Some(Site::Map(map)) => map.pairs.iter().any(|pair| {
            let says = REMADE.iter().find(|(key, _)| *key == pair.key).map(|(_, says)| says);
            says.is_some_and(|says| says.is_said(pair.value.as_deref().unwrap_or_default()))
        }),
        _ => false,
    };
    by_annotation || (generates_name && !has_name)
}

/// Whether a Job takes itself away some time after it has ended.
pub(super) fn takes_itself_away(object: &Object<'_, '_>) -> bool {
    let seconds = |node: &Node<'_>| at(node, &["spec", "ttlSecondsAfterFinished"])?.as_scalar()?.as_int();
    object.with_node(seconds).flatten().is_some_and(|seconds| seconds >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn annotations_are_remedies_by_what_they_say() {
        for (key, value, expected) in [
            ("helm.sh/hook", "pre-install", true),
            ("argocd.argoproj.io/sync-options", "Force=true,Replace=true", true),
            ("argocd.argoproj.io/sync-options", "Replace=true, Force=true", true),
            ("argocd.argoproj.io/sync-options", "Replace=true", false),
            ("argocd.argoproj.io/sync-options", "Force=false,Replace=true", false),
            ("argocd.argoproj.io/sync-options", "", false),
            ("kustomize.toolkit.fluxcd.io/force", "enabled", true),
            ("kustomize.toolkit.fluxcd.io/force", "Enabled", true),
            ("kustomize.toolkit.fluxcd.io/force", "disabled", false),
            ("kapp.k14s.io/update-strategy", "always-replace", true),
            ("kapp.k14s.io/update-strategy", "", false),
            ("strategy.spinnaker.io/recreate", "true", true),
            ("strategy.spinnaker.io/recreate", "false", false),
            ("strategy.spinnaker.io/replace", "true", false),
            ("werf.io/delete-policy", "succeeded, before-creation", true),
            ("werf.io/delete-policy", "succeeded", false),
            ("other", "enabled", false),
        ] {
            let says = REMADE.iter().find(|(known, _)| *known == key).is_some_and(|(_, says)| says.is_said(value));
            assert_eq!(says, expected, "{key}: {value}");
        }
    }
}
