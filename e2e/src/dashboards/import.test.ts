// The import script against a listener that answers as Grafana's API documents it: what is sent, and what a user is told.
import { spawn } from 'node:child_process';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readDashboards } from './readDashboards.ts';

const SCRIPT = join(import.meta.dirname, '../../../deploy/grafana/import.sh');
const LONG_MS = 60_000;

interface Received {
  line: string;
  authorization: string | undefined;
  body: string;
}

let server: Server | undefined;

afterEach(() => {
  server?.close();
});

test('makes the folder, then puts every dashboard into it', { timeout: LONG_MS }, async () => {
  const received: Received[] = [];
  const url = await listen(received, ({ line, body }) => {
    if (line.startsWith('GET')) return [404, {}];
    const uid = (JSON.parse(body) as { dashboard?: { uid: string } }).dashboard?.uid;
    return [200, uid ? { status: 'success', url: `/d/${uid}/x` } : {}];
  });
  const variables = { GRAFANA_TOKEN: 'secret', OPENQOE_CONSOLE_URL: 'https://qoe.example/' };
  const { status, output } = await run(url, variables);
  expect(output).toContain(`overview: ${url}/d/openqoe-overview/x`);
  expect(status).toBe(0);
  expect(received.slice(0, 2).map(({ line }) => line)).toEqual([
    'GET /api/folders/openqoe',
    'POST /api/folders',
  ]);
  expect(new Set(received.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer secret']));
  const sent = received.slice(2).map(({ body }) => JSON.parse(body) as Sent);
  expect(sent.map(({ dashboard }) => dashboard.uid)).toEqual(readDashboards().map(({ uid }) => uid));
  for (const { folderUid, overwrite, dashboard } of sent) {
    expect([folderUid, overwrite]).toEqual(['openqoe', true]);
    const { list } = dashboard.templating;
    expect(list.find(({ name }) => name === 'console')?.query).toBe('https://qoe.example');
  }
});

test('a second time the folder is there and everything is replaced', { timeout: LONG_MS }, async () => {
  const received: Received[] = [];
  const url = await listen(received, () => [200, { url: '/d/x' }]);
  expect((await run(url, { GRAFANA_TOKEN: 'secret' })).status).toBe(0);
  expect(received.filter(({ line }) => line === 'POST /api/folders')).toEqual([]);
  expect(received.filter(({ line }) => line === 'POST /api/dashboards/db')).toHaveLength(9);
});

test('says what to do when it cannot', { timeout: LONG_MS }, async () => {
  const unknown = await listen([], () => [401, {}]);
  const nobody = await run(unknown, {});
  expect([nobody.status, nobody.output]).toEqual([1, expect.stringContaining('Set GRAFANA_TOKEN')]);
  const stranger = await run(unknown, { GRAFANA_TOKEN: 'secret' });
  expect(stranger.output).toContain('does not know the token');
  expect(stranger.status).toBe(1);
  server?.close();
  const viewer = await listen([], ({ line }) => (line.startsWith('GET') ? [200, {}] : [403, {}]));
  const refused = await run(viewer, { GRAFANA_USER: 'a', GRAFANA_PASSWORD: 'b' });
  expect([refused.status, refused.output]).toEqual([1, expect.stringContaining('role Editor')]);
  const away = await run('http://127.0.0.1:1', { GRAFANA_TOKEN: 'secret' });
  expect([away.status, away.output]).toEqual([1, expect.stringContaining('Is GRAFANA_URL right?')]);
});

interface Sent {
  folderUid: string;
  overwrite: boolean;
  dashboard: { uid: string; templating: { list: { name: string; query: unknown }[] } };
}

function listen(received: Received[], answer: (request: Received) => [number, object]): Promise<string> {
  const made = createServer(async (request: IncomingMessage, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { method, url, headers } = request;
    const one = { line: `${method} ${url}`, authorization: headers.authorization, body };
    received.push(one);
    const [status, json] = answer(one);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  server = made;
  return new Promise((resolve) => {
    made.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${(made.address() as AddressInfo).port}`));
  });
}

function run(
  url: string,
  variables: Record<string, string>,
): Promise<{ status: number | null; output: string }> {
  const env = { PATH: process.env.PATH, GRAFANA_URL: url, ...variables };
  const child = spawn(SCRIPT, [], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, output })));
}
