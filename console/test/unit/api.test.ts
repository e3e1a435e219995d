// Where is asked, and how patiently.
import { expect, test } from 'vitest';
import { locate } from '../../src/api/ask.ts';
import { backOff } from '../../src/api/backoff.ts';
import { describeThrown, readFailure } from '../../src/api/failure.ts';

test('braces are filled in, the rest becomes the query', () => {
  expect(locate('timeline', { tenant: 'a b', session_id: 'x/y' })).toBe(
    '/api/v1/tenants/a%20b/sessions/x%2Fy/timeline',
  );
  const parameters = { tenant: 't', kpi: 'bitrate', by: 'cdn', filter: ['cdn:a', '!isp:b'], from: undefined };
  expect(locate('explore', parameters)).toBe(
    '/api/v1/tenants/t/explore?kpi=bitrate&by=cdn&filter=cdn%3Aa&filter=%21isp%3Ab',
  );
});

test('waits double from one second to thirty, a quarter left to chance', () => {
  expect([1, 2, 3, 6, 60].map((failures) => backOff(failures, 1))).toEqual([
    1000, 2000, 4000, 30_000, 30_000,
  ]);
  expect(backOff(1, 0)).toBe(750);
});

test('a refusal keeps the words of the gateway', async () => {
  const body = JSON.stringify({
    error: 'unknown_kpi',
    message: 'no KPI is called `x`',
    hint: 'see /api/v1/about',
  });
  const failure = await readFailure(new Response(body, { status: 400 }));
  expect(failure).toEqual({
    kind: 'refused',
    status: 400,
    message: 'no KPI is called `x`',
    hint: 'see /api/v1/about',
  });
});

test('what is no refusal of the gateway is not shown', async () => {
  const failure = await readFailure(new Response('<html>Bad Gateway', { status: 502 }));
  expect(failure).toEqual({ kind: 'away', status: 502, message: 'The gateway answered 502.', hint: '' });
  expect(describeThrown(new TypeError('fetch failed')).kind).toBe('away');
});
