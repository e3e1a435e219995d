// A page with a real hls.js that plays what `media` names, once it is told to, with the SDK where `endpoint` names a
// gateway.

import { attachSdk } from './sdk.ts';

interface Player {
  loadSource(url: string): void;
  attachMedia(video: HTMLVideoElement): void;
}

declare global {
  interface Window {
    longTasks: { start: number; duration: number }[];
    /** Loads the player, and the SDK, and plays. */
    begin(): Promise<void>;
  }
}

window.longTasks = [];
new PerformanceObserver((list) => {
  for (const { startTime, duration } of list.getEntries())
    window.longTasks.push({ start: startTime, duration });
}).observe({ type: 'longtask', buffered: true });

window.begin = async () => {
  const query = new URLSearchParams(location.search);
  const video = document.querySelector('video') as HTMLVideoElement;
  const source = '/hls.mjs';
  const { default: Hls } = (await import(source)) as { default: new (options: object) => Player };
  // Small buffers: the player goes on fetching while it is watched.
  const hls = new Hls({ maxBufferLength: 10, maxMaxBufferLength: 12, backBufferLength: 10 });
  const endpoint = query.get('endpoint');
  if (endpoint) await attachSdk(hls, endpoint);
  hls.loadSource(query.get('media') ?? '');
  hls.attachMedia(video);
  await video.play();
};
