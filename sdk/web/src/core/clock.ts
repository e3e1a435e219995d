// Milliseconds since a moment, for the `t` of events: whole, and never running backwards even where a browser's
// reduced timer precision makes `performance.now()` jitter.

export function startClock(): () => number {
  const origin = performance.now();
  let latest = 0;
  return () => {
    latest = Math.max(latest, Math.round(performance.now() - origin));
    return latest;
  };
}
