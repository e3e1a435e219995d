//! CMSD (CTA-5006): what servers say of an object (`CMSD-Static`) and of the connection (`CMSD-Dynamic`) in headers of their answers.

use sfv::{Dictionary, List, ListEntry, Parser};

/// The connection to the player, as the server nearest to it knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dynamic {
    /// Estimated throughput, kbit/s.
    pub(crate) etp: Option<u64>,
    /// Round trip time, ms.
    pub(crate) rtt: Option<u64>,
}

/// The type of the object (`ot`), of a `CMSD-Static` header.
pub(crate) fn object_type(header: &str) -> Option<Box<str>> {
    let dictionary: Dictionary = Parser::new(header).parse().ok()?;
    let item = dictionary.get("ot")?;
    let ListEntry::Item(item) = item else { return None };
    item.bare_item.as_token().map(|token| token.as_str().into())
}

/// What a `CMSD-Dynamic` header says. Every server on the way adds a member to its end, so the last one is nearest to the player.
pub(crate) fn dynamic(header: &str) -> Dynamic {
    let list: Option<List> = Parser::new(header).parse().ok();
    let Some(ListEntry::Item(nearest)) = list.as_ref().and_then(|list| list.last()) else {
        return Dynamic::default();
    };
    let number = |key: &str| {
        let (_, value) = nearest.params.iter().find(|(name, _)| name.as_str() == key)?;
        u64::try_from(i64::from(value.as_integer()?)).ok()
    };
    Dynamic {
        etp: number("etp").filter(|kbps| *kbps <= 1_000_000_000),
        rtt: number("rtt").filter(|ms| *ms <= 3_600_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_nearest_to_the_player_is_believed() {
        let header = "\"origin\";etp=96;rtt=8, \"CDNB-w35k\";etp=76000;rtt=32";
        assert_eq!(dynamic(header), Dynamic { etp: Some(76_000), rtt: Some(32) });
        assert_eq!(dynamic("\"edge\";rtt=fast;etp=-1"), Dynamic::default());
        assert_eq!(dynamic("etp=76"), Dynamic::default());
        assert_eq!(object_type("ot=v,sf=h,st=v,d=5000,br=2000,n=\"OriginProviderA\"").as_deref(), Some("v"));
        assert_eq!(object_type("ot=(v)"), None);
    }
}
