// Shows the query behind a number: to read, to copy, to open in Prometheus.
import { useEffect, useRef, useState } from 'preact/hooks';
import { useStore } from '../store.ts';
import { shownQuery } from './shownQuery.ts';

interface Props {
  /** Where Prometheus is, if the gateway knows. */
  prometheus: string | null;
}

export function QueryPopover({ prometheus }: Props) {
  const shown = useStore(shownQuery);
  const box = useRef<HTMLDivElement>(null);
  const [copied, setCopied] = useState('');
  useEffect(() => {
    if (!shown || !box.current) return;
    setCopied('');
    box.current.showPopover();
    place(box.current, shown.anchor.getBoundingClientRect());
    box.current.querySelector<HTMLElement>('.button')?.focus();
  }, [shown]);
  const closed = (event: { newState: string }) => {
    if (event.newState !== 'closed') return;
    // A click elsewhere has moved the focus already.
    if (box.current?.contains(document.activeElement) || document.activeElement === document.body)
      shown?.anchor.focus();
    shownQuery.set(undefined);
  };
  const copy = () =>
    copyText(shown?.promql ?? '').then((isCopied) =>
      setCopied(isCopied ? 'Copied' : 'Select the text and copy it'),
    );
  return (
    <div
      ref={box}
      popover="auto"
      class="query-popover"
      role="dialog"
      aria-label="Query of Prometheus"
      onToggle={closed}
    >
      {shown && (
        <>
          <h2>{shown.title}</h2>
          <pre>
            <code>{shown.promql}</code>
          </pre>
          <p class="query-actions">
            <button type="button" class="button" onClick={copy}>
              Copy
            </button>
            {prometheus && (
              <a
                class="button"
                target="_blank"
                rel="noreferrer"
                href={linkToPrometheus(prometheus, shown.promql)}
              >
                Open in Prometheus
              </a>
            )}
            <span role="status">{copied}</span>
          </p>
        </>
      )}
    </div>
  );
}

/** The graph of a query, the last hour of it. */
export function linkToPrometheus(prometheus: string, promql: string): string {
  const query = new URLSearchParams({ 'g0.expr': promql, 'g0.tab': '0', 'g0.range_input': '1h' });
  return `${prometheus.replace(/\/+$/, '')}/graph?${query}`;
}

/** Below its number, or above where there is no room; always within the window. */
function place(box: HTMLElement, anchor: DOMRect): void {
  const gap = 6;
  const { width, height } = box.getBoundingClientRect();
  const below = anchor.bottom + gap;
  const top = below + height > innerHeight ? Math.max(gap, anchor.top - height - gap) : below;
  box.style.top = `${top}px`;
  box.style.left = `${Math.max(gap, Math.min(anchor.left, innerWidth - width - gap))}px`;
}

/** Without TLS a page beyond loopback has no clipboard; the reader then copies by hand. */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
