// What the address of the page asks for: ?player=hlsjs|html5&autoplay=1&end=SECONDS&scope=ID

export type PlayerName = 'hlsjs' | 'html5';

export interface Query {
  player: PlayerName;
  autoplay: boolean;
  /** Seconds after the page loaded at which the session ends. */
  end: number | undefined;
  /** Selects the faults that belong to this page alone. */
  scope: string;
}

export function readQuery(search: string): Query {
  const query = new URLSearchParams(search);
  const end = Number(query.get('end'));
  const scope = query.get('scope') ?? '';
  return {
    player: query.get('player') === 'html5' ? 'html5' : 'hlsjs',
    autoplay: query.get('autoplay') === '1',
    end: end > 0 ? end : undefined,
    scope: /^[a-z0-9-]{1,64}$/.test(scope) ? scope : Math.random().toString(36).slice(2, 10),
  };
}
