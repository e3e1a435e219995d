// The server of the measured pages: the SDK's files under /sdk/, hls.js, and a collector that weighs what reaches it. It answers
// as the gateway does; pages that are to meet a real one are given its address instead.

import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';

declare const PAGE_SCRIPTS: Record<string, string>;

const SDK = join(import.meta.dirname, '../../sdk/web/dist');
const HLS = join(dirname(createRequire(import.meta.url).resolve('hls.js')), 'hls.min.mjs');
const page = (name: string) => `<!doctype html><meta charset="utf-8"><title>${name}</title>
<link rel="icon" href="data:,"><video muted loop width="640" height="360"></video>
<script type="module" src="/${name}.js"></script>`;

/** One request as it came over the wire, in bytes. */
export interface Received {
  /** The request line and the headers of HTTP/1.1. */
  head: number;
  body: number;
  /** The body, unpacked. */
  text: number;
}

export interface Site {
  origin: string;
  /** The collector, which is of another origin than the pages. */
  endpoint: string;
  /** A collector that hangs up on everybody. */
  away: string;
  /** What the collector received since this was last called. */
  take(): Received[];
  stop(): Promise<void>;
}

export async function startSite(): Promise<Site> {
  let received: Received[] = [];
  const server = createServer((request, response) => {
    if (request.url === '/away') return request.socket.destroy();
    const answered =
      request.url === '/v1/ingest'
        ? collect(request, response, (one) => received.push(one))
        : serve(request, response);
    answered.catch((error) => response.writeHead(500).end(`${error}`));
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://sdk-cost.localhost:${port}`,
    endpoint: `http://collector.localhost:${port}/v1/ingest`,
    away: `http://collector.localhost:${port}/away`,
    take() {
      const all = received;
      received = [];
      return all;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve({ url = '' }: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname } = new URL(url, 'http://localhost');
  const name = pathname.slice(1);
  const script = PAGE_SCRIPTS[name];
  if (script !== undefined) answer(response, 'text/javascript', script);
  else if (name === 'hls.mjs') answer(response, 'text/javascript', await readFile(HLS));
  else if (/^sdk\/[\w-]+\.js$/.test(name)) {
    answer(response, 'text/javascript', await readFile(join(SDK, name.slice('sdk/'.length))));
  } else if (PAGE_SCRIPTS[`${name}.js`] !== undefined) answer(response, 'text/html', page(name));
  else response.writeHead(404).end();
}

function answer(response: ServerResponse, type: string, body: string | Buffer): void {
  response.writeHead(200, { 'Content-Type': type }).end(body);
}

async function collect(
  request: IncomingMessage,
  response: ServerResponse,
  on: (received: Received) => void,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const text = body[0] === 0x1f && body[1] === 0x8b ? gunzipSync(body) : body;
  on({ head: headOf(request), body: body.length, text: text.length });
  const { events } = JSON.parse(`${text}`) as { events: unknown[] };
  response
    .writeHead(200, { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' })
    .end(JSON.stringify({ accepted: events.length }));
}

/** RFC 9112 section 2.1: a start line, field lines, an empty line. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): number {
  const start = `${method} ${url} HTTP/${httpVersion}\r\n`;
  // Names and values in turn: each name is followed by a colon and a space, each value by the end of the line.
  return rawHeaders.reduce((sum, text) => sum + Buffer.byteLength(text) + 2, start.length + 2);
}
