// What dashboards look at: a core with viewers and views of our own, an edge with TLS before it that also probes, senders and receivers of
// OTLP, a receiver of remote write, and the Prometheus that scrapes both gateways and evaluates the rules of the repository.
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Gateway, startGateway } from '../gateway.ts';
import { type Prometheus, runPrometheus } from '../prometheus.ts';
import { keepReporting, TIGHT_RECEIVER } from './keepReporting.ts';
import { keepSending } from './keepSending.ts';
import { keepWatching } from './keepWatching.ts';
import { probeJob, probeSettings } from './probes.ts';
import { takeTelemetry } from './takeTelemetry.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** Seconds between scrapes. */
export const SCRAPE = 5;

/** Bounds that are reached here, so that what is beyond them shows. */
const TIGHT = {
  OPENQOE_JOURNAL_CHECKPOINT_INTERVAL: '5s',
  OPENQOE_LIMITS_BUDGETS_ASSET_ID: '6',
  OPENQOE_HISTORY_MAX_VALUES: '2',
  OPENQOE_HISTORY_MAX_STREAMS: '1',
  OPENQOE_SLO_MAX_GROUPS: '2',
  OPENQOE_OTLP_MAX_SPANS: '8',
};

export interface Stage {
  prometheus: Prometheus;
  stop(): Promise<void>;
}

export async function openStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'openqoe-dashboards-'));
  const stops: (() => Promise<void> | void)[] = [() => rmSync(folder, { recursive: true })];
  const stop = async () => {
    for (const end of stops.reverse()) await end();
  };
  try {
    const receiver = await runPrometheus('global: {}', '--web.enable-remote-write-receiver');
    stops.push(() => receiver.stop());
    const telemetry = await takeTelemetry();
    stops.push(() => telemetry.stop());
    const core = await startGateway(['demo', '--viewers', '60', '--no-monitoring'], join(folder, 'core'), {
      ...TIGHT,
      ...TIGHT_RECEIVER,
      OPENQOE_OTLP_ENDPOINT: telemetry.origin,
      OPENQOE_REMOTE_WRITE_URL: `${receiver.origin}/api/v1/write`,
      OPENQOE_SLO_DIR: copyObjectives(folder),
    });
    stops.push(() => core.stop());
    stops.push(keepWatching(core));
    stops.push(keepReporting(core));
    const edge = await startEdge(core, folder);
    stops.push(() => edge.stop());
    stops.push(keepSending(core, edge, () => makeCertificate(folder)));
    const targets = [core, edge].map(({ internalUrl }) => `'${new URL(internalUrl).host}'`);
    const prometheus = await runPrometheus(
      `global: {scrape_interval: ${SCRAPE}s, evaluation_interval: 5s}
rule_files: [${copyRules(folder).join(', ')}]
scrape_configs:
  - job_name: openqoe
    static_configs: [{targets: [${targets}]}]
${await probeJob(core, edge)}`,
      '--enable-feature=exemplar-storage',
    );
    stops.push(() => prometheus.stop());
    return { prometheus, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function startEdge(core: Gateway, folder: string): Promise<Gateway> {
  const [cert, key] = makeCertificate(folder);
  const words = ['serve', '--role', 'edge', '--upstream', core.publicUrl, '--pop', 'fra1'];
  return startGateway(words, join(folder, 'edge'), {
    ...probeSettings(core),
    OPENQOE_TLS_CERT: cert,
    OPENQOE_TLS_KEY: key,
  });
}

/** A certificate and its key; the second time they are new ones in the same files. */
function makeCertificate(folder: string): [string, string] {
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
  const words = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=localhost'.split(' ');
  execFileSync('openssl', ['req', '-x509', ...words, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return [cert, key];
}

/** The objectives that come with OpenQoE, and one of which there are more groups than there is room for. */
function copyObjectives(folder: string): string {
  const [from, to] = [join(ROOT, 'slo/templates'), join(folder, 'slo')];
  mkdirSync(to);
  for (const file of readdirSync(from)) copyFileSync(join(from, file), join(to, file));
  writeFileSync(
    join(to, 'by-cdn.yaml'),
    `apiVersion: openqoe.dev/v1
kind: PlaybackSLO
metadata: {name: startup-by-cdn}
spec: {indicator: startup-time, threshold: 3s, target: 0.99, window: 30d, group_by: [cdn]}
`,
  );
  return to;
}

/** Rules a user would load, alerts and objectives, as copies evaluated every five seconds: nobody waits five minutes here. */
function copyRules(folder: string): string[] {
  const folders = ['deploy/compose', 'deploy/prometheus'].map((name) => join(ROOT, name));
  const files = folders.flatMap((from) => readdirSync(from).map((file) => join(from, file)));
  const rules = files
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => readFileSync(file, 'utf8'))
    .filter((text) => /^groups:/m.test(text));
  return rules.map((text, number) => {
    const copy = join(folder, `rules-${number}.yaml`);
    writeFileSync(copy, text.replace(/^( *interval:).*$/gm, '$1 5s'));
    return `'${copy}'`;
  });
}
