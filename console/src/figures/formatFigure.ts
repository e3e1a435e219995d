// Numbers with their units, for readers: the one place that knows how a ratio or a bitrate is written.
import type { KpiAbout } from '../api/generated.ts';

export type Unit = KpiAbout['unit'] | 'milliseconds' | 'bytes' | 'percent_of_usual' | 'times';

/** What stands where there is no value. */
export const NO_VALUE = '–';

/** `0.0123, 'ratio'` is `1.23 %`; what is no number is an en dash. Three digits tell, more pretend. */
export function formatFigure(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NO_VALUE;
  return FORMATS[unit](value).replace('-', '−');
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

/** Three digits that tell, without a group or an exponent. */
export function formatDigits(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size >= 1000) return formatCount(value);
  const decimals = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 ? 2 : 4;
  return trimZeros(value.toFixed(decimals));
}

/** A ratio as percent: small ones keep more digits, since 0.02 % and 0.04 % of errors differ by half. */
function formatShare(value: number): string {
  const percent = value * 100;
  const size = Math.abs(percent);
  if (size > 0 && size < 0.001) return value < 0 ? '>-0.001' : '<0.001';
  return trimZeros(percent.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : 3));
}

function formatSeconds(value: number): string {
  const size = Math.abs(value);
  if (size < 1) return `${formatDigits(value * 1000)} ms`;
  if (size < 60) return `${trimZeros(value.toFixed(size < 10 ? 2 : 1))} s`;
  return formatDuration(value);
}

/** Seconds as the two largest units that tell: `1 h 5 min`, `2 d 3 h`. */
export function formatDuration(seconds: number): string {
  const whole = Math.round(Math.abs(seconds));
  const steps: [number, string, number, string][] = [
    [86_400, 'd', 3600, 'h'],
    [3600, 'h', 60, 'min'],
    [60, 'min', 1, 's'],
  ];
  for (const [size, unit, below, small] of steps) {
    if (whole < size) continue;
    const rest = Math.floor((whole % size) / below);
    const text = `${Math.floor(whole / size)} ${unit}`;
    return `${seconds < 0 ? '-' : ''}${rest > 0 ? `${text} ${rest} ${small}` : text}`;
  }
  return `${seconds < 0 ? '-' : ''}${whole} s`;
}

/** Counts up to 99,999 are exact, larger ones have three digits. */
export function formatCount(value: number): string {
  if (Math.abs(value) < 10) return trimZeros(value.toFixed(2));
  if (Math.abs(value) < 100_000) return Math.round(value).toLocaleString('en-GB').replaceAll(',', '\u202f');
  return scale(value, 1000, ['', 'k', 'M', 'G', 'T']);
}

function scale(value: number, base: number, units: readonly string[]): string {
  let [scaled, step] = [value, 0];
  while (Math.abs(scaled) >= base && step < units.length - 1) {
    scaled /= base;
    step += 1;
  }
  const text = step === 0 && Math.abs(scaled) >= 1 ? String(Math.round(scaled)) : formatDigits(scaled);
  return `${text} ${units[step] ?? ''}`.trim();
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
