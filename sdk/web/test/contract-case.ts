// The form of `spec/vectors/sdk/*.yaml` (README.md there), and how what was sent is compared with it. Nothing here knows
// the SDK.

import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { Attributes, EventBody, SessionEnd } from '../src/index.js';
import type { Batch, SentEvent } from './gateway.js';

export type Answer =
  | number
  | 'none'
  | 'never'
  | { status: number; after?: number; retry_after?: string; body?: unknown };

export interface Step {
  at: number;
  happened?: number;
  times?: number;
  open?: true;
  close?: SessionEnd;
  record?: EventBody;
  describe?: Attributes;
  hide?: true;
  show?: true;
  leave?: 'online' | 'offline';
  return?: true;
  restart?: 'killed';
  consent?: 'granted' | 'denied';
  sleep?: number;
  freeze?: number;
  traceparent?: number | 'none';
}

export interface ExpectedRequest {
  at: number;
  beacon?: boolean;
  session: number;
  attributes?: Attributes;
  events: string[];
}

export interface Case {
  case: string;
  pins: string[];
  random?: number;
  options?: {
    endpoint?: string;
    viewer_id?: string;
    attributes?: Attributes;
    consent?: 'granted' | 'denied';
    gpc?: 'anonymise' | 'discard' | 'ignore';
    gpc_signal?: boolean;
  };
  answers?: Answer[];
  steps: Step[];
  end?: number;
  expect: { requests: ExpectedRequest[]; stored?: string[]; dropped?: number; warnings?: number };
}

export interface Sent {
  at: number;
  beacon: boolean;
  batch: Batch;
}

const FOLDER = new URL('../../../spec/vectors/sdk/', import.meta.url);

/** Every case by topic. */
export function readCases(): [string, Case[]][] {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml'));
  return files
    .sort()
    .map((file) => [file.replace('.yaml', ''), parse(readFileSync(new URL(file, FOLDER), 'utf8'))]);
}

/** `3-5 pause` is three events. */
export function unfold(events: readonly string[]): string[] {
  return events.flatMap((text) => {
    const [numbers = '', ...rest] = text.split(' ');
    const [first = 0, last = first] = numbers.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => [first + at, ...rest].join(' '));
  });
}

/** An event in the words in which `expected` tells it: number, type, weight, and whatever else it names. */
export function tell(event: SentEvent, expected = ''): string {
  const told = [event.seq, event.type];
  if (event.weight !== undefined && event.weight !== 1) told.push(`x${event.weight}`);
  for (const word of expected.split(' ').slice(2)) {
    const name = word.split('=')[0] as string;
    if (word.startsWith('@')) told.push(`@${event.t}`);
    else if (word.includes('=')) told.push(`${name}=${event[name]}`);
  }
  return told.join(' ');
}

/** What was sent, as a case would expect it. */
export function tellSent(sent: readonly Sent[], expected: readonly ExpectedRequest[]): ExpectedRequest[] {
  const sessions: string[] = [];
  return sent.map(({ at, beacon, batch }, index) => {
    const { session_id, attributes } = batch.session;
    if (!sessions.includes(session_id)) sessions.push(session_id);
    const told: ExpectedRequest = { at, session: sessions.indexOf(session_id) + 1, events: [] };
    if (beacon) told.beacon = true;
    if (attributes) {
      const { sdk_version, ...rest } = attributes;
      if (sdk_version === undefined) throw new Error('no sdk_version');
      told.attributes = rest;
    }
    const wanted = unfold(expected[index]?.events ?? []);
    told.events = batch.events.map((event, position) => tell(event, wanted[position]));
    return told;
  });
}
