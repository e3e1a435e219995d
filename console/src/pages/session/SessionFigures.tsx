// What the session came to: each figure with its meaning, and the way to the same figure of all sessions.

import type { Session } from '../../api/generated.ts';
import { formatFigure } from '../../figures/formatFigure.ts';
import { linkTo } from '../../route/location.ts';
import { FIGURES } from './figureList.ts';

export function SessionFigures({ session }: { session: Session }) {
  const { figures, attributes } = session;
  // Who saw a frame waited for it exactly as long as the start took.
  const isShown = (name: keyof Session['figures']) =>
    name !== 'startup_wait_ms' || figures.startup_ms === undefined;
  const known = FIGURES.filter(({ name }) => figures[name] !== undefined && isShown(name));
  const [shown, zero] = [
    known.filter(({ name }) => figures[name] !== 0),
    known.filter(({ name }) => figures[name] === 0),
  ];
  return (
    <dl class="session-figures">
      {shown.map(({ name, title, unit, help, kpi }) => (
        <div key={name} title={help}>
          <dt>{title}</dt>
          <dd>
            {kpi ? (
              <a
                class="plain"
                href={linkTo('explore', { kpi, by: 'cdn', filter: sameAsset(attributes.asset_id) })}
                title={`${help} See it for all sessions.`}
              >
                {formatFigure(figures[name] as number, unit)}
              </a>
            ) : (
              formatFigure(figures[name] as number, unit)
            )}
          </dd>
        </div>
      ))}
      {zero.length > 0 && (
        <div class="is-zero">
          <dt>None or 0</dt>
          <dd>{zero.map(({ title }) => title.toLowerCase()).join(', ')}</dd>
        </div>
      )}
    </dl>
  );
}

function sameAsset(asset: string | undefined): string[] {
  return asset === undefined ? [] : [`asset_id:${asset}`];
}
