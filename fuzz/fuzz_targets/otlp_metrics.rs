//! `otlp_metrics` of `openqoe_fuzz::TARGETS`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| openqoe_fuzz::run("otlp_metrics", data));
