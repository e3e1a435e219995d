// The fault switches of the origin, as the gateway has them: one set per scope, applied to every media answer.

import { setTimeout as sleep } from 'node:timers/promises';

const none = { latency_ms: 0, slow_kbps: 0, status: 0, hold: false, withhold_ms: 0 };
const scopes = new Map();
const HOLD_AT_MOST_MS = 60_000;

export const faultsOf = (scope) => scopes.get(scope) ?? none;

export function setFaults(scope, wanted) {
  scopes.set(scope, { ...none, ...wanted });
  return faultsOf(scope);
}

/** Waits as the scope's faults say and returns the status to answer a segment with, or 0. */
export async function sufferFaults(scope, isSegment) {
  const { latency_ms, withhold_ms } = faultsOf(scope);
  if (isSegment && withhold_ms) setFaults(scope, { ...faultsOf(scope), withhold_ms: 0 });
  await sleep(latency_ms + (isSegment ? withhold_ms : 0));
  const deadline = Date.now() + HOLD_AT_MOST_MS;
  while (isSegment && faultsOf(scope).hold && Date.now() < deadline) await sleep(10);
  return isSegment ? faultsOf(scope).status : 0;
}

/** Writes `body` no faster than the scope allows. */
export async function writeSlowly(response, body, scope) {
  const TICK_MS = 50;
  let at = 0;
  while (at < body.length && !response.destroyed) {
    const { slow_kbps } = faultsOf(scope);
    if (!slow_kbps) break;
    const end = at + Math.ceil((slow_kbps * TICK_MS) / 8);
    response.write(body.subarray(at, end));
    at = end;
    await sleep(TICK_MS);
  }
  response.end(body.subarray(at));
}
