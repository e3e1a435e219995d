// Health: whether the numbers can be trusted. What is wrong comes first, then the books of the tenant, then the process.
import type { Health } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { formatDuration, formatFigure } from '../../figures/formatFigure.ts';
import { AnswerNotice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';
import { LedgerPanel } from './LedgerPanel.tsx';
import { CardinalityPanel, QuotasPanel } from './LimitsPanel.tsx';
import { PartsPanel } from './PartsPanel.tsx';
import { ProblemList } from './ProblemList.tsx';

const EVERY_MS = 5000;

export function HealthPage({ about, tenant }: PageProps) {
  const seesProcess = about.sees === 'everything';
  const process = useAnswer('health', seesProcess ? {} : undefined, EVERY_MS);
  const books = useAnswer('tenantHealth', { tenant }, EVERY_MS);
  return (
    <div class="health">
      <div class="page-head">
        <h1>Health</h1>
        {process.value && <ProcessLine health={process.value} version={about.version} />}
      </div>
      {seesProcess ? (
        <AnswerNotice answer={process} what="the health of the process" />
      ) : (
        <p class="muted">This key shows its own tenant; the process is for the internal token.</p>
      )}
      {process.value && <ProblemList problems={process.value.problems} />}
      <AnswerNotice answer={books} what={`the books of ${tenant}`} />
      {books.value && <LedgerPanel health={books.value} />}
      <div class="health-columns">
        {books.value && <CardinalityPanel health={books.value} />}
        {books.value && <QuotasPanel health={books.value} />}
        {process.value && <PartsPanel health={process.value} />}
      </div>
    </div>
  );
}

function ProcessLine({ health, version }: { health: Health; version: string }) {
  const { role, ready, started_at: started, now, cpu_seconds: cpu, resident_bytes: resident } = health;
  const seconds = Math.max(1, (now - started) / 1000);
  return (
    <p class="muted">
      <span class={`badge ${ready ? 'is-good' : 'is-warn'}`}>
        <span aria-hidden="true">{ready ? '✓' : '◔'}</span> {ready ? 'ready' : 'not ready'}
      </span>{' '}
      {role} {version}, up {formatDuration(seconds)}, {formatFigure(resident, 'bytes')} of memory,{' '}
      {formatFigure(cpu / seconds, 'count')} cores on average
    </p>
  );
}
