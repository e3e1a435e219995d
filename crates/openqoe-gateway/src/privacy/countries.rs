//! The country codes of ISO 3166-1 alpha-2, for rules that name countries.

use openqoe_ingest::closest;

/// Officially assigned codes, and `XK`, which address databases use for Kosovo.
const CODES: &str = "\
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ \
CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR \
GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP \
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT \
MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW \
SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ \
UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

/// What people write instead.
const SLIPS: &[(&str, &str)] = &[
    ("uk", "GB"),
    ("en", "GB"),
    ("el", "GR"),
    ("sp", "ES"),
    ("usa", "US"),
    ("united states", "US"),
    ("united kingdom", "GB"),
    ("great britain", "GB"),
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("france", "FR"),
    ("spain", "ES"),
    ("italy", "IT"),
    ("austria", "AT"),
    ("switzerland", "CH"),
    ("netherlands", "NL"),
    ("japan", "JP"),
    ("brazil", "BR"),
    ("india", "IN"),
];

/// The code, in upper case, if it is one.
pub(super) fn find(name: &str) -> Option<&'static str> {
    CODES.split(' ').find(|code| code.eq_ignore_ascii_case(name))
}

/// The end of a message about what is no code.
pub(super) fn suggest(name: &str) -> String {
    if name.eq_ignore_ascii_case("eu") {
        return ": list the countries of the union one by one".into();
    }
    let slip = closest(name, SLIPS.iter().map(|(slip, _)| *slip));
    let code = SLIPS.iter().find(|(known, _)| Some(*known) == slip).map(|(_, code)| *code);
    code.map_or(", such as `DE`".into(), |code| format!(", did you mean `{code}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_and_slips_are_put_right() {
        let codes: std::collections::BTreeSet<&str> = CODES.split(' ').collect();
        assert_eq!((codes.len(), CODES.split(' ').count()), (250, 250));
        assert!(codes.iter().all(|code| code.len() == 2));
        assert_eq!((find("de"), find("DE"), find("UK"), find("")), (Some("DE"), Some("DE"), None, None));
        assert_eq!(suggest("Germny"), ", did you mean `DE`?");
        assert_eq!(suggest("qq"), ", such as `DE`");
        assert!(suggest("EU").contains("one by one"));
    }
}
