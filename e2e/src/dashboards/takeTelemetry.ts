// A receiver of OTLP that takes everything and keeps nothing: the panels are about the way there.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TelemetryReceiver {
  origin: string;
  stop(): void;
}

export function takeTelemetry(): Promise<TelemetryReceiver> {
  const server = createServer((request, response) => {
    // An empty message: everything was taken.
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
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
