// What got worse, and where: each KPI that did, with the values of attributes that stand for it. They lead to Explore.
import type { About, Change, Contributor, KpiAbout, Worse } from '../../api/generated.ts';
import type { Answer } from '../../api/useAnswer.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatFigure, formatRound } from '../../figures/formatFigure.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import { describeFactor, indexKpis, isWorse } from './describeChange.ts';
import { describeWindows } from './describeWindows.ts';
import { NothingWorse } from './NothingWorse.tsx';

interface Props {
  about: About;
  answer: Answer<Worse>;
}

export function WorsePanel({ about, answer }: Props) {
  const worse = answer.value;
  const kpis = indexKpis(about.kpis);
  const rows = worse?.changes.filter(isWorse) ?? [];
  return (
    <section class="panel worse" aria-labelledby="worse-title">
      <div class="panel-head">
        <h2 id="worse-title">What got worse</h2>
        {worse && <p>{describeWindows(worse)}</p>}
      </div>
      <AnswerNotice answer={answer} what="what got worse" />
      {worse && rows.length === 0 && <NothingWorse windows={worse} />}
      {rows.length > 0 && <Rows rows={rows} kpis={kpis} />}
    </section>
  );
}

function Rows({ rows, kpis }: { rows: readonly Change[]; kpis: Map<string, KpiAbout> }) {
  return (
    <div class="table-wrap">
      <table class="stacked" onKeyDown={moveFocus}>
        <thead>
          <tr>
            <th scope="col">KPI</th>
            <th scope="col" class="number">
              Now
            </th>
            <th scope="col" class="number">
              Before
            </th>
            <th scope="col">Change</th>
            <th scope="col">Where, and how much of the change</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((change) => (
            <Row key={change.kpi} change={change} kpi={kpis.get(change.kpi)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row({ change, kpi }: { change: Change; kpi: KpiAbout | undefined }) {
  const { title = change.kpi, unit = 'count' } = kpi ?? {};
  const by = change.contributors[0]?.attribute;
  return (
    <tr>
      <th scope="row">
        <a data-row href={linkTo('explore', { kpi: change.kpi, by })}>
          {title}
        </a>
      </th>
      <td data-title="Now" class="number">
        <Figure title={`${title} now`} promql={change.queries.now} class="strong">
          {formatFigure(change.now, unit)}
        </Figure>
      </td>
      <td data-title="Before" class="number muted">
        <Figure title={`${title} before`} promql={change.queries.before}>
          {formatFigure(change.before, unit)}
        </Figure>
      </td>
      <td>
        <span
          class="badge is-bad"
          title={`${change.score.toFixed(1)} times what is usual; above 3 is unusual`}
        >
          {describeFactor(change)}
        </span>
      </td>
      <td data-title="Where">
        <ul class="contributors">
          {change.contributors.map((contributor, index) => (
            <ContributorLink
              key={`${contributor.attribute} ${contributor.value}`}
              kpi={change.kpi}
              contributor={contributor}
              isFirst={index === 0}
            />
          ))}
        </ul>
      </td>
    </tr>
  );
}

interface ContributorProps {
  kpi: string;
  contributor: Contributor;
  isFirst: boolean;
}

function ContributorLink({ kpi, contributor, isFirst }: ContributorProps) {
  const { attribute, value, share, queries } = contributor;
  const name = value === '' ? '(none)' : value;
  return (
    <li class={isFirst ? 'contributor first' : 'contributor'}>
      <a href={linkTo('explore', { kpi, by: attribute })}>
        <span class="muted">{attribute}</span> {name}
      </a>
      <Figure title={`${attribute} ${name}`} promql={queries.now}>
        {formatRound(share, 'ratio')}
      </Figure>
    </li>
  );
}
