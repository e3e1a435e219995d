// Sessions, ended and going on: found by id, by attributes and by how bad they were.

import { useEffect, useState } from 'preact/hooks';
import { useAnswer } from '../../api/useAnswer.ts';
import { formatCount, formatFigure } from '../../figures/formatFigure.ts';
import { FilterBar } from '../../filters/FilterBar.tsx';
import { RangeSelect } from '../../filters/RangeSelect.tsx';
import { rangeParameters } from '../../filters/range.ts';
import { useRange } from '../../filters/useRange.ts';
import { linkTo, setParameters, useAddress } from '../../route/location.ts';
import { IncompleteNote } from '../../states/IncompleteNote.tsx';
import { NoSessions } from '../../states/NoSessions.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';
import { SessionTable } from './SessionTable.tsx';
import { readSessionsQuery, type SessionsQuery, SORTS, type Sort, STATES } from './sessionsQuery.ts';

const PAGE_ROWS = 100;
const EVERY_MS = 10_000;

const SORT_TITLES: Record<Sort, string> = {
  newest: 'Newest first',
  badness: 'Worst first',
  startup: 'Slowest start first',
  rebuffering: 'Most rebuffering first',
  errors: 'Most errors first',
};

export function SessionsPage({ about, tenant }: PageProps) {
  const query = readSessionsQuery(useAddress().query);
  const range = useRange();
  const { state, sort, filters, q, after } = query;
  const asked = {
    tenant,
    state,
    sort,
    from: range.from,
    to: range.to,
    filter: filters,
    q: q || undefined,
    limit: PAGE_ROWS,
    after,
  };
  // Later pages would move under the reader's eyes.
  const answer = useAnswer(
    'sessions',
    about.keeps_sessions ? asked : undefined,
    after === undefined ? EVERY_MS : undefined,
  );
  if (!about.keeps_sessions) return <NoSessions />;
  const found = answer.value;
  const page = {
    ...rangeParameters(range),
    state: state === 'all' ? undefined : state,
    sort: sort === 'newest' ? undefined : sort,
    filter: filters,
    q,
  };
  return (
    <div class="sessions">
      <Controls query={query}>
        <RangeSelect range={range} />
      </Controls>
      <FilterBar
        about={about}
        tenant={tenant}
        from={range.from}
        title="Filters"
        filters={filters}
        onChange={(filter) => setParameters({ filter, after: undefined })}
      />
      <AnswerNotice answer={answer} what="sessions" />
      {found && (
        <section class="panel" aria-label="Sessions found">
          <p class="muted small" role="status">
            {formatCount(found.matched)} {found.matched === 1 ? 'session matches' : 'sessions match'},{' '}
            {formatFigure(found.took_ms, 'milliseconds')}
            {after !== undefined && ', a later page'}
          </p>
          <IncompleteNote isComplete={found.is_complete} />
          {found.sessions.length === 0 ? <Nobody /> : <SessionTable sessions={found.sessions} />}
          <nav class="pager" aria-label="Pages of sessions">
            {after !== undefined && (
              <a class="button plain" href={linkTo('sessions', page)}>
                « First page
              </a>
            )}
            {found.next !== null && (
              <a class="button plain" href={linkTo('sessions', { ...page, after: found.next })}>
                Next page ›
              </a>
            )}
          </nav>
        </section>
      )}
    </div>
  );
}

function Nobody() {
  return (
    <Notice kind="empty" title="No session matches.">
      <p>A longer range, fewer filters or a shorter beginning of the id may find some.</p>
    </Notice>
  );
}

function Controls({ query, children }: { query: SessionsQuery; children: preact.ComponentChildren }) {
  return (
    <div class="page-head">
      <h1>Sessions</h1>
      <IdSearch q={query.q} />
      <fieldset class="choice" aria-label="State">
        {STATES.map((state) => (
          <button
            key={state}
            type="button"
            aria-pressed={query.state === state}
            onClick={() => setParameters({ state: state === 'all' ? undefined : state, after: undefined })}
          >
            {{ all: 'All', live: '● Live', ended: 'Ended' }[state]}
          </button>
        ))}
      </fieldset>
      <label>
        <span class="unseen">Order</span>
        <select
          data-sort
          value={query.sort}
          onChange={(event) => setParameters({ sort: event.currentTarget.value, after: undefined })}
        >
          {SORTS.map((sort) => (
            <option key={sort} value={sort}>
              {SORT_TITLES[sort]}
            </option>
          ))}
        </select>
      </label>
      <div class="end">{children}</div>
    </div>
  );
}

const TYPED_MS = 250;

function IdSearch({ q }: { q: string }) {
  const [text, setText] = useState(q);
  useEffect(() => setText(q), [q]);
  useEffect(() => {
    if (text === q) return;
    const timer = setTimeout(() => setParameters({ q: text.trim(), after: undefined }, true), TYPED_MS);
    return () => clearTimeout(timer);
  }, [text, q]);
  return (
    <label>
      <span class="unseen">Session id</span>
      <input
        type="search"
        data-search
        placeholder="Session id begins with (/)"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
      />
    </label>
  );
}
