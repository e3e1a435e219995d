// The adapter for Shaka Player. Only types are imported; the numbers are those of its public enums.
// https://shaka-player-demo.appspot.com/docs/api/shaka.Player.html#events

import type shakaPlayer from 'shaka-player';
import type { Adapter, Report, Sample } from '../core/adapter.js';
import type { DownloadKind } from '../core/generated.js';
import { observeElement } from '../media/element.js';
import { listen } from '../media/listen.js';
import { sampleElement } from '../media/sample.js';

type Player = shakaPlayer.Player;
type Track = shakaPlayer.extern.Track;

/** What the events carry that are listened to here. */
interface Told {
  detail: shakaPlayer.extern.Error;
  newTrack: Track;
  requestType: number;
  request: shakaPlayer.extern.Request;
  context?: shakaPlayer.extern.RequestContext;
  response: shakaPlayer.extern.Response;
  error: Told['detail'] | null;
  aborted: boolean;
}

const CRITICAL = 2;
const NETWORK = 1;
const LOAD_INTERRUPTED = 7000;
const MEDIA_SOURCE = 2;
const INIT_SEGMENT = 0;
const MANIFESTS = [0, 12];
/** No live picture is older: what is has no date. */
const DAY_MS = 86_400_000;

/** A `shaka.Player`. Attach it before its `load`: what fails before there is anything to play is told to the caller only. */
export const shaka: Adapter<Player> = {
  name: 'Shaka Player',
  handles(player): player is Player {
    return !!(player as Player | null)?.getVariantTracks;
  },
  attach(player, report) {
    const undo: (() => void)[] = [];
    const letGo: (() => void)[] = [];
    let media: HTMLMediaElement | null = null;
    let mover: 'viewer' | 'player' | undefined;
    let failed = false;
    let shown = 0;
    // By height of the picture. One that is banned for a while is still seen, but no track of the player's.
    const bitrates = new Map<number, number>();
    function on(event: string, listener: (told: Told) => void): void {
      const heard = (event: Event) => listener(event as unknown as Told);
      player.addEventListener(event, heard);
      undo.push(() => player.removeEventListener(event, heard));
    }
    function reportRendition(): void {
      const bitrate = bitrates.get((media as HTMLVideoElement | null)?.videoHeight ?? 0);
      if (bitrate && bitrate !== shown) report({ type: 'rendition', bitrate });
      shown = bitrate || shown;
    }
    const remember = (track: Track) => bitrates.set(track.height ?? 0, Math.round(track.bandwidth));
    // Nothing tells when another picture of the same size is seen, nor when sound is heard.
    const fetching = (told: Told) => {
      remember(told.newTrack);
      reportRendition();
    };
    function reportError({ code }: Told['detail'], fatal: boolean): void {
      // Having given up it may try again by itself, and fail again.
      if (code === LOAD_INTERRUPTED || (fatal && failed)) return;
      failed = failed || fatal;
      report({ type: 'error', code: `${code}`, fatal });
    }
    const reportElement: Report = (event, at) => {
      if (event.type === 'playing') failed = false;
      if (event.type === 'seek_start') mover ??= 'viewer';
      // Shaka tells of the element's errors too, unless it recovers from them. A gap is jumped for no wish of the viewer's.
      if (event.type !== 'error' && (mover !== 'player' || !/^seek/.test(event.type))) report(event, at);
    };
    const move = (by?: typeof mover) => () => {
      mover = by && (mover ?? by);
    };
    const observe = () => {
      if (media === player.getMediaElement()) return;
      for (const off of letGo.splice(0)) off();
      media = player.getMediaElement();
      if (!media) return;
      letGo.push(
        observeElement(media, reportElement, () => player.seekRange().end),
        listen(media, { resize: reportRendition, seeked: move(), emptied: move() }),
      );
    };

    observe();
    // A player that lets go of its media still has the tracks of it.
    if (player.getLoadMode() === MEDIA_SOURCE) {
      // Of several of one size the active one comes last.
      for (const track of player.getVariantTracks().sort((a, b) => +a.active - +b.active)) remember(track);
      reportRendition();
    }
    // Told right before the element is known.
    on('onstatechange', () => Promise.resolve().then(observe));
    on('adaptation', fetching);
    on('variantchanged', fetching);
    on('gapjumped', move('player'));
    on('stalldetected', move('player'));
    on('downloadcompleted', (told) => {
      const { data, timeMs: duration_ms } = told.response;
      const ttfb_ms = told.request.timeToFirstByte ?? undefined;
      report({ type: 'download', kind: kindOf(told), bytes: data.byteLength, ttfb_ms, duration_ms });
    });
    on('downloadfailed', (told) => {
      // The others were called off, or never made: no attempts are left.
      if (told.aborted || told.error?.category === NETWORK)
        report({ type: 'download', kind: kindOf(told), failed: true });
    });
    on('error', async ({ detail }) => {
      // Right after this event Shaka makes it recoverable if it goes on by itself, as it does on live streams.
      await Promise.resolve();
      // What it cannot fetch while there is no network it fetches as soon as there is.
      const waits = detail.handled || (detail.category === NETWORK && !navigator.onLine);
      reportError(detail, detail.severity === CRITICAL && !waits);
    });
    const { load } = player;
    const watched: typeof load = (...args) =>
      load.apply(player, args).catch((error) => {
        reportError(error, true);
        throw error;
      });
    player.load = watched;
    return {
      playerVersion: `Shaka Player ${(player.constructor as typeof shakaPlayer.Player).version?.slice(1)}`,
      sample: () => (media ? { ...sampleElement(media), ...latency(player) } : {}),
      detach() {
        for (const off of [...letGo, ...undo]) off();
        if (player.load === watched) player.load = load;
      },
    };
  },
};

function kindOf({ requestType, context }: Told): DownloadKind {
  if (MANIFESTS.includes(requestType)) return 'manifest';
  const { type, stream } = context ?? {};
  if (!stream || !/video|audio|text/.test(stream.type)) return 'other';
  return type === INIT_SEGMENT ? 'init' : (stream.type as DownloadKind);
}

function latency(player: Player): Sample {
  const ms = Date.now() - Number(player.isLive() && player.getPlayheadTimeAsDate());
  return ms < 0 || ms > DAY_MS ? {} : { latency_ms: ms, latency_clock: 'player' };
}
