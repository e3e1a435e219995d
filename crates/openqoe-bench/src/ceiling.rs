//! The ceilings: what HTTP alone, and HTTP with decoding, would make possible. Bare hyper, no router, no limits, no ledger.

use std::convert::Infallible;
use std::io::Write;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use openqoe_ingest::PROTOCOLS;
use tokio::net::TcpListener;

/// Serves on a free port, which is said on the first line of standard output, until it is killed.
pub(crate) fn serve(decode: bool) -> Result<()> {
    // The same runtime as the gateway's.
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        std::io::stdout().flush()?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let service = service_fn(move |request| answer(request, decode));
            // A connection that breaks is the load generator's to notice.
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

async fn answer(request: Request<Incoming>, decode: bool) -> Result<Response<Empty<Bytes>>, Infallible> {
    let mut response = Response::new(Empty::new());
    *response.status_mut() = match request.into_body().collect().await {
        Err(_) => StatusCode::BAD_REQUEST,
        Ok(body) if decode => match PROTOCOLS[0].read(&body.to_bytes()) {
            Ok(decoded) if !decoded.batches.is_empty() => StatusCode::NO_CONTENT,
            _ => StatusCode::BAD_REQUEST,
        },
        Ok(_) => StatusCode::NO_CONTENT,
    };
    Ok(response)
}
