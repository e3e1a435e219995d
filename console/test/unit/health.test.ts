// The books, and figures of parts by what they are of.
import { expect, test } from 'vitest';
import { answerOf } from '../../dev/fixtures.mjs';
import { formatFact } from '../../src/pages/health/PartsPanel.tsx';
import { listReasons, sumLedger, sumReasons } from '../../src/pages/health/sumLedger.ts';

const { ledger, waiting, difference } = answerOf('tenantHealth', {}, new URLSearchParams());

test('received is the sum of everything that became of it', () => {
  const all = sumLedger(ledger.map(sumReasons));
  const { received, counted, duplicate, forwarded, rejected, shed } = all;
  expect(counted + duplicate + forwarded + rejected + shed + waiting + difference).toBe(received);
});

test('reasons are added up over protocols, most first', () => {
  expect(listReasons(ledger, 'rejected').slice(0, 2)).toEqual([
    ['late', 24_102],
    ['missing_field', 1233],
  ]);
});

test.each([
  [{ name: '', value: null, unit: '', query: null }, '–'],
  [{ name: '', value: 'postgres', unit: '', query: null }, 'postgres'],
  [{ name: '', value: 0, unit: 'seconds', query: 'x_last_success_timestamp_seconds' }, 'never'],
  [{ name: '', value: 1, unit: '', query: 'openqoe_edge_upstream_up' }, 'yes'],
  [{ name: '', value: 0.0031, unit: 'seconds', query: 'histogram_quantile(0.99, x_bucket)' }, '3.10 ms'],
  [
    { name: '', value: 91_234_018, unit: '', query: 'openqoe_remote_write_samples_sent_total' },
    '91\u202f234\u202f018',
  ],
])('%o reads %s', (fact, text) => {
  expect(formatFact(fact)).toBe(text);
});
