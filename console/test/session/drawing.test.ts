// What the drawing follows from: lanes, runs of a line, troubles, what holds at the cursor, and the row of a moment.
import { describe, expect, it } from 'vitest';
import { pickSessions, SESSION_ANSWERS } from '../../dev/sessions/answers.mjs';
import type { Timeline } from '../../src/api/generated.ts';
import { visibleDownloads } from '../../src/pages/session/drawDownloads.ts';
import { cutRuns, topOfScale } from '../../src/pages/session/drawSeries.ts';
import { findRow } from '../../src/pages/session/findRow.ts';
import { layOutLanes } from '../../src/pages/session/layOutLanes.ts';
import { listMoments } from '../../src/pages/session/listMoments.ts';
import { packDownloads } from '../../src/pages/session/packDownloads.ts';
import { packReports } from '../../src/pages/session/packReports.ts';
import { readCursor } from '../../src/pages/session/readCursor.ts';
import { nextTrouble } from '../../src/pages/session/steerWithKeys.ts';

const now = Date.now();
const timeline: Timeline = SESSION_ANSWERS.timeline({ session_id: pickSessions(now).longest }, now);
const waterfall = packDownloads(timeline.downloads);

describe('lanes', () => {
  it('lie below each other, and only where there is something', () => {
    const { lanes, axisTop, height } = layOutLanes({ ...timeline, latency: [] }, waterfall.rows);
    expect(lanes.map(({ id }) => id)).toEqual(['phases', 'marks', 'buffer', 'bitrate', 'downloads']);
    lanes.slice(1).forEach((lane, i) => {
      const above = lanes[i];
      expect(lane.top).toBeGreaterThanOrEqual((above?.top ?? 0) + (above?.height ?? 0));
    });
    expect(height).toBeGreaterThan(axisTop);
  });

  it('leave room for titles on a phone', () => {
    expect(layOutLanes(timeline, 1, 18).lanes[0]?.top).toBe(18);
  });
});

describe('other reporters', () => {
  const download = {
    from: 1000,
    first_byte: 1200,
    to: 2000,
    kind: 'video',
    bytes: 5000,
    failed: false,
    weight: 1,
  };
  const told = {
    ...timeline,
    reports: {
      cmcd: { downloads: [], marks: [{ t: 1500, kind: 'stall', text: 'stalled' }] },
      cdn_log: {
        downloads: [download, { ...download, from: 1500 }],
        marks: [{ t: 1500, kind: 'custom', text: 'cmcd_bs' }],
      },
      native: { downloads: [], marks: [] },
    },
  };
  const reports = packReports(told);

  it('have lanes of their own below the downloads, where they tell of something', () => {
    const { lanes } = layOutLanes(told, waterfall.rows, 0, reports);
    expect(lanes.slice(-3).map(({ id }) => id)).toEqual(['downloads', 'reports.cdn_log', 'reports.cmcd']);
    expect(lanes.at(-2)?.title).toBe('Told by the CDN');
    expect(packReports({})).toEqual([]);
  });

  it('say what they told at the cursor', () => {
    const values = readCursor(told, waterfall, 1500, 1, reports);
    expect(values['reports.cdn_log']).toBe('video 5 kB in 1.00 s +1, cmcd_bs');
    expect(values['reports.cmcd']).toBe('stalled');
  });
});

describe('a line', () => {
  const points: [number, number][] = [
    [0, 1],
    [10, 2],
    [100, 3],
    [110, 0],
  ];

  it('ends where nothing was told for too long', () => {
    expect(cutRuns({ points, unit: 'count', holdsMs: 20 }, 0, 200)).toEqual([
      points.slice(0, 2),
      points.slice(2),
    ]);
    expect(cutRuns({ points, unit: 'count' }, 0, 200)).toEqual([points]);
  });

  it('reaches beyond both edges of what is shown', () => {
    expect(cutRuns({ points, unit: 'count' }, 20, 90)).toEqual([points.slice(1, 3)]);
  });

  it('has a scale even where all is zero', () => {
    expect(topOfScale([[0, 0]])).toBe(1);
  });
});

describe('downloads in the viewport', () => {
  it('are those a scan finds, and few others', () => {
    for (const viewport of [
      { from: 0, to: timeline.length_ms },
      { from: 7_000_000, to: 7_004_000 },
    ]) {
      const drawn = new Set(visibleDownloads({ waterfall, viewport }).map(({ download }) => download));
      const reaches = timeline.downloads.filter(({ from, to }) => to >= viewport.from && from <= viewport.to);
      expect(reaches.filter((download) => !drawn.has(download))).toEqual([]);
    }
  });
});

describe('troubles', () => {
  it('are gone through one by one, both ways', () => {
    const found: number[] = [];
    let at: number | undefined = -1;
    while (at !== undefined) {
      at = nextTrouble({ timeline }, at, 1);
      if (at !== undefined) found.push(at);
    }
    const stalls = timeline.marks.filter(({ kind }) => kind === 'stall').map(({ t }) => t);
    expect(found).toEqual([...new Set(stalls)]);
    expect(nextTrouble({ timeline }, found[3] ?? 0, -1)).toBe(found[2]);
  });
});

describe('the cursor', () => {
  it('says what held', () => {
    const stall = timeline.bands.find(({ phase }) => phase === 'stalled');
    const values = readCursor(timeline, waterfall, stall?.from ?? 0, 1);
    expect(values.phases).toMatch(/^stalled /);
    expect(values.marks).toMatch(/^stalled for /);
    expect(values.buffer).toBe('0 ms');
    expect(values.bitrate).toMatch(/bit\/s$/);
  });
});

describe('the row of a moment', () => {
  const row = (seq: number, t: number) => ({ seq, t, type: 'x', fields: '' });
  const rows = [row(0, 0), row(1, 50), row(2, 50), row(3, 90)];

  it('is the nearest', () => {
    expect([undefined, 10, 49, 60, 71, 900].map((t) => findRow(rows, t, undefined))).toEqual([
      -1, 0, 1, 2, 3, 3,
    ]);
    expect(findRow([], 5, undefined)).toBe(-1);
  });

  it('is the one that was picked, of those that share it', () => {
    expect(findRow(rows, 50, rows[2])).toBe(2);
    expect(findRow(rows, 90, rows[2])).toBe(3);
  });
});

it('has a table with every band and mark', () => {
  const moments = listMoments(timeline);
  expect(moments).toHaveLength(timeline.bands.length + timeline.marks.length);
  expect(moments.every(({ t }, i) => t >= (moments[i - 1]?.t ?? 0))).toBe(true);
});
