// What to break down by next, once a value has been chosen: the path of the media first, then the viewer's side.

const PATH = [
  'cdn',
  'edge_pop',
  'isp',
  'country',
  'device_type',
  'os_family',
  'player_version',
  'asset_id',
  'is_live',
  'content_type',
  'experiment_variant',
  'sdk_version',
];

/** The next attribute of the path after `current` that is known and not held fixed by a filter; `current` where none is left. */
export function nextAttribute(
  current: string,
  filtered: readonly string[],
  known: readonly string[],
): string {
  const at = PATH.indexOf(current);
  const round = [...PATH.slice(at + 1), ...PATH.slice(0, Math.max(at, 0))];
  const rest = [...round, ...known.filter((name) => !PATH.includes(name))];
  return rest.find((name) => name !== current && known.includes(name) && !filtered.includes(name)) ?? current;
}
