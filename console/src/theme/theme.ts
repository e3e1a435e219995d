// Light or dark: as the system says, until the reader says otherwise.
import { createStore } from '../store.ts';

export type Theme = 'system' | 'light' | 'dark';
export const THEMES: readonly Theme[] = ['system', 'light', 'dark'];

const KEY = 'openqoe-theme';
const systemIsDark = matchMedia('(prefers-color-scheme: dark)');

/** What the reader chose. */
export const theme = createStore<Theme>(readChoice());
/** What is on the screen: charts are drawn again when it changes. */
export const shade = createStore<'light' | 'dark'>('light');

/** Keeps the page to the choice from now on. */
export function applyTheme(): void {
  const apply = () => {
    const chosen = theme.get();
    if (chosen === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = chosen;
    const isDark = chosen === 'system' ? systemIsDark.matches : chosen === 'dark';
    shade.set(isDark ? 'dark' : 'light');
  };
  theme.subscribe(() => {
    keepChoice(theme.get());
    apply();
  });
  systemIsDark.addEventListener('change', apply);
  apply();
}

// Storage is forbidden in some windows; then the choice lasts as long as the page.
function readChoice(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system';
  } catch {
    return 'system';
  }
}

function keepChoice(chosen: Theme): void {
  try {
    localStorage.setItem(KEY, chosen);
  } catch {
    // see above
  }
}
