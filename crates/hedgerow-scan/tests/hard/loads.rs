//! Files of settings that the whole fleet has, and that the deploy tells programs to load.

use crate::here::told;

/// Three programs that load a file of settings which the whole fleet has; the first one by its name in the code.
fn tree(of: &str, code: &str) -> String {
    let by = |name: &str, code: &str| {
        format!(
            "-- service.{name}/main.py\nimport os, sys, yaml\ncfg = yaml.safe_load(open({code}))\nx = cfg['ledger']['host']\n"
        )
    };
    format!(
        "-- hedgerow.yaml\nscan: {{settings: ['conf/fleet.yaml']}}\n-- conf/fleet.yaml\nledger: {{host: 'http://s-ledger:80'}}\n-- service.ledger/x.txt\n\
         {}{}{}-- docker-compose.yml\nservices:\n  service.a: {{image: a}}\n  service.b: {{image: b{of}}}\n  service.c: {{image: c{of}}}\n  service.ledger: {{image: l}}\n",
        by("a", "'/etc/conf/fleet.yaml'"),
        by("b", code),
        by("c", code)
    )
}

#[test]
fn who_is_told_to_load_a_file_has_what_it_says() {
    let set = "os.environ['CONF']";
    for (of, code) in [
        (", environment: {CONF: conf/fleet.yaml}", set),
        (", environment: ['CONF=/etc/fleet.yaml']", set),
        (", command: python main.py --config conf/fleet.yaml", "sys.argv[2]"),
        (", command: [python, main.py, --config=conf/fleet.yaml]", "sys.argv[1]"),
        (", entrypoint: [sh, -c, 'python main.py /etc/conf/fleet.yaml']", "sys.argv[1]"),
    ] {
        let found = told(&tree(of, code));
        for caller in ["a", "b", "c"] {
            assert!(found.contains(&format!("{caller} -> ledger joined")), "{of}: {found:?}");
        }
    }
    for of in ["", ", environment: {CONF: conf/other.yaml}", ", command: python main.py --config conf/my-fleet.yaml"] {
        let found = told(&tree(of, set));
        assert!(found.contains(&"a -> ledger joined".to_owned()), "{of}: {found:?}");
        assert!(!found.iter().any(|line| line.contains("joined") && !line.starts_with('a')), "{of}: {found:?}");
        assert!(found.iter().any(|line| line.starts_with("unexplained-mention b,c")), "{of}: {found:?}");
    }
}
