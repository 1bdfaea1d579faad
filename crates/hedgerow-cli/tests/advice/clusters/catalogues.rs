//! The advice on catalogues.

use super::{World, case, follow};

/// Another repository of the same fleet, with the service `service.other`.
fn other() -> World {
    let other = World::new();
    std::fs::remove_dir_all(other.root().join("service.books")).expect("it is there");
    std::fs::remove_dir_all(other.root().join("service.cart")).expect("it is there");
    other.write("service.other/service.yaml", "{}\n");
    other
}

fn use_catalogue(world: &World, text: &str) {
    world.edit("hedgerow.yaml", "include: [\"service.*\"]", "include: [\"service.*\"], catalogue: others.json");
    world.write("others.json", text);
}

#[test]
fn catalogues_agree_after_their_advice() {
    follow(&[
        case(
            "check",
            |world| {
                use_catalogue(world, "");
                String::new()
            },
            "the catalogue is empty",
            "make it with `hedgerow catalogue` in the other repositories",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let text = other().out("catalogue", "");
                let changed = text.replace("\"port\":8080", "\"port\":8081");
                assert_ne!(changed, text);
                use_catalogue(world, &changed);
                String::new()
            },
            "catalogue-edited",
            "make it again with `hedgerow catalogue`",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let text = world.out("catalogue", "");
                use_catalogue(world, &text);
                world.write("service.books/service.yaml", "owner: readers\n");
                String::new()
            },
            "catalogue-differs",
            "make the catalogue again",
            |world, stream| {
                world.write("others.json", &world.out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "[default]", "[default, far]");
                far.write("service.other/service.yaml", "namespace: far\n");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "warning[namespace-not-listed]",
            "add it to `namespaces:` in hedgerow.yaml",
            |world, stream| {
                world.edit("hedgerow.yaml", "namespaces: [default]", "namespaces: [default, far]");
                stream
            },
        ),
        case(
            "check",
            |world| {
                world.edit("hedgerow.yaml", "namespaces: [default]", "namespaces: [default, shop]");
                world.write("service.cart/service.yaml", "namespace: shop\n");
                world.write("service.cart/egress/service.other.rule", "");
                use_catalogue(world, &other().out("catalogue", ""));
                String::new()
            },
            "error[namespace-not-listed]",
            "list it under `namespaces:` in the hedgerow.yaml of `service.other`'s repository",
            |world, stream| {
                let far = other();
                far.edit("hedgerow.yaml", "[default]", "[default, shop]");
                world.write("others.json", &far.out("catalogue", ""));
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "{domain: bank.example}", "{domain: bank.example, identity: called}");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `labels.identity` say the same in every repository",
            |world, stream| {
                world.edit("hedgerow.yaml", "{domain: bank.example}", "{domain: bank.example, identity: called}");
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit(
                    "hedgerow.yaml",
                    "{domain: bank.example}",
                    "{domain: bank.example, prefixes: {service.: svc-}}",
                );
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `labels.prefixes` say the same in every repository",
            |world, stream| {
                world.edit(
                    "hedgerow.yaml",
                    "{domain: bank.example}",
                    "{domain: bank.example, prefixes: {service.: svc-}}",
                );
                stream
            },
        ),
        case(
            "check",
            |world| {
                let far = other();
                far.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                use_catalogue(world, &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-differs",
            "let `types:` agree",
            |world, stream| {
                world.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue --rules", ""));
                world.write("others.json", &other().out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "make both with `--rules`, or both without",
            |world, stream| {
                world.write("others.json", &other().out("catalogue --rules", ""));
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue --env prod", ""));
                world.write("others.json", &other().out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "make both with the same `--env`, or both without",
            |world, stream| {
                world.write("others.json", &other().out("catalogue --env prod", ""));
                stream
            },
        ),
        case(
            "catalogue merge here.json others.json",
            |world| {
                world.write("here.json", &world.out("catalogue", ""));
                let far = other();
                far.edit("hedgerow.yaml", "{api: {}", "{api: {callers: [monitoring]}");
                world.write("others.json", &far.out("catalogue", ""));
                String::new()
            },
            "catalogue-mismatch",
            "let `types:` say the same in the hedgerow.yaml of both",
            |world, stream| {
                world.write("others.json", &other().out("catalogue", ""));
                stream
            },
        ),
    ]);
}
