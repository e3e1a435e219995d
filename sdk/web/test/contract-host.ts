// A page for the vectors of the reporter contract: clocks that can sleep, a gateway that answers as told, a store that
// outlives the SDK. The SDK in it is the real one, and so is its offline store, on an IndexedDB in memory.

import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import { vi } from 'vitest';
import type { OfflineStore } from '../src/core/offline-store.js';
import { type Adapter, OpenQoe, type Report } from '../src/index.js';
import { offlineStore } from '../src/offline/offline.js';
import type { Answer, Case, Sent } from './contract-case.js';
import type { Batch } from './gateway.js';

const WALL = 1_763_688_000_000;
const BEACON_BYTES = 65_536;
const ENDPOINT = 'https://collector.example.com/v1/ingest';

export class Host {
  readonly sent: Sent[] = [];
  warnings = 0;
  qoe!: OpenQoe;
  private readonly answers: Answer[];
  private window = new EventTarget();
  private document = Object.assign(new EventTarget(), { hidden: false, visibilityState: 'visible' });
  private readonly navigator = { onLine: true };
  /** What the adapter was given to report with. */
  report: Report = () => {};
  private clock = 0;
  private frozen = 0;
  private life = 0;
  /** The clock of `performance.now()` at 0 of the case. */
  private readonly origin: number;
  /** By how much the wall clock is ahead of the course of events. */
  private shift = 0;
  private readonly unread: Promise<void>[] = [];
  private readonly digest = vi.spyOn(crypto.subtle, 'digest');

  constructor(private readonly vector: Case) {
    this.answers = [...(vector.answers ?? [])];
    vi.useFakeTimers({
      now: WALL,
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
    });
    vi.spyOn(Math, 'random').mockReturnValue(vector.random ?? 0);
    const running = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => running() + this.frozen);
    vi.stubGlobal('indexedDB', new IDBFactory());
    vi.stubGlobal('IDBKeyRange', IDBKeyRange);
    this.origin = running();
  }

  /** Milliseconds on the clock of `performance.now()` at `at` of the case. */
  performanceAt(at: number): number {
    return this.origin + at + this.frozen;
  }

  /** A page, and on it the SDK. What an earlier one was still up to never happens. */
  async start(): Promise<void> {
    this.life += 1;
    const life = this.life;
    const { options = {} } = this.vector;
    const { hidden, visibilityState } = this.document;
    this.window = new EventTarget();
    this.document = Object.assign(new EventTarget(), { hidden, visibilityState });
    const globalPrivacyControl = options.gpc_signal ?? false;
    Object.assign(this.navigator, { sendBeacon: this.beacon(), globalPrivacyControl });
    vi.stubGlobal('window', this.window);
    vi.stubGlobal('document', this.document);
    vi.stubGlobal('navigator', this.navigator);
    this.qoe = new OpenQoe({
      endpoint: options.endpoint ?? ENDPOINT,
      viewerId: options.viewer_id,
      attributes: options.attributes,
      consent: options.consent,
      gpc: options.gpc,
      adapters: [this.adapter()],
      offline: this.store(() => life === this.life),
      fetch: (_, init) => (life === this.life ? this.answer(init) : new Promise<Response>(() => {})),
      onWarning: () => {
        if (life === this.life) this.warnings += 1;
      },
    });
    await this.settle();
  }

  /** One that only lends its voice: adapters may tell of what happened before, the page's own methods cannot. */
  private adapter(): Adapter {
    return {
      name: 'contract',
      handles: (player): player is unknown => player === this,
      attach: (_, report) => {
        this.report = report;
        return { sample: () => ({}), detach: () => {} };
      },
    };
  }

  /** The store of a page that has gone is asked nothing more. */
  private store(alive: () => boolean): OfflineStore {
    const store = offlineStore('contract');
    return {
      open: (restore) => store.open(restore),
      keep: (entries) => alive() && store.keep(entries),
      forget: (entries) => alive() && store.forget(entries),
      clear: () => alive() && store.clear(),
    };
  }

  private beacon(): (url: string, body: BlobPart) => boolean {
    let left = BEACON_BYTES;
    return (_, body) => {
      const { size } = new Blob([body]);
      if (size > left) return false;
      left -= size;
      const slot: Sent = { at: this.clock, beacon: true, batch: {} as Batch };
      this.sent.push(slot);
      const read = (text: string) => {
        slot.batch = JSON.parse(text);
      };
      this.unread.push(new Response(body).text().then(read));
      return true;
    };
  }

  private async answer(init: RequestInit | undefined): Promise<Response> {
    const at = Date.now() - WALL - this.shift;
    this.sent.push({ at, beacon: false, batch: JSON.parse(String(init?.body)) });
    const told = this.answers.shift() ?? 200;
    if (told === 'none') throw new Error('offline');
    if (told === 'never') {
      return new Promise((_, reject) =>
        init?.signal?.addEventListener('abort', () => reject(new Error('abort'))),
      );
    }
    const { status, after = 0, retry_after, body } = typeof told === 'number' ? { status: told } : told;
    if (after) await new Promise((resolve) => setTimeout(resolve, after));
    const headers = new Headers(retry_after === undefined ? {} : { 'Retry-After': retry_after });
    return new Response(JSON.stringify(body ?? {}), { status, headers });
  }

  /** Lets what is not a timer come to its end: hashes, transactions, bodies. */
  async settle(): Promise<void> {
    await Promise.all(this.digest.mock.results.map(({ value }) => value));
    for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(this.unread.splice(0));
  }

  async run(at: number): Promise<void> {
    await vi.advanceTimersByTimeAsync(at - this.clock);
    this.clock = at;
    await this.settle();
  }

  /** The wall clock goes on, the others stand still. */
  sleep(ms: number): void {
    this.shift += ms;
    vi.setSystemTime(Date.now() + ms);
  }

  /** All clocks go on, timers stand still. */
  freeze(ms: number): void {
    this.frozen += ms;
    this.sleep(ms);
  }

  show(visibilityState: 'hidden' | 'visible'): void {
    Object.assign(this.document, { hidden: visibilityState === 'hidden', visibilityState });
    this.document.dispatchEvent(new Event('visibilitychange'));
  }

  leave(how: 'online' | 'offline'): void {
    this.navigator.onLine = how === 'online';
    this.window.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }));
    this.navigator.onLine = true;
  }

  comeBack(): void {
    this.window.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }));
  }

  /** The events that are kept, as `SESSION-ID: SEQ`. */
  async stored(): Promise<string[]> {
    const request = indexedDB.open('contract');
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = reject;
    });
    if (!db.objectStoreNames.contains('events')) return [];
    const all = db.transaction('events').objectStore('events').getAllKeys();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    db.close();
    return (all.result as [number, string, number][]).map(([, session, seq]) => `${session}: ${seq}`);
  }

  end(): void {
    vi.useRealTimers();
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  }
}
