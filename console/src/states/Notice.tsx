// What stands where data would: nothing yet, nothing at all, or why not.
import type { ComponentChildren } from 'preact';
import type { Answer } from '../api/useAnswer.ts';
import { useNow } from './useNow.ts';
import { WithCode } from './WithCode.tsx';

interface Props {
  kind: 'loading' | 'empty' | 'away' | 'refused';
  title: string;
  children?: ComponentChildren;
}

const SIGNS = { loading: '…', empty: '∅', away: '⚠', refused: '✕' };

export function Notice({ kind, title, children }: Props) {
  const isProblem = kind === 'away' || kind === 'refused';
  return (
    <div class={`notice notice-${kind}`} role={isProblem ? 'alert' : 'status'} aria-busy={kind === 'loading'}>
      <span class="notice-sign" aria-hidden="true">
        {SIGNS[kind]}
      </span>
      <div>
        <strong>{title}</strong>
        {children && <div class="notice-text">{children}</div>}
      </div>
    </div>
  );
}

/** What an answer without a value, or with an old one, says of itself; nothing when all is well. */
export function AnswerNotice({ answer, what }: { answer: Answer<unknown>; what: string }) {
  const { failure, value, retriesAt } = answer;
  const now = useNow(1000, retriesAt !== undefined);
  if (!failure) return value === undefined ? <Notice kind="loading" title={`Loading ${what}`} /> : null;
  const seconds = Math.max(0, Math.ceil(((retriesAt ?? now) - now) / 1000));
  return (
    <Notice kind={failure.kind} title={failure.message}>
      {failure.hint && (
        <p class="sentence">
          <WithCode text={failure.hint} />
        </p>
      )}
      {value !== undefined && <p>What is shown is from before.</p>}
      {retriesAt !== undefined && <p>Asking again {seconds > 0 ? `in ${seconds} s` : 'now'}.</p>}
      <button type="button" class="button" onClick={answer.reload}>
        Ask now
      </button>
    </Notice>
  );
}
