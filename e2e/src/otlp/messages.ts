// Spans and log records in the JSON form of OTLP, as far as the tests look at them.

export interface KeyValue {
  key: string;
  value: { stringValue?: string; intValue?: string; doubleValue?: number; boolValue?: boolean };
}

export interface Span {
  traceId: string;
  spanId: string;
  /** Empty in a root. */
  parentSpanId: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: KeyValue[];
  status: { code?: number; message?: string } | null;
}

export interface LogRecord {
  timeUnixNano: string;
  severityNumber: number;
  severityText: string;
  body: { stringValue?: string };
  attributes: KeyValue[];
  traceId: string;
  eventName: string;
}

/** An attribute as a text or a number; undefined when it is not there. */
export function attribute(item: { attributes: KeyValue[] }, key: string): string | number | undefined {
  const value = item.attributes.find((pair) => pair.key === key)?.value;
  if (value?.intValue !== undefined) return Number(value.intValue);
  return value?.stringValue ?? value?.doubleValue;
}

/** How long a span lasted, in ms: exactly, for times are whole milliseconds. */
export function duration(span: Span): number {
  return Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n);
}
