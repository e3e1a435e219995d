// The part of the session that is shown and the moment that is chosen, kept in the URL so that a link shows the same. While the
// session plays, the end is followed as long as the reader has not gone elsewhere.

import { useEffect, useRef, useState } from 'preact/hooks';
import { setParameters, useAddress } from '../../route/location.ts';
import { clampViewport, followEnd, type Viewport, wholeSession } from './viewport.ts';

/** Browsers refuse to change the URL hundreds of times in a few seconds. */
const SETTLED_MS = 250;

export interface Shown {
  viewport: Viewport;
  setViewport(viewport: Viewport): void;
  chosen: number | undefined;
  choose(t: number | undefined): void;
}

export function useViewport(lengthMs: number): Shown {
  const { query } = useAddress();
  const [viewport, setViewport] = useState(() => readViewport(query, lengthMs));
  const [chosen, choose] = useState(() => readTime(query, 't'));
  const before = useRef(lengthMs);
  useEffect(() => {
    if (before.current === lengthMs) return;
    const was = before.current;
    before.current = lengthMs;
    setViewport((viewport) => followEnd(viewport, was, lengthMs));
  }, [lengthMs]);
  useEffect(() => {
    const timer = setTimeout(
      () => setParameters(writeViewport(viewport, chosen, lengthMs), true),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [viewport, chosen, lengthMs]);
  return { viewport, setViewport, chosen, choose };
}

function readViewport(query: URLSearchParams, lengthMs: number): Viewport {
  const [from, to] = [readTime(query, 'from'), readTime(query, 'to')];
  if (from === undefined || to === undefined || to <= from) return wholeSession(lengthMs);
  return clampViewport({ from, to }, lengthMs);
}

function readTime(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  const number = Number(text);
  return text && Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Nothing where all is shown: a link to the whole of a session that plays goes on showing the whole. */
function writeViewport({ from, to }: Viewport, chosen: number | undefined, lengthMs: number) {
  const isWhole = from <= 0 && to >= wholeSession(lengthMs).to;
  return {
    from: isWhole ? undefined : Math.round(from),
    to: isWhole ? undefined : Math.round(to),
    t: chosen === undefined ? undefined : Math.round(chosen),
  };
}
