// Live: what viewers live through right now, what got worse, and where.
import { useAnswer } from '../../api/useAnswer.ts';
import { useParameter } from '../../route/location.ts';
import { Choice } from '../../states/Choice.tsx';
import { AnswerNotice, Notice } from '../../states/Notice.tsx';
import { useNow } from '../../states/useNow.ts';
import type { PageProps } from '../PageProps.ts';
import { AnomalyPanel } from './AnomalyPanel.tsx';
import { describeConnection } from './describeConnection.ts';
import { LiveCharts } from './LiveCharts.tsx';
import { Tiles } from './Tiles.tsx';
import { type LiveState, type Span, useLive } from './useLive.ts';
import { WorsePanel } from './WorsePanel.tsx';

const SPANS: { value: Span; title: string }[] = [
  { value: '1h', title: 'Last hour' },
  { value: '7d', title: 'Last 7 days' },
];
/** The last minute: Live is about now. Explore looks further back. */
const WORSE = { window: '1m', baseline: '15m' };
const WORSE_EVERY_MS = 5000;

export function LivePage({ about, tenant }: PageProps) {
  const [chosen, setSpan] = useParameter('span', '1h');
  const span = chosen === '7d' ? '7d' : '1h';
  const state = useLive(tenant, span);
  const worse = useAnswer('worse', { tenant, ...WORSE }, WORSE_EVERY_MS);
  const anomalies = useAnswer('anomalies', { tenant }, WORSE_EVERY_MS);
  const { live, point, answer } = state;
  return (
    <div class="live">
      <div class="page-head">
        <h1>Live</h1>
        <Freshness state={state} />
        <div class="end">
          <Choice label="How far back" options={SPANS} value={span} onChange={setSpan} />
        </div>
      </div>
      <Tiles about={about} live={live} point={point} changes={worse.value?.changes ?? []} />
      <div class="live-news">
        <WorsePanel about={about} answer={worse} />
        <AnomalyPanel about={about} answer={anomalies} />
      </div>
      <AnswerNotice answer={answer} what="the course of things" />
      {live?.at_s.length === 0 && (
        <Notice kind="empty" title="No history yet">
          <p>The first step is on its way. Nothing is known of the time before the gateway started.</p>
        </Notice>
      )}
      {live && live.at_s.length > 0 && (
        <LiveCharts about={about} live={live} anomalies={anomalies.value?.anomalies ?? []} />
      )}
    </div>
  );
}

function Freshness({ state: { connection } }: { state: LiveState }) {
  const now = useNow(1000);
  const { kind, sign, text } = describeConnection(connection, now);
  return (
    <span class={`badge is-${kind}`} role="status">
      <span aria-hidden="true">{sign}</span> {text}
    </span>
  );
}
