// The colours of the timeline, read from the tokens: a canvas knows no custom properties.

import { readColor } from '../../theme/readColor.ts';
import type { Phase } from './timeline.ts';

export const PHASES: readonly Phase[] = [
  'idle',
  'startup',
  'playing',
  'stalled',
  'seeking',
  'paused',
  'ad',
  'ended',
];
export const KINDS = ['video', 'audio', 'text', 'init', 'manifest', 'other'] as const;

/** Tokens of the kinds of downloads, in the order of `KINDS`. */
export const KIND_TOKENS = ['--line-1', '--line-3', '--line-5', '--line-4', '--line-6', '--line-6'] as const;

export interface Palette {
  phases: Record<Phase, string>;
  kinds: Record<string, string>;
  surface: string;
  sunken: string;
  text: string;
  muted: string;
  rule: string;
  accent: string;
  bad: string;
  badSoft: string;
  line: string;
  fill: string;
}

export function readPalette(): Palette {
  const phases = Object.fromEntries(PHASES.map((phase) => [phase, readColor(`--phase-${phase}`)]));
  return {
    phases: phases as Record<Phase, string>,
    kinds: Object.fromEntries(KINDS.map((kind, i) => [kind, readColor(KIND_TOKENS[i] ?? '--line-6')])),
    surface: readColor('--surface'),
    sunken: readColor('--sunken'),
    text: readColor('--text'),
    muted: readColor('--muted'),
    rule: readColor('--rule'),
    accent: readColor('--accent'),
    bad: readColor('--bad'),
    badSoft: readColor('--bad-soft'),
    line: readColor('--line-1'),
    fill: readColor('--accent-soft'),
  };
}
