// The whole console: who it talks to, which page is open, and what is on every page.
import { useEffect } from 'preact/hooks';
import type { About } from '../api/generated.ts';
import { useAnswer } from '../api/useAnswer.ts';
import { QueryPopover } from '../figures/QueryPopover.tsx';
import { HealthPage } from '../pages/health/HealthPage.tsx';
import { LivePage } from '../pages/live/LivePage.tsx';
import type { PageProps } from '../pages/PageProps.ts';
import { SlosPage } from '../pages/slos/SlosPage.tsx';
import type { Address } from '../route/address.ts';
import { followLinks, linkTo, useAddress } from '../route/location.ts';
import { AnswerNotice, Notice } from '../states/Notice.tsx';
import { Guarded } from './Guarded.tsx';
import { Header, TITLES } from './Header.tsx';
import { Help } from './Help.tsx';
import { listenToKeys } from './keys.ts';
import { Later } from './Later.tsx';

const loadExplore = () => import('../pages/explore/ExplorePage.tsx').then(({ ExplorePage }) => ExplorePage);
const loadSessions = () =>
  import('../pages/sessions/SessionsPage.tsx').then(({ SessionsPage }) => SessionsPage);
const loadSession = () => import('../pages/session/SessionPage.tsx').then(({ SessionPage }) => SessionPage);
/** Once the first page has been drawn the others come, so that going to them waits for nothing. */
const AHEAD_AFTER_MS = 2000;

/** Tenants and KPIs change with the configuration only. */
const ABOUT_EVERY_MS = 60_000;

export function App() {
  const address = useAddress();
  const about = useAnswer('about', {}, ABOUT_EVERY_MS);
  useEffect(followLinks, []);
  useEffect(listenToKeys, []);
  useEffect(() => {
    const ahead = () => Promise.allSettled([loadExplore(), loadSessions(), loadSession()]);
    const timer = setTimeout(ahead, AHEAD_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  const tenant = address.query.get('tenant') ?? about.value?.tenants[0];
  const title = address.sessionId ?? (address.page && TITLES[address.page]) ?? 'Not found';
  useEffect(() => {
    document.title = `${title} · OpenQoE`;
  }, [title]);
  return (
    <>
      <Header page={address.page} about={about.value} tenant={tenant} />
      <main id="main" tabIndex={-1}>
        <AnswerNotice answer={about} what="the console" />
        {about.value && (
          <Guarded key={`${address.page} ${address.sessionId}`}>
            <Content address={address} about={about.value} tenant={tenant} />
          </Guarded>
        )}
      </main>
      <QueryPopover prometheus={about.value?.prometheus ?? null} />
      <Help />
    </>
  );
}

interface Props {
  address: Address;
  about: About;
  tenant: string | undefined;
}

function Content({ address: { page, sessionId }, about, tenant }: Props) {
  if (tenant === undefined || !about.tenants.includes(tenant))
    return (
      <Notice kind="refused" title={tenant === undefined ? 'There is no tenant.' : `No tenant “${tenant}”.`}>
        <p>This reader sees {about.tenants.length > 0 ? about.tenants.join(', ') : 'none'}.</p>
      </Notice>
    );
  if (page === undefined)
    return (
      <Notice kind="refused" title="No such page">
        <p>
          <a href={linkTo('live')}>Live</a> shows what viewers live through now.
        </p>
      </Notice>
    );
  const props = { about, tenant } satisfies PageProps;
  if (sessionId !== undefined)
    return <Later load={loadSession} key={sessionId} props={{ ...props, sessionId }} />;
  if (page === 'explore') return <Later load={loadExplore} key={tenant} props={props} />;
  if (page === 'sessions') return <Later load={loadSessions} key={tenant} props={props} />;
  const Page = { live: LivePage, slos: SlosPage, health: HealthPage }[page];
  return <Page key={tenant} {...props} />;
}
