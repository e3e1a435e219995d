// A KPI by the values of an attribute, worst contributors first. A click on a value goes into it: it becomes a filter, and the
// next attribute is broken down.

import type { Explore, ExploreRow } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatCount, formatFigure } from '../../figures/formatFigure.ts';
import { addFilter, parseFilter } from '../../filters/filter.ts';
import { filterable } from '../../filters/filterable.ts';
import { rangeParameters } from '../../filters/range.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { IncompleteNote } from '../../states/IncompleteNote.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import { BarWithInterval } from './BarWithInterval.tsx';
import type { ExplorePart } from './ExplorePage.tsx';
import { writeExploreQuery } from './exploreQuery.ts';
import { nextAttribute } from './nextAttribute.ts';
import { scaleBars } from './scaleBars.ts';

const EVERY_MS = 15_000;

export function Breakdown(part: ExplorePart) {
  const { tenant, query, range } = part;
  const { kpi, by, filters } = query;
  const answer = useAnswer(
    'explore',
    kpi.of_sessions
      ? { tenant, kpi: kpi.id, by, from: range.from, to: range.to, filter: filters }
      : undefined,
    EVERY_MS,
  );
  const explored = answer.value;
  const isOther = explored && (explored.kpi !== kpi.id || explored.by !== by);
  if (!kpi.of_sessions)
    return (
      <Notice kind="empty" title={`Sessions do not hold ${kpi.title}.`}>
        <p>Where it changed stands above; what it did to viewers shows in the other KPIs.</p>
      </Notice>
    );
  return (
    <section class="panel breakdown" aria-label={`${kpi.title} by ${by}`} aria-busy={isOther}>
      <AnswerNotice answer={answer} what="the breakdown" />
      <IncompleteNote isComplete={explored?.is_complete ?? true} />
      {explored &&
        !isOther &&
        (explored.rows.length === 0 ? <Nobody /> : <Rows {...part} explored={explored} />)}
    </section>
  );
}

function Nobody() {
  return (
    <Notice kind="empty" title="No session in this range matches.">
      <p>A longer range or fewer filters may find some.</p>
    </Notice>
  );
}

function Rows({ explored, ...part }: ExplorePart & { explored: Explore }) {
  const { kpi, by } = part.query;
  const { total, rows, more, took_ms: took } = explored;
  const scale = scaleBars([total, ...rows.map(({ estimate }) => estimate)]);
  return (
    <>
      <div class="panel-head">
        <h2>
          {kpi.title} by {by}
        </h2>
        <span>
          All:{' '}
          <Figure title={kpi.title} promql={explored.query}>
            <b>{formatFigure(total.value, kpi.unit)}</b>
          </Figure>{' '}
          of {formatCount(total.sessions)} sessions, {formatFigure(took, 'milliseconds')}
        </span>
      </div>
      <div class="table-wrap">
        <table onKeyDown={moveFocus}>
          <thead>
            <tr>
              <th scope="col">{by}</th>
              <th scope="col" class="number">
                {kpi.title}
              </th>
              <th scope="col" class="bar-column">
                <span class="unseen">Bar with 95 % confidence interval; the line is the value of all</span>
              </th>
              <th scope="col" class="number" title="95 % confidence interval, sessions being what is drawn">
                95 % interval
              </th>
              <th scope="col" class="number">
                Sessions
              </th>
              <th
                scope="col"
                class="number"
                title="How much worse this value makes the whole than it is without it"
              >
                Makes it worse by
              </th>
              <th scope="col">
                <span class="unseen">Sessions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <Row key={row.value} {...part} row={row} total={explored.total} max={scale.max} />
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p class="muted small">{formatCount(more)} more values contribute less.</p>}
    </>
  );
}

interface RowProps extends ExplorePart {
  row: ExploreRow;
  total: Explore['total'];
  max: number;
}

function Row({ about, query, range, row, total, max }: RowProps) {
  const { kpi, by } = query;
  const { estimate, excess } = row;
  const name = row.value === '' ? '(not reported)' : row.value;
  const filters = addFilter(query.filters, { attribute: by, value: row.value, excluded: false });
  const held = filters.map((filter) => parseFilter(filter)).filter((filter) => filter && !filter.excluded);
  const next = nextAttribute(
    by,
    held.map((filter) => filter?.attribute ?? ''),
    filterable(about),
  );
  const time = rangeParameters(range);
  const isFew = estimate.whole < kpi.least;
  return (
    <tr class={isFew ? 'is-few' : undefined}>
      <th scope="row" class="value">
        <a
          class="plain"
          data-row
          href={linkTo('explore', { ...writeExploreQuery({ ...query, by: next, filters }), ...time })}
          title={`Only ${name}, by ${next}`}
        >
          {name}
        </a>
      </th>
      <td class="number">
        <Figure title={`${kpi.title}, ${by}=${name}`} promql={row.query}>
          {formatFigure(estimate.value, kpi.unit)}
        </Figure>
      </td>
      <td class="bar-column">
        <BarWithInterval estimate={estimate} total={total.value} max={max} isWorse={excess > 0 && !isFew} />
      </td>
      <td class="number muted">
        {formatFigure(estimate.low, kpi.unit)} – {formatFigure(estimate.high, kpi.unit)}
      </td>
      <td class="number">{formatCount(estimate.sessions)}</td>
      <td class="number">
        {isFew ? (
          <span class="muted" title={`Fewer than ${formatCount(kpi.least)} to draw conclusions from`}>
            too few
          </span>
        ) : (
          describeExcess(excess, kpi.unit)
        )}
      </td>
      <td class="number">
        <a href={linkTo('sessions', { filter: filters, sort: 'badness', ...time })}>
          Sessions<span class="unseen"> of {name}, worst first</span>
        </a>
      </td>
    </tr>
  );
}

function describeExcess(excess: number, unit: Parameters<typeof formatFigure>[1]): string {
  if (excess <= 0) return '–';
  const text = formatFigure(excess, unit);
  return `+${unit === 'ratio' ? text.replace('%', 'pp') : text}`;
}
