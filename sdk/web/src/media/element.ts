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
  // What was reported last. An autoplaying element fires `play` only when it has data, long after the viewer began to
  // wait: once playback is asked for, the late `play` must not be a second request.
  let told: 'asked' | 'playing' | undefined;
  // Before anything has played, a seek only says where to start: every live stream begins with one, and so does every
  // film that is resumed. It is no seek of the viewer's, who waits for the start all the same.
  let begun = false;

  const ask = () => {
    if (told !== 'asked') report({ type: 'play_request', trigger: triggerOf(media) });
    told = 'asked';
  };
  const pause = () => {
    told = undefined;
    report({ type: 'pause' });
  };
  const pauseIfStopped = () => {
    // Losing its resource pauses an element without a `pause` event.
    if (told === 'playing' && media.paused) pause();
  };
  const playing = () => {
    // A late event of the seek before this one.
    if (media.seeking) return;
    told = 'playing';
    begun = true;
    report({ type: 'playing' });
  };
  const playingIfReady = () => {
    if (!media.paused && media.readyState >= HAVE_FUTURE_DATA) playing();
  };
  const seek = (type: 'seek_start' | 'seek_end') => {
    if (begun) report({ type });
  };
  const rate = () => report({ type: 'rate', rate: Math.min(16, Math.max(0, media.playbackRate)) });

  const stop = listen(media, {
    play: ask,
    playing,
    waiting() {
      if (!media.seeking && !media.ended) report({ type: 'stall' });
    },
    pause() {
      // Fires right before `ended` as well.
      if (!media.ended) pause();
    },
    canplaythrough() {
      // Everything an autoplaying element waits for is there and it does not play: the browser forbids it.
      if (told === 'asked' && media.paused) pause();
    },
    seeking: () => seek('seek_start'),
    seeked() {
      seek('seek_end');
      // No `playing` is promised after a seek that did not have to wait for data.
      playingIfReady();
    },
    ended() {
      told = undefined;
      report({ type: 'ended' });
    },
    emptied() {
      pauseIfStopped();
      begun = false;
    },
    ratechange: rate,
    error() {
      // `src = ''` is how pages let go of a resource; the error it raises is none of the viewer's.
      if (!media.error || media.getAttribute('src') === '') return;
      report({ type: 'error', code: `MEDIA_ERR_${ERRORS[media.error.code - 1]}`, fatal: true });
    },
  });

  if (media.playbackRate !== 1) rate();
  if (!media.ended) {
    const autoplays = media.autoplay && !media.played.length && media.readyState < HAVE_ENOUGH_DATA;
    if (!media.paused || autoplays) ask();
    playingIfReady();
  }
  return () => {
    stop();
    pauseIfStopped();
  };
}
