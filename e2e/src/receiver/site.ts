// An origin of its own for the page that sends: what it sends crosses origins.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { build } from 'esbuild';

/** Serves a page with a script of this folder, bundled. */
export async function startSite(script = 'page.ts'): Promise<{ origin: string; stop(): void }> {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, script)],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
  });
  const text = bundled.outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isScript = request.url === '/page.js';
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript
        ? text
        : '<!doctype html><link rel="icon" href="data:,"><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, stop: () => server.close() };
}
