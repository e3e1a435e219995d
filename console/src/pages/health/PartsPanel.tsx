// The parts of the process: journal, archive, sinks and the rest, each with its figures.
import type { Health, Part } from '../../api/generated.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatExact, formatFigure, NO_VALUE, type Unit } from '../../figures/formatFigure.ts';
import { formatMoment } from '../../figures/formatTime.ts';

const TITLES: Record<string, string> = {
  journal: 'Journal',
  archive: 'Archive of sessions',
  shards: 'Shards',
  scrape: 'Scrapes',
  remote_write: 'Remote write',
  otlp: 'OTLP',
  edge: 'Edge',
  tls: 'TLS',
  privacy: 'Privacy',
  filters: 'Filters',
  listeners: 'Listeners',
  console: 'Console',
};
const STATES = {
  ok: { sign: '✓', text: 'ok', kind: 'good' },
  trouble: { sign: '⚠', text: 'trouble', kind: 'warn' },
  off: { sign: '○', text: 'off', kind: 'none' },
} as const;
const RANK = { trouble: 0, ok: 1, off: 2 };

export function PartsPanel({ health }: { health: Health }) {
  const parts = [...health.parts].sort((a, b) => RANK[a.state] - RANK[b.state]);
  const off = parts.filter(({ state }) => state === 'off');
  return (
    <section aria-labelledby="parts-title">
      <h2 id="parts-title" class="unseen">
        Parts of the process
      </h2>
      <ul>
        {parts
          .filter(({ state }) => state !== 'off')
          .map((part) => (
            <PartCard key={part.name} part={part} />
          ))}
      </ul>
      {off.length > 0 && (
        <p class="muted">
          <span aria-hidden="true">○</span> Off: {off.map(({ name }) => TITLES[name] ?? name).join(', ')}
        </p>
      )}
    </section>
  );
}

function PartCard({ part: { name, state, facts } }: { part: Part }) {
  const { sign, text, kind } = STATES[state];
  return (
    <li class={`panel part part-${state}`}>
      <div class="panel-head">
        <h3>{TITLES[name] ?? name}</h3>
        <span class={`badge is-${kind}`}>
          <span aria-hidden="true">{sign}</span> {text}
        </span>
      </div>
      <dl class="facts">
        {facts.map((fact) => (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd>
              <Figure title={`${TITLES[name] ?? name}: ${fact.name}`} promql={fact.query ?? undefined}>
                {formatFact(fact)}
              </Figure>
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

type Fact = Part['facts'][number];
const UNITS: Record<string, Unit> = { seconds: 'seconds', bytes: 'bytes', ratio: 'ratio' };
const IS_FLAG = /_(up|successful)$/;

/** A fact by its unit; a metric of times of day is one, and one of two states says which. */
export function formatFact({ value, unit, query }: Fact): string {
  if (value === null) return NO_VALUE;
  if (typeof value === 'string') return value;
  const metric = query?.match(/[a-z_]+/)?.[0] ?? '';
  if (metric.endsWith('_timestamp_seconds')) return value === 0 ? 'never' : formatMoment(value * 1000);
  if (IS_FLAG.test(metric)) return value === 0 ? 'no' : 'yes';
  const known = UNITS[unit];
  return known ? formatFigure(value, known) : formatExact(value);
}
