// Chooses the range of time.
import { formatMoment } from '../figures/formatTime.ts';
import { setParameters } from '../route/location.ts';
import { DEFAULT_RANGE, RANGES, type Range } from './range.ts';

export function RangeSelect({ range }: { range: Range }) {
  const choose = (name: string) =>
    setParameters({
      range: name === DEFAULT_RANGE ? undefined : name,
      from: undefined,
      to: undefined,
      after: undefined,
    });
  return (
    <fieldset class="choice" aria-label="Range of time">
      {range.name === undefined && range.to !== undefined && (
        <button type="button" aria-pressed="true">
          {formatMoment(range.from)} – {formatMoment(range.to)}
        </button>
      )}
      {RANGES.map(([name, title]) => (
        <button key={name} type="button" aria-pressed={range.name === name} onClick={() => choose(name)}>
          {title}
        </button>
      ))}
    </fieldset>
  );
}
