// Filters as the API writes them.
import { expect, it } from 'vitest';
import { addFilter, describeFilter, formatFilter, parseFilter } from '../../src/filters/filter.ts';

it.each(['cdn:edge-b', '!cdn:edge-b', 'isp:', 'asset_id:urn:show:7'])('reads and writes %s', (text) => {
  const filter = parseFilter(text);
  expect(filter && formatFilter(filter)).toBe(text);
});

it('refuses what names no attribute', () => {
  expect([':x', '!', '', 'cdn'].map(parseFilter)).toEqual([undefined, undefined, undefined, undefined]);
});

it('reads out loud', () => {
  const texts = ['cdn:edge-b', '!cdn:edge-b', 'isp:', '!isp:'].map((text) => {
    const filter = parseFilter(text);
    return filter && describeFilter(filter);
  });
  expect(texts).toEqual(['cdn = edge-b', 'cdn ≠ edge-b', 'isp not reported', 'isp reported']);
});

it('holds a filter once and not beside its opposite', () => {
  const filter = { attribute: 'cdn', value: 'b', excluded: false };
  expect(addFilter(['cdn:a', '!cdn:b', 'cdn:b'], filter)).toEqual(['cdn:a', 'cdn:b']);
});
