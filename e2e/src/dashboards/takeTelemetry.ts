// A receiver of OTLP that keeps nothing and refuses some: the panels are about the way there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TelemetryReceiver {
  origin: string;
  stop(): void;
}

/** One request of so many is refused. */
const REFUSED = 5;

export function takeTelemetry(): Promise<TelemetryReceiver> {
  let count = 0;
  const server = createServer((request, response) => {
    const status = ++count % REFUSED === 0 ? 400 : 200;
    // An empty message: everything was taken.
    request.resume().once('end', () => {
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve({
        origin: `http://127.0.0.1:${port}`,
        stop() {
          server.closeAllConnections();
          server.close();
        },
      });
    });
  });
}
