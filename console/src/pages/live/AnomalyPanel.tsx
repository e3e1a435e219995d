// Anomalies: those going on, then those that ended of late.
import type { About, Anomalies, Anomaly, KpiAbout } from '../../api/generated.ts';
import type { Answer } from '../../api/useAnswer.ts';
import { formatDuration, formatFigure } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import { indexKpis } from './describeChange.ts';
import { sortAnomalies } from './sortAnomalies.ts';

interface Props {
  about: About;
  answer: Answer<Anomalies>;
}

/** More would push the charts off the screen; the rest is counted. */
const MOST = 6;

export function AnomalyPanel({ about, answer }: Props) {
  const kpis = indexKpis(about.kpis);
  const anomalies = sortAnomalies(answer.value?.anomalies ?? []);
  return (
    <section class="panel" aria-labelledby="anomalies-title">
      <div class="panel-head">
        <h2 id="anomalies-title">Anomalies</h2>
        <p>against what is usual at this time</p>
      </div>
      <AnswerNotice answer={answer} what="anomalies" />
      {answer.value && anomalies.length === 0 && (
        <p class="all-well">
          <span aria-hidden="true">✓</span> None.
        </p>
      )}
      <ul class="anomalies" onKeyDown={moveFocus}>
        {anomalies.slice(0, MOST).map((anomaly) => (
          <Row key={keyOf(anomaly)} anomaly={anomaly} kpi={kpis.get(anomaly.kpi)} />
        ))}
      </ul>
      {anomalies.length > MOST && <p class="muted small">and {anomalies.length - MOST} more</p>}
    </section>
  );
}

function Row({ anomaly, kpi }: { anomaly: Anomaly; kpi: KpiAbout | undefined }) {
  const { attribute, value, since, until, observed, expected } = anomaly;
  const { title = anomaly.kpi, unit = 'count' } = kpi ?? {};
  const isOver = until !== null;
  return (
    <li class={isOver ? 'anomaly over' : 'anomaly'}>
      <span class={`badge ${isOver ? '' : 'is-bad'}`}>{isOver ? '○ over' : '● now'}</span>
      <span>
        <a data-row href={linkTo('explore', { kpi: anomaly.kpi, by: attribute ?? undefined })}>
          {title}
        </a>{' '}
        {attribute === null ? 'of all viewers' : `of ${attribute} ${value === '' ? '(none)' : value}`}
        <br />
        <span class="muted small">
          {formatFigure(observed, unit)} instead of {formatFigure(expected, unit)},{' '}
          {isOver
            ? `${formatMoment(since)} for ${formatDuration((until - since) / 1000)}`
            : `since ${formatMoment(since)}`}
        </span>
      </span>
    </li>
  );
}

function keyOf({ kpi, attribute, value, since }: Anomaly): string {
  return [kpi, attribute, value, since].join();
}
