// Milliseconds since a moment, for the `t` of events: whole, and never running backwards even where events are told of
// late or a browser's reduced timer precision makes `performance.now()` jitter.

export function startClock(): (at?: number) => number {
  const origin = performance.now();
  let latest = 0;
  return (at = performance.now()) => {
    latest = Math.max(latest, Math.round(at - origin));
    return latest;
  };
}
