// The SDK as a page without a bundler loads it: files of their own, so that a profile knows them by their URLs.

export interface Client {
  /** Events lost to a full queue. */
  readonly dropped: number;
  attach(player: unknown): void;
}

interface Sdk {
  OpenQoe: new (options: object) => Client;
}

/** Loads the SDK and attaches it to the player, at its defaults but for `options`. */
export async function attachSdk(player: unknown, endpoint: string, options: object = {}): Promise<Client> {
  const load = (name: string) => import(`/sdk/${name}.js`);
  const [{ OpenQoe }, { hlsjs }] = await Promise.all([load('openqoe') as Promise<Sdk>, load('hlsjs')]);
  const attributes = { cdn: 'cdn-a', app_name: 'web', app_version: '4.2.0' };
  const asset = { assetId: 'movie-4711', isLive: false, attributes };
  const client = new OpenQoe({ endpoint, ...asset, adapters: [hlsjs], ...options });
  client.attach(player);
  return client;
}
