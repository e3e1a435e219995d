// What got worse within the last minutes, as sentences; each leads to the place it happened, and to its sessions.

import type { Change, Contributor } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatFigure } from '../../figures/formatFigure.ts';
import { linkTo } from '../../route/location.ts';
import { moveFocus } from '../../shell/moveFocus.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import { describeMove, describeShare } from './describeChange.ts';
import type { ExplorePart } from './ExplorePage.tsx';

const EVERY_MS = 5_000;
/** Beyond this a change is unusual; see the contract. */
const UNUSUAL = 3;
const SHOWN = 5;

export function WorsePanel({ about, tenant, query }: ExplorePart) {
  const answer = useAnswer('worse', { tenant, window: '5m', baseline: '1h' }, EVERY_MS);
  const changes = (answer.value?.changes ?? []).filter(
    ({ score, is_enough: isEnough }) => score > UNUSUAL && isEnough,
  );
  const kpiOf = (change: Change) => about.kpis.find(({ id }) => id === change.kpi);
  return (
    <section class="panel worse" aria-label="What got worse">
      <div class="panel-head">
        <h2>What got worse, and where?</h2>
        {answer.value && (
          <span>
            last {formatFigure(answer.value.window_s, 'seconds')} against the{' '}
            {formatFigure(answer.value.baseline_s, 'seconds')} before
          </span>
        )}
      </div>
      <AnswerNotice answer={answer} what="changes" />
      {answer.value && changes.length === 0 && (
        <p class="muted">Nothing: all KPIs are as they usually are.</p>
      )}
      <ul onKeyDown={moveFocus}>
        {changes.slice(0, SHOWN).map((change) => {
          const kpi = kpiOf(change);
          return (
            kpi && (
              <WorseItem
                key={change.kpi}
                change={change}
                title={kpi.title}
                unit={kpi.unit}
                isOpen={change.kpi === query.kpi.id}
                isOfSessions={kpi.of_sessions}
              />
            )
          );
        })}
      </ul>
      {changes.length > SHOWN && <p class="muted small">{changes.length - SHOWN} more KPIs got worse.</p>}
    </section>
  );
}

interface ItemProps {
  change: Change;
  title: string;
  unit: Parameters<typeof formatFigure>[1];
  /** Whether this is the KPI that is explored: then more than the first contributor shows. */
  isOpen: boolean;
  isOfSessions: boolean;
}

function WorseItem({ change, title, unit, isOpen, isOfSessions }: ItemProps) {
  const [first, ...others] = change.contributors.filter(({ share }) => share > 0);
  return (
    <li>
      <p>
        <span class="worse-sign" aria-hidden="true">
          ▲
        </span>{' '}
        <b>{title}</b>{' '}
        <Figure title={title} promql={change.queries[change.kpi] ?? change.queries.now}>
          {describeMove(change, unit)}
        </Figure>
        {first ? ': ' : ''}
        {first && (isOfSessions ? <Place kpi={change.kpi} contributor={first} /> : describeShare(first))}
      </p>
      {isOpen && others.length > 0 && (
        <ul class="contributors" aria-label={`Further contributors to ${title}`}>
          {others.slice(0, 4).map((contributor) => (
            <li key={`${contributor.attribute} ${contributor.value}`}>
              <span class="share-bar" aria-hidden="true">
                <i style={{ width: `${Math.min(contributor.share, 1) * 100}%` }} />
              </span>
              {isOfSessions ? (
                <Place kpi={change.kpi} contributor={contributor} />
              ) : (
                describeShare(contributor)
              )}
            </li>
          ))}
        </ul>
      )}
    </li>
  );
}

function Place({ kpi, contributor }: { kpi: string; contributor: Contributor }) {
  const { attribute, value } = contributor;
  const filter = [`${attribute}:${value}`];
  return (
    <>
      <a data-row href={linkTo('explore', { kpi, by: attribute })}>
        {describeShare(contributor)}
      </a>{' '}
      <a class="small" href={linkTo('sessions', { filter, sort: 'badness' })}>
        Worst sessions<span class="unseen"> of {`${attribute} ${value}`}</span>
      </a>
    </>
  );
}
