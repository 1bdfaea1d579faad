//! Base64, in which Secrets hold their texts: <https://www.rfc-editor.org/rfc/rfc4648#section-4>.

use crate::partial::Partial;

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

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
    let mut made = String::with_capacity(known.len().div_ceil(3) * 4);
    for bytes in known.as_bytes().chunks(3) {
        let whole = bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte)) << (8 * (3 - bytes.len()));
        for at in 0..4 {
            let letter = usize::try_from(whole >> (18 - 6 * at) & 63)
                .ok()
                .and_then(|at| LETTERS.get(at))
                .filter(|_| at <= bytes.len());
            made.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    Partial::from(made)
}

/// What a text in base64 says; none where that is no text.
pub(crate) fn decoded(text: &Partial) -> Option<Partial> {
    let Some(known) = text.known() else {
        return text.split_once(IN_PART).filter(|(before, _)| before.is_empty()).map(|(_, text)| text);
    };
    let (mut bytes, mut held, mut count) = (Vec::new(), 0_u32, 0_u32);
    for letter in known.bytes().filter(|letter| !letter.is_ascii_whitespace()) {
        if letter == b'=' {
            break;
        }
        let value = LETTERS.iter().position(|known| *known == letter)?;
        held = (held << 6 | u32::try_from(value).ok()?) & 0xffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(held >> count & 0xff).ok()?);
        }
    }
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
