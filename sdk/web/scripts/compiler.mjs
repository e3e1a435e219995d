// The sources of the package as the TypeScript compiler sees them, with files that need not exist beside them. For the scripts
// that make and check what is written about the API. The compiler's own API may change with any version; ours is pinned.

import { fileURLToPath } from 'node:url';
import { API } from 'typescript/unstable/sync';
import { entries } from './entries.mjs';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * Opens a project of the given files, `{ path: text }`; without a text it is the file on the disk. Calls `ask` with it.
 * `@openqoe/sdk` and what a gateway serves under `/sdk/` are the sources.
 */
export function askCompiler(files, ask) {
  const config = `${root}tsconfig.virtual.json`;
  const paths = {};
  for (const [name, source] of Object.entries(entries)) {
    paths[name === 'openqoe' ? '@openqoe/sdk' : `@openqoe/sdk/${name}`] = [`./${source}`];
    paths[`https://collector.example.com/sdk/${name}.js`] = [`./${source}`];
  }
  const compilerOptions = {
    noEmit: true,
    moduleDetection: 'force',
    noUnusedLocals: false,
    noUnusedParameters: false,
    paths,
  };
  const virtual = {
    ...files,
    [config]: JSON.stringify({
      extends: './tsconfig.json',
      compilerOptions,
      include: [],
      files: Object.keys(files),
    }),
  };
  const readFile = (path) => virtual[path];
  const fileExists = (path) => (virtual[path] === undefined ? undefined : true);
  const api = new API({ cwd: root, fs: { readFile, fileExists } });
  try {
    return ask(api.updateSnapshot({ openProjects: [config] }).getProject(config));
  } finally {
    api.close();
  }
}
