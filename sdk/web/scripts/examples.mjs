// Checks what the pages show: every block of TypeScript, and every module in a block of HTML, has to compile against the
// sources and the players as they are installed. What a block takes for granted of its page is in examples.d.ts.

import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { askCompiler, root } from './compiler.mjs';

const PAGES = ['README.md', '../../docs/guide/web-sdk.md', '../../docs/guide/getting-started.md'];
const BLOCK = /^```(ts|js|html)\n(.*?)^```$/gms;
const MODULE = /<script type="module">(.*?)<\/script>/gs;

/** The blocks of a page, `{ line, code }`. */
export function findExamples(page) {
  const examples = [];
  for (const { index, 1: language, 2: text } of page.matchAll(BLOCK)) {
    const first = index + language.length + 4;
    const modules = language === 'html' ? [...text.matchAll(MODULE)] : [{ index: 0, 0: text, 1: text }];
    for (const { index: at, 0: whole, 1: code } of modules) {
      const start = first + at + whole.indexOf(code);
      examples.push({ line: page.slice(0, start).split('\n').length, code });
    }
  }
  return examples;
}

/** What is wrong with the examples of the pages, `{ name: text }`: lines such as `README.md:12: message`. */
export function checkExamples(pages) {
  const prelude = `${root}scripts/examples.d.ts`;
  const files = { [prelude]: readFileSync(prelude, 'utf8') };
  const places = new Map();
  for (const [name, text] of Object.entries(pages)) {
    for (const { line, code } of findExamples(text)) {
      const path = `${root}example-${places.size}.ts`;
      files[path] = code;
      places.set(path, { name, line });
    }
  }
  return askCompiler(files, ({ program }) =>
    [prelude, ...places.keys()].flatMap((path) => {
      const found = [...program.getSyntacticDiagnostics(path), ...program.getSemanticDiagnostics(path)];
      return found.map(({ pos, text, messageChain = [] }) => {
        const { name, line } = places.get(path) ?? { name: 'scripts/examples.d.ts', line: 1 };
        const at = line + files[path].slice(0, pos).split('\n').length - 1;
        return `${name}:${at}: ${[text, ...messageChain.map((cause) => cause.text)].join(' ')}`;
      });
    }),
  );
}

export function readPages() {
  return Object.fromEntries(
    PAGES.map((page) => [page, readFileSync(new URL(page, pathToFileURL(root)), 'utf8')]),
  );
}

if (process.argv[1] === import.meta.filename) {
  const wrong = checkExamples(readPages());
  for (const complaint of wrong) console.error(complaint);
  if (wrong.length) process.exitCode = 1;
}
