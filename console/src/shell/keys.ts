// What the keys do everywhere. Pages add their own for lists; whoever types into a field is left alone.
import { findPointedFigure } from '../figures/shownQuery.ts';
import { linkTo, navigate } from '../route/location.ts';
import { createStore } from '../store.ts';
import { type KeyStep, readKey } from './readKey.ts';

export const helpIsOpen = createStore(false);

const PAGE_OF = { l: 'live', e: 'explore', s: 'sessions', o: 'slos', h: 'health' } as const;

/** Listens from now on; returns what ends that. */
export function listenToKeys(): () => void {
  let step: KeyStep = { after: '', at: 0 };
  const listen = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const read = readKey(step, event.key, event.timeStamp);
    step = read.step;
    if (read.chord !== undefined && act(read.chord)) event.preventDefault();
  };
  document.addEventListener('keydown', listen);
  return () => document.removeEventListener('keydown', listen);
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !['checkbox', 'radio', 'button'].includes(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable;
}

function act(chord: string): boolean {
  const page = chord.startsWith('g ') ? PAGE_OF[chord.slice(2) as keyof typeof PAGE_OF] : undefined;
  if (page) {
    navigate(linkTo(page));
    return true;
  }
  if (chord === '?') helpIsOpen.set(!helpIsOpen.get());
  else if (chord === '/') return focusSearch();
  else if (chord === 't') return focusTenant();
  else if (chord === 'p') return showPointedQuery();
  else return false;
  return true;
}

/** The page's own search; a page without one hands over to the sessions. */
function focusSearch(): boolean {
  const search = document.querySelector<HTMLInputElement>('[data-search]');
  if (search) {
    search.focus();
    search.select();
    return true;
  }
  navigate(linkTo('sessions'));
  requestAnimationFrame(() => document.querySelector<HTMLInputElement>('[data-search]')?.focus());
  return true;
}

function focusTenant(): boolean {
  const select = document.querySelector<HTMLSelectElement>('#tenant');
  select?.focus();
  return select !== null;
}

function showPointedQuery(): boolean {
  const figure = findPointedFigure();
  figure?.click();
  return figure !== undefined;
}
