//! `cargo xtask media`: makes `demo/media`, the small VOD ladder the demo plays, from synthetic sources with ffmpeg. The
//! manifests are written here, because a declared bitrate is worth something only when it was measured on the segments.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

const SECONDS: u32 = 60;
const SEGMENT_SECONDS: u32 = 2;
const FRAME_RATE: u32 = 25;
const AUDIO_RATE: u32 = 48_000;
const AAC_FRAME: u32 = 1024;
const MAX_BYTES: u64 = 6_000_000;
const PLAYLIST: &str = "playlist.m3u8";
const PROGRESSIVE_FROM: &str = "video-240p";

/// A video rendition: `target` is what the encoder aims at on average, `max` the rate its decoder buffer (VBV) is filled at.
struct Rung {
    folder: &'static str,
    width: u32,
    height: u32,
    target: u32,
    max: u32,
}

const LADDER: [Rung; 3] = [
    Rung { folder: "video-144p", width: 256, height: 144, target: 72_000, max: 90_000 },
    Rung { folder: "video-240p", width: 426, height: 240, target: 155_000, max: 200_000 },
    Rung { folder: "video-360p", width: 640, height: 360, target: 310_000, max: 400_000 },
];

/// What the manifests say of one rendition, measured on its files.
struct Measured {
    folder: &'static str,
    codec: String,
    durations: Vec<f64>,
    peak: u64,
    average: u64,
}

/// Replaces everything but the README in `demo/media`.
///
/// # Errors
/// ffmpeg is missing or fails, or what it made breaks a promise of `demo/media/README.md`.
pub(crate) fn run(root: &Path) -> Result<()> {
    let out = root.join("demo/media");
    clear(&out)?;
    ffmpeg(&out, &encode_arguments())?;
    ffmpeg(&out, &progressive_arguments())?;
    let audio = measure(&out, "audio")?;
    let videos = LADDER.iter().map(|rung| measure(&out, rung.folder)).collect::<Result<Vec<_>>>()?;
    for video in &videos {
        ensure!(
            video.durations.iter().all(|duration| *duration == f64::from(SEGMENT_SECONDS)),
            "{}: segments are not {SEGMENT_SECONDS} s: {:?}",
            video.folder,
            video.durations
        );
    }
    fs::write(out.join("main.m3u8"), multivariant(&videos, &audio))?;
    fs::write(out.join("main.mpd"), mpd(&videos, &audio))?;
    report(&out, videos.iter().chain([&audio]))
}

fn clear(out: &Path) -> Result<()> {
    fs::create_dir_all(out)?;
    for entry in fs::read_dir(out)? {
        let path = entry?.path();
        if path.is_dir() {
            fs::remove_dir_all(&path)?;
        } else if path.extension().is_some_and(|extension| extension != "md") {
            fs::remove_file(&path)?;
        }
    }
    for folder in LADDER.iter().map(|rung| rung.folder).chain(["audio"]) {
        fs::create_dir(out.join(folder))?;
    }
    Ok(())
}

fn ffmpeg(out: &Path, arguments: &[String]) -> Result<()> {
    let status = Command::new("ffmpeg")
        .args(["-hide_banner", "-loglevel", "error", "-nostdin", "-y"])
        .args(arguments)
        .current_dir(out)
        .status()
        .context("cannot run ffmpeg: install it (Debian: apt install ffmpeg; macOS: brew install ffmpeg)")?;
    ensure!(status.success(), "ffmpeg failed ({status}); it needs libx264");
    Ok(())
}

fn encode_arguments() -> Vec<String> {
    let mut arguments = words(&["-filter_complex", &filter_graph()]);
    for rung in &LADDER {
        arguments.extend(words(&["-map", &format!("[{}]", rung.folder), "-c:v", "libx264"]));
        arguments.extend(words(&["-preset", "slow", "-profile:v", "main", "-pix_fmt", "yuv420p"]));
        // No B-frames: decode order is display order, so no player has to honour an edit list to keep audio in sync.
        // One thread: with more, rate control depends on their timing and two runs differ.
        arguments.extend(words(&["-bf", "0", "-sc_threshold", "0", "-flags", "+cgop", "-threads", "1"]));
        let gop = (SEGMENT_SECONDS * FRAME_RATE).to_string();
        arguments.extend(words(&["-g", &gop, "-keyint_min", &gop, "-b:v", &rung.target.to_string()]));
        arguments.extend(words(&["-maxrate", &rung.max.to_string(), "-bufsize", &rung.max.to_string()]));
        // The encoder's SEI names its build.
        arguments.extend(words(&["-bsf:v", "filter_units=remove_types=6"]));
        arguments.extend(hls_output(rung.folder));
    }
    arguments.extend(words(&["-map", "[audio]", "-c:a", "aac", "-b:a", "32k", "-ac", "1"]));
    // Whole frames only: a last segment of one frame would be a request for nothing.
    arguments.extend(words(&["-frames:a", &(SECONDS * AUDIO_RATE / AAC_FRAME).to_string()]));
    arguments.extend(hls_output("audio"));
    arguments
}

fn hls_output(folder: &str) -> Vec<String> {
    let (segments, playlist) = (format!("{folder}/%02d.m4s"), format!("{folder}/{PLAYLIST}"));
    let mut arguments =
        words(&["-flags:v", "+bitexact+cgop", "-flags:a", "+bitexact", "-fflags", "+bitexact"]);
    arguments.extend(words(&["-map_metadata", "-1", "-f", "hls", "-hls_time", &SEGMENT_SECONDS.to_string()]));
    arguments.extend(words(&[
        "-hls_playlist_type",
        "vod",
        "-hls_segment_type",
        "fmp4",
        "-start_number",
        "1",
    ]));
    arguments.extend(words(&["-hls_flags", "independent_segments", "-hls_fmp4_init_filename", "init.mp4"]));
    // ffmpeg hands the inner muxer no flags of its own accord.
    arguments.extend(words(&[
        "-hls_segment_options",
        "fflags=+bitexact:movflags=+cmaf+frag_custom+dash+delay_moov",
    ]));
    arguments.extend(words(&["-hls_segment_filename", &segments, &playlist]));
    arguments
}

fn progressive_arguments() -> Vec<String> {
    let video = format!("{PROGRESSIVE_FROM}/{PLAYLIST}");
    let mut arguments =
        words(&["-i", &video, "-i", &format!("audio/{PLAYLIST}"), "-map", "0:v", "-map", "1:a"]);
    arguments.extend(words(&["-c", "copy", "-map_metadata", "-1", "-fflags", "+bitexact"]));
    arguments.extend(words(&[
        "-flags:v",
        "+bitexact",
        "-flags:a",
        "+bitexact",
        "-movflags",
        "+faststart",
        "progressive.mp4",
    ]));
    arguments
}

fn words(list: &[&str]) -> Vec<String> {
    list.iter().map(|word| (*word).to_owned()).collect()
}

/// A drifting gradient, three orbiting discs, the media time in seconds and hundredths, a progress bar, and as many lit
/// bars in the corner as the rendition's place in the ladder. It needs no font: the digits are cut out of `testsrc`,
/// whose clock starts at 100 s so that it always shows all its digits.
fn filter_graph() -> String {
    let mut graph = format!(
        "gradients=s=640x360:r={FRAME_RATE}:c0=0x0b1030:c1=0x2b1a6b:c2=0x0d5c75:c3=0x7a1f5c:n=4:x0=40:y0=20:x1=600:y1=340\
         :speed=0.012:seed=7:d={SECONDS},format=gbrp[bg];\
         color=white:s=72x72:r={FRAME_RATE}:d=1,format=rgba,geq=r=255:g=190:b=90:a='255*clip(36-hypot(X-35.5,Y-35.5),0,1)',\
         trim=end_frame=1,loop=loop=-1:size=1:start=0,setpts=N/{FRAME_RATE}/TB,split=3[disc][disc2][disc3];\
         [disc2]hue=h=120,scale=48:48[green];[disc3]hue=h=220,scale=32:32[violet];\
         testsrc=s=320x240:r={FRAME_RATE}:decimals=2:d={until},trim=start=100,setpts=PTS-STARTPTS,crop=128:52:160:94,\
         format=gray,scale=256:104:flags=neighbor[digits];\
         color=white:s=256x104:r={FRAME_RATE}:d={SECONDS}[ink];[ink][digits]alphamerge[clock];\
         color=0x12cbc4:s=640x8:r={FRAME_RATE}:d={SECONDS}[bar];\
         [bg][disc]overlay=shortest=1:x='284+230*sin(2*PI*t/6)':y='144+110*cos(2*PI*t/4)'[a];\
         [a][green]overlay=shortest=1:x='296+250*sin(2*PI*t/5+2)':y='156+120*sin(2*PI*t/6+1)'[b];\
         [b][violet]overlay=shortest=1:x='304+270*cos(2*PI*t/4+4)':y='164+130*sin(2*PI*t/5+3)'[c];\
         [c][clock]overlay=x=192:y=128[d];\
         [d][bar]overlay=x='-640+640*t/{SECONDS}':y=352,drawbox=x=312:y=224:w=8:h=8:c=white:t=fill,split={count}",
        until = 100 + SECONDS,
        count = LADDER.len(),
    );
    graph.extend(LADDER.iter().map(|rung| format!("[{}-full]", rung.folder)));
    for (index, rung) in LADDER.iter().enumerate() {
        graph.push_str(&format!(";[{}-full]", rung.folder));
        for bar in 0..LADDER.len() {
            let ink = if bar <= index { "white@0.9" } else { "white@0.15" };
            let height = 12 * (bar + 1);
            let (x, y) = (552 + 18 * bar, 64 - height);
            graph.push_str(&format!("drawbox=x={x}:y={y}:w=12:h={height}:c={ink}:t=fill,"));
        }
        graph.push_str(&format!("scale={}:{},setsar=1[{}]", rung.width, rung.height, rung.folder));
    }
    graph.push_str(&format!(
        ";aevalsrc='0.05*(sin(2*PI*220*t)+sin(2*PI*277.18*t)+sin(2*PI*329.63*t))*(0.6+0.4*sin(2*PI*t/8))'\
         :s={AUDIO_RATE}:d={SECONDS}[audio]"
    ));
    graph
}

fn measure(out: &Path, folder: &'static str) -> Result<Measured> {
    let folder_path = out.join(folder);
    let playlist = fs::read_to_string(folder_path.join(PLAYLIST))?;
    let mut durations = Vec::new();
    let (mut peak, mut bits, mut seconds) = (0_f64, 0_f64, 0_f64);
    let mut lines = playlist.lines();
    while let Some(line) = lines.next() {
        let Some(duration) = line.strip_prefix("#EXTINF:") else { continue };
        let duration: f64 =
            duration.trim_end_matches(',').parse().with_context(|| format!("EXTINF in {folder}"))?;
        let name = lines.next().with_context(|| format!("{folder}: the playlist ends in an EXTINF"))?;
        let size = fs::metadata(folder_path.join(name))?.len() as f64 * 8.0;
        // RFC 8216 4.1: the peak is taken over at least half a target duration.
        if duration >= f64::from(SEGMENT_SECONDS) / 2.0 {
            peak = peak.max(size / duration);
        }
        (bits, seconds) = (bits + size, seconds + duration);
        durations.push(duration);
    }
    let codec =
        codec(&fs::read(folder_path.join("init.mp4"))?).with_context(|| format!("codec of {folder}"))?;
    Ok(Measured { folder, codec, durations, peak: round_up(peak), average: round_up(bits / seconds) })
}

fn round_up(bit_rate: f64) -> u64 {
    (bit_rate / 1000.0).ceil() as u64 * 1000
}

/// The RFC 6381 name: from `avcC` (ISO 14496-15 5.3.3.1) the profile, constraints and level; the audio is always AAC-LC.
fn codec(init: &[u8]) -> Result<String> {
    match init.windows(4).position(|window| window == b"avcC") {
        Some(at) => match init.get(at + 5..at + 8) {
            Some([profile, constraints, level]) => {
                Ok(format!("avc1.{profile:02x}{constraints:02x}{level:02x}"))
            }
            _ => bail!("avcC is cut short"),
        },
        None => Ok("mp4a.40.2".to_owned()),
    }
}

fn multivariant(videos: &[Measured], audio: &Measured) -> String {
    let mut text = format!(
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n\
         #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"audio\",NAME=\"chord\",DEFAULT=YES,AUTOSELECT=YES,CHANNELS=\"1\",\
         URI=\"audio/{PLAYLIST}\"\n"
    );
    for (video, rung) in videos.iter().zip(&LADDER) {
        text.push_str(&format!(
            "#EXT-X-STREAM-INF:BANDWIDTH={},AVERAGE-BANDWIDTH={},CODECS=\"{},{}\",RESOLUTION={}x{},FRAME-RATE={FRAME_RATE}.000,\
             AUDIO=\"audio\"\n{}/{PLAYLIST}\n",
            video.peak + audio.peak,
            video.average + audio.average,
            video.codec,
            audio.codec,
            rung.width,
            rung.height,
            video.folder,
        ));
    }
    text
}

fn mpd(videos: &[Measured], audio: &Measured) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n\
         <MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\"\n\
         \x20    mediaPresentationDuration=\"PT{SECONDS}S\" minBufferTime=\"PT{SEGMENT_SECONDS}S\">\n\
         \x20 <Period id=\"0\" start=\"PT0S\">\n\
         \x20   <AdaptationSet id=\"0\" contentType=\"video\" mimeType=\"video/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\"\n\
         \x20                  frameRate=\"{FRAME_RATE}\" par=\"16:9\">\n\
         \x20     <SegmentTemplate timescale=\"1\" duration=\"{SEGMENT_SECONDS}\" startNumber=\"1\"\n\
         \x20                      initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/$Number%02d$.m4s\"/>\n"
    );
    for (video, rung) in videos.iter().zip(&LADDER) {
        text.push_str(&format!(
            "      <Representation id=\"{}\" bandwidth=\"{}\" codecs=\"{}\" width=\"{}\" height=\"{}\" sar=\"1:1\"/>\n",
            video.folder, video.peak, video.codec, rung.width, rung.height,
        ));
    }
    text.push_str(&format!(
        "    </AdaptationSet>\n\
         \x20   <AdaptationSet id=\"1\" contentType=\"audio\" mimeType=\"audio/mp4\" segmentAlignment=\"true\" startWithSAP=\"1\">\n\
         \x20     <SegmentTemplate timescale=\"{AUDIO_RATE}\" startNumber=\"1\"\n\
         \x20                      initialization=\"$RepresentationID$/init.mp4\" media=\"$RepresentationID$/$Number%02d$.m4s\">\n\
         \x20       <SegmentTimeline>\n{}\x20       </SegmentTimeline>\n\
         \x20     </SegmentTemplate>\n\
         \x20     <Representation id=\"{}\" bandwidth=\"{}\" codecs=\"{}\" audioSamplingRate=\"{AUDIO_RATE}\"/>\n\
         \x20   </AdaptationSet>\n  </Period>\n</MPD>\n",
        timeline(&audio.durations),
        audio.folder,
        audio.peak,
        audio.codec,
    ));
    text
}

/// AAC frames do not divide two seconds, so audio segments differ by a frame and DASH must be told each one's length.
fn timeline(durations: &[f64]) -> String {
    let samples = durations.iter().map(|duration| {
        let frames = (duration * f64::from(AUDIO_RATE) / f64::from(AAC_FRAME)).round();
        frames as u32 * AAC_FRAME
    });
    samples.map(|samples| format!("          <S d=\"{samples}\"/>\n")).collect()
}

fn report<'a>(out: &Path, renditions: impl Iterator<Item = &'a Measured>) -> Result<()> {
    for rendition in renditions {
        let Measured { folder, codec, peak, average, durations } = rendition;
        println!(
            "{folder}: {codec}, {} segments, peak {peak} bit/s, average {average} bit/s",
            durations.len()
        );
    }
    let bytes = total_bytes(out.to_owned())?;
    println!("{bytes} bytes in all");
    ensure!(
        bytes < MAX_BYTES,
        "the media take {bytes} bytes, more than the {MAX_BYTES} the binary has room for"
    );
    Ok(())
}

fn total_bytes(path: PathBuf) -> Result<u64> {
    if path.is_file() {
        return Ok(fs::metadata(path)?.len());
    }
    fs::read_dir(path)?.map(|entry| total_bytes(entry?.path())).sum()
}
