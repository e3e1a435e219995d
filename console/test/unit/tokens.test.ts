// The contrast of what is written on what, computed from the tokens: WCAG 2.2, 1.4.3 (text, 4.5) and 1.4.11 (graphics, 3).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const sheet = readFileSync(new URL('../../src/theme/tokens.css', import.meta.url), 'utf8');
const pairs = sheet.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);/g);
const tokens = new Map([...pairs].map(([, name = '', light = '', dark = '']) => [name, [light, dark]]));

/** Linear light of the channels, 0 to 1 (sRGB, IEC 61966-2-1). */
function linear(color: string): number[] {
  return [1, 3, 5].map((start) => {
    const channel = Number.parseInt(color.slice(start, start + 2), 16) / 255;
    return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  });
}

const multiply = (rows: number[][], vector: number[]) =>
  rows.map((row) => row.reduce((sum, factor, index) => sum + factor * (vector[index] ?? 0), 0));

/** What dichromats see: Machado, Oliveira and Fernandes 2009, severity 1. */
const SIGHTS: Record<string, number[][]> = {
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIE L*a*b* of linear light under D65. */
function lab(light: number[]): number[] {
  const xyz = multiply(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    light,
  );
  const [x = 0, y = 0, z = 0] = [0.9505, 1, 1.089].map((white, index) => {
    const part = Math.max(0, xyz[index] ?? 0) / white;
    return part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116;
  });
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Relative luminance, https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = linear(color);
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

/** Lines of one chart, from the first on; and the phases that lie on each other in a stack. */
const TOGETHER = [
  ['line-1', 'line-2', 'line-4'],
  ['phase-playing', 'phase-ad'],
  ['phase-ad', 'phase-paused'],
  ['phase-paused', 'phase-seeking'],
  ['phase-seeking', 'phase-startup'],
  ['phase-startup', 'phase-stalled'],
];

/** A difference nobody overlooks; 2.3 is the least one that can be seen. */
const APART = 12;

describe.each(Object.entries(SIGHTS))('%s', (_, sight) => {
  test.each([0, 1])('colours that meet keep apart in theme %i', (theme) => {
    const seen = (name: string) => lab(multiply(sight, linear(tokens.get(name)?.[theme] ?? '')));
    const near = TOGETHER.flatMap((names) =>
      names.flatMap((a, index) =>
        names.slice(index + 1).map((b) => {
          const [from, to] = [seen(a), seen(b)];
          return {
            pair: `${a} ${b}`,
            apart: Math.round(Math.hypot(...from.map((value, axis) => value - (to[axis] ?? 0)))),
          };
        }),
      ),
    );
    expect(near.filter(({ apart }) => apart < APART)).toEqual([]);
  });
});
