//! Base64, in which Secrets hold their texts: <https://www.rfc-editor.org/rfc/rfc4648#section-4>.

use crate::partial::Partial;
use data_encoding::{BASE64, BASE64_NOPAD};

/// What stands before a text that is known in part, in place of its encoding: that cannot be written.
const IN_PART: &str = "__base64__";

/// A text in base64.
pub(crate) fn encoded(text: &Partial) -> Partial {
    let Some(known) = text.known() else {
        return if text.is_unknown() {
            Partial::unknown()
        } else {
            [&Partial::from(IN_PART), text].into_iter().collect()
        };
    };
    Partial::from(BASE64.encode(known.as_bytes()))
}

/// What a text in base64 says; none where that is no text.
pub(crate) fn decoded(text: &Partial) -> Option<Partial> {
    let Some(known) = text.known() else {
        return text.split_once(IN_PART).filter(|(before, _)| before.is_empty()).map(|(_, text)| text);
    };
    // It may be folded, and lack what fills its end.
    let letters: String = known.chars().filter(|c| !c.is_ascii_whitespace()).collect();
    let bytes = BASE64_NOPAD.decode(letters.trim_end_matches('=').as_bytes()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let is_text = text.chars().all(|c| !c.is_control() || c.is_whitespace());
    is_text.then(|| Partial::from(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::partial::Gap;

    #[test]
    fn texts_come_back() {
        for (text, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
            ("s-ledger:80", "cy1sZWRnZXI6ODA="),
            ("é~", "w6l+"),
        ] {
            let made = encoded(&Partial::from(text));
            assert_eq!((made.known(), decoded(&made)), (Some(expected), Some(Partial::from(text))), "{text}");
        }
        let part: Partial = [&Partial::gap(Gap::Release(0)), &Partial::from("-ledger")].into_iter().collect();
        assert_eq!(decoded(&encoded(&part)), Some(part));
        assert!(encoded(&Partial::unknown()).is_unknown());
        // Folded, without its end; keys and pictures; what is none.
        assert_eq!(decoded(&Partial::from("Zm9v\n  YmFy\n")), Some(Partial::from("foobar")));
        assert_eq!(decoded(&Partial::from("Zm8")), Some(Partial::from("fo")));
        for none in ["/w==", "AAECAw==", "s-ledger", "http://x", "¿"] {
            assert_eq!(decoded(&Partial::from(none)), None, "{none}");
        }
    }
}
