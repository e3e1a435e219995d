// How a session ended, in words.

import type { Session } from '../../api/generated.ts';

const ENDS: Record<string, string> = {
  finished: 'played to the end',
  stopped: 'stopped by the viewer',
  content_change: 'other content chosen',
  page_hide: 'page left',
  error: 'failed',
  timeout: 'fell silent',
};

export function describeEnd({ is_live: isLive, figures }: Pick<Session, 'is_live' | 'figures'>): string {
  if (isLive) return 'playing';
  const { view_end: end, error_code: code } = figures;
  if (end === undefined) return 'ended';
  return end === 'error' && code ? `failed: ${code}` : (ENDS[end] ?? end.replaceAll('_', ' '));
}
