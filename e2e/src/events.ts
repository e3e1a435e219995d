// Native batches for tests that need no browser.

/** A view whose first frame comes `startupMs` after the request. */
export function view(sessionId: string, startupMs: number) {
  const now = Date.now();
  const events = [
    { t: 0, type: 'session_start' },
    { t: 0, type: 'play_request', trigger: 'user' },
    { t: startupMs, type: 'playing' },
    { t: startupMs, type: 'rendition', bitrate: 800_000 },
    { t: startupMs + 1000, type: 'stall' },
    { t: startupMs + 1500, type: 'playing' },
    { t: startupMs + 5000, type: 'heartbeat', buffer_ms: 4000, frames_decoded: 120, frames_dropped: 1 },
  ];
  return {
    spec_version: '0.1.0',
    sent_at: now,
    session: {
      session_id: sessionId,
      started_at: now - startupMs - 5000,
      attributes: { asset_id: 'e2e', cdn: 'quote"back\\slash' },
    },
    events: events.map((event, seq) => ({ seq, ...event })),
  };
}
