// Probes for the stage: targets that play, stall, fail and are live, asked for by Prometheus, and on the gateway's own schedule.
import type { Gateway } from '../gateway.ts';

/** How long a probe plays; long enough to change its rendition. */
const PLAYS = '10s';

/** What the demo's origin does to a target. */
const FAULTS = { steady: {}, slow: { slow_kbps: 90 }, gone: { status: 404 }, live: {} };

function urlOf(origin: string, scope: string): string {
  return `${origin}/demo/media/${scope}/${scope === 'live' ? 'live' : 'main'}.m3u8`;
}

/** Settings of the gateway that probes what another one's demo serves. */
export function probeSettings({ publicUrl }: Gateway): Record<string, string> {
  const scheduled = Object.keys(FAULTS).map((scope) => {
    const attributes = `{ cdn = "edge.${scope}" }`;
    return `{ url = "${urlOf(publicUrl, scope)}", every = "12s", duration = "${PLAYS}", attributes = ${attributes} }`;
  });
  return {
    OPENQOE_PROBE_TARGETS: `${publicUrl}/demo/media/`,
    OPENQOE_PROBE_SCHEDULE: `[${scheduled.join(', ')}]`,
  };
}

/** Breaks what is to be broken, and returns a job for Prometheus: what it may not ask for is among the targets. */
export async function probeJob(origin: Gateway, prober: Gateway): Promise<string> {
  for (const [scope, faults] of Object.entries(FAULTS)) {
    const options = { method: 'PUT', body: JSON.stringify(faults) };
    const { status } = await fetch(`${origin.publicUrl}/demo/faults/${scope}`, options);
    if (status !== 200) throw new Error(`faults of ${scope}: ${status}`);
  }
  const targets = Object.keys(FAULTS).map((scope) => `'${urlOf(origin.publicUrl, scope)}'`);
  return `  - job_name: probe
    metrics_path: /probe
    params: {duration: ['${PLAYS}']}
    scrape_interval: 15s
    scrape_timeout: 14s
    static_configs: [{targets: [${targets.join(', ')}, 'http://127.0.0.1:1/not-allowed.m3u8']}]
    relabel_configs:
      - {source_labels: [__address__], target_label: __param_target}
      - {source_labels: [__param_target], target_label: instance}
      - {target_label: __address__, replacement: '${new URL(prober.internalUrl).host}'}
`;
}
