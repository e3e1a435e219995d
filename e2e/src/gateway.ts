// Starts the gateway that cargo has built, on free ports.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from './until.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface Gateway {
  /** Origin of the public listener. */
  publicUrl: string;
  /** Origin of the internal listener. */
  internalUrl: string;
  metrics(accept?: string): Promise<Response>;
  /** When a line of its log matched, by `performance.now()`; a line of the past counts too. */
  told(pattern: RegExp, timeoutMs?: number): Promise<number>;
  /** What the first group of a pattern matched in its log, once a line does. */
  said(pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

/** Path of the binary: `OPENQOE_BIN`, or what `cargo build` leaves behind. */
function binary(): string {
  const target = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
  return process.env.OPENQOE_BIN ?? join(target, 'debug', 'openqoe');
}

/**
 * In memory unless a folder is given: a test leaves nothing behind; with `null` it decides by itself. Settings are variables of the
 * environment.
 */
export async function startGateway(
  args: string[],
  dataDir: string | null = '',
  settings: Record<string, string> = {},
): Promise<Gateway> {
  const ports = ['--listen', '127.0.0.1:0', '--internal-listen', '127.0.0.1:0'];
  const folder = dataDir === null ? {} : { OPENQOE_DATA_DIR: dataDir };
  const child = spawn(binary(), [...args, ...ports], {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...settings, ...folder },
  });
  const lines: { text: string; at: number }[] = [];
  if (child.stderr) {
    createInterface(child.stderr).on('line', (text) => lines.push({ text, at: performance.now() }));
  }
  const told = (pattern: RegExp, timeoutMs?: number) =>
    until(`a line like ${pattern}`, async () => lines.find(({ text }) => pattern.test(text))?.at, timeoutMs);
  const [publicUrl, internalUrl] = await addresses(child, lines);
  return {
    publicUrl,
    internalUrl,
    told,
    said: (pattern) =>
      until(`a line like ${pattern}`, async () =>
        lines.map(({ text }) => pattern.exec(text)?.[1]).find((found) => found !== undefined),
      ),
    metrics: (accept = 'text/plain') => fetch(`${internalUrl}/metrics`, { headers: { accept } }),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

/** Where it listens, as it says at its start. */
function addresses(child: ChildProcess, lines: { text: string }[]): Promise<[string, string]> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the gateway ended with ${code}: ${lines.at(-1)?.text}`)));
    const find = (purpose: string) =>
      lines.map(({ text }) => new RegExp(`${purpose} on (https?://[^/]+)`).exec(text)?.[1]).find(Boolean);
    until('its addresses', async () => {
      const [ingest, metrics] = [find('ingest'), find('metrics')];
      return ingest && metrics ? ([ingest, metrics] as [string, string]) : undefined;
    }).then(resolve, reject);
  });
}
