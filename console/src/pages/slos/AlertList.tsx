// The alerts of a group: those that are not quiet by name, the quiet ones counted.
import type { SloAlert } from '../../api/generated.ts';
import { formatDuration, formatRound } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';

const LOOKS: Record<SloAlert['state'], { title: string; sign: string; kind: string }> = {
  firing: { title: 'firing', sign: '▲', kind: 'is-bad' },
  pending: { title: 'pending', sign: '◔', kind: 'is-warn' },
  too_little: { title: 'too little traffic', sign: '∅', kind: '' },
  quiet: { title: 'quiet', sign: '✓', kind: '' },
};

export function AlertList({ alerts }: { alerts: readonly SloAlert[] }) {
  const loud = alerts.filter(({ state }) => state === 'firing' || state === 'pending');
  const silent = alerts.filter(({ state }) => state === 'too_little').length;
  const quiet = alerts.length - loud.length - silent;
  return (
    <ul class="alerts">
      {loud.map((alert) => (
        <li
          key={`${alert.name} ${alert.long_s}`}
          class={`badge ${LOOKS[alert.state].kind}`}
          title={describe(alert)}
        >
          <span aria-hidden="true">{LOOKS[alert.state].sign}</span> {alert.severity}{' '}
          {formatRound(alert.factor, 'times')} {LOOKS[alert.state].title}
          {alert.since !== null && ` since ${formatMoment(alert.since)}`}
        </li>
      ))}
      {quiet > 0 && (
        <li class="muted small" title={alerts.map(describe).join('\n')}>
          {quiet} quiet
        </li>
      )}
      {silent > 0 && <li class="muted small">{silent} without enough traffic</li>}
    </ul>
  );
}

function describe({ name, severity, factor, short_s: short, long_s: long, state }: SloAlert): string {
  const windows = `${formatDuration(short)} and ${formatDuration(long)}`;
  return `${name} (${severity}): burning ${formatRound(factor, 'times')} as fast as it may over ${windows}: ${LOOKS[state].title}`;
}
