// The other side of the wire for a real browser: serves the built SDK and a page, and takes batches or
// cannot.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface SentEvent {
  seq: number;
  type: string;
  [field: string]: unknown;
}

export interface Batch {
  session: { session_id: string; attributes?: Record<string, unknown> };
  events: SentEvent[];
  bytes: number;
  packed: boolean;
}

export interface Collector {
  url: string;
  /** Whether it can take any. */
  up: boolean;
  batches: Batch[];
  /** What it could not take. */
  refused: Batch[];
  /** Everything that came of a session, in the order of arrival. */
  of(session: string): SentEvent[];
  close(): void;
}

const DIST = new URL('../dist/', import.meta.url);
const PAGE = `<!doctype html><title>page</title><script type="module">
  import { OpenQoe } from '/sdk/openqoe.js';
  import { offlineStore } from '/sdk/offline.js';
  addEventListener('pageshow', ({ persisted }) => (window.persisted = persisted));
  const { searchParams } = new URL(location.href);
  window.offlineStore = offlineStore;
  window.qoe = new OpenQoe({
    endpoint: '/v1/ingest',
    offline: offlineStore(),
    consent: searchParams.get('consent') ?? 'granted',
  });
</script>`;

export async function startCollector(): Promise<Collector> {
  const collector: Collector = {
    url: '',
    up: true,
    batches: [],
    refused: [],
    of: (session) =>
      collector.batches
        .filter((batch) => batch.session.session_id === session)
        .flatMap(({ events }) => events),
    close: () => server.close(),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '', 'http://collector');
    if (request.method === 'POST') return take(request, response);
    if (!pathname.startsWith('/sdk/')) return void response.setHeader('content-type', 'text/html').end(PAGE);
    const file = await readFile(new URL(pathname.slice('/sdk/'.length), DIST));
    response.setHeader('content-type', 'text/javascript').end(file);
  }

  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const packed = body[0] === 0x1f && body[1] === 0x8b;
    const batch = JSON.parse(`${packed ? gunzipSync(body) : body}`);
    if (!collector.up) {
      collector.refused.push(batch);
      return void response.writeHead(503).end();
    }
    collector.batches.push({ ...batch, bytes: body.length, packed });
    response.setHeader('content-type', 'application/json').end(`{"accepted":${batch.events.length}}`);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(404).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  collector.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return collector;
}
