// The timeline of a session in real Chromium: thousands of events, zoomed, searched and followed.
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Console, chromiumPath, startConsole } from './openConsole.ts';

describe.skipIf(!chromiumPath)('Session', () => {
  let console_: Console;
  let page: Page;
  let longest = '';
  let broken = '';
  beforeAll(async () => {
    console_ = await startConsole();
    const list = async (query: string) =>
      (await (await fetch(`${console_.url}/api/v1/tenants/default/sessions?limit=1000&${query}`)).json())
        .sessions;
    const byLength = (a: Record<string, number>, b: Record<string, number>) =>
      (a.began_at ?? 0) - (b.began_at ?? 0);
    longest = (await list('state=live')).sort(byLength)[0].session_id;
    broken = (await list('state=ended&sort=rebuffering'))[0].session_id;
  });
  afterAll(() => console_?.close());
  afterEach(async () => {
    await page.context().close();
    expect(console_.complaints.splice(0)).toEqual([]);
  });

  const slider = () => page.getByRole('slider', { name: 'Time in the session' });
  const parameter = (name: string) => Number(new URL(page.url()).searchParams.get(name));
  const has = (name: string) => new URL(page.url()).searchParams.has(name);
  const open = async (id: string, more = '', options = {}) => {
    page = await console_.open(`/sessions/${id}?tenant=default${more}`, options);
    await slider().waitFor();
  };
  /** A pixel of the phase lane, as `r,g,b`. */
  const pixel = (share: number) =>
    page.locator('.timeline-plot canvas').evaluate((canvas, share) => {
      const { width, height } = canvas as HTMLCanvasElement;
      const context = (canvas as HTMLCanvasElement).getContext('2d');
      return [
        ...(context?.getImageData(Math.floor(width * share), Math.min(5, height - 1), 1, 1).data ?? []),
      ].join();
    }, share);

  test('five thousand events open as one picture, one table and few rows', async () => {
    await open(longest);
    await page.getByText(/^\d+ events$/).waitFor();
    const events = Number.parseInt(await page.getByText(/^\d+ events$/).innerText(), 10);
    expect(events).toBeGreaterThan(5_000);
    expect(await page.locator('.event-row').count()).toBeLessThan(60);
    expect(await slider().getAttribute('aria-valuemax')).toMatch(/^7\d{6}$/);
  });

  test('the wheel zooms, dragging pans, a double click shows all again, and a link shows the same', async () => {
    await open(longest);
    const box = (await slider().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width * 0.9, box.y + 20);
    for (let turn = 0; turn < 5; turn += 1) await page.mouse.wheel(0, -300);
    // Five turns: a tenth of two hours. The URL follows when the wheel rests.
    await expect.poll(() => has('from') && parameter('to') - parameter('from') < 900_000).toBe(true);
    const [from, to] = [parameter('from'), parameter('to')];
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.5, box.y + 20, { steps: 4 });
    await page.mouse.up();
    await expect.poll(() => parameter('from')).toBeGreaterThan(from);
    expect(parameter('to') - parameter('from')).toBeCloseTo(to - from, -1);
    const picture = await pixel(0.5);
    await page.reload();
    await slider().waitFor();
    expect(await pixel(0.5)).toBe(picture);
    await slider().dblclick({ position: { x: 30, y: 20 } });
    await expect.poll(() => has('from')).toBe(false);
  });

  test('keys go from trouble to trouble and speak', async () => {
    await open(broken);
    await slider().focus();
    await page.keyboard.press(']');
    await expect.poll(() => slider().getAttribute('aria-valuetext')).toMatch(/stalled .* stalled for/);
    await expect.poll(() => parameter('t')).toBeGreaterThan(0);
    const first = parameter('t');
    await page.keyboard.press(']');
    await expect.poll(() => parameter('t')).toBeGreaterThan(first);
    await page.keyboard.press('[');
    await expect.poll(() => parameter('t')).toBe(first);
    await page.keyboard.press('+');
    await expect.poll(() => has('from')).toBe(true);
    await page.keyboard.press('0');
    await expect.poll(() => has('from')).toBe(false);
    await page.keyboard.press('Escape');
    await expect.poll(() => has('t')).toBe(false);
  });

  test('a raw event leads to its moment, and a moment to its raw event', async () => {
    await open(longest);
    await page.getByText(/^\d+ events$/).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('stall');
    await page.locator('.event-row', { hasText: 'stall' }).nth(3).getByRole('button').click();
    const t = await expect
      .poll(() => parameter('t'))
      .toBeGreaterThan(0)
      .then(() => parameter('t'));
    await page.locator('.cursor-line.is-chosen').waitFor();
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => parameter('t')).toBeGreaterThan(t);
    await page.getByRole('searchbox').fill('');
    const box = (await slider().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.click(box.x + box.width * 0.25, box.y + 40);
    const current = page.locator('.event-row[aria-current]');
    await expect.poll(() => current.innerText()).toMatch(/^\s*(29|30):/);
  });

  test('the pointer reads every lane', async () => {
    await open(broken);
    const box = (await slider().boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
    await page.mouse.move(box.x + box.width / 2, box.y + 20);
    await expect.poll(() => page.locator('.lane-titles').innerText()).toMatch(/^Phase\s+\w+ [\d.]+ m?s/);
    await page.locator('.cursor-line').waitFor();
    await page.mouse.move(box.x, box.y - 60);
    await expect.poll(() => page.locator('.cursor-line').count()).toBe(0);
  });

  test('the picture is there in words', async () => {
    await open(broken);
    await page.getByText('The timeline as a table').click();
    const table = page.locator('.moments tbody tr');
    await expect.poll(() => table.count()).toBeGreaterThan(8);
    expect(await page.locator('.moments').innerText()).toContain('stalled for');
  });

  test('a session that plays is followed at its end until the reader goes elsewhere', async () => {
    await open(longest);
    const length = async () => Number(await slider().getAttribute('aria-valuemax'));
    const before = await length();
    await expect.poll(length, { timeout: 10_000 }).toBeGreaterThan(before);
    expect(has('from')).toBe(false);
    await page.goto(`${console_.url}/sessions/${longest}?tenant=default&from=1000000&to=2000000`);
    await slider().waitFor();
    const later = await length();
    await expect.poll(length, { timeout: 10_000 }).toBeGreaterThan(later);
    expect([parameter('from'), parameter('to')]).toEqual([1_000_000, 2_000_000]);
  });

  test('is sharp on dense screens and drawn again in the dark', async () => {
    await open(broken, '', { deviceScaleFactor: 2, colorScheme: 'light' });
    const canvas = page.locator('.timeline-plot canvas');
    const [wide, css] = await canvas.evaluate((it) => [(it as HTMLCanvasElement).width, it.clientWidth]);
    expect(wide).toBe((css ?? 0) * 2);
    const light = await pixel(0.999);
    await page.emulateMedia({ colorScheme: 'dark' });
    await expect.poll(() => pixel(0.999)).not.toBe(light);
  });

  test('fits a phone', async () => {
    await open(broken, '', { viewport: { width: 390, height: 844 } });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(390);
    expect((await slider().boundingBox())?.width).toBeGreaterThan(300);
  });

  test('an unknown session is said to be unknown', async () => {
    page = await console_.open('/sessions/00000000-0000-4000-8000-000000000000?tenant=default');
    await page.getByRole('alert').getByText('Nothing is known of that session (any more).').waitFor();
    await page.getByRole('link', { name: 'All sessions' }).waitFor();
  });
});
