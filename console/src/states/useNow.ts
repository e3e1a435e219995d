// The time, for what has to say how long ago something was.
import { useEffect, useState } from 'preact/hooks';

/** Epoch ms, new every `everyMs` while `isNeeded`. */
export function useNow(everyMs: number, isNeeded = true): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!isNeeded) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isNeeded]);
  return now;
}
