// Runs in the page before anything else does, and writes down the frames the browser presents. It knows the demo page by
// its `video` and its failure message; it touches neither player nor SDK.

import type { Act, Witnessed } from './record.ts';

declare global {
  interface Window {
    openqoeWitness: Witnessed & { note(act: Act): void };
  }
}

const record: Witnessed = { frames: [], acts: [] };
const note = (act: Act) => void record.acts.push({ ...act, at: performance.now() });
window.openqoeWitness = Object.assign(record, { note });

function watch(video: HTMLVideoElement): void {
  const onFrame = (_: number, { presentationTime, mediaTime, width }: VideoFrameCallbackMetadata) => {
    record.frames.push({ at: presentationTime, media: mediaTime, width });
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  video.addEventListener('ended', ({ timeStamp }) => void record.acts.push({ kind: 'ended', at: timeStamp }));
}

function begin(): void {
  const seen = new WeakSet<HTMLVideoElement>();
  const look = () => {
    for (const video of document.querySelectorAll('video')) {
      if (!seen.has(video)) watch(video);
      seen.add(video);
    }
  };
  look();
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  const failed = document.querySelector<HTMLElement>('#failed');
  if (!failed) return;
  const told = () => {
    if (!failed.hidden) note({ kind: 'failed', text: failed.textContent ?? '' });
  };
  new MutationObserver(told).observe(failed, { attributes: true, attributeFilter: ['hidden'] });
}

document.addEventListener('DOMContentLoaded', begin, { once: true });
