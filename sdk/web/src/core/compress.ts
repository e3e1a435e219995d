// Gzip where the platform has it. No header says so, which would need a CORS preflight: the gateway knows gzip by its first
// bytes (RFC 1952 section 2.3.1).

/** Even the smallest batch gets smaller: its head alone is 150 characters. */
export async function compress(body: string): Promise<string | Blob> {
  if (!globalThis.CompressionStream) return body;
  const packed = new Blob([body]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).blob();
}
