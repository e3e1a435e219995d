// Starts the gateway that cargo has built, on free ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = join(import.meta.dirname, '../..');

export interface Gateway {
  /** Origin of the public listener. */
  publicUrl: string;
  /** Origin of the internal listener. */
  internalUrl: string;
  metrics(accept?: string): Promise<Response>;
  stop(): Promise<void>;
}

/** Path of the binary: `OPENQOE_BIN`, or what `cargo build` leaves behind. */
function binary(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  return process.env.OPENQOE_BIN ?? join(target, 'debug', 'openqoe');
}

/** In memory unless a folder is given: a test leaves nothing behind. */
export async function startGateway(
  args: string[],
  dataDir = '',
  variables: Record<string, string> = {},
): Promise<Gateway> {
  const ports = ['--listen', '127.0.0.1:0', '--internal-listen', '127.0.0.1:0'];
  const child = spawn(binary(), [...args, ...ports], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...variables, OPENQOE_DATA_DIR: dataDir },
  });
  const [publicUrl, internalUrl] = await addresses(child);
  return {
    publicUrl,
    internalUrl,
    metrics: (accept = 'text/plain') => fetch(`${internalUrl}/metrics`, { headers: { accept } }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

function addresses(child: ChildProcess): Promise<[string, string]> {
  return new Promise((resolve, reject) => {
    const found = new Map<string, string>();
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}`)));
    if (!child.stderr) return reject(new Error('no log'));
    createInterface(child.stderr).on('line', (line) => {
      const match = /(ingest|metrics) on (https?:\/\/[^/]+)/.exec(line);
      if (match?.[1] && match[2]) found.set(match[1], match[2]);
      const [ingest, metrics] = [found.get('ingest'), found.get('metrics')];
      if (ingest && metrics) resolve([ingest, metrics]);
    });
  });
}
