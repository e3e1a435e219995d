// The reporter contract: every case of `spec/vectors/sdk` played to the SDK. The Rust client plays the same cases
// (`crates/openqoe-client/tests/contract`), so that what leaves a browser and what leaves an app is alike.

import { afterEach, describe, expect, it } from 'vitest';
import type { OpenQoe } from '../src/index.js';
import { type Case, readCases, type Step, tellSent, unfold } from './contract-case.js';
import { Host } from './contract-host.js';

let host: Host | undefined;
afterEach(() => host?.end());

function checkTraceparent(qoe: OpenQoe, expected: number | 'none'): void {
  const id = qoe.sessionId?.replaceAll('-', '');
  if (expected === 'none') expect(qoe.traceparent()).toBeUndefined();
  else expect(qoe.traceparent()).toMatch(new RegExp(`^00-${id}-(?!0{16})[0-9a-f]{16}-01$`));
}

async function play(host: Host, step: Step): Promise<void> {
  await host.run(step.at);
  const { qoe } = host;
  if (step.open) qoe.attach(host);
  else if (step.close) qoe.endSession(step.close);
  else if (step.record) {
    for (let i = 0; i < (step.times ?? 1); i += 1) {
      if (step.happened === undefined) qoe.note(step.record);
      else host.report(step.record, host.performanceAt(step.happened));
    }
  } else if (step.describe) qoe.setAttributes(step.describe);
  else if (step.hide) host.show('hidden');
  else if (step.show) host.show('visible');
  else if (step.leave) host.leave(step.leave);
  else if (step.return) host.comeBack();
  else if (step.restart) await host.start();
  else if (step.consent) qoe.setConsent(step.consent);
  else if (step.sleep) host.sleep(step.sleep);
  else if (step.freeze) host.freeze(step.freeze);
  else if (step.traceparent) checkTraceparent(qoe, step.traceparent);
  else throw new Error(`unknown step ${JSON.stringify(step)}`);
  await host.settle();
  await host.run(step.at);
}

async function check(vector: Case): Promise<void> {
  host = new Host(vector);
  await host.start();
  for (const step of vector.steps) await play(host, step);
  await host.run(Math.max(vector.end ?? 0, vector.steps.at(-1)?.at ?? 0));
  const { requests, stored, dropped, warnings } = vector.expect;
  const expected = requests.map((request) => ({ ...request, events: unfold(request.events) }));
  expect(tellSent(host.sent, requests)).toEqual(expected);
  const ids = [...new Set(host.sent.map(({ batch }) => batch.session.session_id))];
  if (stored) {
    const kept = (await host.stored()).map((key) => key.replace(/^[^:]*/, (id) => `${ids.indexOf(id) + 1}`));
    const wanted = stored.flatMap((text) => {
      const [session, numbers = ''] = text.split(': ');
      return unfold([numbers]).map((number) => `${session}: ${number}`);
    });
    expect(kept).toEqual(wanted);
  }
  if (dropped !== undefined) expect(host.qoe.dropped).toBe(dropped);
  if (warnings !== undefined) expect(host.warnings).toBe(warnings);
}

/** Some cases fill a queue of thousands, on machines that do much else. */
const PATIENCE_MS = 60_000;

describe.each(readCases())('%s', (_, cases) => {
  it.each(cases.map((vector) => [vector.case, vector] as const))(
    '%s',
    (_, vector) => check(vector),
    PATIENCE_MS,
  );
});
