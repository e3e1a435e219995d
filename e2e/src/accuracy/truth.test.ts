// The judge against views whose truth is known because they were made up.

import { expect, test } from 'vitest';
import type { Act, Frame } from './record.ts';
import { judge } from './truth.ts';

const FRAME_MS = 40;

/** Frames of `count` pictures from `at` (ms) on, showing the media from `media` (s) on. */
function motion(at: number, media: number, count: number, { rate = 1, width = 640 } = {}): Frame[] {
  return Array.from({ length: count }, (_, n) => ({
    at: at + n * FRAME_MS,
    media: media + (n * FRAME_MS * rate) / 1_000,
    width,
  }));
}

const did = (at: number, act: Act) => ({ ...act, at });

test('a start, ten seconds, an end', () => {
  const frames = motion(1_500, 0, 251);
  const truth = judge({ frames, acts: [did(1_000, { kind: 'play' }), did(11_520, { kind: 'end' })] });
  expect(truth).toMatchObject({
    startup: 500,
    startupWait: 500,
    playing: 10_020,
    stalls: [],
    end: 'stopped',
  });
});

test('a poster is no first frame', () => {
  const frames = [{ at: 1_100, media: 0, width: 640 }, ...motion(2_000, 0.04, 10)];
  expect(judge({ frames, acts: [did(1_000, { kind: 'play' })] }).startup).toBe(1_000);
});

test('a stall is what a frame stands beyond its own time', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(5_000, 1.04, 26)];
  const acts = [
    did(900, { kind: 'play' }),
    did(2_050, { kind: 'short' }),
    did(4_990, { kind: 'fed' }),
    did(6_000, { kind: 'end' }),
  ];
  const truth = judge({ frames, acts });
  expect(truth.stalls).toEqual([expect.closeTo(2_960)]);
  expect(truth.playing).toBeCloseTo(1_000 + 40 + 1_000);
});

test('a hiccup of the machine while media flows is no stall', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(2_400, 1.4, 26)];
  const truth = judge({ frames, acts: [did(900, { kind: 'play' }), did(3_400, { kind: 'end' })] });
  expect(truth).toMatchObject({ stalls: [], playing: 2_400 });
});

test('a pause ends a stall, and is none itself', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(7_050, 1.04, 26)];
  const acts = [
    did(900, { kind: 'play' }),
    did(2_050, { kind: 'short' }),
    did(4_000, { kind: 'pause' }),
    did(4_001, { kind: 'fed' }),
    did(7_000, { kind: 'play' }),
    did(8_050, { kind: 'end' }),
  ];
  const truth = judge({ frames, acts });
  expect(truth.stalls).toEqual([1_960]);
  expect(truth).toMatchObject({ paused: 3_000, playing: 1_040 + 50 + 1_000 });
});

test('a seek lasts until its target moves', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(2_010, 1.04, 1), ...motion(2_600, 40, 26)];
  const acts = [
    did(900, { kind: 'play' }),
    did(2_000, { kind: 'seek', to: 40 }),
    did(3_600, { kind: 'end' }),
  ];
  const truth = judge({ frames, acts });
  expect(truth).toMatchObject({ seeks: 1, seeking: 600, playing: 2_000, stalls: [] });
});

test('a seek before the first frame spoils the startup', () => {
  const frames = motion(3_000, 20, 26);
  const acts = [
    did(1_000, { kind: 'play' }),
    did(2_000, { kind: 'seek', to: 20 }),
    did(4_000, { kind: 'end' }),
  ];
  expect(judge({ frames, acts })).toMatchObject({ startup: undefined, startupWait: 2_000, seeks: 0 });
});

test('double speed is wall-clock time', () => {
  const frames = motion(1_000, 0, 251, { rate: 2 });
  const acts = [
    did(900, { kind: 'play' }),
    did(950, { kind: 'rate', rate: 2 }),
    did(11_000, { kind: 'end' }),
  ];
  expect(judge({ frames, acts }).playing).toBe(10_000);
});

test('what plays while nobody looks is played', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(7_000, 6, 26)];
  const acts = [
    did(900, { kind: 'play' }),
    did(2_000, { kind: 'hide' }),
    did(6_900, { kind: 'show' }),
    did(8_000, { kind: 'end' }),
  ];
  expect(judge({ frames, acts })).toMatchObject({ playing: 7_000, stalls: [], startup: 100 });
});

test('switches are changes of the picture', () => {
  const frames = [
    ...motion(1_000, 0, 10),
    ...motion(1_400, 0.4, 10, { width: 256 }),
    ...motion(1_800, 0.8, 10),
  ];
  expect(judge({ frames, acts: [did(900, { kind: 'play' })] }).switches).toBe(2);
});

test('who waits and leaves exits before the start', () => {
  const acts = (end: number) => [did(1_000, { kind: 'play' }), did(end, { kind: 'end' })];
  expect(judge({ frames: [], acts: acts(4_000) })).toMatchObject({
    exitBeforeStart: true,
    startupWait: 3_000,
  });
  expect(judge({ frames: [], acts: acts(1_500) }).exitBeforeStart).toBe(false);
});

test('a change of content cuts the record in two', () => {
  const frames = [...motion(1_000, 0, 26), ...motion(2_500, 0, 26)];
  const acts = [
    did(900, { kind: 'play' }),
    did(2_000, { kind: 'change' }),
    did(2_000, { kind: 'play' }),
    did(3_500, { kind: 'end' }),
  ];
  expect(judge({ frames, acts: acts.slice(0, 2) }, 0, 2_000)).toMatchObject({ startup: 100, playing: 1_000 });
  expect(judge({ frames, acts: acts.slice(2) }, 2_000)).toMatchObject({ startup: 500, playing: 1_000 });
});
