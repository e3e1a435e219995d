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

/** Reports every request as a download. `loader` tells for which of its loaders VHS fetches a segment. */
export function watchRequests(vhs: Vhs, report: Report, loader: () => string): () => void {
  return standBefore(vhs, 'xhr', ({ requestType = '' }) => {
    const kind = kindOf(requestType, loader());
    const start = performance.now();
    const since = () => Math.round(performance.now() - start);
    let ttfb: number | undefined;
    return (request) => {
      request.addEventListener('readystatechange', () => {
        if (request.readyState > 1) ttfb ??= since();
      });
      request.addEventListener('loadend', async ({ loaded }) => {
        const duration = since();
        // What it was aborted for is known a moment later.
        await undefined;
        if (request.status >= 200 && request.status < 300)
          report({ type: 'download', kind, bytes: loaded, ttfb_ms: ttfb, duration_ms: duration });
        else if (!request.aborted || request.timedout) {
          report({ type: 'download', kind, failed: true });
          // VHS tries another playlist, for a while or for good; the player tells when it gives up.
          report({ type: 'error', code: `${requestType} ${request.status}`, fatal: false });
        }
      });
    };
  });
}

function kindOf(request: string, loader: string): DownloadKind {
  if (/init/.test(request)) return 'init';
  if (/manifest|playlist/.test(request)) return 'manifest';
  if (request !== 'segment') return 'other';
  return loader === 'main' ? 'video' : loader === 'audio' ? loader : 'text';
}
