// Gzip where the platform has it. No header says so, which would need a CORS preflight: the gateway knows gzip by its first
// bytes (RFC 1952 section 2.3.1).

/** Below this, gzip saves nothing worth the work. */
const WORTH_CHARS = 512;

export async function compress(body: string): Promise<string | Blob> {
  if (body.length < WORTH_CHARS || !globalThis.CompressionStream) return body;
  const packed = new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).blob();
}
