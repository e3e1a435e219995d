// Writes docs/reference/sdk.md from the sources. With `--check` it writes nothing and fails where the page is outdated.

import { readFileSync, writeFileSync } from 'node:fs';
import { describePackage } from './reference/describe.mjs';
import { renderReference } from './reference/render.mjs';

const page = new URL('../../../docs/reference/sdk.md', import.meta.url);
const text = renderReference(describePackage());
if (!process.argv.includes('--check')) writeFileSync(page, text);
else if (readFileSync(page, 'utf8') !== text) {
  console.error('docs/reference/sdk.md is outdated: npm run reference -w sdk/web');
  process.exitCode = 1;
}
