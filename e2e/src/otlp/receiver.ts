// A receiver of another project: oteltap takes OTLP/HTTP and prints each span and log record as a line of JSON.
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import type { LogRecord, Span } from './messages.ts';

export interface Receiver {
  /** What `otlp.endpoint` has to be. */
  url: string;
  /** So far, in order of arrival. */
  spans: Span[];
  records: LogRecord[];
  stop(): Promise<void>;
}

/** Starts it with the Python that `OPENQOE_PYTHON` names. */
export async function startReceiver(): Promise<Receiver> {
  const port = await freePort();
  const python = process.env.OPENQOE_PYTHON ?? 'python3';
  const args = ['-u', '-m', 'oteltap', '--port', `${port}`];
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    spans: [],
    records: [],
    stop: () => stop(child),
  };
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`oteltap ended with ${code}`)));
    createInterface(child.stdout).on('line', (line) => {
      if (!line.startsWith('{')) return resolve();
      const item = JSON.parse(line);
      if ('severityNumber' in item) receiver.records.push(item);
      else receiver.spans.push(item);
    });
  });
  return receiver;
}

function stop(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill();
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
