// The package's entry points: the name of the file a browser loads, and where its source is.

export const entries = {
  openqoe: 'src/index.ts',
  html5: 'src/adapters/html5.ts',
  hlsjs: 'src/adapters/hlsjs.ts',
};

/** The options under which the package is built and measured. */
export const esbuildOptions = {
  absWorkingDir: new URL('..', import.meta.url).pathname,
  bundle: true,
  format: 'esm',
  minify: true,
  target: 'es2020',
};
