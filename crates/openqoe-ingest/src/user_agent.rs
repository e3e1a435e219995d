//! Device and operating system from the User-Agent, which is dropped afterwards: it is personal data, the two words are not.

use openqoe_spec::{Attribute, Attributes};

/// Tokens in the order they must be looked for: an iPhone also says "like Mac OS X", a Fire TV also says "Android".
const SYSTEMS: &[(&str, &str, &str)] = &[
    ("playstation", "playstation", "console"),
    ("xbox", "xbox", "console"),
    ("nintendo", "other", "console"),
    ("roku", "roku", "set_top_box"),
    ("aft", "fireos", "set_top_box"),
    ("tizen", "tizen", "tv"),
    ("web0s", "webos", "tv"),
    ("webos", "webos", "tv"),
    ("apple tv", "tvos", "set_top_box"),
    ("appletv", "tvos", "set_top_box"),
    ("tvos", "tvos", "set_top_box"),
    ("iphone", "ios", "mobile"),
    ("ipod", "ios", "mobile"),
    ("ipad", "ios", "tablet"),
    ("cros", "chromeos", "desktop"),
    ("windows", "windows", "desktop"),
    ("macintosh", "macos", "desktop"),
    ("mac os x", "macos", "desktop"),
    ("android", "android", "tablet"),
    ("linux", "linux", "desktop"),
];

/// Fills `os_family` and `device_type` where the reporter did not.
pub fn fill(attributes: &mut Attributes, user_agent: &str) {
    if [Attribute::OsFamily, Attribute::DeviceType].iter().all(|known| !attributes.get(*known).is_empty()) {
        return;
    }
    let (os_family, device_type) =
        if user_agent.is_empty() { ("other", "other") } else { classify(user_agent) };
    for (attribute, value) in [(Attribute::OsFamily, os_family), (Attribute::DeviceType, device_type)] {
        if attributes.get(attribute).is_empty() {
            // Both words come from the enumerations.
            let _ = attributes.set(attribute, value);
        }
    }
}

fn classify(user_agent: &str) -> (&'static str, &'static str) {
    let agent = user_agent.to_ascii_lowercase();
    let Some((_, os_family, device_type)) = SYSTEMS.iter().find(|(token, ..)| match *token {
        // Amazon models are words such as AFTMM; the letters alone occur in others.
        "aft" => agent.split([' ', ';', ')']).any(|word| word.starts_with("aft") && word.len() <= 10),
        "cros" => agent.contains("; cros ") || agent.contains("(x11; cros"),
        token => agent.contains(token),
    }) else {
        return ("other", "other");
    };
    let television = agent.contains("smart-tv") || agent.contains("smarttv") || agent.contains("android tv");
    match (*os_family, television) {
        ("android", true) => ("android", "tv"),
        ("android", false) if agent.contains("mobile") => ("android", "mobile"),
        _ => (os_family, device_type),
    }
}

#[cfg(test)]
mod tests {
    use super::classify;

    #[test]
    fn families_are_told_apart() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                ("linux", "desktop"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148",
                ("ios", "mobile"),
            ),
            ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15", ("ios", "tablet")),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15", ("macos", "desktop")),
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) Edge/44", ("xbox", "console")),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130 Mobile Safari/537.36",
                ("android", "mobile"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X710) AppleWebKit/537.36 Chrome/130 Safari/537.36",
                ("android", "tablet"),
            ),
            (
                "Mozilla/5.0 (Linux; Android 9; AFTMM Build/PS7) AppleWebKit/537.36 Chrome/118 Mobile Safari/537.36",
                ("fireos", "set_top_box"),
            ),
            (
                "Mozilla/5.0 (SMART-TV; Linux; Tizen 7.0) AppleWebKit/537.36 SamsungBrowser/4.0",
                ("tizen", "tv"),
            ),
            ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94", ("webos", "tv")),
            ("Roku/DVP-12.0 (12.0.0 build 4170)", ("roku", "set_top_box")),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36", ("chromeos", "desktop")),
            ("Mozilla/5.0 (PlayStation 5 3.00) AppleWebKit/605.1.15", ("playstation", "console")),
            ("curl/8.0", ("other", "other")),
            ("", ("other", "other")),
        ] {
            assert_eq!(classify(agent), expected, "{agent}");
        }
    }
}
