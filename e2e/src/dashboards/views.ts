// Views that make every metric of views move, also those the demo's viewers rarely or never do: refusals, exits, rebuffering ads.

type Event = { t: number; type: string } & Record<string, unknown>;

const begun: Event[] = [
  { t: 0, type: 'session_start' },
  { t: 0, type: 'play_request', trigger: 'user' },
];

const downloads: Event[] = ['manifest', 'init', 'video', 'audio', 'text', 'other'].flatMap((kind) => [
  { t: 800, type: 'download', kind, bytes: 250_000, ttfb_ms: 40, duration_ms: 180, weight: 4 },
  { t: 900, type: 'download', kind, duration_ms: 4000, failed: true },
]);

/** What a view does, by what it shows. */
const VIEWS: Record<string, Event[]> = {
  watched: [
    ...begun,
    { t: 700, type: 'playing' },
    { t: 700, type: 'rendition', bitrate: 800_000 },
    { t: 710, type: 'custom', name: 'drm_license_seconds', value: 0.2 },
    ...downloads,
    { t: 5000, type: 'stall' },
    { t: 6500, type: 'playing' },
    { t: 7000, type: 'rendition', bitrate: 2_500_000 },
    { t: 9000, type: 'rendition', bitrate: 800_000 },
    { t: 9500, type: 'error', code: 'bufferStalledError', fatal: false },
    {
      t: 10_000,
      type: 'heartbeat',
      buffer_ms: 6000,
      latency_ms: 4200,
      latency_clock: 'producer_reference_time',
      frames_decoded: 500,
      frames_dropped: 4,
    },
    { t: 12_000, type: 'seek_start' },
    { t: 12_400, type: 'seek_end' },
    { t: 12_500, type: 'playing' },
    { t: 20_000, type: 'pause' },
    { t: 22_000, type: 'play_request' },
    { t: 22_050, type: 'playing' },
    { t: 45_000, type: 'ended' },
  ],
  'fails before the first frame': [
    ...begun,
    { t: 900, type: 'error', code: 'manifestLoadError', fatal: true },
  ],
  'is refused': [...begun, { t: 300, type: 'error', code: 'GEO_BLOCKED', fatal: true, category: 'business' }],
  'fails while it plays': [
    ...begun,
    { t: 600, type: 'playing' },
    { t: 9000, type: 'error', code: 'bufferAppendError', fatal: true },
  ],
  'is refused while it plays': [
    ...begun,
    { t: 600, type: 'playing' },
    { t: 9000, type: 'error', code: 'TOO_MANY_STREAMS', fatal: true, category: 'business' },
  ],
  'is left before the first frame': [...begun, { t: 4000, type: 'session_end' }],
  'is left at once': [...begun, { t: 400, type: 'session_end' }],
  'pauses before the first frame': [...begun, { t: 200, type: 'pause' }, { t: 900, type: 'playing' }],
  'seeks before the first frame': [...begun, { t: 200, type: 'seek_start' }, { t: 900, type: 'playing' }],
  'starts in the background': [
    ...begun,
    { t: 200, type: 'visibility', hidden: true },
    { t: 900, type: 'playing' },
  ],
  'has ads': [
    ...begun,
    { t: 0, type: 'ad_break_start', position: 'pre' },
    { t: 800, type: 'ad_start' },
    { t: 6000, type: 'stall' },
    { t: 7000, type: 'playing' },
    { t: 11_000, type: 'ad_end' },
    { t: 11_300, type: 'ad_start' },
    { t: 14_000, type: 'ad_end', result: 'skipped' },
    { t: 15_000, type: 'ad_error', code: '303' },
    { t: 15_000, type: 'ad_break_end' },
    { t: 15_400, type: 'playing' },
    { t: 25_000, type: 'ad_break_start', position: 'mid' },
    { t: 25_500, type: 'ad_start' },
    { t: 30_000, type: 'ad_end' },
    { t: 30_000, type: 'ad_break_end' },
    { t: 30_200, type: 'playing' },
    { t: 40_000, type: 'ad_break_start', position: 'post' },
    { t: 40_500, type: 'ad_start' },
    { t: 45_000, type: 'ad_end' },
    { t: 45_000, type: 'ad_break_end' },
    { t: 45_100, type: 'ended' },
  ],
};

/** One batch for each, a view from beginning to end; `round` makes the sessions new ones. With a fault many more do not start. */
export function batches(round: number, isFaulty = false): object[] {
  const failed = VIEWS['fails before the first frame'] ?? [];
  const views = [...Object.values(VIEWS), ...Array<Event[]>(isFaulty ? 20 : 0).fill(failed)];
  return views.map((events, number) => {
    const now = Date.now();
    const isLive = round % 2 === 0;
    return {
      spec_version: '0.1.0',
      sent_at: now,
      session: {
        session_id: `dashboards-${round}-${number}`,
        started_at: now - (events.at(-1)?.t ?? 0),
        attributes: {
          asset_id: isLive ? 'final' : 'film',
          content_type: 'tested',
          is_live: isLive,
          cdn: 'edge.test+1',
          edge_pop: 'fra-t',
          isp: 'testnet',
          country: 'DE',
          device_type: 'desktop',
          os_family: 'linux',
          player_version: 'hls.js 1.6.2',
          sdk_version: '0.1.0',
          experiment_id: 'abr-tuning',
          experiment_variant: round % 4 < 2 ? 'control' : 'buffer-15s',
        },
      },
      events: events.map((event, seq) => ({ seq, ...event })),
    };
  });
}
