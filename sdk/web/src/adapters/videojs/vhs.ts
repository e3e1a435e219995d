// What VHS fetches. Its hooks are no place to listen: one of the player's own makes it forget those the page has set for
// all players.
// https://github.com/videojs/http-streaming#vhsxhr

import type { Report } from '../../core/adapter.js';
import type { DownloadKind } from '../../core/generated.js';
import { standBefore } from './stand-before.js';

export interface Vhs {
  xhr(options: { requestType?: string }, then: unknown): Request;
}
type Request = XMLHttpRequest & { aborted?: boolean; timedout?: boolean };

/** Reports every request. `loader` tells for which of its loaders VHS fetches a segment. */
export function watchRequests(vhs: Vhs, report: Report, loader: () => string): () => void {
  return standBefore(vhs, 'xhr', ({ requestType = '' }) => {
    const kind = kindOf(requestType, loader());
    const start = performance.now();
    const since = () => Math.round(performance.now() - start);
    let ttfb: number | undefined;
    let status = 0;
    return (request) => {
      request.addEventListener('readystatechange', () => {
        if (request.readyState < 2) return;
        ttfb ??= since();
        // Nothing is left of it where VHS aborts what came to nothing.
        status ||= request.status;
      });
      request.addEventListener('loadend', async ({ loaded }) => {
        // What it was aborted for is known a moment later.
        await undefined;
        if (status > 399 || request.timedout || !(status || request.aborted)) {
          report({ type: 'download', kind, failed: true });
          // VHS tries another playlist, and leaves this one alone for a while.
          report({ type: 'error', code: `${requestType} ${status}`, fatal: false });
        } else if (!request.aborted)
          report({ type: 'download', kind, bytes: loaded, ttfb_ms: ttfb, duration_ms: since() });
      });
    };
  });
}

function kindOf(request: string, loader: string): DownloadKind {
  if (/init/.test(request)) return 'init';
  if (/list$|fest$/.test(request)) return 'manifest';
  if (request !== 'segment') return 'other';
  return loader === 'main' ? 'video' : loader === 'audio' ? loader : 'text';
}
