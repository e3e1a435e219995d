// What really happened on the screen, told without the SDK, so that its figures can be checked: the times at which
// the browser presented frames (requestVideoFrameCallback). A stall is a gap between two frames of more than 250 ms
// while the element should play and does not seek.
// https://wicg.github.io/video-rvfc/

export interface Stall {
  /** Since the page began to load. */
  start_ms: number;
  duration_ms: number;
}

export interface Truth {
  startup_ms: number | null;
  stalls: Stall[];
  playing_ms: number;
  /** Declared bit/s of the rendition whose frames are shown; null where there is no ladder. */
  bitrate: number | null;
  errors: string[];
  ended: boolean;
}

export interface TruthWatch {
  truth: Truth;
  /** To be called when play is pressed. */
  playCalled(): void;
  /** Begins anew. To be called before another source is handed over. */
  restart(): void;
  /** Milliseconds since the last frame while frames should come, else 0. */
  gap(): number;
  /** When the last frame was presented, on the clock of `performance.now()`. */
  lastFrame(): number | undefined;
}

export const STALL_MS = 250;

export function watchFrames(
  video: HTMLVideoElement,
  bitrateOf: (height: number) => number | null,
): TruthWatch {
  const truth = nothing();
  // Whether what is on the screen belongs to the source before.
  let stale = false;
  let requested: number | undefined;
  let last: number | undefined;
  const expected = () => !video.paused && !video.ended && !video.seeking;
  const forget = () => {
    last = undefined;
  };

  function onFrame(_: number, { presentationTime, height }: VideoFrameCallbackMetadata): void {
    video.requestVideoFrameCallback(onFrame);
    if (stale) return;
    truth.bitrate = bitrateOf(height);
    // A frame shown while paused is a poster, not a start.
    if (requested !== undefined && presentationTime >= requested && !video.paused) {
      truth.startup_ms ??= Math.round(presentationTime - requested);
    }
    if (!expected()) return;
    if (last !== undefined) account(last, presentationTime - last);
    last = presentationTime;
  }

  function account(since: number, gap: number): void {
    if (gap > STALL_MS) truth.stalls.push({ start_ms: Math.round(since), duration_ms: Math.round(gap) });
    else truth.playing_ms += gap;
  }

  video.requestVideoFrameCallback?.(onFrame);
  // Frames are not presented while the page is hidden, which is nobody's stall.
  document.addEventListener('visibilitychange', forget);
  for (const type of ['pause', 'seeking', 'emptied']) video.addEventListener(type, forget);
  video.addEventListener('play', () => {
    requested ??= performance.now();
    truth.ended = false;
  });
  video.addEventListener('ended', () => {
    forget();
    truth.ended = true;
  });
  video.addEventListener('emptied', () => {
    stale = false;
  });

  return {
    truth,
    playCalled() {
      requested ??= performance.now();
    },
    restart() {
      Object.assign(truth, nothing());
      requested = last = undefined;
      // It stays there until the element is emptied.
      stale = video.readyState > 0;
    },
    gap: () => (last !== undefined && expected() && !document.hidden ? performance.now() - last : 0),
    lastFrame: () => last,
  };
}

function nothing(): Truth {
  return { startup_ms: null, stalls: [], playing_ms: 0, bitrate: null, errors: [], ended: false };
}
