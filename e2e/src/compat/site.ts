// A site of another origin than the gateway: one page with one script, and a video whose delivery can be held back.
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

const VIDEO = readFileSync(join(import.meta.dirname, '../../../demo/media/progressive.mp4'));

export interface Site {
  url: string;
  /** Delivers what was held back, and everything from now on. */
  release(): void;
  stop(): Promise<void>;
}

/** Serves the script bundled; of the video only the first `held` bytes until `release`. */
export async function startSite(script: string, held: number): Promise<Site> {
  const entryPoints = [join(import.meta.dirname, script)];
  const bundle = await build({ entryPoints, bundle: true, format: 'iife', write: false, logLevel: 'error' });
  const code = bundle.outputFiles[0]?.text ?? '';
  let limit = held;
  const waiting = new Set<() => void>();
  const server = createServer((request, response) => {
    if (request.url === '/video.mp4') {
      deliver(request, response);
      return;
    }
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(isScript ? code : '<!doctype html><video muted></video><script src="/page.js"></script>');
  });

  function deliver(request: IncomingMessage, response: ServerResponse): void {
    const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    response.writeHead(206, {
      'content-type': 'video/mp4',
      'accept-ranges': 'bytes',
      'content-length': VIDEO.length - from,
      'content-range': `bytes ${from}-${VIDEO.length - 1}/${VIDEO.length}`,
    });
    response.write(VIDEO.subarray(from, Math.max(from, limit)));
    if (limit >= VIDEO.length) response.end();
    else waiting.add(() => response.end(VIDEO.subarray(Math.max(from, held))));
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    release: () => {
      limit = VIDEO.length;
      for (const finish of waiting) finish();
      waiting.clear();
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
