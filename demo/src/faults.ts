// The fault switches of the demo origin (/demo/faults/{scope}), and the one fault that needs the screen to be exact.

import { STALL_MS, type TruthWatch } from './truth.js';

export interface Faults {
  /** Added before each media answer. */
  latency_ms: number;
  /** Throttles bodies; 0 is unlimited. */
  slow_kbps: number;
  /** 404 or 503 for every segment; 0 is none. */
  status: number;
  /** Segments wait until this is false again. */
  hold: boolean;
  /** The next segment is answered this much later, once. */
  withhold_ms: number;
}

export interface FaultControl {
  set(faults: Partial<Faults>): Promise<Faults>;
  /** Makes frames stop for `seconds`, counted from the last one shown. Resolves when segments flow again. */
  stallFor(seconds: number): Promise<void>;
}

const none: Faults = { latency_ms: 0, slow_kbps: 0, status: 0, hold: false, withhold_ms: 0 };
const HAVE_FUTURE_DATA = 3;
/** The origin lets go by itself after this long. */
const GIVE_UP_MS = 60_000;

export function faultControl(scope: string, video: HTMLVideoElement, watch: TruthWatch): FaultControl {
  async function set(faults: Partial<Faults>): Promise<Faults> {
    const response = await fetch(`faults/${scope}`, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ ...none, ...faults }),
    });
    if (!response.ok) throw new Error(`faults: ${response.status}`);
    return response.json();
  }

  async function stallFor(seconds: number): Promise<void> {
    if (video.paused) throw new Error('start playback first');
    const deadline = performance.now() + GIVE_UP_MS;
    await set({ hold: true });
    try {
      // Frames that stand still while there is data are the browser's hiccup, not the stall.
      while (watch.gap() <= STALL_MS || video.readyState >= HAVE_FUTURE_DATA) {
        if (video.ended || video.paused) throw new Error('playback stopped before the buffer ran out');
        if (performance.now() > deadline) throw new Error('the buffer did not run out');
        await until(performance.now() + 20);
      }
      await until((watch.lastFrame() ?? performance.now()) + seconds * 1_000);
    } finally {
      await set({});
    }
  }

  return { set, stallFor };
}

function until(moment: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, moment - performance.now()));
}
