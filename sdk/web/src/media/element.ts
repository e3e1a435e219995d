// Translates an HTML media element into events. The one place where the element's quirks are known; adapters of
// players that render into such an element build on it.
// https://html.spec.whatwg.org/multipage/media.html#mediaevents

import type { Report } from '../core/adapter.js';
import { watchFrames } from './frame.js';
import { listen } from './listen.js';
import { bufferAhead } from './sample.js';
import { triggerOf } from './trigger.js';

const HAVE_FUTURE_DATA = 3;
const HAVE_ENOUGH_DATA = 4;
const ERRORS = ['ABORTED', 'NETWORK', 'DECODE', 'SRC_NOT_SUPPORTED'];

/** A seek so soon after the element learnt what it plays is made by a program; no viewer is that quick. */
const START_MS = 100;
/** With so much media ahead it is the decoder that waits, as it does for a moment after a pause. */
const ENOUGH_MS = 500;
/** What is shorter nobody calls a stall. */
const STALL_MS = 200;
/** So far past what is buffered the picture stands, and so far the sound goes on without it. */
const PAST_MS = 40;
const SOUND_MS = 4_000;
/** How far from where a player said it would begin it may set out. */
const START_S = 1;

/**
 * Reports what the element is doing now, then what it does. Returns the function that stops observing. `startsAt` tells where
 * (media seconds) the player means to begin, where it can be asked.
 */
export function observeElement(
  media: HTMLMediaElement,
  report: Report,
  startsAt?: () => number | null | undefined,
): () => void {
  // What was reported last. An autoplaying element fires `play` only when it has data, long after the viewer began to
  // wait: once playback is asked for, the late `play` must not be a second request.
  let told: 'asked' | 'playing' | undefined;
  let begun = false;
  let metadataAt = -START_MS;
  let sought = false;
  let stalling: ReturnType<typeof setTimeout> | undefined;
  // Every live stream begins with a seek, and so does every film that is resumed. That is no seek of the viewer's, who
  // waits for the start all the same.
  const isStart = (at: number) =>
    !begun &&
    (at - metadataAt < START_MS ||
      [0, startsAt?.() ?? 0].some((start) => Math.abs(media.currentTime - start) < START_S));

  // `playing` promises a frame; what happens before it is seen takes the promise back.
  const frames = watchFrames(media);
  const say: Report = (event, at) => {
    forget();
    report(event, at);
  };
  const forget = () => {
    frames._forget();
    clearTimeout(stalling);
    stalling = undefined;
  };
  const stall = (at: number) => {
    stalling ??= setTimeout(
      () => {
        stalling = undefined;
        report({ type: 'stall' }, at);
      },
      at + STALL_MS - performance.now(),
    );
  };

  const ask = (at?: number) => {
    if (told !== 'asked') report({ type: 'play_request', trigger: triggerOf(media) }, at);
    told = 'asked';
    if (!begun) frames._look();
  };
  const pause = (at?: number) => {
    told = undefined;
    say({ type: 'pause' }, at);
  };
  const pauseIfStopped = () => {
    // Losing its resource pauses an element without a `pause` event.
    if (told === 'playing' && media.paused) pause();
  };
  const started = (at?: number) => {
    told = 'playing';
    begun = true;
    say({ type: 'playing' }, at);
  };
  const playing = (at: number) => {
    // A late event of the seek before this one.
    if (!media.seeking) frames._await(at, started);
  };
  const ready = () => !media.paused && !media.seeking && media.readyState >= HAVE_FUTURE_DATA;
  const rate = () => report({ type: 'rate', rate: Math.min(16, Math.max(0, media.playbackRate)) });

  const stop = listen(media, {
    play: ask,
    playing,
    waiting(at) {
      if (media.seeking || media.ended) return;
      // Before the start it takes nothing back: the first frame may be on the screen already.
      if (begun) {
        frames._forget();
        frames._look();
      }
      if (told === 'playing' || bufferAhead(media) < ENOUGH_MS) stall(at);
    },
    timeupdate(at) {
      // Sound that was fetched further than the picture plays on without it, for three seconds in Chromium.
      const past = -bufferAhead(media);
      if (told !== 'playing' || past < PAST_MS || past > SOUND_MS || !frames._visible()) return;
      told = 'asked';
      frames._forget();
      stall(at - past / media.playbackRate);
      frames._await(at, started);
    },
    pause(at) {
      // Fires right before `ended` as well.
      if (!media.ended) pause(at);
    },
    canplaythrough() {
      // Everything an autoplaying element waits for is there and it does not play: the browser forbids it.
      if (told === 'asked' && media.paused) pause();
    },
    loadedmetadata(at) {
      metadataAt = at;
    },
    seeking(at) {
      // What `timeupdate` tells from here on is of two places.
      if (told) told = 'asked';
      forget();
      frames._look();
      sought ||= !isStart(at);
      if (sought) report({ type: 'seek_start' }, at);
    },
    seeked(at) {
      if (sought) report({ type: 'seek_end' }, at);
      sought = false;
      // No `playing` is promised after a seek that did not have to wait for data.
      if (ready()) playing(at);
    },
    ended(at) {
      told = undefined;
      // Playing on means from the beginning, to which the browser seeks by itself.
      begun = false;
      say({ type: 'ended' }, at);
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

  // The first frame may be on the screen before `play` is heard.
  frames._look();
  if (media.playbackRate !== 1) rate();
  if (!media.ended) {
    const autoplays = media.autoplay && !media.played.length && media.readyState < HAVE_ENOUGH_DATA;
    if (!media.paused || autoplays) ask();
    // Frames are on the screen already.
    if (ready()) started();
  }
  return () => {
    stop();
    forget();
    pauseIfStopped();
  };
}
