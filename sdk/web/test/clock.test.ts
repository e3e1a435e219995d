// The `t` of events: never backwards, except that downloads keep a time of their own.

import { afterEach, expect, it, vi } from 'vitest';
import { startClock } from '../src/core/clock.js';

afterEach(() => vi.restoreAllMocks());

it('dates what happened by when it happened, and never backwards', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const clock = startClock();
  now.mockReturnValue(1500);
  expect(clock('stall', 1200.4)).toBe(200);
  expect(clock('playing', 1100)).toBe(200);
  expect(clock('seek_start')).toBe(500);
  expect(clock('pause', 900)).toBe(500);
});

it('does not let what is told at once date what happened before it', () => {
  const now = vi.spyOn(performance, 'now').mockReturnValue(1000);
  const clock = startClock();
  now.mockReturnValue(1221);
  expect(clock('download')).toBe(221);
  expect(clock('play_request', 1010)).toBe(10);
  expect(clock('rendition')).toBe(221);
  expect(clock('playing', 1200)).toBe(200);
});
