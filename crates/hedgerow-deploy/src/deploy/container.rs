//! What the manifest of a container gives: variables, and the words it runs.

use super::given::{Given, Hiding};
use super::item::{Item, partial_at, scalar, text_at};
use super::kustomize::Made;
use super::maps::{Kind, Maps, Origin, written};
use super::{Said, Spot, Word, command};
use crate::partial::Partial;
use crate::value::Value;

impl Given {
    /// Takes in what a container is given.
    pub(super) fn container(&mut self, container: &Value, item: &Item, maps: &Maps, made: &Made) {
        let here = item.spot(container);
        let maps_of = |kind, name| {
            let written = written((kind, name), item, maps);
            let written = written.map(|map| (map.data, Origin::Map(map.item.spot(map.data))));
            let made = made.named(name).filter(move |_| kind == Kind::Map);
            written.chain(made.map(|map| (&map.data, Origin::Made(map))))
        };
        // What this container has: `$(NAME)` means nothing that another one is given.
        let mut own = Self::default();
        let mut secret = Self::default();
        for source in container.get("envFrom").and_then(Value::as_list).into_iter().flatten() {
            let of = |kind, key| Some((kind, partial_at(source, &[key, "name"])?));
            let named = of(Kind::Map, "configMapRef").or_else(|| of(Kind::Secret, "secretRef"));
            let Some((kind, name)) = named else { continue };
            let prefix = text_at(source, &["prefix"]).unwrap_or_default();
            for (map, origin) in maps_of(kind, name) {
                for (key, value) in map.as_map().into_iter().flatten() {
                    if let Some(value) = scalar(value) {
                        own.set(&format!("{prefix}{}", key.shown('…')), value, origin.of(&key.written()));
                    }
                }
            }
        }
        for (at, variable) in container.get("env").and_then(Value::as_list).into_iter().flatten().enumerate() {
            let Some(name) = partial_at(variable, &["name"]).map(|name| name.shown('…')) else { continue };
            let name = name.as_str();
            let spot = || here.key("env").element(variable, at).key("name");
            if let Some(value) = variable.get("value").and_then(scalar) {
                // `$(OTHER)` takes in what is set before.
                for value in own.expand(&value, &secret) {
                    own.set(name, value, spot());
                }
            }
            let Some(source) = variable.get("valueFrom") else { continue };
            let of = |kind, key| Some((kind, source.get(key)?));
            let reference = of(Kind::Map, "configMapKeyRef").or_else(|| of(Kind::Secret, "secretKeyRef"));
            let key =
                reference.and_then(|(kind, of)| Some((kind, partial_at(of, &["name"])?, partial_at(of, &["key"])?)));
            let values: Vec<(Partial, Spot)> = key
                .map(|(kind, map, key)| {
                    maps_of(kind, map)
                        .filter_map(|(map, origin)| Some((scalar(map.as_map()?.get(key)?)?, origin.of(&key.written()))))
                        .collect()
                })
                .unwrap_or_default();
            // What neither holds is a field of the pod or a resource of the container.
            if values.is_empty() && reference.is_some() {
                self.hidden.entry(name.to_owned()).or_insert_with(|| (Hiding::Object, spot()));
            }
            if values.is_empty() {
                secret.set(name, Partial::unknown(), spot());
            }
            for (value, spot) in values {
                own.set(name, value, spot);
            }
        }
        for command in command::of_container(container) {
            let words = command.into_iter().map(|(word, way)| Word {
                texts: own.expand(word, &secret),
                spot: way.into_iter().fold(here.clone(), Spot::then),
                before: String::new(),
            });
            self.runs(words.collect());
        }
        self.hidden.extend(own.hidden);
        for (name, values) in own.environment {
            for value in values {
                let spot = own.spots.remove(&Said::Variable(name.clone(), value.clone())).unwrap_or_default();
                self.set(&name, value, spot);
            }
        }
    }
}
