// SLOs: which objectives hold, how much may still go wrong, and how fast it does.

import type { Slo } from '../../api/generated.ts';
import { useAnswer } from '../../api/useAnswer.ts';
import { setParameters, useParameter } from '../../route/location.ts';
import { Choice } from '../../states/Choice.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';
import { judgeSlo, needsAttention } from './judgeGroup.ts';
import { SloCard } from './SloCard.tsx';
import { selectSlos } from './selectSlos.ts';

const EVERY_MS = 5000;
const SHOWN = [
  { value: 'all', title: 'All' },
  { value: 'urgent', title: 'Needs attention' },
];

export function SlosPage({ about, tenant }: PageProps) {
  const [search] = useParameter('q');
  const [shown, setShown] = useParameter('show', 'all');
  const answer = useAnswer('slos', { tenant }, EVERY_MS);
  const all = answer.value?.slos ?? [];
  const selected = selectSlos(all, { search, isUrgent: shown === 'urgent' });
  return (
    <div class="slos">
      <div class="page-head">
        <h1>SLOs</h1>
        {answer.value && <Summary slos={all} source={answer.value.source} />}
        <div class="end">
          <input
            type="search"
            data-search
            aria-label="Search objectives"
            placeholder="Search (/)"
            value={search}
            onInput={(event) => setParameters({ q: event.currentTarget.value }, true)}
          />
          <Choice label="Which objectives" options={SHOWN} value={shown} onChange={setShown} />
        </div>
      </div>
      <AnswerNotice answer={answer} what="objectives" />
      {answer.value && selected.length === 0 && <Nothing hasAny={all.length > 0} search={search} />}
      {selected.map((slo) => (
        <SloCard key={slo.name} slo={slo} about={about} />
      ))}
    </div>
  );
}

function Summary({ slos, source }: { slos: readonly Slo[]; source: string }) {
  const urgent = slos.filter((slo) => needsAttention(judgeSlo(slo))).length;
  return (
    <p class="muted">
      {slos.length} {slos.length === 1 ? 'objective' : 'objectives'} ({source}),{' '}
      {urgent === 0 ? 'none needs attention' : `${urgent} ${urgent === 1 ? 'needs' : 'need'} attention`}
    </p>
  );
}

function Nothing({ hasAny, search }: { hasAny: boolean; search: string }) {
  if (!hasAny)
    return (
      <Notice kind="empty" title="No objectives">
        <p>Objectives are YAML files in the folder of `[slo]` in the configuration.</p>
      </Notice>
    );
  return (
    <Notice
      kind="empty"
      title={search === '' ? 'Nothing needs attention' : `No objective matches “${search}”`}
    />
  );
}
