// What outlives a page, in a real browser: the offline store, two tabs, the back/forward cache, beacons, and that nothing is
// left of who does not consent.

import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { launchBrowser } from '../../../e2e/src/browser.js';
import { until } from '../../../e2e/src/until.js';
import type { OpenQoe } from '../src/index.js';
import type { offlineStore } from '../src/offline/offline.js';
import { type Collector, startCollector } from './collector.js';

declare global {
  interface Window {
    qoe: OpenQoe;
    offlineStore: typeof offlineStore;
    persisted: boolean;
  }
}

let browser: Browser;
let context: BrowserContext;
let collector: Collector;

beforeAll(async () => {
  // Playwright switches the back/forward cache off.
  browser = await launchBrowser(undefined, { ignoreDefaultArgs: ['--disable-back-forward-cache'] });
});
afterAll(() => browser?.close());
beforeEach(async () => {
  collector = await startCollector();
  context = await browser.newContext();
});
afterEach(async () => {
  await context.close();
  collector.close();
});

async function open(query = ''): Promise<Page> {
  const page = await context.newPage();
  await page.goto(collector.url + query);
  await page.waitForFunction(() => window.qoe);
  return page;
}
const seqs = (session: string) => collector.of(session).map(({ seq }) => seq);
const upTo = (count: number) => Array.from({ length: count }, (_, seq) => seq);
const arrived = (session: string, count: number) =>
  until(`${count} events`, async () => (seqs(session).length >= count ? true : undefined));

/** Waits for the last word of the page, which is a beacon: it may be under way for longer than the page is there. */
async function leave(page: Page): Promise<void> {
  const before = collector.refused.length;
  const ended = () =>
    collector.refused.slice(before).some(({ events }) => events.at(-1)?.reason === 'page_hide');
  await page.goto('about:blank');
  await until('a beacon', async () => ended() || undefined);
}

/** Starts a session and reports while nothing is taken, until that was noticed; then reports some more. */
async function reportOffline(page: Page): Promise<string> {
  collector.up = false;
  const session = await page.evaluate(() => {
    const id = window.qoe.startSession();
    window.qoe.notePlayRequest();
    window.qoe.notePlaybackStart();
    return id;
  });
  await until('that the page noticed', () => stored(page).then((count) => (count > 0 ? true : undefined)));
  await page.evaluate(() => {
    window.qoe.notePause();
    window.qoe.noteCustom('x', 1);
  });
  await until('what came later', () => stored(page).then((count) => (count === 5 ? true : undefined)));
  return session;
}

/** How many events IndexedDB has; undefined where there is no database. */
function stored(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const names = await indexedDB.databases();
    if (!names.length) return -1;
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('openqoe');
      request.onsuccess = () => resolve(request.result);
    });
    const count = await new Promise<number>((resolve) => {
      const request = db.transaction('events').objectStore('events').count();
      request.onsuccess = () => resolve(request.result);
    });
    db.close();
    return count;
  });
}

it('what a page could not send is sent by the next one: in order, once, its end included', async () => {
  const page = await open();
  const session = await reportOffline(page);
  await leave(page);
  collector.up = true;
  await page.goto(collector.url);
  await arrived(session, 6);
  // A batch of its own: had anything been sent twice, it would be there by then.
  const next = await page.evaluate(() => {
    const id = window.qoe.startSession();
    window.qoe.endSession();
    return id;
  });
  await arrived(next, 2);
  expect(collector.of(session).map(({ seq, type, reason }) => [seq, type, reason])).toEqual([
    [0, 'session_start', undefined],
    [1, 'play_request', undefined],
    [2, 'playing', undefined],
    [3, 'pause', undefined],
    [4, 'custom', undefined],
    [5, 'session_end', 'page_hide'],
  ]);
  expect(await stored(page)).toBe(0);
});

it('what is too old is forgotten, and counted', async () => {
  const page = await open();
  await reportOffline(page);
  await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve) => {
      const request = indexedDB.open('openqoe');
      request.onsuccess = () => resolve(request.result);
    });
    const events = db.transaction('events', 'readwrite').objectStore('events');
    const startedAt = Date.now() - 8 * 86_400_000;
    const old = {
      session: 'old',
      startedAt,
      attributes: { text: '{}' },
      event: '{"seq":0,"t":0,"type":"pause"}',
    };
    events.put(old, [startedAt, 'old', 0]);
    db.close();
  });
  await leave(page);
  collector.up = true;
  await page.goto(collector.url);
  await until('a loss', () => page.evaluate(() => window.qoe.dropped || undefined));
  expect(await page.evaluate(() => window.qoe.dropped)).toBe(1);
  await until('all of it', async () => ((await stored(page)) === 0 ? true : undefined));
  expect(collector.of('old')).toEqual([]);
});

it('no more than 5,000 events are kept, and the loss of the oldest is told', async () => {
  const page = await open();
  const told = page.evaluate(async () => {
    const store = window.offlineStore();
    const entries = Array.from({ length: 5_100 }, (_, seq) => {
      const event = JSON.stringify({ type: 'pause', seq, t: seq });
      return { session: 'long', startedAt: Date.now(), attributes: { text: '{}' }, event, expendable: false };
    });
    return new Promise((resolve) => {
      store.open((_, lost) => {
        if (lost) resolve(lost);
      });
      store.keep(entries);
    });
  });
  expect(await told).toBe(100);
  await until('5000 events', async () => (await stored(page)) === 5_000 || undefined);
  await page.goto('about:blank');
  await page.goto(collector.url);
  await arrived('long', 5_000);
  expect(seqs('long')).toEqual(Array.from({ length: 5_000 }, (_, at) => at + 100));
});

it('two tabs share the store: what was left is sent once', async () => {
  const page = await open();
  const session = await reportOffline(page);
  await leave(page);
  collector.up = true;
  const [first, second] = await Promise.all([open(), open()]);
  await until('all forgotten', async () => ((await stored(first)) === 0 ? true : undefined));
  for (const tab of [first, second]) {
    const id = await tab.evaluate(() => window.qoe.startSession());
    await tab.evaluate(() => window.qoe.endSession());
    await arrived(id, 2);
  }
  expect(seqs(session)).toEqual(upTo(6));

  const lost = await reportOffline(first);
  await leave(first);
  collector.up = true;
  await open();
  await arrived(lost, 6);
  expect(seqs(lost)).toEqual(upTo(6));
});

it('a page enters the back/forward cache and comes back with a new session', async () => {
  const page = await open();
  const session = await page.evaluate(() => {
    const id = window.qoe.startSession();
    window.qoe.notePlaybackStart();
    return id;
  });
  await arrived(session, 2);
  await page.evaluate(() => location.assign('/?other'));
  await arrived(session, 3);
  await page.waitForFunction(() => location.search === '?other' && window.qoe);
  await page.evaluate(() => history.back());
  await page.waitForFunction(() => location.search === '' && window.persisted);
  const next = await page.evaluate(() => window.qoe.sessionId as string);
  expect(next).not.toBe(session);
  await page.evaluate(() => window.qoe.endSession());
  await until('its end', async () => collector.of(next).find(({ type }) => type === 'session_end'));
  expect(collector.of(session).at(-1)).toMatchObject({ type: 'session_end', reason: 'page_hide' });
  expect(collector.of(next).map(({ type }) => type)).toEqual([
    'session_start',
    'visibility',
    'visibility',
    'session_end',
  ]);
});

it('beacons of a page that goes stay within 64 KiB, and the next page sends the rest', async () => {
  const page = await open();
  const session = await page.evaluate(() => {
    const id = window.qoe.startSession();
    for (let i = 0; i < 1_500; i += 1) window.qoe.noteCustom('ü'.repeat(60), i);
    return id;
  });
  // A page of the same site: for another the browser may end the process before its last write to the store is done, which nobody
  // promises.
  await page.goto(`${collector.url}/?next`);
  await arrived(session, 1_502);
  await until('that all arrived', async () => ((await stored(page)) === 0 ? true : undefined));
  expect([...new Set(seqs(session))].sort((a, b) => a - b)).toEqual(upTo(1_502));
  // What pages send while they are there is packed.
  const beacons = collector.batches.filter(({ packed }) => !packed);
  expect(beacons.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(65_536);
});

it('batches are gzip, and no header says so', async () => {
  const page = await open();
  const session = await page.evaluate(() => {
    const id = window.qoe.startSession();
    for (let i = 0; i < 20; i += 1) window.qoe.notePause();
    window.qoe.endSession();
    return id;
  });
  await arrived(session, 22);
  expect(collector.batches.map(({ packed }) => packed)).toEqual([true]);
});

it('who does not consent sends nothing and leaves nothing', async () => {
  const page = await open('?consent=denied');
  await page.evaluate(() => {
    window.qoe.startSession();
    window.qoe.notePlaybackStart();
  });
  await page.goto(`${collector.url}/?consent=denied`);
  expect(await stored(page)).toBe(-1);
  expect(collector.batches).toEqual([]);
});

it('who takes consent back leaves nothing of what was kept', async () => {
  const page = await open();
  const session = await reportOffline(page);
  await page.evaluate(() => window.qoe.setConsent('denied'));
  await until('an empty browser', async () => ((await stored(page)) === -1 ? true : undefined));
  collector.up = true;
  await page.goto('about:blank');
  await page.goto(collector.url);
  const next = await page.evaluate(() => {
    const id = window.qoe.startSession();
    window.qoe.endSession();
    return id;
  });
  await arrived(next, 2);
  expect(collector.of(session)).toEqual([]);
});
