//! CMCD version 2 in event mode (CTA-5004-B §5): what hls.js 1.7 says, thirteen records a body.

use std::fmt::Write;

use crate::{ITEMS, Turn};

const RESPONSE: &str = "d=4000,e=rr,mtp=(8100),ot=v,rc=200,sta=p,ttfb=38,ttlb=412,\
    url=\"https://edge-a.cdn.example/vod/5f0c6a0e/video/1080p/segment-000123.m4s\"";

pub(crate) fn write(out: &mut Vec<u8>, turn: &Turn) -> usize {
    let mut text = String::with_capacity(3000);
    let (sid, asset) = (turn.session_id(), turn.asset());
    for record in 0..ITEMS {
        let sn = turn.step as usize * ITEMS + record;
        let said = match (sn, record) {
            (0, _) => "e=ps,sta=s",
            (1, _) | (_, 6) => "e=ps,sta=p",
            (_, 0 | 7) => "bl=(18200),dfa=12,e=t,sta=p",
            (_, 3) => "br=(4800),e=bc,sta=p",
            (_, 5) => "e=ps,sta=r",
            _ => RESPONSE,
        };
        let ts = turn.at(record);
        // Writing to a string does not fail.
        let _ = writeln!(text, "cid=\"bench-{asset}\",{said},sf=h,sid=\"{sid}\",sn={sn},st=v,ts={ts},v=2");
    }
    out.extend_from_slice(text.as_bytes());
    ITEMS
}
