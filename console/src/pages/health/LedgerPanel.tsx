// The loss ledger as a balance: every event that came in has exactly one outcome, so the difference reads 0.
import type { ComponentChildren } from 'preact';
import type { TenantHealth } from '../../api/generated.ts';
import { Figure } from '../../figures/Figure.tsx';
import { formatExact, formatFigure } from '../../figures/formatFigure.ts';
import { type Balance, listReasons, sumLedger, sumReasons } from './sumLedger.ts';

const OUTCOMES = ['counted', 'duplicate', 'joined', 'forwarded', 'rejected', 'shed'] as const;

export function LedgerPanel({ health }: { health: TenantHealth }) {
  const { ledger, waiting, difference, queries } = health;
  const lines = ledger.filter(({ received }) => received > 0).map(sumReasons);
  const all = sumLedger(lines);
  return (
    <section class="panel" aria-labelledby="ledger-title">
      <div class="panel-head">
        <h2 id="ledger-title">Loss ledger</h2>
        <p>events since the start of the process; each has exactly one outcome</p>
        <Verdict difference={difference} />
      </div>
      <div class="table-wrap">
        <table class="ledger stacked">
          <thead>
            <tr>
              <th scope="col">Protocol</th>
              <th scope="col" class="number">
                Received
              </th>
              {OUTCOMES.map((outcome) => (
                <th key={outcome} scope="col" class="number">
                  <span class="sign">{outcome === 'counted' ? '= ' : '+ '}</span>
                  {outcome}
                </th>
              ))}
              <th scope="col" class="number">
                <span class="sign">+ </span>waiting
              </th>
              <th scope="col" class="number">
                <span class="sign">+ </span>difference
              </th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => (
              <Line key={line.protocol} line={line} queries={queries} />
            ))}
          </tbody>
          <tfoot>
            <Line line={all} queries={queries}>
              <td data-title="Waiting" class="number">
                <Figure title="Events waiting" promql={queries.waiting}>
                  {formatExact(waiting)}
                </Figure>
              </td>
              <td
                data-title="Difference"
                class={`number difference ${difference === 0 ? 'balances' : 'differs'}`}
              >
                {formatExact(difference)}
              </td>
            </Line>
          </tfoot>
        </table>
      </div>
      <Reasons health={health} received={all.received} />
    </section>
  );
}

/** Requests under way have been received and have no outcome yet: a small difference while events come in is no loss. */
function Verdict({ difference }: { difference: number }) {
  if (difference === 0)
    return (
      <span class="badge is-good">
        <span aria-hidden="true">✓</span> The books balance
      </span>
    );
  return (
    <span class="badge is-warn">
      <span aria-hidden="true">◔</span> {formatExact(difference)} on their way; 0 when nothing comes in
    </span>
  );
}

interface LineProps {
  line: Balance;
  queries: TenantHealth['queries'];
  children?: ComponentChildren;
}

function Line({ line, queries, children }: LineProps) {
  const name = line.protocol === 'all' ? 'All' : line.protocol;
  return (
    <tr>
      <th scope="row">{name}</th>
      <td data-title="Received" class="number">
        <Figure title={`${name}: received`} promql={queries.received}>
          {formatExact(line.received)}
        </Figure>
      </td>
      {OUTCOMES.map((outcome) => (
        <td key={outcome} data-title={outcome} class={`number ${line[outcome] === 0 ? 'muted' : ''}`}>
          <Figure title={`${name}: ${outcome}`} promql={queries.ledger}>
            {formatExact(line[outcome])}
          </Figure>
        </td>
      ))}
      {children ?? <td class="wide" colSpan={2} />}
    </tr>
  );
}

function Reasons({ health, received }: { health: TenantHealth; received: number }) {
  const { ledger, queries, batches, batches_rejected: refused } = health;
  const lists: [string, [string, number][], string | undefined, number][] = [
    ['Rejected', listReasons(ledger, 'rejected'), queries.ledger, received],
    ['Shed', listReasons(ledger, 'shed'), queries.ledger, received],
    [
      'Batches refused whole',
      Object.entries(refused).sort(([, a], [, b]) => b - a),
      queries.batches_rejected,
      batches,
    ],
  ];
  return (
    <div class="reasons">
      {lists
        .filter(([, reasons]) => reasons.length > 0)
        .map(([title, reasons, promql, whole]) => (
          <div key={title}>
            <h3>{title}</h3>
            <dl class="facts">
              {reasons.map(([reason, count]) => (
                <div key={reason}>
                  <dt>{reason}</dt>
                  <dd>
                    <Figure title={`${title}: ${reason}`} promql={promql}>
                      {formatExact(count)}
                    </Figure>{' '}
                    <span class="muted">{formatFigure(whole > 0 ? count / whole : null, 'ratio')}</span>
                  </dd>
                </div>
              ))}
            </dl>
          </div>
        ))}
    </div>
  );
}
