//! Paths that files write of others, seen from the tree's root.

/// `path` seen from `dir`, without `.` and `..`; none if it leads out of the tree.
#[must_use]
pub fn join_within(dir: &str, path: &str) -> Option<String> {
    let mut depth = dir.split('/').filter(|part| !part.is_empty()).count();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => depth = depth.checked_sub(1)?,
            _ => depth += 1,
        }
    }
    (!path.starts_with('/')).then(|| join(dir, path))
}

/// `path` seen from `dir`, without `.` and `..`; steps above the root stay at the root.
#[must_use]
pub fn join(dir: &str, path: &str) -> String {
    let mut parts: Vec<&str> = dir.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_paths_stay_in_the_tree() {
        for (dir, path, expected) in
            [("a/b", "../c", "a/c"), ("", "./x", "x"), ("a", "../../../etc", "etc"), ("a", "b//c", "a/b/c")]
        {
            assert_eq!(join(dir, path), expected);
        }
        for (dir, path, expected) in [
            ("a/b", "../../c", Some("c")),
            ("a", "./../b/", Some("b")),
            ("a", "../../a/x", None),
            ("a", "x/../../../a", None),
            ("a", "/x", None),
        ] {
            assert_eq!(join_within(dir, path).as_deref(), expected, "{path}");
        }
    }
}
