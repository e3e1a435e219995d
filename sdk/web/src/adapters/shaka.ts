// The adapter for Shaka Player. Only types are imported; numbers are those of its public enums.
// https://shaka-player-demo.appspot.com/docs/api/shaka.Player.html#events

import type shakaPlayer from 'shaka-player';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import type { DownloadKind } from '../core/generated.js';
import { observeElement } from '../media/element.js';
import { listen } from '../media/listen.js';
import { sampleElement } from '../media/sample.js';

type Player = shakaPlayer.Player;
type Failure = shakaPlayer.extern.Error;

/** What the events carry that are listened to here. */
interface Told {
  detail: Failure;
  mediaQuality: shakaPlayer.extern.MediaQualityInfo;
  requestType: number;
  request: shakaPlayer.extern.Request;
  context?: shakaPlayer.extern.RequestContext;
  response: shakaPlayer.extern.Response;
  error: Failure | null;
  aborted: boolean;
}

const CRITICAL = 2;
const NETWORK = 1;
const LOAD_INTERRUPTED = 7000;
const OPERATION_ABORTED = 7001;
const SEGMENT = 1;
/** No live picture is older; what is has no date. */
const DAY_MS = 86_400_000;

export const shaka: Adapter<Player> = {
  name: 'Shaka Player',
  handles(player): player is Player {
    const shaka = player as Player | null;
    return !!(shaka?.getMediaElement && shaka.getVariantTracks);
  },
  attach(player, report) {
    const undo: (() => void)[] = [];
    let media: HTMLMediaElement | null = null;
    let letGo = () => {};
    let mover: 'viewer' | 'player' | undefined;
    let told: Failure | undefined;

    function on(event: string, listener: (told: Told) => void): void {
      const heard = (event: Event) => listener(event as unknown as Told);
      player.addEventListener(event, heard);
      undo.push(() => player.removeEventListener(event, heard));
    }
    function reportRendition(isShown: (track: shakaPlayer.extern.Track) => boolean): void {
      const tracks = player.getVariantTracks();
      const active = tracks.find((track) => track.active);
      const shown = tracks.filter(isShown);
      // Every picture comes with every sound.
      const track = shown.find(({ audioId }) => audioId === active?.audioId) ?? shown[0];
      if (track?.bandwidth) report({ type: 'rendition', bitrate: Math.round(track.bandwidth) });
    }
    function reportError(error: Failure, fatal: boolean): void {
      if (error === told || error.code === LOAD_INTERRUPTED) return;
      told = error;
      report({ type: 'error', code: `${error.code}`, fatal });
    }
    const byHeight = () => {
      const height = (media as HTMLVideoElement).videoHeight;
      reportRendition((track) => track.height === height && height > 0);
    };
    const reportElement: Report = (event, at) => {
      // Shaka tells of the element's errors too, unless it recovers from them.
      if (event.type === 'error') return;
      if (event.type === 'seek_start') mover ??= 'viewer';
      // To jump a gap is no wish of the viewer's.
      if (mover === 'player' && /^seek/.test(event.type)) return;
      report(event, at);
    };
    const observe = () => {
      if (media === player.getMediaElement()) return;
      letGo();
      letGo = () => {};
      media = player.getMediaElement();
      if (!media) return;
      const arrived = () => {
        mover = undefined;
      };
      const startsAt = () => (player.isLive() ? player.seekRange().end : null);
      const undoMedia = [
        observeElement(media, reportElement, startsAt),
        listen(media, { resize: byHeight, seeked: arrived, emptied: arrived }),
      ];
      letGo = () => {
        for (const undoOne of undoMedia) undoOne();
      };
      byHeight();
    };

    observe();
    // Told right before the element is known.
    on('onstatechange', () => Promise.resolve().then(observe));
    const jumped = () => {
      mover ??= 'player';
    };
    on('gapjumped', jumped);
    on('stalldetected', jumped);
    on('downloadcompleted', (done) => report({ type: 'download', kind: kindOf(done), ...measure(done) }));
    on('downloadfailed', (failed) => {
      if (failed.error?.code !== OPERATION_ABORTED || failed.aborted)
        report({ type: 'download', kind: kindOf(failed), failed: true });
    });
    on('error', async ({ detail }) => {
      // Shaka makes it recoverable when it goes on by itself, right after it told so.
      await undefined;
      const retries = detail.handled || (detail.category === NETWORK && !navigator.onLine);
      reportError(detail, detail.severity === CRITICAL && !retries);
    });
    // What fails before playback is told to nobody but the caller.
    const { load } = player;
    const watched = async (...args: Parameters<Player['load']>) => {
      try {
        return await load.apply(player, args);
      } catch (error) {
        reportError(error as Failure, true);
        throw error;
      }
    };
    player.load = watched;

    return {
      playerVersion: `Shaka Player ${(player.constructor as typeof shakaPlayer.Player).version?.slice(1)}`,
      sample: () => (media ? { ...sampleElement(media), ...latency(player) } : {}),
      detach() {
        letGo();
        for (const off of undo) off();
        if (player.load === watched) player.load = load;
      },
    };
  },
};

function kindOf({ requestType, context }: Told): DownloadKind {
  if (requestType === 0 || requestType === 12) return 'manifest';
  if (requestType !== SEGMENT) return 'other';
  if (context?.type === 0) return 'init';
  const type = context?.stream?.type;
  return type === 'video' || type === 'audio' || type === 'text' ? type : 'other';
}

function measure({ request, response }: Told) {
  const { requestStartTime: since, timeToFirstByte } = request;
  return {
    bytes: response.data.byteLength,
    ttfb_ms: timeToFirstByte ?? undefined,
    duration_ms: since ? Math.max(0, Date.now() - since) : undefined,
  };
}

function latency(player: Player): Sample {
  const shown = player.isLive() && player.getPlayheadTimeAsDate();
  const ms = shown ? Date.now() - +shown : -1;
  if (ms < 0 || ms > DAY_MS) return {};
  return { latency_ms: ms, latency_clock: 'player' };
}
