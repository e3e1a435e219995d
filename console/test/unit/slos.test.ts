// How objectives are judged, sorted and found.
import { expect, test } from 'vitest';
import { answerOf } from '../../dev/fixtures.mjs';
import type { Slo, SloAlert, SloGroup } from '../../src/api/generated.ts';
import { judgeGroup, judgeSlo } from '../../src/pages/slos/judgeGroup.ts';
import { findKpi, selectSlos } from '../../src/pages/slos/selectSlos.ts';

const group = (left: number | null, states: SloAlert['state'][] = []): SloGroup => ({
  labels: {},
  error_ratio: null,
  budget_left: left,
  bad: 0,
  total: 0,
  covered_s: 0,
  burn: [],
  alerts: states.map((state) => ({
    name: 'x',
    severity: 'page',
    state,
    factor: 14.4,
    short_s: 300,
    long_s: 3600,
    hold_s: 0,
    min_total: 25,
    since: null,
  })),
  no_data: null,
  history: [],
  queries: {},
});

test.each([
  [group(0.9, ['firing', 'quiet']), 'firing'],
  [group(-0.1, ['firing']), 'firing'],
  [group(-0.1, ['pending']), 'spent'],
  [group(0, []), 'spent'],
  [group(0.5, ['pending', 'quiet']), 'pending'],
  [group(0.5, ['too_little']), 'met'],
  [group(null, ['too_little']), 'silent'],
])('case %#: %o is judged %s', (group, verdict) => {
  expect(judgeGroup(group).verdict).toBe(verdict);
});

const { slos } = answerOf('slos', {}, new URLSearchParams()) as { slos: Slo[] };

test('the worst come first, and an objective stands as its worst group', () => {
  const selected = selectSlos(slos, { search: '', isUrgent: false });
  expect(selected.map((slo) => judgeSlo(slo)?.verdict)).toEqual([
    'firing',
    'pending',
    'met',
    'met',
    'met',
    'met',
  ]);
  expect(selected[0]?.groups.map(({ labels }) => labels.cdn)).toEqual(['edge-b', 'edge-a', 'edge-c']);
});

test('a search is for all its words, in names and labels', () => {
  const found = selectSlos(slos, { search: 'Failure EDGE-b', isUrgent: false });
  expect(found.map(({ name, groups }) => [name, groups.length])).toEqual([['playback-failure', 1]]);
  expect(selectSlos(slos, { search: 'nothing', isUrgent: false })).toEqual([]);
});

test('what needs attention is told apart', () => {
  const urgent = selectSlos(slos, { search: '', isUrgent: true });
  expect(urgent.map(({ name, groups }) => [name, groups.length])).toEqual([
    ['playback-failure', 1],
    ['rebuffer-ratio', 1],
  ]);
});

test('objectives find their KPI by name', () => {
  const { kpis } = answerOf('about', {}, new URLSearchParams());
  const found = ['rebuffer-ratio', 'startup-time', 'playback-failure', 'exit-before-start', 'my-own'].map(
    (name) => findKpi(name, kpis),
  );
  expect(found).toEqual([
    'rebuffer_ratio',
    'startup_p95',
    'playback_failure_ratio',
    'exit_before_start_ratio',
    undefined,
  ]);
});
