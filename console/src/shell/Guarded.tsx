// Keeps a page that cannot be drawn from taking the rest of the console with it.
import type { ComponentChildren } from 'preact';
import { useErrorBoundary } from 'preact/hooks';
import { Notice } from '../states/Notice.tsx';

export function Guarded({ children }: { children: ComponentChildren }) {
  const [error, reset] = useErrorBoundary((error) => console.error(error));
  if (!error) return <>{children}</>;
  return (
    <Notice kind="refused" title="This page cannot be drawn.">
      <p>
        {error instanceof Error ? error.message : 'Nobody knows why.'} This is a mistake of the console; the
        other pages work.
      </p>
      <button type="button" class="button" onClick={reset}>
        Try again
      </button>
    </Notice>
  );
}
