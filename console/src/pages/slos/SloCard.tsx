// One objective: what it asks for, and how each of its groups stands.
import type { About, Slo } from '../../api/generated.ts';
import { formatDuration, formatRound } from '../../figures/formatFigure.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { GroupRow } from './GroupRow.tsx';
import { judgeSlo } from './judgeGroup.ts';
import { findKpi } from './selectSlos.ts';

interface Props {
  slo: Slo;
  about: About;
}

export function SloCard({ slo, about }: Props) {
  const judgement = judgeSlo(slo);
  const kpi = findKpi(slo.name, about.kpis);
  const windows = [...new Set(slo.groups.flatMap(({ burn }) => burn.map(({ window_s }) => window_s)))].sort(
    (a, b) => a - b,
  );
  return (
    <section
      class={`panel slo slo-${judgement?.kind ?? 'none'}`}
      id={slo.name}
      aria-labelledby={`${slo.name}-title`}
    >
      <div class="panel-head">
        <h2 id={`${slo.name}-title`}>{slo.title}</h2>
        <strong class="slo-target">
          {formatRound(slo.target, 'ratio')} over {formatDuration(slo.window_s)}
        </strong>
        <p>{slo.help}</p>
        <nav class="slo-links" aria-label={`About ${slo.title}`}>
          {slo.runbook && (
            <a href={slo.runbook} target="_blank" rel="noreferrer">
              Runbook ↗
            </a>
          )}
          <a href={linkTo('explore', { kpi, by: slo.group_by[0] })}>Explore</a>
        </nav>
      </div>
      {slo.groups.length === 0 ? (
        <p class="muted">Nobody has been counted yet.</p>
      ) : (
        <div class="table-wrap">
          <table class="stacked" onKeyDown={moveFocus}>
            <thead>
              <tr>
                <th scope="col">{slo.group_by.length > 0 ? slo.group_by.join(', ') : 'Viewers'}</th>
                <th scope="col">Status</th>
                <th scope="col">Budget left</th>
                <th scope="col" class="number" title={`${formatRound(1 - slo.target, 'ratio')} may be bad`}>
                  Bad
                </th>
                {windows.map((seconds) => (
                  <th
                    key={seconds}
                    scope="col"
                    class="number"
                    title={`How many times too fast, over ${formatDuration(seconds)}`}
                  >
                    Burn {formatDuration(seconds)}
                  </th>
                ))}
                <th scope="col">Alerts</th>
                <th scope="col">Budget, {formatDuration(slo.window_s)}</th>
              </tr>
            </thead>
            <tbody>
              {slo.groups.map((group) => (
                <GroupRow
                  key={JSON.stringify(group.labels)}
                  slo={slo}
                  group={group}
                  windows={windows}
                  kpi={kpi}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
