// An anomaly in a sentence.
import type { About, Anomaly } from '../../api/generated.ts';
import { formatFigure } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';

/** `Anomaly of cdn edge-b since 14:03:07: Rebuffering ratio 9.38 % instead of 0.33 %`. */
export function describeAnomaly(anomaly: Anomaly, about: About): string {
  const { attribute, value, since, until, observed, expected } = anomaly;
  const { title, unit } = about.kpis.find(({ id }) => id === anomaly.kpi) ?? {
    title: anomaly.kpi,
    unit: 'count',
  };
  const where = attribute === null ? '' : ` of ${attribute} ${value}`;
  const when =
    until === null ? `since ${formatMoment(since)}` : `${formatMoment(since)} to ${formatMoment(until)}`;
  return `Anomaly${where} ${when}: ${title} ${formatFigure(observed, unit)} instead of ${formatFigure(expected, unit)}`;
}
