// Where the reader is: the address bar as a store, and the ways to change it.
import { createStore, useStore } from '../store.ts';
import { type Address, formatAddress, type PageName, type Parameters, parseAddress } from './address.ts';

const here = createStore(location.href);

addEventListener('popstate', () => here.set(location.href));

/** Goes to an address of the console; `replace` where going back should not pass it again. */
export function navigate(href: string, replace = false): void {
  const url = new URL(href, location.href);
  if (url.href === location.href) return;
  const isSamePage = url.pathname === location.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', url);
  here.set(location.href);
  if (!isSamePage) scrollTo(0, 0);
}

/** The address, drawn again when it changes. */
export function useAddress(): Address {
  return parseAddress(new URL(useStore(here)));
}

/** Writes a link to a page; the tenant goes along. */
export function linkTo(page: PageName, parameters: Parameters = {}, sessionId?: string): string {
  const tenant = new URL(location.href).searchParams.get('tenant') ?? undefined;
  return formatAddress(page, { tenant, ...parameters }, sessionId);
}

/** Changes some parameters of this page and keeps the others. */
export function setParameters(parameters: Parameters, replace = false): void {
  const { page = 'live', sessionId, query } = parseAddress(new URL(location.href));
  const kept = Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name)]));
  navigate(formatAddress(page, { ...kept, ...parameters }, sessionId), replace);
}

/** One parameter of the URL and the way to change it. */
export function useParameter(name: string, fallback = ''): [string, (value: string) => void] {
  const value = useAddress().query.get(name) ?? fallback;
  return [value, (next) => setParameters({ [name]: next === fallback ? undefined : next })];
}

/** Lets plain links change the page without loading it again; returns what ends that. */
export function followLinks(): () => void {
  const follow = (event: MouseEvent) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    const isPlain =
      event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || link.target !== '' || link.origin !== location.origin) return;
    if (parseAddress(new URL(link.href)).page === undefined || event.defaultPrevented) return;
    event.preventDefault();
    navigate(link.href);
  };
  document.addEventListener('click', follow);
  return () => document.removeEventListener('click', follow);
}
