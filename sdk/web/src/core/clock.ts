// Milliseconds since a moment, for the `t` of events: whole, and never running backwards even where events are told of
// late or a browser's reduced timer precision makes `performance.now()` jitter.

export function startClock(): (type: string, at?: number) => number {
  const origin = performance.now();
  let latest = 0;
  return (type, at = performance.now()) => {
    const t = Math.max(latest, Math.round(at - origin));
    // The end of a download is told at once, a `play` before it perhaps later: it must not be dated after the download.
    if (type !== 'download') latest = t;
    return t;
  };
}
