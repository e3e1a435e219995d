// How old the live picture is, read off the picture: the demo's film has a bar along its lower edge that crosses the screen
// once a minute (demo/media/README.md), and the live stream repeats that minute on the wall clock its playlist tells.

import type { Page } from 'playwright-core';

const LOOP_S = 60;

export async function readLatency(page: Page, media: string): Promise<number> {
  const [loopBegan, bar] = await Promise.all([anchor(media), page.evaluate(readBar)]);
  const age = (bar.now - loopBegan) / 1_000 - bar.position * LOOP_S;
  return ((age % LOOP_S) + LOOP_S) % LOOP_S;
}

/** When one of the loops began, epoch ms: the first file's programme time, worked out from the playlist's first entry. */
async function anchor(media: string): Promise<number> {
  const main = await text(`${media}/live.m3u8`);
  const playlist = main.split('\n').find((line) => /video/.test(line) && !line.startsWith('#'));
  const entries = await text(new URL(playlist ?? '', `${media}/live.m3u8`).href);
  const date = /#EXT-X-PROGRAM-DATE-TIME:(\S+)/.exec(entries)?.[1];
  const file = entries.split('\n').find((line) => line && !line.startsWith('#'));
  const number = Number(/(\d+)\.m4s/.exec(file ?? '')?.[1]);
  if (!date || Number.isNaN(number)) throw new Error(`no programme time in ${entries.slice(0, 300)}`);
  return Date.parse(date) - number * 2_000;
}

async function text(url: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return response.text();
}

/** Runs in the page: how far the bar has come, 0 to 1, and when that was. */
function readBar(): { now: number; position: number } {
  const { video } = window.openqoeDemo;
  const canvas = Object.assign(document.createElement('canvas'), {
    width: video.videoWidth,
    height: video.videoHeight,
  });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no canvas');
  const now = Date.now();
  context.drawImage(video, 0, 0);
  const y = canvas.height - Math.max(1, Math.round(canvas.height / 90));
  const { data } = context.getImageData(0, y, canvas.width, 1);
  let end = 0;
  // The bar is #12cbc4: green far above red.
  for (let x = 0; x < canvas.width; x += 1) {
    if ((data[4 * x + 1] ?? 0) - (data[4 * x] ?? 0) > 90) end = x + 1;
  }
  return { now, position: end / canvas.width };
}
