// How sessions are spoken of.
import { expect, it } from 'vitest';
import { describeEnd } from '../../src/pages/sessions/describeEnd.ts';
import { describeReasons } from '../../src/pages/sessions/describeReason.ts';
import { gradeBadness } from '../../src/pages/sessions/gradeBadness.ts';
import { readSessionsQuery } from '../../src/pages/sessions/sessionsQuery.ts';

it('says how they ended', () => {
  const end = (figures: { view_end?: string; error_code?: string }, is_live = false) =>
    describeEnd({ is_live, figures });
  expect(end({}, true)).toBe('playing');
  expect(end({ view_end: 'error', error_code: 'e3' })).toBe('failed: e3');
  expect(end({ view_end: 'finished' })).toBe('played to the end');
  expect(end({ view_end: 'new_reason' })).toBe('new reason');
  expect(end({})).toBe('ended');
});

it('says why they are bad, in the order given', () => {
  expect(describeReasons(['exit_before_start', 'slow_start', 'own_one'])).toBe(
    'left before the start, slow start, own one',
  );
  expect([0, 19, 20, 59, 60, 100].map(gradeBadness)).toEqual(['good', 'good', 'poor', 'poor', 'bad', 'bad']);
});

it('reads what is asked, and takes nonsense for nothing', () => {
  const read = (text: string) => readSessionsQuery(new URLSearchParams(text));
  expect(read('sort=badness&state=live&filter=cdn:a&filter=isp:b&q=ab&after=x')).toEqual({
    sort: 'badness',
    state: 'live',
    filters: ['cdn:a', 'isp:b'],
    q: 'ab',
    after: 'x',
  });
  expect(read('sort=up&state=dead')).toMatchObject({
    sort: 'newest',
    state: 'all',
    filters: [],
    q: '',
    after: undefined,
  });
});
