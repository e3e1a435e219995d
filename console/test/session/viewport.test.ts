// Zoom arithmetic: what is below the pointer stays there, and no way leads out of the session.
import { describe, expect, it } from 'vitest';
import {
  clampViewport,
  followEnd,
  NARROWEST_MS,
  panViewport,
  revealMoment,
  timeToX,
  type Viewport,
  wholeSession,
  xToTime,
  zoomViewport,
} from '../../src/pages/session/viewport.ts';

const LENGTH = 60_000;

/** Small, seeded, good enough to wander about with. */
function* draws(seed: number): Generator<number, never> {
  let state = seed;
  while (true) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

describe('a viewport', () => {
  it('keeps what is below the pointer there', () => {
    const viewport = zoomViewport({ from: 10_000, to: 30_000 }, LENGTH, 15_000, 0.5);
    expect(viewport).toEqual({ from: 12_500, to: 22_500 });
    expect(timeToX(viewport, 800, 15_000)).toBeCloseTo(timeToX({ from: 10_000, to: 30_000 }, 800, 15_000));
  });

  it('stays inside the session whatever is done to it', () => {
    const random = draws(7);
    let viewport: Viewport = wholeSession(LENGTH);
    for (let step = 0; step < 5_000; step += 1) {
      const [what, x, y] = [random.next().value, random.next().value, random.next().value];
      const at = viewport.from + x * (viewport.to - viewport.from);
      viewport =
        what < 0.6
          ? zoomViewport(viewport, LENGTH, at, 0.2 + 2.2 * y)
          : panViewport(viewport, LENGTH, (y - 0.5) * 50_000);
      expect(viewport.from).toBeGreaterThanOrEqual(0);
      expect(viewport.to).toBeLessThanOrEqual(LENGTH + 1e-6);
      expect(viewport.to - viewport.from).toBeGreaterThanOrEqual(NARROWEST_MS - 1e-6);
    }
  });

  it('keeps its width at the edges', () => {
    expect(panViewport({ from: 50_000, to: 60_000 }, LENGTH, 5_000)).toEqual({ from: 50_000, to: 60_000 });
    expect(panViewport({ from: 2_000, to: 12_000 }, LENGTH, -5_000)).toEqual({ from: 0, to: 10_000 });
    expect(clampViewport({ from: -10, to: 1e9 }, LENGTH)).toEqual(wholeSession(LENGTH));
  });

  it('has something to show of a session without length', () => {
    expect(wholeSession(0)).toEqual({ from: 0, to: NARROWEST_MS });
    expect(zoomViewport(wholeSession(0), 0, 10, 0.1)).toEqual(wholeSession(0));
  });

  it('goes from pixels to times and back', () => {
    const viewport = { from: 1_000, to: 5_000 };
    expect(xToTime(viewport, 400, timeToX(viewport, 400, 2_345))).toBeCloseTo(2_345);
  });

  it('moves to a moment only when that is out of sight', () => {
    expect(revealMoment({ from: 0, to: 100 }, LENGTH, 50)).toEqual({ from: 0, to: 100 });
    expect(revealMoment({ from: 0, to: 100 }, LENGTH, 500)).toEqual({ from: 450, to: 550 });
  });
});

describe('a session that plays', () => {
  it('is shown whole as long as it was', () => {
    expect(followEnd(wholeSession(1_000), 1_000, 3_000)).toEqual(wholeSession(3_000));
  });

  it('is followed at its end', () => {
    expect(followEnd({ from: 800, to: 1_000 }, 1_000, 3_000)).toEqual({ from: 2_800, to: 3_000 });
  });

  it('is left alone where the viewer looks at the past', () => {
    expect(followEnd({ from: 100, to: 300 }, 1_000, 3_000)).toEqual({ from: 100, to: 300 });
  });
});
