// Builds the console into one folder without subfolders, whose files the gateway embeds: `index.html`, and the rest below
// `/assets/` under names that change with their content.
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/assets/',
  build: {
    assetsDir: '',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    target: 'es2022',
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
});
