// Adds a set of DOM listeners and returns the function that removes exactly those. They are told when the event was made:
// on a busy page it is heard a tenth of a second later.

export function listen(target: EventTarget, listeners: Record<string, (at: number) => void>): () => void {
  const entries = Object.entries(listeners).map(
    ([type, listener]) => [type, ({ timeStamp }: Event) => listener(timeStamp)] as const,
  );
  for (const [type, listener] of entries) target.addEventListener(type, listener);
  return () => {
    for (const [type, listener] of entries) target.removeEventListener(type, listener);
  };
}
