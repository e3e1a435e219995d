// The course of things: viewers by what they live through, and the KPIs beneath. One cursor for all.
import { useMemo } from 'preact/hooks';
import type { About, Anomaly, Live } from '../../api/generated.ts';
import { Chart } from '../../charts/Chart.tsx';
import type { Band, Line } from '../../charts/Line.ts';
import { describeAnomaly } from './describeAnomaly.ts';
import { indexKpis } from './describeChange.ts';

/** Each a chart; KPIs of one chart share its unit. */
const CHARTS = [
  { title: 'Startup time', kpis: ['startup_p50', 'startup_p95'], names: ['p50', 'p95'] },
  { title: 'Rebuffering ratio', kpis: ['rebuffer_ratio'], names: ['stalled of watched'] },
  {
    title: 'Failures and exits',
    kpis: ['startup_failure_ratio', 'playback_failure_ratio', 'exit_before_start_ratio'],
    names: ['startup failures', 'playback failures', 'exits before start'],
  },
  { title: 'Bitrate and throughput', kpis: ['bitrate', 'throughput'], names: ['bitrate', 'throughput'] },
  { title: 'Delivery', kpis: ['ttfb_p95', 'segment_p95'], names: ['first byte p95', 'download p95'] },
  { title: 'Failed downloads', kpis: ['download_failure_ratio'], names: ['of all downloads'] },
  { title: 'Live latency', kpis: ['live_latency_p50', 'live_latency_p95'], names: ['p50', 'p95'] },
];
const COLORS = ['--line-1', '--line-2', '--line-4'];
const DASHES = [undefined, [6, 3], [2, 3]];
/** From the ground up. What hurts lies on top, where its edge shows. */
const PHASES = ['playing', 'ad', 'paused', 'seeking', 'startup', 'stalled'];

interface Props {
  about: About;
  live: Live;
  anomalies: readonly Anomaly[];
}

export function LiveCharts({ about, live, anomalies }: Props) {
  const kpis = indexKpis(about.kpis);
  const phases = useMemo(() => phaseLines(live), [live]);
  const charts = useMemo(
    () => CHARTS.map((chart) => ({ ...chart, lines: kpiLines(live, chart) })).filter(hasValues),
    [live],
  );
  const shared = { at: live.at_s, stepSeconds: live.step_s, sync: 'live' };
  return (
    <div class="charts">
      <Chart {...shared} title="Viewers by phase" lines={phases} unit="count" isStacked />
      {charts.map(({ title, kpis: ids, lines }) => (
        <Chart
          key={title}
          {...shared}
          title={title}
          lines={lines}
          unit={kpis.get(ids[0] ?? '')?.unit ?? 'count'}
          bands={bandsOf(ids, anomalies, about)}
        />
      ))}
    </div>
  );
}

function phaseLines(live: Live): Line[] {
  const known = PHASES.filter((phase) => live.phases[phase]);
  return known.map((phase) => ({
    id: phase,
    title: phase,
    values: live.phases[phase] ?? [],
    color: `--phase-${phase}`,
    isHatched: phase === 'stalled',
    promql: live.queries.phases ?? live.queries.viewers,
  }));
}

function kpiLines(live: Live, { kpis, names }: (typeof CHARTS)[number]): Line[] {
  return kpis.map((id, index) => ({
    id,
    title: names[index] ?? id,
    values: live.series[id] ?? [],
    color: COLORS[index] ?? '--line-6',
    ...(DASHES[index] ? { dash: DASHES[index] } : {}),
    promql: live.queries[id],
  }));
}

/** A chart of nothing but gaps says nothing: no live streams, no live latency. */
function hasValues({ lines }: { lines: readonly Line[] }): boolean {
  return lines.some(({ values }) => values.some((value) => value !== null));
}

function bandsOf(kpis: readonly string[], anomalies: readonly Anomaly[], about: About): Band[] {
  return anomalies
    .filter(({ kpi }) => kpis.includes(kpi))
    .map((anomaly) => ({
      from: anomaly.since / 1000,
      to: anomaly.until === null ? null : anomaly.until / 1000,
      title: describeAnomaly(anomaly, about),
    }));
}
