// The `t` of events: never backwards, except that downloads keep a time of their own, and in step with the wall clock also
// where the monotonic one stood still.

import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { EventBody } from '../src/core/generated.js';
import { openSession } from '../src/core/session.js';

const mono = vi.fn(() => 1_000);
let wall: number;

beforeEach(() => {
  wall = 1_763_688_000_000;
  mono.mockReturnValue(1_000);
  vi.spyOn(performance, 'now').mockImplementation(mono);
  vi.spyOn(Date, 'now').mockImplementation(() => wall);
});
afterEach(() => vi.restoreAllMocks());

function opened() {
  const session = openSession();
  const date = (type: EventBody['type'], at?: number): number =>
    JSON.parse(session._stamp({ type } as EventBody, at)).t;
  const pass = (awake: number, asleep = 0) => {
    mono.mockReturnValue(performance.now() + awake);
    wall += awake + asleep;
  };
  return { session, date, pass };
}

it('dates what happened by when it happened, and never backwards', () => {
  const { date, pass } = opened();
  pass(500);
  expect(date('stall', 1200.4)).toBe(200);
  expect(date('playing', 1100)).toBe(200);
  expect(date('seek_start')).toBe(500);
  expect(date('pause', 900)).toBe(500);
});

it('does not let what is told at once date what happened before it', () => {
  const { date, pass } = opened();
  pass(221);
  expect(date('download')).toBe(221);
  expect(date('custom')).toBe(221);
  expect(date('play_request', 1010)).toBe(10);
  expect(date('rendition')).toBe(221);
  expect(date('playing', 1200)).toBe(200);
});

it('counts time asleep, but not the corrections of the wall clock', () => {
  const { session, date, pass } = opened();
  pass(1_000, 4_000);
  session._wake(60_000);
  expect(date('pause')).toBe(1_000);
  pass(1_000, 3_600_000);
  session._wake(60_000);
  expect(session._startedAt + date('pause')).toBe(wall);
  wall -= 7_200_000;
  pass(1_000);
  session._wake(60_000);
  expect(date('pause')).toBe(3_607_000);
});

it('knows when it was last awake, on whichever clock it slept', () => {
  const { session, date, pass } = opened();
  pass(10_000);
  expect([session._wake(60_000), date('heartbeat')]).toEqual([undefined, 10_000]);
  pass(2_000, 60_000);
  const at = session._wake(60_000);
  expect(at).toBeDefined();
  expect(date('visibility', at)).toBe(10_000);
  expect(date('visibility')).toBe(72_000);
  expect(session._wake(60_000)).toBeUndefined();
  pass(61_000);
  expect(date('visibility', session._wake(60_000))).toBe(72_000);
});
