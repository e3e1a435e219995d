// URLs hold all state, so they must survive being written and read.
import { expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../src/route/address.ts';

const parse = (path: string) => parseAddress(new URL(path, 'http://localhost'));

test.each([
  ['/', 'live', undefined],
  ['/live', 'live', undefined],
  ['/slos?tenant=a', 'slos', undefined],
  ['/sessions', 'sessions', undefined],
  ['/sessions/', 'sessions', undefined],
  ['/sessions/abc', 'sessions', 'abc'],
  ['/sessions/a%2Fb', 'sessions', 'a/b'],
  ['/sessions/%', 'sessions', '%'],
  ['/sessions/a/b', undefined, undefined],
  ['/health/x', undefined, undefined],
  ['/nowhere', undefined, undefined],
])('%s is the page %s, session %s', (path, page, sessionId) => {
  expect(parse(path)).toMatchObject({ page, sessionId });
});

test('lists are repeated, nothing is left out', () => {
  const address = formatAddress('explore', {
    kpi: 'rebuffer_ratio',
    filter: ['cdn:edge-b', 'isp:'],
    by: undefined,
    q: '',
  });
  expect(address).toBe('/explore?kpi=rebuffer_ratio&filter=cdn%3Aedge-b&filter=isp%3A');
  expect(parse(address).query.getAll('filter')).toEqual(['cdn:edge-b', 'isp:']);
});

test('an id may hold anything', () => {
  expect(parse(formatAddress('sessions', {}, 'ä/?#')).sessionId).toBe('ä/?#');
});
