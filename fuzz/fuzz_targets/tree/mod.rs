//! A tree of files in one text.

/// The files: a line `-- path` begins each; of two with one path the last one counts.
pub fn files(text: &str) -> Vec<(String, String)> {
    let mut files = std::collections::BTreeMap::<String, String>::new();
    let mut path = None;
    for line in text.split_inclusive('\n') {
        if let Some(next) = line.strip_prefix("-- ") {
            path = Some(next.trim().to_owned());
            files.insert(next.trim().to_owned(), String::new());
        } else if let Some(file) = path.as_ref().and_then(|path| files.get_mut(path)) {
            file.push_str(line);
        }
    }
    files.into_iter().collect()
}
