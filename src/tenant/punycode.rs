//! Whether a label of a host name that starts with `xn--` means anything (RFC 3492).
//!
//! Pure. Tells; never gives the decoded name, which nobody needs.

const BASE: u32 = 36;
const T_MIN: u32 = 1;
const T_MAX: u32 = 26;
const SKEW: u32 = 38;
const DAMP: u32 = 700;
const INITIAL_BIAS: u32 = 72;
const INITIAL_CHAR: u32 = 128;

/// True when the part behind `xn--` decodes, and to characters that a name can have.
pub(super) fn is_name(encoded: &str) -> bool {
    let (plain, rest) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut length = u32::try_from(plain.len()).unwrap_or(u32::MAX);
    let (mut char, mut index, mut bias) = (INITIAL_CHAR, 0_u32, INITIAL_BIAS);
    let mut digits = rest.bytes().peekable();
    // What has no character beyond ASCII has no reason to be encoded.
    let mut is_name = digits.peek().is_some();
    while is_name && digits.peek().is_some() {
        let before = index;
        let Some(inserted) = insertion(&mut digits, before, bias) else {
            return false;
        };
        let Some(count) = length.checked_add(1) else {
            return false;
        };
        bias = adapted(inserted - before, count, before == 0);
        char = char.saturating_add(inserted / count);
        index = inserted % count + 1;
        length = count;
        is_name =
            char::from_u32(char).is_some_and(|char| !char.is_control() && !char.is_whitespace());
    }
    is_name
}

/// Reads one number of variable length and adds it to `index`.
fn insertion(digits: &mut impl Iterator<Item = u8>, index: u32, bias: u32) -> Option<u32> {
    let (mut sum, mut weight, mut position) = (index, 1_u32, BASE);
    loop {
        let digit = match digits.next()? {
            letter @ b'a'..=b'z' => u32::from(letter - b'a'),
            number @ b'0'..=b'9' => u32::from(number - b'0') + 26,
            _ => return None,
        };
        sum = sum.checked_add(digit.checked_mul(weight)?)?;
        let threshold = position.saturating_sub(bias).clamp(T_MIN, T_MAX);
        if digit < threshold {
            return Some(sum);
        }
        weight = weight.checked_mul(BASE - threshold)?;
        position = position.checked_add(BASE)?;
    }
}

fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = delta / if is_first { DAMP } else { 2 };
    delta += delta / count;
    let mut bias = 0;
    while delta > ((BASE - T_MIN) * T_MAX) / 2 {
        delta /= BASE - T_MIN;
        bias += BASE;
    }
    bias + (BASE * delta) / (delta + SKEW)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_a_name_when_it_decodes_to_one() {
        for encoded in [
            "mnchen-3ya",
            "bcher-kva",
            "fiqs8s",
            "e1afmkfd",
            "mgba3gch31f060k",
            "p1ai",
        ] {
            assert!(is_name(encoded), "{encoded}");
        }
        // A control character, nothing beyond ASCII, cut off, no digit, more than 32 bits.
        for encoded in ["a", "abc-", "", "mnchen-3y", "mnchen-3y!", "99999999", "-"] {
            assert!(!is_name(encoded), "{encoded}");
        }
    }
}
