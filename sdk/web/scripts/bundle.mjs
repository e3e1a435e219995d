// How the package is built and measured: esbuild bundles and shortens the names of internal properties (those that begin with
// an underscore), terser then finds what is left. One call is one set of names: entry points that share objects must be
// built together.

import { build } from 'esbuild';
import { minify } from 'terser';

const root = new URL('..', import.meta.url).pathname;

/** What dash.js writes with an underscore is no name of ours. */
export const THEIRS = /^_(tfinish|stream|resourceTimingValues)$/;

/** The files of a bundle, `{ path, text, map }`, for the given options of esbuild. */
export async function bundle(options) {
  const { outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    format: 'esm',
    minify: true,
    mangleProps: /^_/,
    reserveProps: THEIRS,
    outdir: 'dist',
    sourcemap: 'external',
    target: 'es2020',
    write: false,
    ...options,
  });
  const maps = new Map(outputFiles.map(({ path, text }) => [path, text]));
  return Promise.all(
    outputFiles
      .filter(({ path }) => path.endsWith('.js'))
      .map(async ({ path, text }) => ({ path, ...(await shorten(text, path, maps.get(`${path}.map`))) })),
  );
}

async function shorten(text, path, content) {
  const name = path.split('/').at(-1);
  const { code, map } = await minify(
    { [name]: text },
    {
      module: true,
      ecma: 2020,
      compress: { passes: 3, hoist_vars: true, unsafe_arrows: true, unsafe_methods: true },
      sourceMap: { content, filename: name, url: `${name}.map` },
    },
  );
  return { text: code, map };
}
