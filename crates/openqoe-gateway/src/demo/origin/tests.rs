//! The origin through its router, on a paused clock: what is served, and when.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, sleep, timeout};
use tower::ServiceExt;

use super::{Demo, media, router};

const VIDEO: &str = "/demo/media/t/video-144p/01.m4s";
const PLAYLIST: &str = "/demo/media/t/main.m3u8";

fn app() -> Router {
    router(Arc::new(Demo::new()))
}

async fn send(app: &Router, method: &str, uri: &str, range: &str, body: &str) -> Response<Body> {
    let request = Request::builder().method(method).uri(uri).header("range", range);
    app.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

async fn get(app: &Router, uri: &str) -> (StatusCode, usize) {
    let response = send(app, "GET", uri, "", "").await;
    (response.status(), response.into_body().collect().await.unwrap().to_bytes().len())
}

async fn get_json(app: &Router, uri: &str) -> Value {
    let response = send(app, "GET", uri, "", "").await;
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

async fn put(app: &Router, faults: Value) {
    assert_eq!(send(app, "PUT", "/demo/faults/t", "", &faults.to_string()).await.status(), 200);
}

fn header<'a>(response: &'a Response<Body>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn media_with_its_headers() {
    let app = app();
    let response = send(&app, "GET", PLAYLIST, "", "").await;
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("content-type", "application/vnd.apple.mpegurl"),
        ("cache-control", "no-store"),
        ("access-control-allow-origin", "*"),
        ("timing-allow-origin", "*"),
        ("accept-ranges", "bytes"),
    ] {
        assert_eq!(header(&response, name), value);
    }
    assert_eq!(get(&app, "/demo/media/t/nothing.m4s").await.0, 404);
    assert_eq!(get(&app, "/demo/media/T/main.m3u8").await.0, 400);
    assert_eq!(send(&app, "OPTIONS", "/demo/faults/t", "", "").await.status(), 204);
}

#[tokio::test(start_paused = true)]
async fn ranges_and_head() {
    let app = app();
    let whole = media::find("video-144p/01.m4s").unwrap().bytes;
    let part = send(&app, "GET", VIDEO, "bytes=4-7", "").await;
    assert_eq!((part.status().as_u16(), header(&part, "content-length")), (206, "4"));
    assert_eq!(header(&part, "content-range"), format!("bytes 4-7/{}", whole.len()));
    assert_eq!(part.into_body().collect().await.unwrap().to_bytes(), "styp");
    let beyond = send(&app, "GET", VIDEO, "bytes=9999999-", "").await;
    assert_eq!((beyond.status().as_u16(), header(&beyond, "content-length")), (416, "0"));
    assert_eq!(header(&beyond, "content-range"), format!("bytes */{}", whole.len()));
    let head = send(&app, "HEAD", VIDEO, "", "").await;
    assert_eq!(header(&head, "content-length"), whole.len().to_string());
    assert!(head.into_body().collect().await.unwrap().to_bytes().is_empty());
}

#[tokio::test]
async fn faults_over_http() {
    let app = app();
    let clear = json!({
        "latency_ms":0,"slow_kbps":0,"status":0,"fail_next":0,"manifest_status":0,"hold":false,"withhold_ms":0
    });
    assert_eq!(get_json(&app, "/demo/faults/t").await, clear);
    put(&app, json!({"latency_ms":9,"hold":true})).await;
    put(&app, json!({"latency_ms":7})).await;
    assert_eq!(get_json(&app, "/demo/faults/t").await["latency_ms"], 7);
    assert_eq!(get_json(&app, "/demo/faults/t").await["hold"], false, "PUT replaces the set");
    assert_eq!(get_json(&app, "/demo/faults/other").await, clear);
    let refused = send(&app, "PUT", "/demo/faults/t", "", r#"{"latency":1}"#).await;
    assert_eq!(refused.status(), 400);
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    assert!(std::str::from_utf8(&body).unwrap().contains("unknown field `latency`"));
    assert_eq!(send(&app, "DELETE", "/demo/faults/t", "", "").await.status(), 200);
    assert_eq!(get_json(&app, "/demo/faults/t").await, clear);
}

#[tokio::test(start_paused = true)]
async fn latency_delays_playlists_and_segments() {
    let app = app();
    put(&app, json!({"latency_ms":1500})).await;
    for uri in [PLAYLIST, VIDEO] {
        let began = Instant::now();
        assert_eq!(get(&app, uri).await.0, 200);
        assert_eq!(began.elapsed().as_millis(), 1500, "{uri}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_body_takes_its_size_over_the_rate() {
    let app = app();
    put(&app, json!({"slow_kbps":80})).await;
    let began = Instant::now();
    let (_, bytes) = get(&app, VIDEO).await;
    let expected = bytes as f64 * 8.0 / 80_000.0;
    assert!((began.elapsed().as_secs_f64() - expected).abs() < 0.05, "{:?} {expected}", began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_status_is_for_segments_only() {
    let app = app();
    put(&app, json!({"status":503})).await;
    assert_eq!(get(&app, VIDEO).await, (StatusCode::SERVICE_UNAVAILABLE, 0));
    assert_eq!(get(&app, "/demo/media/t/audio/01.m4s").await.0, 503);
    assert_eq!(get(&app, "/demo/media/t/progressive.mp4").await.0, 503);
    assert_eq!(get(&app, PLAYLIST).await.0, 200);
    assert_eq!(get(&app, "/demo/media/t/audio/init.mp4").await.0, 200);
    assert_eq!(get(&app, "/demo/media/another/audio/01.m4s").await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn one_video_segment_fails_and_all_else_goes_on() {
    let app = app();
    put(&app, json!({"status":404,"fail_next":1})).await;
    assert_eq!(get(&app, "/demo/media/t/audio/01.m4s").await.0, 200);
    assert_eq!(send(&app, "HEAD", VIDEO, "", "").await.status(), 200);
    assert_eq!(get(&app, VIDEO).await.0, 404);
    assert_eq!(get(&app, VIDEO).await.0, 200);
    assert_eq!(get_json(&app, "/demo/faults/t").await["status"], 0, "over");
}

#[tokio::test(start_paused = true)]
async fn manifests_fail_by_themselves() {
    let app = app();
    put(&app, json!({"manifest_status":503})).await;
    for path in ["main.m3u8", "main.mpd", "audio/playlist.m3u8", "live.m3u8", "live/audio/playlist.m3u8"] {
        assert_eq!(get(&app, &format!("/demo/media/t/{path}")).await.0, 503, "{path}");
    }
    assert_eq!(get(&app, VIDEO).await.0, 200);
}

#[tokio::test(start_paused = true)]
async fn a_hold_is_lifted() {
    let app = app();
    put(&app, json!({"hold":true})).await;
    assert_eq!(get(&app, PLAYLIST).await.0, 200);
    let began = Instant::now();
    let lift = async {
        sleep(Duration::from_secs(5)).await;
        put(&app, json!({})).await;
    };
    let (answer, ()) = tokio::join!(get(&app, VIDEO), lift);
    assert_eq!((answer.0.as_u16(), began.elapsed().as_secs()), (200, 5));
}

#[tokio::test(start_paused = true)]
async fn one_video_segment_is_withheld() {
    let app = app();
    put(&app, json!({"withhold_ms":4000})).await;
    let began = Instant::now();
    get(&app, "/demo/media/t/audio/01.m4s").await;
    send(&app, "HEAD", VIDEO, "", "").await;
    assert_eq!(began.elapsed().as_secs(), 0);
    get(&app, VIDEO).await;
    get(&app, VIDEO).await;
    assert_eq!(began.elapsed().as_secs(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_live_stream_suffers_as_any_other() {
    let app = app();
    put(&app, json!({"latency_ms":1500,"status":404})).await;
    let began = Instant::now();
    assert_eq!(get(&app, "/demo/media/t/live/clock").await, (StatusCode::OK, 24));
    assert_eq!(began.elapsed().as_millis(), 0, "the time is never late");
    assert_eq!(get(&app, "/demo/media/t/live.mpd").await.0, 200);
    assert_eq!(began.elapsed().as_millis(), 1500);
    assert_eq!(get(&app, "/demo/media/t/live/video-144p/100.m4s").await.0, 404);
    put(&app, json!({})).await;
    let film = media::find("video-144p/11.m4s").unwrap().bytes.len();
    assert_eq!(get(&app, "/demo/media/t/live/video-144p/100.m4s").await, (StatusCode::OK, film));
    assert_eq!(get(&app, "/demo/media/t/live/video-144p/1000.m4s").await.0, 404, "to come");
    let log = get_json(&app, "/demo/origin-log/t").await;
    assert_eq!(log[3]["path"], "live/video-144p/100.m4s");
}

#[tokio::test(start_paused = true)]
async fn the_progressive_file_is_paced_and_stops_in_the_middle() {
    let app = app();
    let began = Instant::now();
    get(&app, "/demo/media/t/progressive.mp4").await;
    let plain = began.elapsed().as_secs_f64();
    assert!((48.5..50.5).contains(&plain), "57 s of media after the lead, at 115 %: {plain}");
    let began = Instant::now();
    let hold = async {
        sleep(Duration::from_secs(20)).await;
        put(&app, json!({"hold":true})).await;
        sleep(Duration::from_secs(10)).await;
        put(&app, json!({"withhold_ms":3000})).await;
    };
    tokio::join!(get(&app, "/demo/media/t/progressive.mp4"), hold);
    let held = began.elapsed().as_secs_f64() - plain;
    assert!((9.5..11.0).contains(&held), "13 s of standing still less one lead of 2.6 s: {held}");
}

#[tokio::test(start_paused = true)]
async fn the_log_tells_how_requests_ended() {
    let app = app();
    put(&app, json!({"latency_ms":20})).await;
    let (_, bytes) = get(&app, VIDEO).await;
    get(&app, "/demo/media/t/nothing.m4s").await;
    put(&app, json!({"hold":true})).await;
    let left = timeout(Duration::from_secs(2), get(&app, VIDEO)).await;
    assert!(left.is_err());
    let log = get_json(&app, "/demo/origin-log/t").await;
    let of = |index: usize, field: &str| log[index][field].clone();
    assert_eq!((of(0, "path"), of(0, "status")), (json!("video-144p/01.m4s"), json!(200)));
    assert_eq!((of(0, "bytes"), of(0, "first_byte_ms")), (json!(bytes), json!(20)));
    assert_eq!((of(1, "status"), of(1, "bytes")), (json!(404), json!(0)));
    assert_eq!(
        (of(2, "status"), of(2, "first_byte_ms"), of(2, "duration_ms")),
        (json!(499), json!(null), json!(2000))
    );
    assert_eq!(get_json(&app, "/demo/origin-log/unknown").await, json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_frees_its_scope() {
    let demo = Arc::new(Demo::new());
    let app = router(demo.clone());
    let scope = demo.open("t");
    let response = send(&app, "GET", "/demo/media/t/progressive.mp4", "", "").await;
    let mut body = response.into_body();
    body.frame().await.unwrap().unwrap();
    assert_eq!(Arc::strong_count(&scope), 3, "the map, the test and the delivery");
    drop(body);
    assert_eq!(Arc::strong_count(&scope), 2);
    assert_eq!(scope.log.records().len(), 1);
}
