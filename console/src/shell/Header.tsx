// What every page has on top: where one is, whose data it is, and how it looks.
import type { About } from '../api/generated.ts';
import { PAGES, type PageName } from '../route/address.ts';
import { linkTo, setParameters } from '../route/location.ts';
import { useStore } from '../store.ts';
import mark from '../theme/mark.svg';
import { THEMES, type Theme, theme } from '../theme/theme.ts';
import { helpIsOpen } from './keys.ts';

export const TITLES: Record<PageName, string> = {
  live: 'Live',
  explore: 'Explore',
  sessions: 'Sessions',
  slos: 'SLOs',
  health: 'Health',
};
const THEME_TITLES: Record<Theme, string> = { system: 'Auto', light: 'Light', dark: 'Dark' };

interface Props {
  page: PageName | undefined;
  about: About | undefined;
  tenant: string | undefined;
}

export function Header({ page, about, tenant }: Props) {
  return (
    <header class="header">
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <a class="brand" href={linkTo('live')} title={about ? `OpenQoE ${about.version}` : 'OpenQoE'}>
        <img src={mark} alt="" width="18" height="18" />
        OpenQoE
      </a>
      <nav aria-label="Pages">
        {PAGES.map((name) => (
          <a key={name} href={linkTo(name)} aria-current={name === page ? 'page' : undefined}>
            {TITLES[name]}
          </a>
        ))}
      </nav>
      <div class="header-end">
        {about?.demo && <span class="badge">Demo</span>}
        {about && tenant && <TenantSwitch tenants={about.tenants} tenant={tenant} />}
        <ThemeSwitch />
        <button
          type="button"
          class="button"
          aria-label="Keys"
          title="Keys (?)"
          onClick={() => helpIsOpen.set(true)}
        >
          ?
        </button>
      </div>
    </header>
  );
}

function TenantSwitch({ tenants, tenant }: { tenants: string[]; tenant: string }) {
  return (
    <label class="tenant" title="Tenant (t)">
      <span>Tenant</span>
      <select
        id="tenant"
        value={tenant}
        onChange={(event) => setParameters({ tenant: event.currentTarget.value })}
      >
        {tenants.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function ThemeSwitch() {
  const chosen = useStore(theme);
  const next = THEMES[(THEMES.indexOf(chosen) + 1) % THEMES.length] ?? 'system';
  const label = `Theme: ${THEME_TITLES[chosen]}. Change to ${THEME_TITLES[next]}`;
  return (
    <button
      type="button"
      class="button theme"
      aria-label={label}
      title={label}
      onClick={() => theme.set(next)}
    >
      <span aria-hidden="true">{{ system: '◐', light: '○', dark: '●' }[chosen]}</span> {THEME_TITLES[chosen]}
    </button>
  );
}
