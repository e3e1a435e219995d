// What is published: every entry point with its types and its map, nothing else, no dependency, and names that are public
// kept as they are. Looks at a build of its own, in memory.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
// @ts-expect-error the scripts have no types
import { bundle as untypedBundle, THEIRS as untypedTheirs } from '../scripts/bundle.mjs';
// @ts-expect-error the scripts have no types
import { entries as untypedEntries } from '../scripts/entries.mjs';

interface File {
  path: string;
  text: string;
  map: string;
}
const bundle = untypedBundle as (options: object) => Promise<File[]>;
const THEIRS = untypedTheirs as RegExp;
const entries = untypedEntries as Record<string, string>;
const root = new URL('..', import.meta.url);

let files: Map<string, File>;
beforeAll(async () => {
  const built = await bundle({ entryPoints: entries, chunkNames: 'chunk-[hash]', splitting: true });
  files = new Map(built.map((file) => [file.path.split('/').at(-1) as string, file]));
});

const source = (name: string) => (entries[name] ?? '').replace('src/', '').replace(/\.ts$/, '');

it('exports each entry point with its types, and nothing else', () => {
  const expected = Object.keys(entries).map((name) => [
    name === 'openqoe' ? '.' : `./${name}`,
    { types: `./dist/types/${source(name)}.d.ts`, default: `./dist/${name}.js` },
  ]);
  expect(packageJson.exports).toEqual(Object.fromEntries(expected));
});

it('needs nothing at run time and may be shaken', () => {
  expect(packageJson).not.toHaveProperty('dependencies');
  expect(packageJson.sideEffects).toBe(false);
  for (const { text } of files.values()) {
    for (const [, from] of text.matchAll(/from\s*"([^"]+)"|import\("([^"]+)"\)/g)) {
      expect(files.has(`${from}`.replace('./', ''))).toBe(true);
    }
  }
});

it('keeps the names that pages use and shortens those that only the SDK uses', async () => {
  const text = [...files.values()].map((file) => file.text).join('\n');
  const underscored = [...text.matchAll(/[.{,](_[a-zA-Z]\w*)/g)].map(([, name]) => name as string);
  expect(underscored.filter((name) => !THEIRS.test(name))).toEqual([]);
  for (const name of ['_tfinish', '_stream', '_resourceTimingValues']) expect(underscored).toContain(name);
  const prefix = 'data:text/javascript;base64,';
  const [alone] = await bundle({ entryPoints: { openqoe: entries.openqoe } });
  const { OpenQoe } = await import(prefix + Buffer.from(alone?.text ?? '').toString('base64'));
  const qoe = new OpenQoe({ endpoint: '/v1/ingest', fetch: () => Promise.reject(new Error('offline')) });
  const types = readFileSync(new URL('src/core/openqoe.ts', root), 'utf8');
  const methods = [...types.matchAll(/^ {2}(?:get )?([a-z]\w+)\(/gm)].map(([, name]) => name as string);
  expect(methods).toContain('setConsent');
  for (const name of methods) expect(name === 'constructor' || name in qoe).toBe(true);
});

it('maps each file to the sources it is made of', () => {
  for (const [name, { text, map }] of files) {
    expect(text).toContain(`//# sourceMappingURL=${name}.map`);
    expect(JSON.parse(map).sources.every((path: string) => path.startsWith('../src/'))).toBe(true);
  }
});

describe('an entry point', () => {
  it.each(
    Object.keys(entries).filter((name) => name !== 'openqoe'),
  )('%s brings no other and no core', async (name) => {
    const [file] = await bundle({ entryPoints: { [name]: entries[name] } });
    const sources: string[] = JSON.parse(file?.map ?? '').sources;
    // What stands beside it in a folder of its name is its own.
    const own = entries[name]?.replace(/\.ts$/, '') as string;
    const foreign = sources.filter(
      (path) => !path.includes(`${own}.ts`) && !path.includes(`${own}/`) && !/\/(media|offline)\//.test(path),
    );
    expect(foreign).toEqual([]);
  });

  it('is all that a page bundles of what it imports', async () => {
    const contents = `import { OpenQoe } from './src/index.ts'; import { html5 } from './src/adapters/html5.ts'; console.log(html5)`;
    const [file] = await bundle({ stdin: { contents, resolveDir: root.pathname } });
    expect(JSON.parse(file?.map ?? '').sources.some((path: string) => path.includes('transport'))).toBe(
      false,
    );
  });
});

it.skipIf(!existsSync(new URL('dist/types', root)))(
  'is a tarball of the built files and the readme (skipped before a build)',
  () => {
    const told = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: root, encoding: 'utf8' });
    const packed: string[] = JSON.parse(told)[0].files.map(({ path }: { path: string }) => path);
    for (const name of Object.keys(entries)) {
      for (const path of [`dist/${name}.js`, `dist/${name}.js.map`, `dist/types/${source(name)}.d.ts`]) {
        expect(packed).toContain(path);
      }
    }
    expect(packed.filter((path) => !path.startsWith('dist/')).sort()).toEqual(['README.md', 'package.json']);
  },
);
