// Traffic for the stage: good views through core and edge, and what no gateway should take.
import http from 'node:http';
import https from 'node:https';
import type { Gateway } from '../gateway.ts';
import { batches } from './views.ts';

/** Rounds after which the edge's certificate is renewed: once Prometheus has seen the first one. */
const RENEWAL = 20;

/** When views begin to fail: once the gateway has seen enough to find that unusual, twelve times ten seconds. */
const FAULT_MS = 150_000;

/** Every view of ours each second, one through the edge; returns what ends that. */
export function keepSending(core: Gateway, edge: Gateway, renew: () => void): () => Promise<void> {
  let isOn = true;
  const begun = performance.now();
  const sending = (async () => {
    for (let round = 0; isOn; round++) {
      await sendRound(core, edge, round, performance.now() - begun > FAULT_MS);
      if (round === RENEWAL) renew();
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  // Said when it is ended, not in the middle of a test.
  sending.catch(() => undefined);
  return async () => {
    isOn = false;
    await sending;
  };
}

async function sendRound(core: Gateway, edge: Gateway, round: number, isFaulty: boolean): Promise<void> {
  const views = batches(round, isFaulty).map((batch) => JSON.stringify(batch));
  const unknown = { ...batches(round)[0], events: [{ seq: 0, t: 0, type: 'unknown' }] };
  // The first one twice: its events are duplicates then.
  const bodies = [...views, views[0] ?? '', '{', JSON.stringify(unknown)];
  await Promise.all(bodies.map((body) => post(core.publicUrl, body)));
  await post(edge.publicUrl, JSON.stringify(batches(1_000_000 + round)[0]));
  // No handshake: the edge speaks TLS only.
  await post(edge.publicUrl.replace('https:', 'http:'), '').catch(() => undefined);
}

/** Over TLS too, whose certificate here is nobody's. */
function post(origin: string, body: string): Promise<void> {
  const { protocol } = new URL(origin);
  const send = protocol === 'https:' ? https.request : http.request;
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', rejectUnauthorized: false };
    const sent = send(`${origin}/v1/ingest`, options, (answer) => {
      answer.resume().once('end', resolve).once('error', reject);
    });
    sent.once('error', reject).end(body);
  });
}
