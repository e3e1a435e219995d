// `npm run dev -w demo`: the demo page on http://127.0.0.1:8090/demo/ without a gateway. Rebuilds on every change,
// plays a ladder made by ffmpeg, has the gateway's fault switches, and prints and keeps what the SDK sends
// (GET /dev/batches). For work on the page and the SDK; the numbers need the real gateway.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { context } from 'esbuild';
import { bundle, copyPage } from '../scripts/bundle.mjs';
import { faultsOf, setFaults, sufferFaults, writeSlowly } from './faults.mjs';
import { makeLadder } from './ladder.mjs';

const port = Number(process.env.PORT ?? 8090);
const dist = new URL('../dist/', import.meta.url).pathname;
const ladder = makeLadder();
const batches = [];
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.mp4': 'video/mp4',
  '.m4s': 'video/iso.segment',
};

const routes = [
  ['POST', /^\/v1\/ingest$/, ingest],
  ['GET', /^\/dev\/batches$/, (_, response) => json(response, batches)],
  ['GET', /^\/demo\/config\.json$/, (_, response) => json(response, { version: 'dev' })],
  ['GET', /^\/demo\/faults\/([a-z0-9-]{1,64})$/, (_, response, scope) => json(response, faultsOf(scope))],
  ['PUT', /^\/demo\/faults\/([a-z0-9-]{1,64})$/, putFaults],
  ['GET', /^\/demo\/media\/([a-z0-9-]{1,64})\/([\w.]+)$/, media],
  ['GET', /^\/demo\/([\w.-]*)$/, (_, response, name) => file(response, dist, name || 'index.html')],
];

async function body(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function json(response, value) {
  response.setHeader('Content-Type', 'application/json').end(JSON.stringify(value));
}

async function ingest(request, response) {
  const batch = JSON.parse(await body(request));
  batches.push(batch);
  const events = batch.events.map(
    ({ seq, t, type, ...rest }) => `  ${seq} ${t} ${type} ${JSON.stringify(rest)}`,
  );
  console.log(`${batch.session.session_id}\n${events.join('\n')}`);
  json(response, { accepted: batch.events.length });
}

async function putFaults(request, response, scope) {
  json(response, setFaults(scope, JSON.parse(await body(request))));
}

async function file(response, folder, name) {
  const content = await readFile(folder + name);
  response.setHeader('Content-Type', types[extname(name)] ?? 'application/octet-stream').end(content);
}

async function media(request, response, scope, name) {
  const status = await sufferFaults(scope, !name.endsWith('.m3u8'));
  if (status) return response.writeHead(status).end();
  const content = await readFile(`${ladder}/${name}`);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const [from, to] = range
    ? [Number(range[1]), Number(range[2] || content.length - 1)]
    : [0, content.length - 1];
  const headers = {
    'Content-Type': types[extname(name)],
    'Accept-Ranges': 'bytes',
    'Content-Length': to - from + 1,
  };
  if (range) headers['Content-Range'] = `bytes ${from}-${to}/${content.length}`;
  response.writeHead(range ? 206 : 200, headers);
  return writeSlowly(response, content.subarray(from, to + 1), scope);
}

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://host');
  for (const [method, path, handle] of routes) {
    const found = request.method === method && path.exec(pathname);
    if (found) return handle(request, response, ...found.slice(1));
  }
  return response.writeHead(404).end();
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.writeHead(404).end());
});

const builder = await context({ ...bundle, minify: false, sourcemap: 'inline' });
await copyPage();
await builder.watch();
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/demo/`));
