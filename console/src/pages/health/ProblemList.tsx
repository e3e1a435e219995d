// What is wrong, worst first, with what to do about it. Nothing is said too.
import type { Problem } from '../../api/generated.ts';
import { WithCode } from '../../states/WithCode.tsx';

const LOOKS = {
  critical: { sign: '✕', kind: 'bad' },
  warning: { sign: '⚠', kind: 'warn' },
  info: { sign: 'i', kind: 'none' },
} as const;

export function ProblemList({ problems }: { problems: readonly Problem[] }) {
  if (problems.length === 0)
    return (
      <p class="panel all-well">
        <span aria-hidden="true">✓</span> Nothing is wrong.
      </p>
    );
  return (
    <ul class="problems" aria-label="Problems">
      {problems.map(({ severity, text, hint }) => (
        <li key={text} class={`panel problem problem-${severity}`}>
          <span class={`badge is-${LOOKS[severity].kind}`}>
            <span aria-hidden="true">{LOOKS[severity].sign}</span> {severity}
          </span>
          <span>
            <strong class="sentence">
              <WithCode text={text} />
            </strong>
            <span class="sentence muted">
              <WithCode text={hint} />
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}
