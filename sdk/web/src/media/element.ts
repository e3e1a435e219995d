// Translates an HTML media element into events. The one place where the element's quirks are known; adapters of
// players that render into such an element build on it.
// https://html.spec.whatwg.org/multipage/media.html#mediaevents

import type { Report } from '../core/adapter.js';
import { listen } from './listen.js';
import { triggerOf } from './trigger.js';

const HAVE_FUTURE_DATA = 3;
const HAVE_ENOUGH_DATA = 4;
const ERRORS = ['ABORTED', 'NETWORK', 'DECODE', 'SRC_NOT_SUPPORTED'];

/** Reports what the element is doing now, then what it does. Returns the function that stops observing. */
export function observeElement(media: HTMLMediaElement, report: Report): () => void {
  // The one thing remembered: whether playback was asked for and has not begun. An autoplaying element fires `play`
  // only when it has data, long after the viewer began to wait; the late `play` must not be a second request.
  let asked = false;

  const ask = () => {
    if (!asked) report({ type: 'play_request', trigger: triggerOf(media) });
    asked = true;
  };
  const pause = () => {
    asked = false;
    report({ type: 'pause' });
  };
  const playing = () => {
    asked = false;
    report({ type: 'playing' });
  };
  const reportRate = () => report({ type: 'rate', rate: Math.min(16, Math.max(0, media.playbackRate)) });

  function reportPresent(): void {
    if (media.playbackRate !== 1) reportRate();
    if (media.ended) return;
    const autoplays = media.autoplay && !media.played.length && media.readyState < HAVE_ENOUGH_DATA;
    if (!media.paused || autoplays) ask();
    if (media.seeking) report({ type: 'seek_start' });
    else if (!media.paused && media.readyState >= HAVE_FUTURE_DATA) playing();
  }

  const stop = listen(media, {
    play: ask,
    playing() {
      if (!media.seeking) playing();
    },
    waiting() {
      if (!media.seeking && !media.ended) report({ type: 'stall' });
    },
    pause() {
      // Fires right before `ended` as well.
      if (!media.ended) pause();
    },
    canplaythrough() {
      // Everything an autoplaying element waits for is there and it does not play: the browser forbids it.
      if (asked && media.paused) pause();
    },
    seeking: () => report({ type: 'seek_start' }),
    seeked() {
      if (media.seeking) return;
      report({ type: 'seek_end' });
      // No `playing` is promised after a seek that did not have to wait for data.
      if (!media.paused && media.readyState >= HAVE_FUTURE_DATA) playing();
    },
    ended() {
      asked = false;
      report({ type: 'ended' });
    },
    emptied() {
      // Loading another resource pauses the element without a `pause` event.
      if (media.paused && !asked) report({ type: 'pause' });
    },
    ratechange: reportRate,
    error() {
      // `src = ''` is how pages let go of a resource; the error it raises is none of the viewer's.
      if (!media.error || media.getAttribute('src') === '') return;
      report({ type: 'error', code: `MEDIA_ERR_${ERRORS[media.error.code - 1]}`, fatal: true });
    },
  });

  reportPresent();
  return stop;
}
