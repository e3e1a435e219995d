// Numbers with their units, for readers: the one place that knows how a ratio or a bitrate is written.
import type { KpiAbout } from '../api/generated.ts';

export type Unit = KpiAbout['unit'] | 'milliseconds' | 'bytes' | 'percent_of_usual' | 'times';

// Made once: making one takes longer than formatting a page with it.
const GROUPED = new Intl.NumberFormat('en-GB', { maximumFractionDigits: 0 });

/** What stands where there is no value. */
export const NO_VALUE = '–';

/**
 * `0.0123, 'ratio'` is `1.23 %`; what is no number is an en dash. Three digits tell, more pretend. Zeros at the end stay, for
 * figures stand below each other.
 */
export function formatFigure(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  return FORMATS[unit](value).replace('-', '−');
}

/** A round number where figures are marks on an axis, or an aim: `2 s`, `99.5 %`; nothing has no unit. */
export function formatRound(value: number, unit: Unit): string {
  return value === 0
    ? '0'
    : formatFigure(value, unit).replace(/\.?0+(?= |$|×)/, (zeros) => (zeros.startsWith('.') ? '' : zeros));
}

const FORMATS: Record<Unit, (value: number) => string> = {
  ratio: (value) => `${formatShare(value)} %`,
  seconds: formatSeconds,
  milliseconds: (value) => formatSeconds(value / 1000),
  bits_per_second: (value) => scale(value, 1000, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s']),
  bytes: (value) => scale(value, 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']),
  per_hour: (value) => `${formatDigits(value)} /h`,
  per_second: (value) => `${formatDigits(value)} /s`,
  count: formatCount,
  percent_of_usual: (value) => `${formatDigits(value * 100)} %`,
  times: (value) => `${formatDigits(value)}×`,
};

/** Three digits that tell, without an exponent. */
export function formatDigits(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return formatCount(value);
  if (size === 0) return '0';
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3);
}

/** A ratio as percent: small ones keep more digits, since 0.02 % and 0.04 % of errors differ by half. */
function formatShare(value: number): string {
  const size = Math.abs(value * 100);
  if (size > 0 && size < 0.001) return value < 0 ? '>-0.001' : '<0.001';
  return formatDigits(value * 100);
}

function formatSeconds(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0 ms';
  if (size < 1) return `${formatDigits(value * 1000)} ms`;
  return size < 60 ? `${formatDigits(value)} s` : formatDuration(value);
}

/** Seconds as the two largest units that tell: `1 h 5 min`, `2 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const sign = seconds < 0 ? '-' : '';
  const steps: [number, string, number, string][] = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ];
  for (const [size, unit, below, small] of steps) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / below);
    const text = `${sign}${Math.floor(whole / size)} ${unit}`;
    return rest > 0 ? `${text} ${rest} ${small}` : text;
  }
  return `${sign}${whole} s`;
}

/** Counts up to 99,999 are exact, larger ones have three digits. */
export function formatCount(value: number): string {
  const size = Math.abs(value);
  if (!Number.isInteger(value) && size < 100) return formatDigits(value);
  if (size < 100_000) return formatExact(value);
  return scale(value, 1000, ['', 'k', 'M', 'G', 'T']);
}

/** A count to the last one, for books that must balance. */
export function formatExact(value: number): string {
  return GROUPED.format(Math.round(value)).replaceAll(',', '\u202f').replace('-', '−');
}

function scale(value: number, base: number, units: readonly string[]): string {
  let [scaled, step] = [value, 0];
  while (Math.abs(scaled) >= base && step < units.length - 1) {
    scaled /= base;
    step += 1;
  }
  const text = step === 0 ? String(Math.round(scaled)) : formatDigits(scaled);
  return `${text} ${units[step] ?? ''}`.trim();
}
