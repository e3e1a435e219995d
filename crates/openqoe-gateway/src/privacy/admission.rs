//! What admission does to each batch for the viewer's privacy, in the order in which it is done.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use openqoe_metrics::{ProcessScope, SharedRow};
use openqoe_spec::metrics::process::Counter;
use openqoe_spec::{
    ATTRIBUTES, Attribute, AttributeType, Attributes, Batch, PrivacyAction as Action,
    PrivacyOperation as Operation,
};
use tokio::sync::watch;

use super::client_address::Proxies;
use super::config::{Gpc, ViewerIds};
use super::database::{COUNTRY, Database, OPERATOR};
use super::redaction::Redactions;
use super::{PrivacyError, RequestContext, Salts, opt_out, salts_path};
use crate::clock::now_ms;
use crate::tenant::Tenant;

/// How often salts and databases are looked after.
const CARE: Duration = Duration::from_secs(5);

/// Whether a batch goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub(crate) enum Verdict {
    Keep,
    /// The viewer objects, and the operator wants nothing of those who do.
    OptedOut,
}

/// The toolkit at work.
pub(crate) struct Privacy {
    viewer_ids: ViewerIds,
    gpc: Gpc,
    geo_overrides: bool,
    salts: Salts,
    /// Whether the salts could not be renewed the last time: one line in the log, not one every time.
    failing: AtomicBool,
    proxies: Proxies,
    countries: Option<Database>,
    operators: Option<Database>,
    redactions: Redactions,
    process: Arc<SharedRow<ProcessScope>>,
}

impl Privacy {
    /// Takes up the salts of the data directory and reads the databases.
    ///
    /// # Errors
    /// When one of those files cannot be used.
    pub(crate) fn start(
        whole: &crate::config::Config,
        process: Arc<SharedRow<ProcessScope>>,
    ) -> anyhow::Result<Privacy> {
        let config = &whole.privacy;
        let open = |path: &Path| match path.as_os_str().is_empty() {
            true => Ok(None),
            false => Database::open(path).map(Some),
        };
        let redactions = Redactions::new(&config.redact)?;
        let countries = open(&config.geo_database)?;
        if countries.is_none() && redactions.need_country() {
            tracing::warn!(
                "no privacy.geo_database: rules of privacy.redact for a country hold where players say theirs"
            );
        }
        Ok(Privacy {
            viewer_ids: config.viewer_ids,
            gpc: config.gpc,
            geo_overrides: config.geo_overrides,
            salts: Salts::start(salts_path(&whole.data_dir), config, whole.viewer_retention(), now_ms())?,
            failing: AtomicBool::new(false),
            proxies: Proxies::new(config)?,
            countries,
            operators: open(&config.asn_database)?,
            redactions,
            process,
        })
    }

    /// Makes a batch fit to be kept; to be called before anything of it is. Nothing of the request stays. A batch that says
    /// nothing about its session still says nothing afterwards.
    pub(crate) fn admit(&self, batch: &mut Batch, tenant: &Tenant, request: &RequestContext<'_>) -> Verdict {
        let objects = self.gpc != Gpc::Ignore && opt_out::is_said(request);
        if objects && self.gpc == Gpc::Discard {
            tenant.note_privacy(Action::Discarded);
            return Verdict::OptedOut;
        }
        let is_silent = batch.attributes.is_empty();
        if objects {
            batch.attributes.remove(Attribute::ViewerIdHash);
            tenant.note_privacy(Action::Anonymised);
        } else {
            self.hash_viewer(batch, tenant);
        }
        if is_silent {
            return Verdict::Keep;
        }
        if self.locate(&mut batch.attributes, request, objects) {
            tenant.note_privacy(Action::Located);
        }
        if self.redactions.apply(&mut batch.attributes) {
            tenant.note_privacy(Action::Redacted);
        }
        Verdict::Keep
    }

    fn hash_viewer(&self, batch: &mut Batch, tenant: &Tenant) {
        let viewer = batch.attributes.get(Attribute::ViewerIdHash);
        if viewer.is_empty() {
            return;
        }
        let hash = match self.viewer_ids {
            ViewerIds::Hash => self.salts.hash(tenant.name(), viewer, batch.started_at),
            ViewerIds::Drop => String::new(),
        };
        batch.attributes.remove(Attribute::ViewerIdHash);
        // Hexadecimal digits, fewer than are allowed: never refused.
        let _ = batch.attributes.set(Attribute::ViewerIdHash, &hash);
        let dropped = self.viewer_ids == ViewerIds::Drop;
        tenant.note_privacy(if dropped { Action::ViewerDropped } else { Action::ViewerHashed });
    }

    /// Fills in country and network operator from the address, which goes no further; whether anything was.
    fn locate(&self, attributes: &mut Attributes, request: &RequestContext<'_>, country_only: bool) -> bool {
        let wanted = |attribute| self.geo_overrides || attributes.get(attribute).is_empty();
        let countries = self.countries.as_ref().filter(|_| wanted(Attribute::Country));
        let operators = self.operators.as_ref().filter(|_| !country_only && wanted(Attribute::Isp));
        if countries.is_none() && operators.is_none() {
            return false;
        }
        let Some(address) = self.proxies.client(request) else { return false };
        let country = countries.and_then(|database| database.text(address, COUNTRY));
        let operator = operators.and_then(|database| database.text(address, OPERATOR));
        let mut fill = |attribute, text: Option<String>| {
            text.is_some_and(|text| attributes.set(attribute, cut(attribute, &text)).is_ok())
        };
        let located = fill(Attribute::Country, country);
        fill(Attribute::Isp, operator) || located
    }

    /// Looks after salts and databases until `stop` changes.
    pub(crate) async fn keep(self: Arc<Privacy>, mut stop: watch::Receiver<bool>) {
        let mut care = tokio::time::interval(CARE);
        loop {
            tokio::select! {
                _ = care.tick() => {
                    let privacy = self.clone();
                    // Files are read and written: not on the threads that answer. A panic there ends this round only.
                    let _ = tokio::task::spawn_blocking(move || {
                        privacy.renew_salts();
                        privacy.reload();
                    })
                    .await;
                }
                _ = stop.changed() => return,
            }
        }
    }

    fn renew_salts(&self) {
        match self.salts.renew(now_ms()) {
            Ok(()) => self.failing.store(false, Ordering::Relaxed),
            Err(error) => {
                if !self.failing.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "salts cannot be renewed; the ones there are stay in use");
                }
                self.process.count(Counter::PrivacyErrors(Operation::Salts), 1.0);
            }
        }
    }

    /// Reads the databases again whose files have changed. What cannot be used changes nothing, and is told once.
    pub(crate) fn reload(&self) {
        let databases =
            [(Operation::GeoDatabase, &self.countries), (Operation::AsnDatabase, &self.operators)];
        for (operation, database) in databases {
            match database.as_ref().map_or(Ok(false), Database::reload) {
                Ok(true) => tracing::info!(database = operation.as_str(), "database of addresses read again"),
                Ok(false) => {}
                Err(error) => self.note_unusable(operation, &error),
            }
        }
    }

    fn note_unusable(&self, operation: Operation, error: &PrivacyError) {
        tracing::error!(%error, "the new database of addresses cannot be used; the one before stays in use");
        self.process.count(Counter::PrivacyErrors(operation), 1.0);
    }
}

/// A text no longer than its attribute may be.
fn cut(attribute: Attribute, text: &str) -> &str {
    match ATTRIBUTES[attribute.index()].kind {
        AttributeType::String { max_bytes } => {
            let end = (0..=max_bytes.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            &text[..end.unwrap_or_default()]
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use serde_json::json;

    use super::super::database::mmdb;
    use super::*;
    use crate::config::Config as Whole;

    /// A toolkit with both databases, which know one network.
    fn privacy(name: &str, configure: impl FnOnce(&mut super::super::Config)) -> Privacy {
        let folder = std::env::temp_dir().join(format!("openqoe-admission-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("geo.mmdb");
        let record = json!({ "country_code": "DE", "isp": "ü".repeat(40) });
        std::fs::write(&path, mmdb::database(&[("192.0.2.0/24", record)])).unwrap();
        let mut whole = Whole { data_dir: "".into(), ..Whole::default() };
        whole.privacy.geo_database.clone_from(&path);
        whole.privacy.asn_database = path;
        configure(&mut whole.privacy);
        Privacy::start(&whole, Arc::new(SharedRow::process())).unwrap()
    }

    /// Country, network operator and viewer after admission of what the player says about them.
    fn admitted(privacy: &Privacy, peer: [u8; 4], gpc: bool, told: [&str; 3]) -> [String; 3] {
        let known = [Attribute::Country, Attribute::Isp, Attribute::ViewerIdHash];
        let mut attributes = Attributes::default();
        attributes.set(Attribute::SpecVersion, openqoe_spec::SPEC_VERSION).unwrap();
        for (attribute, value) in known.iter().zip(told) {
            attributes.set(*attribute, value).unwrap();
        }
        let mut headers = HeaderMap::new();
        if gpc {
            headers.insert("sec-gpc", HeaderValue::from_static("1"));
        }
        let mut batch =
            Batch { session_id: "s".into(), started_at: 0, sent_at: 0, attributes, events: Vec::new() };
        let request = RequestContext { peer: peer.into(), headers: &headers };
        assert_eq!(privacy.admit(&mut batch, &Tenant::new("default", 1), &request), Verdict::Keep);
        known.map(|attribute| batch.attributes.get(attribute).to_owned())
    }

    const KNOWN: [u8; 4] = [192, 0, 2, 1];
    const STRANGE: [u8; 4] = [198, 51, 100, 1];

    #[test]
    fn the_player_wins_unless_told_otherwise() {
        let cut = "ü".repeat(32);
        let filling = privacy("fills", |_| {});
        assert_eq!(admitted(&filling, KNOWN, false, ["", "", ""]), ["DE", &cut, ""]);
        assert_eq!(admitted(&filling, KNOWN, false, ["FR", "", ""]), ["FR", &cut, ""]);
        assert_eq!(admitted(&filling, STRANGE, false, ["", "Mine", ""]), ["", "Mine", ""]);
        let overriding = privacy("overrides", |config| config.geo_overrides = true);
        assert_eq!(admitted(&overriding, KNOWN, false, ["FR", "Mine", ""]), ["DE", &cut, ""]);
        assert_eq!(admitted(&overriding, STRANGE, false, ["FR", "Mine", ""]), ["FR", "Mine", ""]);
    }

    #[test]
    fn who_says_nothing_is_left_alone() {
        let attributes = Attributes::default();
        let mut batch =
            Batch { session_id: "s".into(), started_at: 0, sent_at: 0, attributes, events: Vec::new() };
        let request = RequestContext { peer: KNOWN.into(), headers: &HeaderMap::new() };
        let verdict = privacy("silent", |_| {}).admit(&mut batch, &Tenant::new("default", 1), &request);
        assert_eq!((verdict, batch.attributes.is_empty()), (Verdict::Keep, true));
    }

    #[test]
    fn who_objects_has_no_id_and_at_most_a_country() {
        let anonymising = privacy("anonymise", |_| {});
        assert_eq!(admitted(&anonymising, KNOWN, true, ["", "", "alice"]), ["DE", "", ""]);
        let ignoring = privacy("ignore", |config| config.gpc = Gpc::Ignore);
        let [country, operator, viewer] = admitted(&ignoring, KNOWN, true, ["", "", "alice"]);
        assert_eq!((country.as_str(), operator.is_empty(), viewer.len()), ("DE", false, 32));
        let dropping = privacy("drop", |config| config.viewer_ids = ViewerIds::Drop);
        assert_eq!(admitted(&dropping, STRANGE, false, ["", "", "alice"]), ["", "", ""]);
    }
}
