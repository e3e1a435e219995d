// OpenTelemetry of others for the stage: metrics that are counted, repeated and refused, spans and log records that are passed on.
import type { Gateway } from '../gateway.ts';

/** Bounds of the receiver that are reached here, so that what is beyond them shows. */
export const TIGHT_RECEIVER = {
  OPENQOE_OTLP_RECEIVER_MAX_STREAMS: '8',
  OPENQOE_OTLP_RECEIVER_MAX_VALUES: '4',
};

/** Reports each second, each time with a label nobody had before; returns what ends that. */
export function keepReporting({ publicUrl }: Gateway): () => Promise<void> {
  let isOn = true;
  const began = Date.now();
  const reporting = (async () => {
    for (let round = 0; isOn; round++) {
      await post(`${publicUrl}/v1/metrics`, metrics(began, round));
      // The same again: every cumulative point of it is repeated.
      await post(`${publicUrl}/v1/metrics`, metrics(began, round));
      await post(`${publicUrl}/v1/traces`, spans(round));
      await post(`${publicUrl}/v1/logs`, records());
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  })();
  // Said when it is ended, not in the middle of a test.
  reporting.catch(() => undefined);
  return async () => {
    isOn = false;
    await reporting;
  };
}

async function post(url: string, message: object): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(url, { method: 'POST', headers, body: JSON.stringify(message) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}

const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const resource = { attributes: [attribute('service.name', 'relay'), attribute('service.instance.id', '1')] };
const nanos = (ms: number) => `${ms}000000`;

function metrics(began: number, round: number): object {
  const times = { startTimeUnixNano: nanos(began), timeUnixNano: nanos(began + 1000 * (round + 1)) };
  const point = { ...times, asInt: `${round + 1}`, attributes: [attribute('track', 'video')] };
  const other = { ...point, attributes: [attribute('track', `track-${round}`)] };
  const sum = { aggregationTemporality: 2, isMonotonic: true, dataPoints: [point, other] };
  const all = [
    { name: 'relay_objects', sum },
    { name: 'openqoe_not_yours', sum },
  ];
  return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics: all }] }] };
}

function spans(round: number): object {
  const [traceId, spanId] = [(round + 1).toString(16).padStart(32, '0'), '00000000000000a1'];
  const times = { startTimeUnixNano: nanos(Date.now() - 20), endTimeUnixNano: nanos(Date.now()) };
  const span = { traceId, spanId, name: 'subscribe', kind: 2, ...times, attributes: [], status: {} };
  return { resourceSpans: [{ resource, scopeSpans: [{ spans: [span] }] }] };
}

function records(): object {
  const record = { timeUnixNano: nanos(Date.now()), severityNumber: 9, body: { stringValue: 'subscribed' } };
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] };
}
