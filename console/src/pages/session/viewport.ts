// The part of a session that is on the screen, and how it moves. All times are ms since the session began; a viewport never
// leaves the session and is never narrower than a person can make sense of.

export interface Viewport {
  from: number;
  to: number;
}

/** Ms; below this there is nothing to see: events have whole milliseconds. */
export const NARROWEST_MS = 40;

/** The whole session. A session of no length still has something to look at. */
export function wholeSession(lengthMs: number): Viewport {
  return { from: 0, to: Math.max(lengthMs, NARROWEST_MS) };
}

/** Keeps the width as well as it can and moves the rest inside the session. */
export function clampViewport({ from, to }: Viewport, lengthMs: number): Viewport {
  const whole = wholeSession(lengthMs);
  const width = Math.min(Math.max(to - from, NARROWEST_MS), whole.to);
  const start = Math.min(Math.max(from, 0), whole.to - width);
  return { from: start, to: start + width };
}

/** Zooms so that `at` stays where it is on the screen; a factor below 1 shows less. */
export function zoomViewport(viewport: Viewport, lengthMs: number, at: number, factor: number): Viewport {
  const width = viewport.to - viewport.from;
  const next = Math.min(Math.max(width * factor, NARROWEST_MS), wholeSession(lengthMs).to);
  const share = width > 0 ? (at - viewport.from) / width : 0.5;
  const from = at - next * share;
  return clampViewport({ from, to: from + next }, lengthMs);
}

/** Moves by so many ms; positive is later. */
export function panViewport(viewport: Viewport, lengthMs: number, by: number): Viewport {
  return clampViewport({ from: viewport.from + by, to: viewport.to + by }, lengthMs);
}

/** Brings a moment into view, in the middle where it was not; what is seen already stays where it is. */
export function revealMoment(viewport: Viewport, lengthMs: number, t: number): Viewport {
  if (t >= viewport.from && t <= viewport.to) return viewport;
  const half = (viewport.to - viewport.from) / 2;
  return clampViewport({ from: t - half, to: t + half }, lengthMs);
}

/**
 * What to show when a session that plays has grown from `before` to `after`: the whole stays the whole, a viewport at the
 * end goes with the end, and one the viewer moved elsewhere stays.
 */
export function followEnd(viewport: Viewport, before: number, after: number): Viewport {
  const whole = wholeSession(before);
  const atEnd = viewport.to >= whole.to;
  if (!atEnd) return viewport;
  if (viewport.from <= 0) return wholeSession(after);
  return clampViewport({ from: viewport.from + after - before, to: viewport.to + after - before }, after);
}

/** Where a time is on the screen: px from the left edge of the plot. */
export function timeToX(viewport: Viewport, widthPx: number, t: number): number {
  return ((t - viewport.from) / (viewport.to - viewport.from)) * widthPx;
}

/** The time below a pixel. */
export function xToTime(viewport: Viewport, widthPx: number, x: number): number {
  return viewport.from + (x / Math.max(widthPx, 1)) * (viewport.to - viewport.from);
}
