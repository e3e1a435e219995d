// A number that says where it comes from: a click, or `p`, shows the query of Prometheus that gives it.
import type { ComponentChildren } from 'preact';
import { shownQuery } from './shownQuery.ts';

interface Props {
  /** What the number is, for the heading of the query and for who cannot see where it stands. */
  title: string;
  /** PromQL; without it the number is only a number. */
  promql: string | undefined;
  children: ComponentChildren;
  class?: string;
}

export function Figure({ title, promql, children, class: extra = '' }: Props) {
  if (!promql) return <span class={`figure ${extra}`}>{children}</span>;
  const show = (event: MouseEvent) => {
    event.preventDefault();
    event.stopPropagation();
    shownQuery.set({ title, promql, anchor: event.currentTarget as HTMLElement });
  };
  return (
    <button
      type="button"
      class={`figure has-query ${extra}`}
      data-promql={promql}
      title={`${title}: show the query (p)`}
      onClick={show}
    >
      {children}
    </button>
  );
}
