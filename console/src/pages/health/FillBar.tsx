// How full something with a limit is.

interface Props {
  /** 0 to 1; `null`: it has no limit. */
  fill: number | null;
  label: string;
}

const HIGH = 0.8;

export function FillBar({ fill, label }: Props) {
  const share = Math.max(0, Math.min(1, fill ?? 0));
  const kind = share >= 1 ? 'full' : share >= HIGH ? 'high' : 'fine';
  return (
    <svg
      class={`fill-bar ${kind}`}
      viewBox="0 0 100 8"
      preserveAspectRatio="none"
      role="img"
      aria-label={label}
    >
      <rect class="whole" width="100" height="8" />
      <rect class="used" width={share * 100} height="8" />
    </svg>
  );
}
