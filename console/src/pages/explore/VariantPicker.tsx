// Two variants of an experiment become the two cohorts.

import { useAnswer } from '../../api/useAnswer.ts';
import { setParameters } from '../../route/location.ts';
import type { ExplorePart } from './ExplorePage.tsx';

export function VariantPicker({ tenant, query, range }: ExplorePart) {
  const experiments = useAnswer('values', { tenant, attribute: 'experiment_id', from: range.from });
  const variants = useAnswer('values', { tenant, attribute: 'experiment_variant', from: range.from });
  const names = (variants.value?.values ?? []).map(({ value }) => value).filter((value) => value !== '');
  const ids = (experiments.value?.values ?? []).map(({ value }) => value).filter((value) => value !== '');
  if (names.length < 2) return null;
  const held = (cohort: readonly string[], attribute: string) =>
    cohort.find((filter) => filter.startsWith(`${attribute}:`))?.slice(attribute.length + 1) ?? '';
  const experiment = held(query.a, 'experiment_id') || held(query.b, 'experiment_id');
  const put = (cohort: 'a' | 'b', variant: string, id = experiment) => {
    const others = query[cohort].filter((filter) => !/^experiment_(id|variant):/.test(filter));
    const own = variant === '' ? [] : [`experiment_variant:${variant}`];
    return { [cohort]: [...others, ...(id ? [`experiment_id:${id}`] : []), ...own] };
  };
  return (
    <div class="variants">
      {ids.length > 1 && (
        <label>
          Experiment
          <select
            value={experiment}
            onChange={(event) => {
              const id = event.currentTarget.value;
              setParameters({
                ...put('a', held(query.a, 'experiment_variant'), id),
                ...put('b', held(query.b, 'experiment_variant'), id),
              });
            }}
          >
            <option value="">any</option>
            {ids.map((id) => (
              <option key={id}>{id}</option>
            ))}
          </select>
        </label>
      )}
      {(['a', 'b'] as const).map((cohort) => (
        <label key={cohort}>
          Variant {cohort.toUpperCase()}
          <select
            data-variant={cohort}
            value={held(query[cohort], 'experiment_variant')}
            onChange={(event) => setParameters(put(cohort, event.currentTarget.value))}
          >
            <option value="">—</option>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ))}
    </div>
  );
}
