//! The trace of a session. Its id follows from the session's, so that SDKs, exemplars, spans and logs agree on it without
//! asking each other: rule 11 of `spec/vectors/sdk`.

use std::fmt;

/// Bits of a trace id that W3C Trace Context Level 2 wants to be random, and samplers look at: the lowest 56.
const RANDOM: u32 = 56;

/// A trace id of W3C Trace Context: 16 bytes, not all zero. `Display` gives 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceId(u128);

impl TraceId {
    /// The trace of a session: its UUID without hyphens, as `traceparent()` of the SDKs has it; of any other id a hash that is
    /// the same in every process and build.
    pub fn of(session_id: &str) -> TraceId {
        TraceId(uuid(session_id).unwrap_or_else(|| hash(session_id)))
    }

    /// The bytes as they stand in OTLP.
    pub fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }

    /// The id of the span that is the session: the last 8 bytes, which any reporter can tell too. Never zero.
    pub fn root_span(self) -> [u8; 8] {
        nonzero(self.0 as u64).to_be_bytes()
    }

    /// The id of another span of the trace, by what it is of: a number below 2^64 for each. Never zero.
    pub fn span(self, of: u64) -> [u8; 8] {
        // Multiplied before it is mixed, so that neighbours have nothing in common and 0 is not the root.
        let of = of.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        nonzero(mix(self.0 as u64 ^ mix((self.0 >> 64) as u64) ^ of)).to_be_bytes()
    }

    /// Whether it is among this share (0 to 1) of all traces: those with the largest random parts, as consistent samplers of
    /// OpenTelemetry choose (OTEP 235), so that others who sample the same share keep the same traces.
    pub fn is_within(self, share: f64) -> bool {
        let all = 1_u64 << RANDOM;
        // A cast from a float stops at the smallest and the largest value; no number is 0.
        let rejected = ((1.0 - share) * all as f64).ceil() as u64;
        self.randomness() >= rejected && share > 0.0
    }

    /// The lowest 56 bits where they are random: in UUIDs of version 4 and 7, and in hashes. Others may have a computer's
    /// address there, so they are mixed.
    fn randomness(self) -> u64 {
        let version = (self.0 >> 76) & 0xf;
        let low =
            if matches!(version, 4 | 7) { self.0 as u64 } else { mix(self.0 as u64 ^ (self.0 >> 64) as u64) };
        low & ((1 << RANDOM) - 1)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

/// 32 hexadecimal digits, with hyphens where RFC 9562 has them or without; all zeros are no trace.
fn uuid(text: &str) -> Option<u128> {
    const HYPHENS: [usize; 4] = [8, 13, 18, 23];
    let digits = match text.len() {
        32 => text.to_owned(),
        36 if HYPHENS.iter().all(|at| text.as_bytes()[*at] == b'-') => text.replace('-', ""),
        _ => return None,
    };
    // `from_str_radix` would take a sign.
    let is_hex = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hex.then(|| u128::from_str_radix(&digits, 16).ok())?.filter(|id| *id != 0)
}

/// FNV-1a twice from different beginnings, each mixed: ids that differ in their last character only must not be neighbours.
fn hash(text: &str) -> u128 {
    let half = |begin: u64| {
        let fold = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        mix(text.bytes().fold(begin, fold))
    };
    let (high, low) = (half(0xcbf2_9ce4_8422_2325), half(0x6c62_272e_07bb_0142));
    u128::from(high) << 64 | u128::from(nonzero(low))
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): every bit depends on every other.
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// An id of zeros is invalid (W3C Trace Context, 3.2.2.4).
fn nonzero(value: u64) -> u64 {
    value.max(1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_trace_is_its_session() {
        let id = "f81d4fae-7dec-41d0-a765-00a0c91e6bf6";
        let trace = TraceId::of(id);
        assert_eq!(trace.to_string(), "f81d4fae7dec41d0a76500a0c91e6bf6");
        assert_eq!(trace, TraceId::of(&id.to_uppercase()));
        assert_eq!(trace, TraceId::of(&id.replace('-', "")));
        assert_eq!(trace.root_span(), 0xa765_00a0_c91e_6bf6_u64.to_be_bytes());
        assert_eq!(trace.to_bytes()[..4], [0xf8, 0x1d, 0x4f, 0xae]);
    }

    #[test]
    fn any_other_id_has_the_same_trace_in_every_build() {
        assert_eq!(TraceId::of("s").to_string(), "bdf18d3990fb6460fb20466ab38d84fb");
        let odd = [
            "",
            "s",
            "t",
            "00000000-0000-0000-0000-000000000000",
            "+81d4fae7dec41d0a76500a0c91e6bf6",
            "f81d4fae_7dec_41d0_a765_00a0c91e6bf6",
            "ééééééééééééééééééé",
        ];
        let traces: BTreeSet<String> = odd.iter().map(|id| TraceId::of(id).to_string()).collect();
        assert_eq!(traces.len(), odd.len());
        assert!(!traces.contains(&"0".repeat(32)));
    }

    #[test]
    fn spans_of_a_trace_have_ids_of_their_own() {
        let trace = TraceId::of("f81d4fae-7dec-41d0-a765-00a0c91e6bf6");
        let spans: BTreeSet<[u8; 8]> =
            (0..100_000).map(|of| trace.span(of)).chain([trace.root_span()]).collect();
        assert_eq!(spans.len(), 100_001);
    }

    #[test]
    fn a_share_is_a_share_whatever_the_ids_look_like() {
        let uuid4 = |n: u64| format!("{:08x}-0000-4000-8{:03x}-{:012x}", n, n % 4096, mix(n) >> 16);
        let node = |n: u64| format!("{n:08x}-7dec-11d0-a765-00a0c91e6bf6");
        for make in [uuid4, node, |n| format!("session-{n}")] {
            for share in [0.0, 0.01, 0.25, 1.0] {
                let kept = (0..20_000).filter(|n| TraceId::of(&make(*n)).is_within(share)).count();
                let off = (kept as f64 / 20_000.0 - share).abs();
                assert!(off < 0.01, "{share}: {kept} of {}", make(1));
            }
        }
        // Whoever is in a share is in every larger one.
        let trace = TraceId::of("a session");
        let shares: Vec<bool> = (0..=100).map(|share| trace.is_within(f64::from(share) / 100.0)).collect();
        assert!(shares.is_sorted());
        assert!(!trace.is_within(f64::NAN) && !trace.is_within(-1.0) && trace.is_within(2.0));
    }
}
