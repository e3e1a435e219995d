// Explore: what got worse, and where? A KPI broken down by an attribute, worst contributors first, or two cohorts compared.

import { useAnswer } from '../../api/useAnswer.ts';
import { FilterBar } from '../../filters/FilterBar.tsx';
import { filterable } from '../../filters/filterable.ts';
import { RangeSelect } from '../../filters/RangeSelect.tsx';
import type { Range } from '../../filters/range.ts';
import { useRange } from '../../filters/useRange.ts';
import { setParameters, useAddress } from '../../route/location.ts';
import { NoSessions } from '../../states/NoSessions.tsx';
import { Notice } from '../../states/Notice.tsx';
import { AnomalyPanel } from '../live/AnomalyPanel.tsx';
import type { PageProps } from '../PageProps.ts';
import { Breakdown } from './Breakdown.tsx';
import { Compare } from './Compare.tsx';
import { type ExploreQuery, readExploreQuery } from './exploreQuery.ts';
import { WorsePanel } from './WorsePanel.tsx';

export interface ExplorePart extends PageProps {
  query: ExploreQuery;
  range: Range;
}

const ANOMALIES_EVERY_MS = 10_000;

export function ExplorePage({ about, tenant }: PageProps) {
  const query = readExploreQuery(useAddress().query, about);
  const range = useRange();
  const anomalies = useAnswer('anomalies', { tenant, from: range.from }, ANOMALIES_EVERY_MS);
  if (!query) return <Notice kind="empty" title="There is nothing sessions could be explored by." />;
  const part = { about, tenant, query, range };
  return (
    <div class="explore">
      <div class="page-head">
        <h1>Explore</h1>
        <ModeChoice query={query} />
        <div class="end">
          <RangeSelect range={range} />
        </div>
      </div>
      {query.mode === 'break-down' && (
        <div class="explore-news">
          <WorsePanel {...part} />
          <div class="explore-anomalies">
            <AnomalyPanel about={about} answer={anomalies} />
          </div>
        </div>
      )}
      <section class="panel" aria-label="Question">
        <Question {...part} />
        <FilterBar
          about={about}
          tenant={tenant}
          from={range.from}
          title={query.mode === 'compare' ? 'Of both cohorts' : 'Filters'}
          filters={query.filters}
          onChange={(filter) => setParameters({ filter })}
        />
      </section>
      {about.keeps_sessions ? (
        query.mode === 'compare' ? (
          <Compare {...part} />
        ) : (
          <Breakdown {...part} />
        )
      ) : (
        <NoSessions />
      )}
    </div>
  );
}

function ModeChoice({ query }: { query: ExploreQuery }) {
  const modes = [
    ['break-down', 'Break down'],
    ['compare', 'Compare'],
  ] as const;
  return (
    <fieldset class="choice" aria-label="Way to look at it">
      {modes.map(([mode, title]) => (
        <button
          key={mode}
          type="button"
          aria-pressed={query.mode === mode}
          onClick={() => setParameters({ mode: mode === 'compare' ? mode : undefined })}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}

function Question({ about, query }: ExplorePart) {
  if (query.mode === 'compare') return null;
  const kpis = about.kpis.filter((kpi) => kpi.of_sessions || kpi.id === query.kpi.id);
  return (
    <div class="question">
      <label>
        Break
        <select
          data-kpi
          value={query.kpi.id}
          title={query.kpi.help}
          onChange={(event) => setParameters({ kpi: event.currentTarget.value })}
        >
          {kpis.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <label>
        down by
        <select
          data-by
          value={query.by}
          onChange={(event) => setParameters({ by: event.currentTarget.value })}
        >
          {filterable(about).map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <span class="muted small">{query.kpi.help}</span>
    </div>
  );
}
