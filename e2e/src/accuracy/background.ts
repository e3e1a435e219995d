// Puts another tab in front of a page, and the page in front again. Playwright keeps every page focused and visible by an
// emulation of its own, which nothing of its public interface switches off; so it is switched off behind its back.

import type { Page } from 'playwright-core';

interface Insides {
  _connection: {
    toImpl(page: Page): {
      delegate: { _mainFrameSession: { _client: { send(method: string, params: object): Promise<void> } } };
    };
  };
}

export async function turn(page: Page, hidden: boolean): Promise<void> {
  const insides = (page as unknown as Insides)._connection.toImpl(page);
  const { _client: client } = insides.delegate._mainFrameSession;
  await client.send('Emulation.setFocusEmulationEnabled', { enabled: false });
  if (hidden) await (await page.context().newPage()).bringToFront();
  else await page.bringToFront();
  const state = hidden ? 'hidden' : 'visible';
  await page.waitForFunction((state) => document.visibilityState === state, state, { polling: 50 });
}
