// Milliseconds since a moment, for the `t` of events: whole, and never running backwards even where events are told of
// late or a browser's reduced timer precision makes `performance.now()` jitter.

const TOLD_AT_ONCE = /^(download|rendition|heartbeat)$/;

export function startClock(): (type: string, at?: number) => number {
  const origin = performance.now();
  let latest = 0;
  return (type, at = performance.now()) => {
    const t = Math.max(latest, Math.round(at - origin));
    // These are told at once, a `play` or a frame before them perhaps later: it must not be dated after them.
    if (!TOLD_AT_ONCE.test(type)) latest = t;
    return t;
  };
}
