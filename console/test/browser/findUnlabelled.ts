// What a reader who listens, or uses keys only, could not tell: found in the page as it is.
import type { Page } from 'playwright-core';

/** Complaints: controls without a name, images without words, headings that skip a level, ids that are there twice. */
export function findUnlabelled(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = (selector: string) => [...document.querySelectorAll<HTMLElement>(selector)];
    const show = (element: Element) => element.outerHTML.slice(0, 120);
    const nameOf = (element: HTMLElement) =>
      element.getAttribute('aria-label') ??
      (element instanceof HTMLInputElement || element instanceof HTMLSelectElement
        ? (element.labels?.[0]?.textContent ?? '')
        : (element.textContent ?? ''));
    const nameless = all('a, button, input, select, [role=slider]').filter(
      (element) => nameOf(element).trim() === '',
    );
    const wordless = all('img:not([alt]), [role=img]:not([aria-label]):not([aria-hidden=true])');
    const levels = all('h1, h2, h3, h4').map((heading) => Number(heading.tagName.slice(1)));
    const skips = levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1);
    const ids = all('[id]').map(({ id }) => id);
    const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
    const loose = all('[aria-labelledby]').filter(
      (element) => !document.getElementById(element.getAttribute('aria-labelledby') ?? ''),
    );
    return [
      ...nameless.map((element) => `no name: ${show(element)}`),
      ...wordless.map((element) => `no words: ${show(element)}`),
      ...skips.map((level) => `a heading of level ${level} skips one`),
      ...twice.map((id) => `twice: #${id}`),
      ...loose.map((element) => `no label: ${show(element)}`),
    ];
  });
}

/** How much wider than the window the page is, px. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
