// Why a session is bad, in words.

const REASONS: Record<string, string> = {
  failed: 'failed',
  exit_before_start: 'left before the start',
  rebuffering: 'rebuffering',
  slow_start: 'slow start',
  errors: 'errors',
  dropped_frames: 'dropped frames',
  low_bitrate: 'low bitrate',
};

/** Reasons the console does not know yet are shown as they are. */
export function describeReasons(reasons: readonly string[]): string {
  return reasons.map((reason) => REASONS[reason] ?? reason.replaceAll('_', ' ')).join(', ');
}
