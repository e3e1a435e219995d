// One tab at a time sends what earlier pages left. A turn ends with the page, too: one that holds a lock cannot enter the
// back/forward cache.
// https://w3c.github.io/web-locks/

/**
 * Calls `onTurn` when it is this page's turn, and again when the page is back from the cache; at once where there are no
 * locks. Returns the function that gives it up.
 */
export function takeTurns(name: string, onTurn: (done: () => void) => void): () => void {
  let giveUp = () => {};

  function ask(): void {
    const { locks } = navigator;
    const abort = new AbortController();
    const turn = new Promise<void>((resolve) => {
      giveUp = () => {
        abort.abort();
        resolve();
      };
    });
    if (!locks) {
      onTurn(giveUp);
      return;
    }
    const hold = () => {
      onTurn(giveUp);
      return turn;
    };
    // Rejected when it is given up before it came.
    locks.request(name, { signal: abort.signal }, hold).catch(() => {});
  }
  const onHide = () => giveUp();
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) ask();
  };

  if (!globalThis.window) return giveUp;
  ask();
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  return () => {
    giveUp();
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('pageshow', onShow);
  };
}
