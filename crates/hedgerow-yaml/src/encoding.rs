//! The gate between bytes and text: everything behind it works on UTF-8.

use thiserror::Error;

/// Bytes that are not UTF-8 text.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodingError {
    /// The input begins with the byte order mark of another encoding.
    #[error("the input is {encoding}; only UTF-8 is read")]
    OtherEncoding {
        /// Name of the encoding that the byte order mark announces.
        encoding: &'static str,
    },
    /// A byte sequence that UTF-8 does not have.
    #[error("invalid UTF-8 at byte {offset}")]
    InvalidUtf8 {
        /// Byte offset of the first byte that is wrong.
        offset: usize,
    },
}

/// Reads bytes as UTF-8 text; a UTF-8 byte order mark is kept.
///
/// Kubernetes reads UTF-16 with a byte order mark, and replaces invalid UTF-8 silently. Here both are
/// refused: an edit by byte offsets would be wrong in the first and would hide damage in the second.
///
/// # Errors
/// [`EncodingError`] names the other encoding, or the offset of the first invalid byte.
pub fn decode(bytes: &[u8]) -> Result<&str, EncodingError> {
    const MARKS: [(&[u8], &str); 4] = [
        (&[0xFF, 0xFE, 0, 0], "UTF-32 (little endian)"),
        (&[0, 0, 0xFE, 0xFF], "UTF-32 (big endian)"),
        (&[0xFF, 0xFE], "UTF-16 (little endian)"),
        (&[0xFE, 0xFF], "UTF-16 (big endian)"),
    ];
    if let Some((_, encoding)) = MARKS.iter().find(|(mark, _)| bytes.starts_with(mark)) {
        return Err(EncodingError::OtherEncoding { encoding });
    }
    std::str::from_utf8(bytes).map_err(|error| EncodingError::InvalidUtf8 { offset: error.valid_up_to() })
}

/// Reads bytes as UTF-8 text like [`decode`], and keeps them: nothing is copied.
///
/// # Errors
/// The same.
pub fn decode_owned(bytes: Vec<u8>) -> Result<String, EncodingError> {
    String::from_utf8(bytes).map_err(|error| match decode(error.as_bytes()) {
        Err(named) => named,
        Ok(_) => EncodingError::InvalidUtf8 { offset: error.utf8_error().valid_up_to() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_encodings_are_named_and_bad_bytes_located() {
        let other = |encoding| Err(EncodingError::OtherEncoding { encoding });
        let rows: [(&[u8], Result<&str, EncodingError>); 7] = [
            (b"", Ok("")),
            (b"\xEF\xBB\xBFa: 1", Ok("\u{FEFF}a: 1")),
            (b"a: \xFF", Err(EncodingError::InvalidUtf8 { offset: 3 })),
            (b"\xFF\xFEa\0", other("UTF-16 (little endian)")),
            (b"\xFE\xFF\0a", other("UTF-16 (big endian)")),
            (b"\xFF\xFE\0\0a\0\0\0", other("UTF-32 (little endian)")),
            (b"\0\0\xFE\xFF\0\0\0a", other("UTF-32 (big endian)")),
        ];
        for (bytes, expected) in rows {
            assert_eq!(decode(bytes), expected, "{bytes:?}");
            assert_eq!(decode_owned(bytes.to_vec()), expected.map(str::to_owned), "{bytes:?}");
        }
    }
}
