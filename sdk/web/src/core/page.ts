// The life of the page. `pagehide` is the last moment a browser reliably grants (`beforeunload` is skipped on mobile
// and keeps a page out of the back/forward cache); `pageshow` with `persisted` is the return from that cache.
// https://html.spec.whatwg.org/multipage/document-lifecycle.html

export interface PageObserver {
  visibility(hidden: boolean): void;
  leave(): void;
  /** The page came back from the back/forward cache, with all its state. */
  restore(): void;
}

export function pageHidden(): boolean {
  return globalThis.document?.visibilityState === 'hidden';
}

/** Returns the function that stops watching. Outside a browser there is nothing to watch. */
export function watchPage(observer: PageObserver): () => void {
  if (!globalThis.window || !globalThis.document) return () => {};
  const onVisibility = () => observer.visibility(pageHidden());
  const onHide = () => observer.leave();
  const onShow = (event: PageTransitionEvent) => {
    if (event.persisted) observer.restore();
  };
  document.addEventListener('visibilitychange', onVisibility);
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('pageshow', onShow);
  };
}
