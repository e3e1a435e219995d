//! The web parts npm has built, embedded by `build.rs`.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};

/// One file.
pub(crate) struct Asset {
    /// Its name, without a folder.
    pub(crate) name: &'static str,
    pub(crate) bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// Answers with the named file of a list, or says how it comes to be.
pub(crate) fn serve(assets: &'static [Asset], name: &str) -> Response {
    match assets.iter().find(|asset| asset.name == name) {
        Some(asset) => asset.response(),
        None if assets.is_empty() => (
            StatusCode::NOT_FOUND,
            "This binary was built without its web parts. Build them with `cargo xtask demo`, which runs npm first.\n",
        )
            .into_response(),
        None => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

impl Asset {
    /// Its media type.
    pub(crate) fn kind(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }

    fn response(&self) -> Response {
        // The SDK is loaded by pages of other origins.
        let cors: (HeaderName, &str) = (axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        ([(CONTENT_TYPE, self.kind()), (CACHE_CONTROL, "no-cache"), cors], self.bytes).into_response()
    }
}
