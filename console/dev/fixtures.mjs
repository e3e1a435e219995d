// Answers of a gateway that is not there: `test/fixtures/OPERATION.json`, or what a function of `COMPUTED` makes of the
// parameters. Files are written for one moment, `WRITTEN_AT`; every time in them moves along with the clock.
import { existsSync, readFileSync } from 'node:fs';
import { answerAbout } from './about.mjs';
import { answerLive } from './live.mjs';
import { SESSION_ANSWERS } from './sessions/answers.mjs';

/** 2026-11-20T14:00:00Z. */
export const WRITTEN_AT = 1_795_183_200_000;
const YEAR_MS = 365 * 86_400_000;

/** Functions of (parameters, now in ms) by operation id; parameters are those of the path and the `URLSearchParams`. */
const COMPUTED = { about: answerAbout, live: answerLive, ...SESSION_ANSWERS };

/** The answer of an operation; `undefined` where there is none. */
export function answerOf(operation, parameters, query, now = Date.now()) {
  const compute = COMPUTED[operation];
  return compute ? compute({ ...parameters, query }, now) : readFixture(operation, now);
}

function readFixture(name, now) {
  const file = new URL(`../test/fixtures/${name}.json`, import.meta.url);
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8'), (_, value) => moveTime(value, now - WRITTEN_AT));
}

/** Times are whole milliseconds or seconds within a year of the moment; anything else is none. */
function moveTime(value, byMs) {
  if (!Number.isInteger(value)) return value;
  if (Math.abs(value - WRITTEN_AT) < YEAR_MS) return value + byMs;
  return Math.abs(value * 1000 - WRITTEN_AT) < YEAR_MS ? Math.round(value + byMs / 1000) : value;
}
