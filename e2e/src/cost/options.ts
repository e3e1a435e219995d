// The arguments of `cargo xtask cost`.

export interface Options {
  json: string | undefined;
  docs: boolean;
  quick: boolean;
}

export const HELP = `Usage: cargo xtask cost [options]

Measures what the SDK costs a page: main thread, heap, and bytes on the wire. Fails where a promise is not kept.

  --quick         shorter playback and fewer rounds; its figures are not for the docs
  --json FILE     write everything that was measured
  --write-docs    write docs/sdk-cost.md

Examples:
  cargo xtask cost --quick
  cargo xtask cost --json cost.json --write-docs
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
