// One tab at a time sends what earlier pages left. A turn ends with the page, too: one that holds a lock cannot enter the
// back/forward cache.
// https://w3c.github.io/web-locks/

/**
 * Calls `onTurn` when it is this page's turn, at once where there are no locks, and again when the page comes back from the
 * cache before it was done. Returns what `onTurn` is given, too: the function that ends it for good.
 */
export function takeTurn(name: string, onTurn: (done: () => void) => void): () => void {
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
    const take = () => {
      onTurn(done);
      return turn;
    };
    // Rejected when it is given up before it came.
    if (locks) locks.request(name, { signal: abort.signal }, take).catch(() => {});
    else take();
  }
  const onHide = () => giveUp();
  const onShow = ({ persisted }: PageTransitionEvent) => {
    if (persisted) ask();
  };
  const done = () => {
    giveUp();
    window.removeEventListener('pagehide', onHide);
    window.removeEventListener('pageshow', onShow);
  };

  if (!globalThis.window) return giveUp;
  window.addEventListener('pagehide', onHide);
  window.addEventListener('pageshow', onShow);
  ask();
  return done;
}
