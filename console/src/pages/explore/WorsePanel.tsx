// What got worse within the last minutes, as sentences; each leads to the place it happened, and to its sessions.

import type { Change, Contributor, KpiAbout } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { Figure } from '../../figures/Figure.tsx';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import { isWorse } from '../live/describeChange.ts';
import { describeWindows } from '../live/describeWindows.ts';
import { NothingWorse } from '../live/NothingWorse.tsx';
import { describeMove, describeShare, OTHER } from './describeChange.ts';
import type { ExplorePart } from './ExplorePage.tsx';

const EVERY_MS = 5_000;
const SHOWN = 5;
const WINDOWS = { window: '5m', baseline: '1h' };

export function WorsePanel(part: ExplorePart) {
  const { about, tenant } = part;
  const answer = useAnswer('worse', { tenant, ...WINDOWS }, EVERY_MS);
  const all = answer.value?.changes ?? [];
  const changes = all.filter(isWorse);
  return (
    <section class="panel explore-worse" aria-label="What got worse">
      <div class="panel-head">
        <h2>What got worse, and where?</h2>
        {answer.value && <span>{describeWindows(answer.value)}</span>}
      </div>
      <AnswerNotice answer={answer} what="changes" />
      {answer.value && changes.length === 0 && <NothingWorse windows={answer.value} />}
      <ul onKeyDown={moveFocus}>
        {changes.slice(0, SHOWN).map((change) => {
          const kpi = about.kpis.find(({ id }) => id === change.kpi);
          return kpi && <WorseItem key={change.kpi} change={change} kpi={kpi} />;
        })}
      </ul>
      {changes.length > SHOWN && (
        <p class="muted small">
          {changes.length - SHOWN} more {changes.length - SHOWN === 1 ? 'KPI' : 'KPIs'} got worse.
        </p>
      )}
      <Where {...part} />
    </section>
  );
}

function WorseItem({ change, kpi }: { change: Change; kpi: KpiAbout }) {
  const [first] = change.contributors.filter(({ share }) => share > 0);
  return (
    <li>
      <span class="worse-sign" aria-hidden="true">
        ▲
      </span>{' '}
      <b>{kpi.title}</b>{' '}
      <Figure title={kpi.title} promql={change.queries[change.kpi] ?? change.queries.now}>
        {describeMove(change, kpi.unit)}
      </Figure>
      {': '}
      {first ? <Place kpi={kpi} contributor={first} /> : <span class="muted">the same everywhere</span>}
    </li>
  );
}

/** Of the KPI that is explored, every value that stands for a part of the change, whether or not it is unusual. */
function Where({ tenant, query }: ExplorePart) {
  const { kpi } = query;
  const answer = useAnswer('contributors', { tenant, kpi: kpi.id, ...WINDOWS }, EVERY_MS);
  const change = answer.value?.change;
  if (!change || change.kpi !== kpi.id) return null;
  const contributors = change.contributors.filter(({ share }) => share >= 0.05).slice(0, 6);
  if (contributors.length === 0) return null;
  return (
    <div class="explore-where">
      <h3>
        {kpi.title} {describeMove(change, kpi.unit)}: where
      </h3>
      <ul onKeyDown={moveFocus}>
        {contributors.map((contributor) => (
          <li key={`${contributor.attribute} ${contributor.value}`}>
            <span class="share-bar" aria-hidden="true">
              <i style={{ width: `${Math.min(contributor.share, 1) * 100}%` }} />
            </span>
            <span>
              <Place kpi={kpi} contributor={contributor} hasWeight />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

interface PlaceProps {
  kpi: KpiAbout;
  contributor: Contributor;
  /** Whether to say how much of the traffic it is: all of a change in little traffic is a cause, in all traffic it is none. */
  hasWeight?: boolean;
}

function Place({ kpi, contributor, hasWeight = false }: PlaceProps) {
  const { attribute, value } = contributor;
  const words = describeShare(contributor);
  return (
    <>
      <a data-row href={linkTo('explore', { kpi: kpi.id, by: attribute })}>
        {words}
      </a>
      {hasWeight && <span class="muted">, {Math.round(contributor.weight * 100)} % of the traffic</span>}{' '}
      {value !== OTHER && (
        <a class="small" href={linkTo('sessions', { filter: [`${attribute}:${value}`], sort: 'badness' })}>
          Worst sessions<span class="unseen"> of {`${attribute} ${value}`}</span>
        </a>
      )}
    </>
  );
}
