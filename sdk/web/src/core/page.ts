// The life of the page. `pagehide` is the last moment a browser reliably grants (`beforeunload` is skipped on mobile
// and keeps a page out of the back/forward cache); `pageshow` with `persisted` is the return from that cache.
// https://html.spec.whatwg.org/multipage/document-lifecycle.html

export function pageHidden(): boolean {
  return !!globalThis.document?.hidden;
}

/** Returns the function that stops watching. Outside a browser there is nothing to watch. */
export function watchPage(
  onVisibility: () => void,
  onLeave: () => void,
  /** The page came back from the back/forward cache, with all its state. */
  onRestore: () => void,
): () => void {
  const { document } = globalThis;
  if (!document) return () => {};
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) onRestore();
  };
  const listen = (change: 'addEventListener' | 'removeEventListener') => {
    document[change]('visibilitychange', onVisibility);
    window[change]('pagehide', onLeave);
    window[change]('pageshow', onShow as EventListener);
  };
  listen('addEventListener');
  return () => listen('removeEventListener');
}
