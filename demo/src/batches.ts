// Shows what the SDK posted, newest first, as it went over the wire.

const KEPT = 20;

interface Batch {
  session: { session_id: string };
  events: { seq: number; t: number; type: string }[];
}

/** A `fetch` for the SDK that shows each batch and its answer in `panel`. */
export function watchedFetch(panel: HTMLElement): typeof fetch {
  return async (url, init) => {
    const body = String(init?.body);
    const show = (answer: string) => render(panel, body, answer);
    try {
      const response = await fetch(url, init);
      show(String(response.status));
      return response;
    } catch (error) {
      show('no answer');
      throw error;
    }
  };
}

function render(panel: HTMLElement, body: string, answer: string): void {
  const batch: Batch = JSON.parse(body);
  if (!panel.querySelector('article')) panel.replaceChildren();
  const count = batch.events.length;
  const title = `${count} ${count === 1 ? 'event' : 'events'} · ${body.length} B · ${answer}`;
  const json = element(
    'details',
    '',
    element('summary', 'as JSON'),
    element('pre', JSON.stringify(batch, null, 2)),
  );
  const rows = batch.events.map(({ seq, t, type, ...rest }) =>
    element('li', '', element('span', `${seq}`), element('time', `${t} ms`), describe(type, rest)),
  );
  const article = element('article', '', element('h3', title), element('ol', '', ...rows), json);
  article.className = 'batch';
  panel.prepend(article);
  while (panel.childElementCount > KEPT) panel.lastElementChild?.remove();
}

function describe(type: string, rest: object): HTMLElement {
  const fields = Object.entries(rest).map(([name, value]) => ` ${name}=${value}`);
  return element('span', '', element('b', type), fields.join(''));
}

export function element(tag: string, text: string, ...children: (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.append(text, ...children);
  return made;
}
