// The media the development server plays: made once by ffmpeg, in the shape of the gateway's own ladder.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SECONDS = '60';
const renditions = [
  { size: '426x240', rate: '300k' },
  { size: '640x360', rate: '800k' },
  { size: '1280x720', rate: '1800k' },
];

/** The folder of main.m3u8 and progressive.mp4. */
export function makeLadder() {
  const folder = join(tmpdir(), 'openqoe-demo-ladder');
  if (existsSync(join(folder, 'progressive.mp4'))) return folder;
  const draft = `${folder}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true });
  const source = ['-f', 'lavfi', '-i', `testsrc2=s=1280x720:r=25:d=${SECONDS}`];
  source.push('-f', 'lavfi', '-i', `sine=f=330:b=2:d=${SECONDS}`);
  const video = '-c:v libx264 -preset veryfast -pix_fmt yuv420p -g 50 -keyint_min 50 -sc_threshold 0'.split(
    ' ',
  );
  const audio = '-c:a aac -b:a 64k -ac 2'.split(' ');
  const ladder = renditions.flatMap(({ size, rate }, i) => [
    ...[`-s:v:${i}`, size, `-b:v:${i}`, rate, `-maxrate:v:${i}`, rate, `-bufsize:v:${i}`, rate],
  ]);
  const maps = [...renditions.flatMap(() => ['-map', '0:v']), '-map', '1:a'];
  const streams = [...renditions.map((_, i) => `v:${i},agroup:a`), 'a:0,agroup:a,default:yes'].join(' ');
  const hls =
    '-f hls -hls_time 2 -hls_playlist_type vod -hls_segment_type fmp4 -master_pl_name main.m3u8'.split(' ');
  const names = [
    '-hls_segment_filename',
    's%v_%03d.m4s',
    '-hls_fmp4_init_filename',
    'init%v.mp4',
    's%v.m3u8',
  ];
  ffmpeg(draft, [
    ...source,
    ...maps,
    ...video,
    ...ladder,
    ...audio,
    ...hls,
    '-var_stream_map',
    streams,
    ...names,
  ]);
  const small = ['-s', '640x360', '-b:v', '800k', '-movflags', '+faststart', 'progressive.mp4'];
  ffmpeg(draft, [...source, ...video, ...audio, ...small]);
  renameSync(draft, folder);
  return folder;
}

function ffmpeg(cwd, args) {
  const { status, stderr } = spawnSync('ffmpeg', ['-hide_banner', '-loglevel', 'error', '-y', ...args], {
    cwd,
  });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
}
