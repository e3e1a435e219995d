// Arrow keys in lists and tables: a container with `onKeyDown={moveFocus}` and rows (or links in them) with `data-row`.

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowDown: (index, last) => Math.min(last, index + 1),
  ArrowUp: (index) => Math.max(0, index - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** Moves the focus to the next, previous, first or last row. */
export function moveFocus(event: KeyboardEvent): void {
  const step = STEPS[event.key];
  const list = event.currentTarget;
  if (!step || !(list instanceof HTMLElement) || event.target instanceof HTMLInputElement) return;
  const rows = [...list.querySelectorAll<HTMLElement>('[data-row]')];
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null;
  const next = rows[step(row ? rows.indexOf(row) : -1, rows.length - 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: 'nearest' });
}
