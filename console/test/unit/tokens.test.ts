// The contrast of what is written on what, computed from the tokens: WCAG 2.2, 1.4.3 (text, 4.5) and 1.4.11 (graphics, 3).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const sheet = readFileSync(new URL('../../src/theme/tokens.css', import.meta.url), 'utf8');
const pairs = sheet.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g);
const tokens = new Map([...pairs].map(([, name = '', light = '', dark = '']) => [name, [light, dark]]));

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((start) => {
    const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a: string, b: string, theme: number): number {
  const [lower = 0, upper = 0] = [a, b]
    .map((name) => luminance(tokens.get(name)?.[theme] ?? ''))
    .sort((x, y) => x - y);
  return (upper + 0.05) / (lower + 0.05);
}

const TEXT = [
  ...['text', 'muted', 'accent', 'good', 'warn', 'bad'].flatMap((name) => [
    [name, 'page'],
    [name, 'surface'],
    [name, 'hover'],
  ]),
  ['text', 'sunken'],
  ['accent', 'accent-soft'],
  ['good', 'good-soft'],
  ['warn', 'warn-soft'],
  ['bad', 'bad-soft'],
];
const GRAPHICS = [...tokens.keys()]
  .filter((name) => /^(line|phase)-|^edge$/.test(name))
  .map((name) => [name, 'surface']);

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('%s', (_, theme) => {
  test.each(TEXT)('text in --%s can be read on --%s', (text, ground) => {
    expect(contrast(text ?? '', ground ?? '', theme)).toBeGreaterThanOrEqual(4.5);
  });
  test.each(GRAPHICS)('--%s can be seen on --%s', (line, ground) => {
    expect(contrast(line ?? '', ground ?? '', theme)).toBeGreaterThanOrEqual(3);
  });
});
