// What the official Python messages of OpenTelemetry read out of a request: an opinion besides the receiver's, on packed bodies.
import { spawnSync } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

const PARSE = `
import json, sys
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
kind = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
}[sys.argv[1]]
body = sys.stdin.buffer.read()
message = kind.FromString(body)
message.DiscardUnknownFields()
print(json.dumps({"known": message.SerializeToString() == body, "message": MessageToDict(message)}))
`;

export interface Post {
  path: string;
  type: string | undefined;
  encoding: string | undefined;
  body: Buffer;
}

export interface Parsed {
  /** Whether the official messages know every byte of it. */
  known: boolean;
  message: Record<string, unknown>;
}

/** Keeps what is posted, and answers that it is fine. */
export async function startKeeper(): Promise<{ url: string; posts: Post[]; stop(): void }> {
  const posts: Post[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { 'content-type': type, 'content-encoding': encoding } = request.headers;
    posts.push({ path: request.url ?? '', type, encoding, body: Buffer.concat(chunks) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, posts, stop: () => server.close() };
}

/** Reads a packed request. */
export function parse(post: Post): Parsed {
  const python = process.env.OPENQOE_PYTHON ?? 'python3';
  const input = gunzipSync(post.body);
  const { stdout, stderr, status } = spawnSync(python, ['-c', PARSE, post.path], {
    input,
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return JSON.parse(stdout.toString());
}
