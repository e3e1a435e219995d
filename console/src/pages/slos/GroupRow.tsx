// One group of an objective, such as the views of one CDN.
import type { Slo, SloGroup } from '../../api/generated.ts';
import { Sparkline } from '../../charts/Sparkline.tsx';
import { Figure } from '../../figures/Figure.tsx';
import { formatDuration, formatFigure } from '../../figures/formatFigure.ts';
import { linkTo } from '../../route/location.ts';
import { AlertList } from './AlertList.tsx';
import { BudgetBar } from './BudgetBar.tsx';
import { judgeGroup } from './judgeGroup.ts';

interface Props {
  slo: Slo;
  group: SloGroup;
  /** Seconds; one column each. */
  windows: readonly number[];
  kpi: string | undefined;
}

export function GroupRow({ slo, group, windows, kpi }: Props) {
  const { title: verdict, sign, kind } = judgeGroup(group);
  const labels = Object.entries(group.labels);
  const title = [slo.title, ...labels.map(([name, value]) => `${name} ${value}`)].join(', ');
  const filter = labels.map(([name, value]) => `${name}:${value}`);
  return (
    <tr>
      <th scope="row">
        <a data-row href={linkTo('explore', { kpi, by: slo.group_by[0], filter })}>
          {labels.length > 0 ? labels.map(([, value]) => value).join(', ') : 'all'}
        </a>
      </th>
      <td data-title="Status">
        <span class={`badge is-${kind}`}>
          <span aria-hidden="true">{sign}</span> {verdict}
        </span>
      </td>
      <td data-title="Budget left" class="budget-cell">
        <div class="budget">
          <BudgetBar left={group.budget_left} />
          <Figure title={`${title}: budget left`} promql={group.queries.budget_left} class="strong">
            {formatFigure(group.budget_left, 'ratio')}
          </Figure>
        </div>
      </td>
      <td data-title="Bad" class="number">
        <Figure title={`${title}: bad`} promql={group.queries.error_ratio}>
          {formatFigure(group.error_ratio, 'ratio')}
        </Figure>
        <Coverage slo={slo} group={group} />
      </td>
      {windows.map((seconds) => (
        <BurnCell key={seconds} group={group} seconds={seconds} title={title} />
      ))}
      <td data-title="Alerts">
        <AlertList alerts={group.alerts} />
      </td>
      <td data-title="Budget" class="slo-trend">
        <Trend group={group} title={title} />
      </td>
    </tr>
  );
}

/** What has not been lived through yet is said: a budget of thirty days after two hours is a guess. */
function Coverage({ slo, group }: { slo: Slo; group: SloGroup }) {
  if (group.covered_s >= slo.window_s * 0.99) return null;
  return <div class="muted small coverage">of {formatDuration(group.covered_s)} known</div>;
}

function BurnCell({ group, seconds, title }: { group: SloGroup; seconds: number; title: string }) {
  const burn = group.burn.find(({ window_s }) => window_s === seconds);
  const rate = burn?.rate ?? null;
  const factors = group.alerts.filter(({ short_s, long_s }) => short_s === seconds || long_s === seconds);
  const isOver = rate !== null && factors.some(({ factor }) => rate > factor);
  return (
    <td data-title={`Burn ${formatDuration(seconds)}`} class={`number ${isOver ? 'burning' : ''}`}>
      <Figure title={`${title}: burn over ${formatDuration(seconds)}`} promql={queryOf(burn, group)}>
        {formatFigure(rate, 'times')}
      </Figure>
      {isOver && <span class="unseen"> over the factor of an alert</span>}
    </td>
  );
}

function queryOf(burn: SloGroup['burn'][number] | undefined, { queries }: SloGroup): string | undefined {
  if (burn && 'query' in burn && typeof burn.query === 'string') return burn.query;
  return queries[`burn_${burn?.window_s}`];
}

function Trend({ group, title }: { group: SloGroup; title: string }) {
  const values = group.history?.map(([, left]) => left) ?? [];
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const label = `${title}: budget left from ${formatFigure(known[0], 'ratio')} to ${formatFigure(known.at(-1), 'ratio')}`;
  const isSpent = (known.at(-1) ?? 0) <= 0;
  return (
    <Sparkline values={values} label={label} highest={1} color={isSpent ? '--bad' : '--line-1'} hasZero />
  );
}
