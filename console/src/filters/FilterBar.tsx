// The filters of a page as chips, and the way to add one. A click on a chip turns it into its opposite.

import { useState } from 'preact/hooks';
import type { About } from '../api/generated.ts';
import { addFilter, describeFilter, type Filter, formatFilter, parseFilter } from './filter.ts';
import { ValuePicker } from './ValuePicker.tsx';

interface Props {
  about: About;
  tenant: string;
  /** Epoch ms: values of sessions since then are suggested. */
  from: number;
  /** What is filtered, for who listens. */
  title: string;
  /** What stands before the chips; the title unless told. */
  label?: string;
  filters: readonly string[];
  onChange(filters: string[]): void;
}

export function FilterBar({ about, tenant, from, title, label = title, filters, onChange }: Props) {
  const [isAdding, setAdding] = useState(false);
  const add = (filter: Filter) => {
    setAdding(false);
    onChange(addFilter(filters, filter));
  };
  const without = (gone: string) => filters.filter((filter) => filter !== gone);
  return (
    <div class="filter-bar">
      <ul aria-label={title}>
        {label && <li class="filter-title">{label}</li>}
        {filters.map((text) => {
          const filter = parseFilter(text);
          const words = filter ? describeFilter(filter) : text;
          const turned = filter && formatFilter({ ...filter, excluded: !filter.excluded });
          return (
            <li key={text} class={`chip ${filter?.excluded ? 'is-excluded' : ''}`}>
              <button
                type="button"
                title="Turn into the opposite"
                onClick={() => onChange(filters.map((other) => (other === text && turned ? turned : other)))}
              >
                {words}
              </button>
              <button type="button" aria-label={`Remove ${words}`} onClick={() => onChange(without(text))}>
                ×
              </button>
            </li>
          );
        })}
        <li>
          <button type="button" class="button" aria-expanded={isAdding} onClick={() => setAdding(!isAdding)}>
            + Filter
          </button>
        </li>
        {filters.length > 1 && (
          <li>
            <button type="button" class="button" onClick={() => onChange([])}>
              Clear
            </button>
          </li>
        )}
      </ul>
      {isAdding && (
        <ValuePicker
          about={about}
          tenant={tenant}
          from={from}
          onPick={add}
          onClose={() => setAdding(false)}
        />
      )}
    </div>
  );
}
