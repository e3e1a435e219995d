// Anomalies: KPIs that are not as they usually are at this time, going on or just over.

import type { Anomaly } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { formatFigure } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';
import { linkTo } from '../../route/location.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import type { ExplorePart } from './ExplorePage.tsx';

const EVERY_MS = 10_000;
const SHOWN = 6;

export function AnomalyList({ about, tenant, range }: ExplorePart) {
  const answer = useAnswer('anomalies', { tenant, from: range.from }, EVERY_MS);
  const anomalies = [...(answer.value?.anomalies ?? [])].sort(goingOnFirst);
  return (
    <section class="panel explore-anomalies" aria-label="Anomalies">
      <div class="panel-head">
        <h2>Anomalies</h2>
        <span>against what is usual at this time</span>
      </div>
      <AnswerNotice answer={answer} what="anomalies" />
      {answer.value && anomalies.length === 0 && <p class="muted">None in this range.</p>}
      <ul>
        {anomalies.slice(0, SHOWN).map((anomaly) => (
          <Item
            key={`${anomaly.kpi} ${anomaly.attribute} ${anomaly.value} ${anomaly.since}`}
            anomaly={anomaly}
            kpi={about.kpis.find(({ id }) => id === anomaly.kpi)}
          />
        ))}
      </ul>
      {anomalies.length > SHOWN && <p class="muted small">{anomalies.length - SHOWN} more.</p>}
    </section>
  );
}

function Item({ anomaly, kpi }: { anomaly: Anomaly; kpi: ExplorePart['query']['kpi'] | undefined }) {
  const { attribute, value, since, until, observed, expected } = anomaly;
  const unit = kpi?.unit ?? 'count';
  const where = attribute === null ? 'everywhere' : `${attribute}=${value}`;
  return (
    <li>
      <span class={`badge ${until === null ? 'is-bad' : ''}`}>{until === null ? '● going on' : 'over'}</span>{' '}
      <a href={linkTo('explore', { kpi: anomaly.kpi, by: attribute ?? 'cdn' })}>
        {kpi?.title ?? anomaly.kpi}, {where}
      </a>{' '}
      <span class="muted">
        {formatFigure(observed, unit)} instead of {formatFigure(expected, unit)}, since {formatMoment(since)}
        {until !== null && ` until ${formatMoment(until)}`}
      </span>
    </li>
  );
}

function goingOnFirst(a: Anomaly, b: Anomaly): number {
  return Number(b.until === null) - Number(a.until === null) || b.score - a.score;
}
