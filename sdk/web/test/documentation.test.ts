// What is written about the API is true of it: the reference is that of the sources, and every example compiles.

import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
// @ts-expect-error the scripts have no types
import * as untyped from '../scripts/examples.mjs';

const { checkExamples, readPages } = untyped as {
  checkExamples(pages: Record<string, string>): string[];
  readPages(): Record<string, string>;
};
const root = new URL('..', import.meta.url);
const patience = 60_000;

it('has a reference that is up to date', { timeout: patience }, () => {
  execFileSync(process.execPath, ['scripts/reference.mjs', '--check'], { cwd: root });
});

it('shows examples that compile', { timeout: patience }, () => {
  expect(checkExamples(readPages())).toEqual([]);
});

it('would notice one that does not', { timeout: patience }, () => {
  const page =
    "Text.\n\n```ts\nimport { OpenQoe } from '@openqoe/sdk';\n\nnew OpenQoe({ endpont: 1 });\n```\n";
  expect(checkExamples({ 'page.md': page })).toEqual([expect.stringMatching(/^page\.md:6: .*endpont/)]);
});

it('looks into pages for browsers as well', { timeout: patience }, () => {
  const page =
    '```html\n<script type="module">\n  import { none } from \'https://collector.example.com/sdk/hlsjs.js\';\n</script>\n```\n';
  expect(checkExamples({ 'page.md': page })).toEqual([expect.stringMatching(/^page\.md:3: .*none/)]);
});

it('lists every entry point', () => {
  const { 'README.md': readme = '' } = readPages();
  const listed = [...readme.matchAll(/^\| `@openqoe\/sdk(\S*)` \|/gm)].map(([, path]) => `.${path}`);
  expect(listed.sort()).toEqual(Object.keys(packageJson.exports).sort());
});
