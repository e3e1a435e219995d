// What the address of the page asks for: ?player=NAME&autoplay=1&muted=0&preload=1&live=1&start=SECONDS&end=SECONDS
// &asset=missing&adapter=html5&heartbeat=MS&cmcd=1&scope=ID

export const PLAYERS = ['hlsjs', 'dashjs', 'shaka', 'videojs', 'html5'] as const;
export type PlayerName = (typeof PLAYERS)[number];

/** What is played: the ladder, or something that is not there. */
export type AssetName = 'ladder' | 'missing';

export interface Query {
  player: PlayerName;
  asset: AssetName;
  live: boolean;
  autoplay: boolean;
  /** Whether the source is handed over when the page loads, and not when somebody presses play. */
  preload: boolean;
  /** Whether it starts without sound; undefined: only when nobody pressed play. */
  muted: boolean | undefined;
  /** Seconds of media at which playback starts. */
  start: number | undefined;
  /** Seconds after the page loaded at which the session ends. */
  end: number | undefined;
  /** Whether the SDK is told of the element on the screen instead of the player. */
  elementOnly: boolean;
  heartbeatMs: number | undefined;
  /** Whether the player reports by itself too, in CMCD's event mode. */
  cmcd: boolean;
  /** Selects the faults that belong to this page alone. */
  scope: string;
}

export function readQuery(search: string): Query {
  const query = new URLSearchParams(search);
  const flag = (name: string) => query.get(name) === '1';
  const amount = (name: string) => Number(query.get(name)) || undefined;
  const scope = query.get('scope') ?? '';
  const player = PLAYERS.find((name) => name === query.get('player')) ?? 'hlsjs';
  return {
    player,
    asset: query.get('asset') === 'missing' ? 'missing' : 'ladder',
    // A file that grows is nothing the element alone can play.
    live: flag('live') && player !== 'html5',
    autoplay: flag('autoplay'),
    preload: flag('preload'),
    muted: query.has('muted') ? flag('muted') : undefined,
    start: amount('start'),
    end: amount('end'),
    elementOnly: query.get('adapter') === 'html5',
    heartbeatMs: amount('heartbeat'),
    cmcd: flag('cmcd'),
    scope: /^[a-z0-9-]{1,64}$/.test(scope) ? scope : Math.random().toString(36).slice(2, 10),
  };
}
