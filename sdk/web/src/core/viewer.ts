// Who watches, as a hash: no id in clear leaves the device, and two collectors cannot compare what they were given.

/** Throws where the endpoint is no URL, rejects where the page is not secure. */
export async function hashViewer(viewerId: string, endpoint: string): Promise<string> {
  const { origin } = new URL(endpoint, globalThis.location?.href);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${viewerId}\0${origin}`));
  // 256 more for the leading zero.
  return [...new Uint8Array(digest, 0, 16)].map((byte) => (byte + 256).toString(16).slice(1)).join('');
}
