// The range of the page, as it moves along with the time.
import { useAddress } from '../route/location.ts';
import { useNow } from '../states/useNow.ts';
import { type Range, readRange } from './range.ts';

export function useRange(): Range {
  const now = useNow(15_000);
  return readRange(useAddress().query, now);
}
