// Picks a value of an attribute out of those that sessions report, the most frequent first.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { About } from '../api/generated.ts';
import { useAnswer } from '../api/useAnswer.ts';
import { formatCount } from '../figures/formatFigure.ts';
import { moveFocus } from '../shell/moveFocus.ts';
import { AnswerNotice } from '../states/Notice.tsx';
import type { Filter } from './filter.ts';
import { filterable } from './filterable.ts';

interface Props {
  about: About;
  tenant: string;
  from: number;
  onPick(filter: Filter): void;
  onClose(): void;
}

export function ValuePicker({ about, tenant, from, onPick, onClose }: Props) {
  const attributes = filterable(about);
  const [attribute, setAttribute] = useState(attributes.includes('cdn') ? 'cdn' : (attributes[0] ?? ''));
  const [text, setText] = useState('');
  const [since] = useState(from);
  const first = useRef<HTMLSelectElement>(null);
  useEffect(() => first.current?.focus(), []);
  const answer = useAnswer('values', { tenant, attribute, from: since });
  const values = answer.value?.attribute === attribute ? answer.value.values : [];
  const shown = values.filter(({ value }) => value.toLowerCase().includes(text.toLowerCase()));
  const keys = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return moveFocus(event);
    event.stopPropagation();
    onClose();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const value = shown[0]?.value ?? text.trim();
    if (value !== '') onPick({ attribute, value, excluded: false });
  };
  return (
    <form class="value-picker panel" onSubmit={submit} onKeyDown={keys}>
      <label>
        Attribute
        <select ref={first} value={attribute} onChange={(event) => setAttribute(event.currentTarget.value)}>
          {attributes.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <label>
        Value
        <input
          type="text"
          value={text}
          placeholder="search"
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </label>
      <AnswerNotice answer={answer} what="values" />
      <ul aria-label={`Values of ${attribute}`}>
        {shown.map(({ value, sessions }) => (
          <li key={value}>
            <button type="button" data-row onClick={() => onPick({ attribute, value, excluded: false })}>
              <span>{value === '' ? '(not reported)' : value}</span>
              <span class="muted">{formatCount(sessions)}</span>
            </button>
          </li>
        ))}
        {answer.value && shown.length === 0 && <li class="muted">No session reports such a value.</li>}
      </ul>
    </form>
  );
}
