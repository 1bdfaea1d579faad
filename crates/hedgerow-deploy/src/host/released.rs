//! Names that the name of a Helm release is a part of, which only the deploy knows.

use crate::partial::{Choice, Gap, Part, Partial};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// From how many workloads on that are called like services a release has the name which makes them so.
const MIN_WORKLOADS: usize = 2;

/// What such a name may be where people install the chart: the release is called like the chart, or the rest of the name says it all. Nothing
/// for other names.
pub(crate) fn without_release(name: &Partial, chart: &str) -> Vec<String> {
    let is_release = |gap: &Gap| matches!(gap, Gap::Release(_));
    if !name.gaps().any(is_release) {
        return Vec::new();
    }
    let like_chart = name.with_gaps(|gap| is_release(gap).then(|| Partial::from(chart)));
    let pieces = name.parts().filter_map(|part| match part {
        Part::Known(text) => Some(text.trim_matches('-')).filter(|text| !text.is_empty()),
        Part::Gap(_) => None,
    });
    let pieces: Vec<&str> = pieces.collect();
    let rest = pieces.first().filter(|_| pieces.len() == 1 && name.gaps().all(is_release));
    like_chart.known().into_iter().chain(rest.copied()).map(str::to_owned).collect()
}

/// For each name that a release may have, the services that its workloads are by it: what stands before and behind the release's name in a workload's, and the service.
type Named<'n> = BTreeMap<&'n str, BTreeSet<(&'n str, &'n str, &'n str)>>;

/// What releases are called, by their numbers, where several workloads of one are called like services by it: `shop-web` and `shop-cart` are
/// what `<release>-web` and `<release>-cart` are of the release `shop`.
pub(super) fn releases<'n>(
    workloads: impl Iterator<Item = &'n Partial>,
    services: &BTreeMap<String, String>,
) -> BTreeMap<usize, String> {
    let mut found: BTreeMap<usize, Named> = BTreeMap::new();
    for workload in workloads {
        let (gaps, texts): (Vec<&Gap>, Vec<&str>) = (workload.gaps().collect(), workload.between_gaps());
        let ([Gap::Release(release)], [head, tail]) = (gaps.as_slice(), texts.as_slice()) else { continue };
        let (head, tail) = (*head, *tail);
        if head.is_empty() && tail.is_empty() {
            continue;
        }
        for (name, service) in services {
            let name = name.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
            if let Some(name) = name.filter(|name| !name.is_empty()) {
                found.entry(*release).or_default().entry(name).or_default().insert((head, tail, service));
            }
        }
    }
    let best = |names: &Named| {
        let count =
            |led: &BTreeSet<(&str, &str, &str)>| led.iter().map(|(.., service)| service).collect::<BTreeSet<_>>().len();
        let most = names.values().map(count).max().filter(|most| *most >= MIN_WORKLOADS)?;
        let of_most = || names.iter().filter(|(_, led)| count(led) == most);
        // Of names that lead a workload to another service nobody knows which one it has. Those that lead each to the same are one, as services have several names.
        let (_, first) = of_most().next()?;
        let is_one = of_most().all(|(_, led)| led == first);
        let name = of_most().map(|(name, _)| *name).min_by_key(|name| (!is_label(name), name.len()));
        name.filter(|_| is_one).map(str::to_owned)
    };
    found.iter().filter_map(|(release, names)| Some((*release, best(names)?))).collect()
}

/// Whether a name may be one of a Service, as most are that releases make.
fn is_label(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.len() < 54 && name.chars().all(is_letter) && !name.starts_with('-') && !name.ends_with('-')
}

/// A name with the releases in it called as they are, as far as that is known.
pub(crate) fn with_releases(name: &Partial, releases: &BTreeMap<usize, String>) -> Partial {
    name.with_gaps(|gap| match gap {
        Gap::Release(release) => releases.get(release).map(|name| Partial::from(name.as_str())),
        Gap::OneOf(choice) => {
            let texts = choice.texts.iter().map(|text| with_releases(text, releases)).collect();
            Some(Partial::gap(Gap::OneOf(Arc::new(Choice { by: choice.by.clone(), texts }))))
        }
        Gap::Unknown | Gap::LeftOut | Gap::Lost => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_called_as_the_names_of_services_say() {
        let name = |head: &str, tail: &str| {
            [Partial::from(head), Partial::gap(Gap::Release(3)), Partial::from(tail)].iter().collect::<Partial>()
        };
        let of = |names: &[(&str, &str)], services: &[&str]| {
            let names: Vec<Partial> = names.iter().map(|(head, tail)| name(head, tail)).collect();
            let pair = |name: &&str| {
                let (name, service) = name.split_once('=').unwrap_or((*name, *name));
                (name.to_owned(), service.to_owned())
            };
            let services = services.iter().map(pair).collect();
            releases(names.iter(), &services).remove(&3)
        };
        let (web, cart) = (("", "-web"), ("", "-cart"));
        for (names, services, expected) in [
            (&[web, cart][..], &["shop-web", "shop-cart", "other"][..], Some("shop")),
            (&[("a-", "-web"), cart], &["a-shop-web", "shop-cart"], Some("shop")),
            // One workload says too little, and so do two names that fit as well.
            (&[web, web], &["shop-web", "shop-cart"], None),
            (&[web, cart], &["shop-web", "shop-cart", "bank-web", "bank-cart"], None),
            (&[web, cart], &["shop-web", "shop-cart", "bank-web"], Some("shop")),
            (&[web, cart], &["web", "cart"], None),
            (&[("", ""), cart], &["shop", "shop-cart"], None),
            // Each service has two names.
            (
                &[web, cart],
                &["service.shop-web=w", "s-shop-web=w", "service.shop-cart=c", "s-shop-cart=c"],
                Some("s-shop"),
            ),
            (&[web, cart], &["a-web=w", "bb-web=w", "a-cart=c", "bb-cart=c"], Some("a")),
            (&[web, cart], &["a-web=w", "b-web=w", "a-cart=c", "b-cart=d"], None),
            (&[web, cart], &["a-web=w", "a-cart=w"], None),
            // The same services, and other workloads.
            (&[web, cart], &["a-web=w", "b-web=c", "a-cart=c", "b-cart=w"], None),
            (&[web, cart, ("", "-db")], &["a-web=w", "a-cart=c", "a-db=c", "b-web=w", "b-cart=w", "b-db=c"], None),
            (&[web, cart, ("", "-db")], &["a-web=w", "b-web=w", "a-cart=c", "b-cart=c", "b-db=d"], Some("b")),
        ] {
            assert_eq!(of(names, services).as_deref(), expected, "{names:?} {services:?}");
        }
        let shop = BTreeMap::from([(3, "shop".to_owned())]);
        assert_eq!(with_releases(&name("", "-db"), &shop).known(), Some("shop-db"));
        assert_eq!(with_releases(&name("", "-db"), &BTreeMap::new()).known(), None);
    }

    #[test]
    fn a_release_is_called_like_its_chart_or_the_rest_says_it() {
        let name = |pieces: &[&str]| {
            let mut name = Partial::default();
            for (at, piece) in pieces.iter().enumerate() {
                if at > 0 {
                    name.push(Gap::Release(7));
                }
                name.push_str(piece);
            }
            name
        };
        for (pieces, expected) in [
            (&["", "-ledger"][..], &["books-ledger", "ledger"][..]),
            (&["a-", ""], &["a-books", "a"]),
            (&["a-", "-b"], &["a-books-b"]),
            (&["", "-", "-b"], &["books-books-b", "b"]),
            (&["", ""], &["books"]),
            (&["ledger"], &[]),
        ] {
            assert_eq!(without_release(&name(pieces), "books"), expected, "{pieces:?}");
        }
        let mut open = name(&["", "-ledger-"]);
        open.push(Gap::Unknown);
        assert!(without_release(&open, "books").is_empty());
    }
}
