// The figures of the trailing minute, each with the way it came and a word when it is worse than usual.
import type { About, Change, KpiAbout, Live, LivePoint } from '../../api/generated.ts';
import { Sparkline } from '../../charts/Sparkline.tsx';
import { Figure } from '../../figures/Figure.tsx';
import { formatDuration, formatFigure } from '../../figures/formatFigure.ts';
import { describeFactor, indexKpis, isWorse } from './describeChange.ts';

const SHOWN = [
  'viewers',
  'startup_p50',
  'startup_p95',
  'rebuffer_ratio',
  'startup_failure_ratio',
  'playback_failure_ratio',
  'exit_before_start_ratio',
  'bitrate',
];
/** Steps of the sparkline: a quarter of an hour, or two days of a week. */
const SPARK_STEPS = 180;

interface Props {
  about: About;
  live: Live | undefined;
  point: LivePoint | undefined;
  changes: readonly Change[];
}

export function Tiles({ about, live, point, changes }: Props) {
  const kpis = indexKpis(about.kpis);
  const shown = SHOWN.map((id) => kpis.get(id)).filter((kpi) => kpi !== undefined);
  const windowText = point ? `of the last ${formatDuration(point.tile_window_s)}` : '';
  return (
    <ul class="tiles" aria-label={`Figures ${windowText}`}>
      {shown.map((kpi) => (
        <Tile
          key={kpi.id}
          kpi={kpi}
          value={point?.tiles[kpi.id]}
          values={live?.series[kpi.id]?.slice(-SPARK_STEPS) ?? []}
          promql={live?.queries[kpi.id]}
          worse={changes.find((change) => change.kpi === kpi.id && isWorse(change))}
        />
      ))}
    </ul>
  );
}

interface TileProps {
  kpi: KpiAbout;
  value: number | null | undefined;
  values: readonly (number | null)[];
  promql: string | undefined;
  worse: Change | undefined;
}

function Tile({ kpi, value, values, promql, worse }: TileProps) {
  return (
    <li class={`panel tile ${worse ? 'tile-worse' : ''}`}>
      <h2 title={kpi.help}>{kpi.title}</h2>
      <p class="tile-value">
        <Figure title={kpi.title} promql={promql}>
          <Value text={formatFigure(value, kpi.unit)} />
        </Figure>
        {worse && (
          <span class="badge is-bad" title={describeWorse(worse, kpi)}>
            {describeFactor(worse)}
          </span>
        )}
      </p>
      <Sparkline values={values} color={worse ? '--bad' : '--line-1'} />
    </li>
  );
}

/** The number large, its unit beside it. */
function Value({ text }: { text: string }) {
  const [, number = text, unit = ''] = text.match(/^(.*) ([^\d]+)$/) ?? [];
  return (
    <>
      {number}
      {unit && <span class="tile-unit"> {unit}</span>}
    </>
  );
}

function describeWorse({ now, before }: Change, { unit }: KpiAbout): string {
  return `Worse: ${formatFigure(now, unit)}, before ${formatFigure(before, unit)}`;
}
