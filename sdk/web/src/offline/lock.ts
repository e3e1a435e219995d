// One tab at a time sends what earlier pages left; when it goes, another that is open takes over. The lock is let go when
// the page goes: a page that holds one cannot enter the back/forward cache.

/** Calls `onHeld` each time the lock is held, at once where there are no locks. Returns the function that gives it up. */
export function holdLock(name: string, onHeld: () => void): () => void {
  let letGo = () => {};

  function ask(): void {
    const { locks } = navigator;
    if (!locks) {
      onHeld();
      return;
    }
    const abort = new AbortController();
    const held = new Promise<void>((resolve) => {
      letGo = () => {
        abort.abort();
        resolve();
      };
    });
    const hold = () => {
      onHeld();
      return held;
    };
    // Rejected when it is let go before it was held.
    locks.request(name, { signal: abort.signal }, hold).catch(() => {});
  }
  const onHide = () => letGo();
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) ask();
  };

  if (!globalThis.window) return letGo;
  ask();
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  return () => {
    letGo();
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('pageshow', onShow);
  };
}
