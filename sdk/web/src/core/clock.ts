// Milliseconds since a moment, for the `t` of events: whole, and never running backwards even where events are told of
// late or a browser's reduced timer precision makes `performance.now()` jitter. In some browsers that clock stands still
// while the device sleeps; the wall clock, which nobody can trust otherwise, then says how long that was.
// https://w3c.github.io/hr-time/#sec-clock-resolution

const TOLD_AT_ONCE = /^(download|rendition|heartbeat)$/;
/** Wall clocks are corrected by less than this. */
const SLEPT_MS = 5_000;

export interface Clock {
  /** The wall clock at `t` = 0, epoch ms. */
  _startedAt: number;
  /** The `t` of an event that happened at `at`, on the clock of `performance.now()`. */
  _date(type: string, at?: number): number;
  /** Counts the time asleep as passed. */
  _wake(): void;
  /** Notes that timers run. */
  _tick(): void;
  /** When timers ran last, on the clock of `performance.now()`. */
  _ticked: number;
  /** For how long no timer has run, sleep included. */
  _silence(): number;
}

export function startClock(): Clock {
  const startedAt = Date.now();
  const origin = performance.now();
  let latest = 0;
  let slept = 0;
  let aheadAtTick = 0;
  /** How far the wall clock has run ahead of the monotonic one. */
  const ahead = () => Date.now() - startedAt - performance.now() + origin;

  const clock: Clock = {
    _startedAt: startedAt,
    _ticked: origin,
    _date(type, at = performance.now()) {
      const t = Math.max(latest, Math.round(at - origin + slept));
      // These are told at once, a `play` or a frame before them perhaps later: it must not be dated after them.
      if (!TOLD_AT_ONCE.test(type)) latest = t;
      return t;
    },
    _wake() {
      if (ahead() > slept + SLEPT_MS) slept = Math.round(ahead());
    },
    _tick() {
      clock._ticked = performance.now();
      aheadAtTick = ahead();
    },
    _silence: () => performance.now() - clock._ticked + Math.max(0, ahead() - aheadAtTick),
  };
  return clock;
}
