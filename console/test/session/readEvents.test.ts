// Raw events: once each, in order, found by any word.
import { expect, it } from 'vitest';
import type { JournalledBatch } from '../../src/api/generated.ts';
import { describeFields, filterEvents, readEvents } from '../../src/pages/session/readEvents.ts';

const SENT = { protocol: 'native', session_id: 'a', started_at: 1_000, sent_at: 2_000, attributes: {} };
const BATCHES: JournalledBatch[] = [
  {
    ...SENT,
    received_at: 2,
    events: [
      { seq: 3, t: 900, kind: 'playing' },
      { seq: 2, t: 700, kind: { download: { kind: 'video', bytes: 1200, ttfb_ms: null } } },
    ],
  },
  {
    ...SENT,
    received_at: 1,
    events: [
      { seq: 0, t: 0, kind: 'session_start' },
      { seq: 3, t: 900, kind: 'playing' },
    ],
  },
];

it('brings the events of all batches into order, repeated ones once', () => {
  expect(readEvents(BATCHES).map(({ seq }) => seq)).toEqual([0, 2, 3]);
});

it('shows what was reported', () => {
  const row = readEvents(BATCHES)[1];
  expect(row).toMatchObject({ t: 700, seq: 2, type: 'download' });
  expect(describeFields(row?.fields)).toBe('kind=video bytes=1200');
});

it('finds rows by all words', () => {
  const rows = readEvents(BATCHES);
  expect(filterEvents(rows, 'DOWN video').map(({ seq }) => seq)).toEqual([2]);
  expect(filterEvents(rows, '#3').map(({ seq }) => seq)).toEqual([3]);
  expect(filterEvents(rows, 'nothing such')).toEqual([]);
  expect(filterEvents(rows, ' ')).toHaveLength(3);
});
