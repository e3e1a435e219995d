// Grafana Faro in Chromium, across origins, with its OTLP transport: what it says of the page arrives at a receiver of another project
// behind the gateway, under the session's id, and nothing of its viewer does.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type Gateway, startGateway } from '../gateway.ts';
import { attribute } from '../otlp/messages.ts';
import { type Receiver, startReceiver } from '../otlp/receiver.ts';
import { until } from '../until.ts';
import { startSite } from './site.ts';

const PYTHON = process.env.OPENQOE_PYTHON;

let browser: Browser;
let receiver: Receiver;
let gateway: Gateway;

beforeAll(async () => {
  if (!PYTHON) return;
  browser = await launchBrowser();
  receiver = await startReceiver();
  gateway = await startGateway(['serve'], '', {
    OPENQOE_OTLP_ENDPOINT: receiver.url,
    OPENQOE_OTLP_COMPRESSION: 'none',
    OPENQOE_OTLP_RECEIVER_LISTEN: '127.0.0.1:0',
    OPENQOE_OTLP_RECEIVER_GRPC_LISTEN: '127.0.0.1:0',
  });
});

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await receiver?.stop();
});

test.skipIf(!PYTHON)(
  'events, measurements and errors go on under the session, and nothing personal',
  async () => {
    const site = await startSite('faro.ts');
    const session = crypto.randomUUID();
    try {
      const page = await browser.newPage();
      await page.goto(`${site.origin}/watch?token=planted-token#planted-place`);
      await page.waitForFunction(() => window.visit);
      const endpoint = await gateway.said(/OTLP\/HTTP on (\S+)/);
      await page.evaluate(([endpoint, session]) => window.visit(endpoint, session), [
        endpoint,
        session,
      ] as const);
      const found = (name: string, value: string) =>
        until(`a record with ${name} ${value}`, async () =>
          receiver.records.find(
            (record) => attribute(record, name) === value && attribute(record, 'session.id') === session,
          ),
        );
      const chosen = await found('event.name', 'subtitles_chosen');
      const measured = await found('measurement.name', 'drm_setup_ms');
      const failed = await found('exception.message', 'the player gave up');
      await page.close();
      expect(chosen.body.stringValue).toBe('subtitles_chosen');
      expect(attribute(measured, 'measurement.value')).toBe(180);
      expect(attribute(failed, 'url.full')).toBe(`${site.origin}/watch`);
      expect(JSON.stringify(receiver.records)).not.toMatch(/planted|HeadlessChrome\//);
    } finally {
      site.stop();
    }
  },
);

test('the guide shows what was run', () => {
  const read = (...path: string[]) => readFileSync(join(import.meta.dirname, ...path), 'utf8');
  const guide = read('../../../docs/guide/faro.md');
  const run = read('faro.ts')
    .split('\n')
    .map((line) => line.trim());
  const shown = guide.split('```ts\n')[1]?.split('```')[0] ?? '';
  const lines = shown.split('\n').map((line) => line.trim());
  expect(lines.filter((line) => line !== '').length).toBeGreaterThan(5);
  expect(lines.filter((line) => !run.includes(line))).toEqual([]);
});
