// The life of the page. `pagehide` is the last moment a browser reliably grants (`beforeunload` is skipped on mobile
// and keeps a page out of the back/forward cache); `pageshow` with `persisted` is the return from that cache.
// https://html.spec.whatwg.org/multipage/document-lifecycle.html

export function pageHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}

/** Returns the function that stops watching. Outside a browser there is nothing to watch. */
export function watchPage(
  onVisibility: () => void,
  onLeave: () => void,
  /** The page came back from the back/forward cache, with all its state. */
  onRestore: () => void,
): () => void {
  if (!globalThis.window || !globalThis.document) return () => {};
  const listeners: [EventTarget, string, (event: Event) => void][] = [
    [document, 'visibilitychange', onVisibility],
    [window, 'pagehide', onLeave],
    [window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && onRestore()],
  ];
  for (const [target, type, listener] of listeners) target.addEventListener(type, listener);
  return () => {
    for (const [target, type, listener] of listeners) target.removeEventListener(type, listener);
  };
}
