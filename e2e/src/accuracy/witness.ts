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

const HAVE_FUTURE_DATA = 3;
const LOOK_MS = 20;

/** Whether playback wants to go on and has nothing to go on with. */
function isShort({ paused, ended, seeking, readyState, buffered, currentTime }: HTMLVideoElement): boolean {
  if (paused || ended || seeking) return false;
  if (readyState < HAVE_FUTURE_DATA) return true;
  // Sound that was fetched further plays on for up to three seconds under a picture that stands.
  for (let at = 0; at < buffered.length; at += 1) {
    if (buffered.start(at) - 0.1 <= currentTime && currentTime <= buffered.end(at)) return false;
  }
  return true;
}

function watchSupply(video: HTMLVideoElement): void {
  let short = false;
  setInterval(() => {
    if (isShort(video) === short) return;
    short = !short;
    note({ kind: short ? 'short' : 'fed' });
  }, LOOK_MS);
}

function begin(): void {
  const seen = new WeakSet<HTMLVideoElement>();
  const look = () => {
    for (const video of document.querySelectorAll('video')) {
      if (!seen.has(video)) {
        watch(video);
        watchSupply(video);
      }
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

// The moment right before the page's own handler, as for what the script does.
document.addEventListener(
  'click',
  ({ target }) => {
    if ((target as Element).closest('#start')) note({ kind: 'play' });
  },
  { capture: true },
);
document.addEventListener('DOMContentLoaded', begin, { once: true });
