// The arguments of `npm run cost -w e2e`.

export interface Options {
  json: string | undefined;
  docs: boolean;
  quick: boolean;
}

export const HELP = `Usage: npm run cost -w e2e -- [options]

Measures what the SDK costs a page: main thread, heap, and bytes on the wire. Fails where a promise is not kept.

  --quick         shorter playback and fewer rounds; its figures are not for the docs
  --json FILE     write everything that was measured
  --write-docs    write docs/sdk-cost.md

Examples:
  npm run cost -w e2e -- --quick
  npm run cost -w e2e -- --json cost.json --write-docs
`;

export function readOptions(words: readonly string[]): Options {
  const options: Options = { json: undefined, docs: false, quick: false };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--quick') options.quick = true;
    else if (word === '--write-docs') options.docs = true;
    else if (word === '--json') {
      at += 1;
      options.json = words[at] ?? fail('--json needs a file');
    } else if (word === '--help' || word === '-h') {
      process.stdout.write(HELP);
      process.exit(0);
    } else fail(`unknown option ${word}`);
  }
  if (options.docs && options.quick) fail('--write-docs needs a full run, not --quick');
  return options;
}

function fail(message: string): never {
  process.stderr.write(`error: ${message}\n\n${HELP}`);
  process.exit(2);
}
