// What the tenant uses of its limits: values of labels, label sets, quotas.
import type { TenantHealth } from '../../api/generated.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatExact, formatRound } from '../../figures/formatFigure.ts';
import { FillBar } from './FillBar.tsx';

export function CardinalityPanel({ health }: { health: TenantHealth }) {
  const { budgets, label_sets: sets, queries } = health;
  const fullest = [...budgets].sort((a, b) => shareOf(b) - shareOf(a));
  return (
    <section class="panel" aria-labelledby="cardinality-title">
      <div class="panel-head">
        <h2 id="cardinality-title">Cardinality</h2>
        <p>values of each label, of its budget; what is above folds into __overflow__</p>
      </div>
      <table class="limits">
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Used</th>
            <th scope="col" class="number">
              Values
            </th>
            <th scope="col" class="number">
              Folded
            </th>
          </tr>
        </thead>
        <tbody>
          <Row
            name="label sets"
            used={sets.used}
            limit={sets.limit}
            folded={sets.refused}
            what="refused"
            promql={queries.label_sets}
          />
          {fullest.map(({ attribute, used, budget, folded }) => (
            <Row
              key={attribute}
              name={attribute}
              used={used}
              limit={budget}
              folded={folded}
              what="folded"
              promql={queries.budgets}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function shareOf({ used, budget }: TenantHealth['budgets'][number]): number {
  return budget > 0 ? used / budget : 0;
}

interface RowProps {
  name: string;
  used: number;
  limit: number;
  folded: number;
  /** What becomes of what is over the limit. */
  what: string;
  promql: string | undefined;
}

function Row({ name, used, limit, folded, what, promql }: RowProps) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td class="fill">
        <FillBar fill={limit > 0 ? used / limit : null} label={`${name}: ${used} of ${limit}`} />
      </td>
      <td class="number">
        {formatExact(used)} <span class="muted">/ {formatExact(limit)}</span>
      </td>
      <td class={`number ${folded > 0 ? 'over' : 'muted'}`}>
        <Figure title={`${name}: ${what}`} promql={promql}>
          {formatExact(folded)}
        </Figure>
        {folded > 0 && <span aria-hidden="true"> ⚠</span>}
      </td>
    </tr>
  );
}

const QUOTAS: Record<string, string> = {
  events: 'Events a second',
  bytes: 'Bytes a second',
  sessions: 'Sessions open',
  queue: 'Batches in the queues',
};

export function QuotasPanel({ health }: { health: TenantHealth }) {
  const { quotas, sessions_open: open, sessions_parked: parked, queries } = health;
  return (
    <section class="panel" aria-labelledby="quotas-title">
      <div class="panel-head">
        <h2 id="quotas-title">Quotas</h2>
        <p>
          <Figure title="Sessions" promql={queries.sessions}>
            {formatExact(open)} sessions open, {formatExact(parked)} parked
          </Figure>
        </p>
      </div>
      <table class="limits">
        <tbody>
          {quotas.map(({ name, limit, fill, unit }) => (
            <tr key={name}>
              <th scope="row">{QUOTAS[name] ?? name}</th>
              <td class="fill">
                <FillBar
                  fill={fill}
                  label={fill === null ? `${name}: no limit` : `${name}: ${formatRound(fill, 'ratio')}`}
                />
              </td>
              <td class="number">{fill === null ? '' : formatRound(fill, 'ratio')}</td>
              <td class="number muted">
                {limit === null
                  ? 'no limit'
                  : `of ${formatRound(limit, name === 'bytes' ? 'bytes' : 'count')}${unit === 'per_second' ? '/s' : ''}`}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
