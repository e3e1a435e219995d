// Two cohorts, KPI by KPI: the difference with its confidence interval, and what may be said about it.

import type { Comparison } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { formatCount, formatFigure } from '../../figures/formatFigure.ts';
import { FilterBar } from '../../filters/FilterBar.tsx';
import { rangeParameters } from '../../filters/range.ts';
import { linkTo, setParameters } from '../../route/location.ts';
import { IncompleteNote } from '../../states/IncompleteNote.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import type { ExplorePart } from './ExplorePage.tsx';
import { IntervalPlot } from './IntervalPlot.tsx';
import { describeVerdict, formatSigned, judgeComparison } from './judgeComparison.ts';
import { axisEdge, relativeInterval } from './scaleIntervals.ts';
import { VariantPicker } from './VariantPicker.tsx';

export function Compare(part: ExplorePart) {
  const { about, tenant, query, range } = part;
  const { a, b, filters } = query;
  const isAsked = a.length > 0 || b.length > 0;
  const asked = { tenant, a: [...filters, ...a], b: [...filters, ...b], from: range.from, to: range.to };
  const answer = useAnswer('compare', isAsked ? asked : undefined, 30_000);
  const cohorts = [
    ['a', 'A', 'the control', a],
    ['b', 'B', 'the treatment', b],
  ] as const;
  return (
    <>
      <section class="panel cohorts" aria-label="Cohorts">
        <VariantPicker {...part} />
        {cohorts.map(([name, title, role, own]) => (
          <div key={name} class="cohort">
            <h2>
              {title} <span class="muted small">{role}</span>
            </h2>
            <FilterBar
              about={about}
              tenant={tenant}
              from={range.from}
              title={`Filters of ${title}`}
              label=""
              filters={own}
              onChange={(next) => setParameters({ [name]: next })}
            />
            <a
              class="small"
              href={linkTo('sessions', {
                filter: [...filters, ...own],
                sort: 'badness',
                ...rangeParameters(range),
              })}
            >
              Sessions of {title}
            </a>
          </div>
        ))}
      </section>
      <section class="panel" aria-label="Comparison">
        {isAsked ? <AnswerNotice answer={answer} what="the comparison" /> : <NothingChosen />}
        <IncompleteNote isComplete={answer.value?.is_complete ?? true} />
        {isAsked && answer.value && <Comparisons {...part} comparisons={answer.value.comparisons} />}
      </section>
    </>
  );
}

function NothingChosen() {
  return (
    <Notice kind="empty" title="Choose what to compare.">
      <p>Two variants of an experiment, or filters for A and B. A cohort without filters is everybody.</p>
    </Notice>
  );
}

function Comparisons({ about, comparisons }: ExplorePart & { comparisons: Comparison[] }) {
  const rows = comparisons.map((comparison) => ({
    comparison,
    kpi: about.kpis.find(({ id }) => id === comparison.kpi),
    interval: relativeInterval(comparison),
  }));
  const edge = axisEdge(rows.flatMap(({ interval }) => (interval ? [interval] : [])));
  return (
    <div class="table-wrap">
      <table class="comparison">
        <thead>
          <tr>
            <th scope="col">KPI</th>
            <th scope="col" class="number">
              A
            </th>
            <th scope="col" class="number">
              B
            </th>
            <th scope="col" class="number">
              B − A
            </th>
            <th scope="col" class="interval-column">
              <span class="interval-axis">
                <span>−{Math.round(edge * 100)} %</span>
                <span>B − A, of A, 95 %</span>
                <span>+{Math.round(edge * 100)} %</span>
              </span>
            </th>
            <th scope="col">What can be said</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ comparison, kpi, interval }) => {
            if (!kpi) return null;
            const { a, b, difference } = comparison;
            const verdict = judgeComparison(comparison, kpi.better);
            return (
              <tr key={kpi.id} class={`verdict-${verdict}`}>
                <th scope="row" title={kpi.help}>
                  {kpi.title}
                </th>
                <td class="number" title={`${formatCount(a.sessions)} sessions`}>
                  {formatFigure(a.value, kpi.unit)}
                </td>
                <td class="number" title={`${formatCount(b.sessions)} sessions`}>
                  {formatFigure(b.value, kpi.unit)}
                </td>
                <td class="number">{difference === null ? '–' : formatSigned(difference, kpi.unit)}</td>
                <td class="interval-column">
                  <IntervalPlot
                    interval={interval}
                    why={a.value === 0 ? 'A is 0: nothing to be relative to' : '–'}
                    edge={edge}
                    verdict={verdict}
                  />
                </td>
                <td class="verdict">{describeVerdict(comparison, kpi.better, kpi.unit)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}
