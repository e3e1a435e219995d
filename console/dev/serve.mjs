// A gateway for the console to talk to: serves what Vite built under the gateway's own Content-Security-Policy, answers with
// fixtures, and can be away.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { findOperation } from './contract.mjs';
import { answerOf } from './fixtures.mjs';
import { livePoint } from './live.mjs';

const dist = new URL('../dist/', import.meta.url);
const POLICY =
  "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const STREAMS = {
  liveStream: { everyMs: 1000, event: 'point', data: () => livePoint(Date.now()) },
  sessionStream: { everyMs: 2000, event: 'changed', data: () => ({}) },
};

/** Whether a request was for the API; then it has been answered. `mood.isAway`: with 503, as while a journal is replayed. */
export function answerApi(request, response, mood = {}) {
  const url = new URL(request.url, 'http://localhost');
  const found = findOperation(url.pathname);
  if (!found) return false;
  const { operation, ...parameters } = found;
  const replaced = mood.answers?.[operation];
  if (mood.isAway) refuse(response, 503, 'replaying', 'The journal is being replayed.', 'wait a moment');
  else if (STREAMS[operation]) stream(request, response, STREAMS[operation], mood);
  else {
    const answer = replaced ?? answerOf(operation, parameters, url.searchParams);
    if (answer === undefined) refuse(response, 404, 'not_found', `no fixture for ${operation}`, 'write one');
    else if (answer.refusal) refuse(response, ...answer.refusal);
    else send(response, 200, answer);
  }
  return true;
}

/**
 * Listens on `port` (0: any that is free). `mood` may be changed at any time: `isAway`, and `answers` by operation id to give
 * instead of the fixtures.
 */
export async function serve(port = 0) {
  const mood = { isAway: false, answers: {}, streams: new Set() };
  const server = createServer((request, response) => {
    if (!answerApi(request, response, mood)) sendFile(request, response);
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  const goAway = () => {
    mood.isAway = true;
    for (const open of mood.streams) open.end();
  };
  const comeBack = () => Object.assign(mood, { isAway: false, answers: {} });
  return { url: `http://127.0.0.1:${server.address().port}`, mood, goAway, comeBack, close };
}

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function refuse(response, status, error, message, hint) {
  send(response, status, { error, message, hint });
}

function stream(request, response, { everyMs, event, data }, mood) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tell = () => response.write(`event: ${event}\ndata: ${JSON.stringify(data())}\n\n`);
  tell();
  const timer = setInterval(tell, everyMs);
  mood.streams?.add(response);
  request.on('close', () => {
    clearInterval(timer);
    mood.streams?.delete(response);
  });
}

function sendFile(request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const name = pathname.startsWith('/assets/') ? pathname.slice('/assets/'.length) : 'index.html';
  const file = new URL(name, dist);
  const isOurs = /^[\w.-]+$/.test(name) && existsSync(file);
  response.writeHead(isOurs ? 200 : 404, {
    'content-type': TYPES[extname(name)] ?? 'application/octet-stream',
    'content-security-policy': POLICY,
  });
  response.end(isOurs ? readFileSync(file) : 'no such file\n');
}
