// A choice of few, all of them on the screen.

interface Props<T extends string> {
  label: string;
  options: readonly { value: T; title: string }[];
  value: T;
  onChange(value: T): void;
}

export function Choice<T extends string>({ label, options, value, onChange }: Props<T>) {
  return (
    <fieldset class="choice" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
        >
          {option.title}
        </button>
      ))}
    </fieldset>
  );
}
