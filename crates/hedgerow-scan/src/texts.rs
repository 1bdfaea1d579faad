//! What is a text, and which texts are looked at for the addresses of services, whatever their names end in.
//!
//! A file that is neither code that is read in depth nor of a known kind of settings is looked at if it is a text: nobody knows all endings,
//! and what is not looked at is a silent miss. What is left out is left out for a stated reason: [`left_out`].

/// How many bytes tell a text from something else.
const HEAD: usize = 1 << 10;

/// The most bytes of a text that is looked at for names, if nothing but its being a text speaks for it. A larger one is data, and told in
/// the account.
pub const MAX_SEARCHED: u64 = 1 << 20;

/// Of so many characters of a text one may be no UTF-8: some old files are written in Latin-1.
const PLAIN: usize = 20;

/// A text without the byte order mark that some editors put before it: it is no part of what the file says.
#[must_use]
pub fn unmarked(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// The text that bytes are; none where they are something else, such as a picture. UTF-16 with its mark is a text too.
#[must_use]
pub fn text_of(bytes: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| of([pair[0], pair[1]])).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => return wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => return wide(rest, u16::from_be_bytes),
        _ => {}
    }
    if is_binary(bytes) {
        return None;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(unmarked(text.to_owned())),
        Err(_) => {
            let text = String::from_utf8_lossy(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes));
            let (all, lost) =
                text.chars().fold((0, 0), |(all, lost), c| (all + 1, lost + usize::from(c == '\u{fffd}')));
            (lost * PLAIN <= all).then(|| text.into_owned())
        }
    }
}

/// The text of settings or of a manifest; none where it is none, or where something else than UTF-8 stands elsewhere than behind a `#`: in
/// what encoding comments are written does not matter, each byte of theirs is lost.
#[must_use]
pub fn settings_of(bytes: Vec<u8>) -> Option<String> {
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Some(unmarked(text)),
        Err(error) => error.into_bytes(),
    };
    if is_binary(&bytes) {
        return None;
    }
    let text = unmarked(String::from_utf8_lossy(&bytes).into_owned());
    let is_behind = |before: &str| {
        before.match_indices('#').any(|(at, _)| before[..at].chars().next_back().is_none_or(char::is_whitespace))
    };
    let is_said = |line: &str| line.split_once('\u{fffd}').is_none_or(|(before, _)| is_behind(before));
    text.lines().all(is_said).then_some(text)
}

/// The text of a file of source code; none where it is none. Whatever its comments are written in (GBK, Latin-1), all that matters of code
/// is ASCII in most encodings; each byte of what is left is lost.
#[must_use]
pub fn code_of(bytes: &[u8]) -> Option<String> {
    let lossy = || unmarked(String::from_utf8_lossy(bytes).into_owned());
    text_of(bytes).or_else(|| (!is_binary(bytes)).then(lossy)).filter(|text| {
        let lost = text.chars().filter(|c| *c == '\u{fffd}').count();
        lost * 2 <= text.chars().count()
    })
}

/// Whether bytes begin like something that is no text.
#[must_use]
pub fn is_binary(bytes: &[u8]) -> bool {
    !bytes.starts_with(&[0xff, 0xfe])
        && !bytes.starts_with(&[0xfe, 0xff])
        && bytes.iter().take(HEAD).any(|byte| *byte == 0)
}

/// Why a file of no known kind is not looked at for names; none where it is.
pub(crate) fn left_out(path: &str) -> Option<&'static str> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let stem = stem.split('.').next().unwrap_or(stem).to_lowercase();
    let directories = || path.split('/').rev().skip(1);
    let is_in = |names: &[&str]| directories().any(|directory| names.contains(&directory));
    const DOCUMENTS: &[&str] = &[
        "readme",
        "license",
        "licence",
        "copying",
        "notice",
        "changelog",
        "changes",
        "authors",
        "contributors",
        "contributing",
        "maintainers",
        "codeowners",
        "security",
        "history",
        "todo",
    ];
    let is_document = is_prose(path) || matches!(extension, "tex" | "org" | "rtf" | "pod" | "man");
    if is_document || DOCUMENTS.contains(&stem.as_str()) || is_in(&["doc", "docs"]) {
        return Some("documentation");
    }
    if is_packaging(path) {
        return Some("how a package is made");
    }
    if matches!(extension, "svg" | "drawio" | "puml" | "plantuml" | "mmd" | "dot" | "d2" | "excalidraw") {
        return Some("a drawing");
    }
    if is_lock(path) {
        return Some("a lock file");
    }
    if matches!(
        extension,
        "log" | "har" | "patch" | "diff" | "orig" | "rej" | "pem" | "crt" | "cer" | "key" | "pub" | "asc"
    ) {
        return Some("records or keys");
    }
    if is_copy(name) {
        return Some("a copy that somebody kept");
    }
    if extension == "map" || name.contains(".min.") || matches!(name, "gradlew" | "gradlew.bat" | "mvnw" | "mvnw.cmd") {
        return Some("made by a program");
    }
    if matches!(extension, "http" | "rest") {
        return Some("requests that people send by hand");
    }
    if extension == "pyi" {
        return Some("types without code");
    }
    if is_in(&["third_party", "third-party", "bower_components"]) {
        return Some("somebody else's");
    }
    hedgerow_code::testcode::is_test(path).then_some("a test")
}

/// Whether a file is an older state of the one beside it, by its name: `route.ts.bak`, `route.ts.bak_20260310`, `api.py.old`, `main.go~`. Nothing
/// loads it.
fn is_copy(name: &str) -> bool {
    let is_mark = |end: &str| {
        ["bak", "backup", "old", "orig", "save"].iter().any(|mark| {
            let rest = end.strip_prefix(mark);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(|c: char| !c.is_ascii_alphabetic()))
        })
    };
    let of = name.strip_suffix('~').or_else(|| name.rsplit_once('.').filter(|(_, end)| is_mark(end)).map(|(of, _)| of));
    of.is_some_and(hedgerow_code::testcode::is_code)
}

/// Whether a file is written for people, by the end of its name: also what such a file is made from, `README.md.gotmpl`.
pub(crate) fn is_prose(path: &str) -> bool {
    const TEMPLATES: &[&str] = &["gotmpl", "tmpl", "tpl", "template", "j2", "jinja", "jinja2", "erb", "in"];
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let name = TEMPLATES.iter().find_map(|end| name.strip_suffix(end)?.strip_suffix('.')).unwrap_or(&name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(extension, "md" | "mdx" | "markdown" | "rst" | "adoc" | "asciidoc")
}

/// Whether a file says how a distribution's package is made of the tree, and what changed in it: words for people and for the package's
/// builder, of which none is an address that the program calls.
pub(crate) fn is_packaging(path: &str) -> bool {
    const TEMPLATES: &[&str] = &[".in", ".tmpl", ".template", ".j2", ".rpkg", ".tpl"];
    const OF_DEBIAN: &[&str] = &["control", "rules", "copyright", "watch", "compat", "changelog", "upstream"];
    let mut parts = path.rsplit('/');
    let name = parts.next().unwrap_or(path);
    let name = TEMPLATES.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name);
    let is_debian = parts.any(|directory| directory == "debian");
    let ends = |ends: &[&str]| name.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && ends.contains(&end));
    matches!(name, "PKGBUILD" | "APKBUILD" | ".SRCINFO")
        || ends(&["spec", "ebuild", "nuspec", "podspec", "gemspec"])
        || is_debian && (OF_DEBIAN.contains(&name) || ends(OF_DEBIAN))
}

/// Whether a file is one in which a tool keeps what it brought from where.
pub(crate) fn is_lock(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let extension = name.rsplit('.').next().unwrap_or_default();
    matches!(extension, "lock" | "sum" | "lockb" | "lockfile")
        || name.contains("-lock.")
        || name == "npm-shrinkwrap.json"
}

/// Whether a text says at its beginning that a program made it: what that was made from is looked at.
pub(crate) fn is_made(text: &str) -> bool {
    let mut end = HEAD.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    ["@generated", "DO NOT EDIT", "Do not edit", "do not edit"].iter().any(|mark| head.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_from_other_bytes() {
        let wide = |text: &str, mark: [u8; 2], of: fn(u16) -> [u8; 2]| -> Vec<u8> {
            mark.into_iter().chain(text.encode_utf16().flat_map(of)).collect()
        };
        let late = [vec![b'a'; HEAD], vec![0]].concat();
        let rows: &[(&[u8], Option<&str>)] = &[
            (b"", Some("")),
            (b"curl http://a", Some("curl http://a")),
            ("ä".as_bytes(), Some("ä")),
            ("\u{feff}name: a".as_bytes(), Some("name: a")),
            (b"\xef\xbb\xbfhttp://a # M\xfcnchen, Goethe", Some("http://a # M\u{fffd}nchen, Goethe")),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", None),
            (b"a\0b", None),
            (b"http://a # M\xfcnchen, Goethestra", Some("http://a # M\u{fffd}nchen, Goethestra")),
            (b"\xfc\xe9\xfc\xe9ab", None),
            (&wide("http://ä", [0xff, 0xfe], u16::to_le_bytes), Some("http://ä")),
            (&wide("http://ä", [0xfe, 0xff], u16::to_be_bytes), Some("http://ä")),
            (&wide("\u{0}", [0xff, 0xfe], u16::to_le_bytes), Some("\u{0}")),
            (&[0xff, 0xfe, 0x00, 0xd8], None),
            (&late, Some(std::str::from_utf8(&late).unwrap())),
        ];
        for (bytes, expected) in rows {
            assert_eq!(text_of(bytes).as_deref(), *expected, "{bytes:?}");
        }
        assert!(is_binary(b"a\0") && !is_binary(b"a") && !is_binary(&[0xff, 0xfe, 0x41, 0]));
    }

    #[test]
    fn settings_are_settings_whatever_their_comments_are_written_in() {
        for (bytes, is_text) in [
            (&b"a: b # \xb1\xbe\xb5\xd8\nc: d"[..], true),
            (b"# \xb1\xbe#\xd8\nc: d", true),
            (b"  #\xfc\nc: d", true),
            (b"c: d # \x93\xfa\x96{\n# \xfc\n", true),
            (b"a: \xfc # b", false),
            (b"a: b#\xfc", false),
            (b"# a\nb: \xfc", false),
            (b"# \xfc\0", false),
            (b"\xfc", false),
        ] {
            let text = settings_of(bytes.to_vec());
            assert_eq!(text.is_some(), is_text, "{bytes:?}");
            assert!(text.is_none_or(|text| text.contains(": d")), "{bytes:?}");
        }
        assert_eq!(settings_of(b"\xef\xbb\xbfa: b".to_vec()).as_deref(), Some("a: b"));
    }

    #[test]
    fn code_is_code_whatever_its_comments_are_written_in() {
        // GBK, Latin-1, Shift-JIS.
        for code in
            [&b"// \xb1\xbe\xb5\xd8\xbb\xaf\nrun();"[..], b"run(); // \xfc\xe9\xfc\xe9", b"# \x93\xfa\x96{\nrun();"]
        {
            assert!(code_of(code).unwrap().contains("run();"), "{code:?}");
        }
        assert_eq!(code_of(b"run();\xff\0"), None);
        assert_eq!(code_of(b"\xfc\xe9\xfc\xe9ab"), None);
        assert_eq!(code_of("ä".as_bytes()).as_deref(), Some("ä"));
    }

    #[test]
    fn what_is_left_out_has_a_reason() {
        for (path, reason) in [
            ("a/README", Some("documentation")),
            ("a/LICENSE.txt", Some("documentation")),
            ("a/docs/x.sql", Some("documentation")),
            ("a/x.adoc", Some("documentation")),
            ("a/flow.puml", Some("a drawing")),
            ("a/Gemfile.lock", Some("a lock file")),
            ("a/go.sum", Some("a lock file")),
            ("a/x.log", Some("records or keys")),
            ("a/site.min.css", Some("made by a program")),
            ("a/gradlew", Some("made by a program")),
            ("a/route.ts.bak", Some("a copy that somebody kept")),
            ("a/route.ts.bak_20260310", Some("a copy that somebody kept")),
            ("a/main.go~", Some("a copy that somebody kept")),
            ("a/App.java.old.2", None),
            ("a/x.bakery", None),
            ("a/x.bak", None),
            ("a/x.py.oldest", None),
            ("a/x.pyi", Some("types without code")),
            ("a/try.http", Some("requests that people send by hand")),
            ("a/third_party/x.tcl", Some("somebody else's")),
            ("a/shop.spec", Some("how a package is made")),
            ("a/shop.spec.in", Some("how a package is made")),
            ("a/debian/control", Some("how a package is made")),
            ("a/debian/shop.copyright", Some("how a package is made")),
            ("a/aur/PKGBUILD", Some("how a package is made")),
            ("a/net/shop-1.2.ebuild", Some("how a package is made")),
            ("a/debian/changelog", Some("documentation")),
            ("a/rules", None),
            ("a/debian/shop.default", None),
            ("a/spec", None),
            ("a/tests/run.bash", Some("a test")),
            ("a/e2e/x.sql", Some("a test")),
            ("a/run.bash", None),
            ("a/Makefile", None),
            ("a/x.R", None),
            ("a/hosts.txt", None),
            ("a/readme/x.tcl", None),
            ("a/noticeboard.ftl", None),
        ] {
            assert_eq!(left_out(path), reason, "{path}");
        }
    }

    #[test]
    fn what_a_program_made_says_so_at_its_beginning() {
        assert!(is_made("// Code generated by x. DO NOT EDIT.\n") && is_made("# @generated\n"));
        assert!(!is_made("curl http://a\n") && !is_made(&format!("{}DO NOT EDIT", "ä".repeat(HEAD))));
    }
}
