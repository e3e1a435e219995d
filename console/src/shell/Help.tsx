// The keys, on `?`.
import { useEffect, useRef } from 'preact/hooks';
import { useStore } from '../store.ts';
import { helpIsOpen } from './keys.ts';

const KEYS: [string[], string][] = [
  [['g', 'l'], 'Live'],
  [['g', 'e'], 'Explore'],
  [['g', 's'], 'Sessions'],
  [['g', 'o'], 'SLOs'],
  [['g', 'h'], 'Health'],
  [['/'], 'Search'],
  [['t'], 'Choose the tenant'],
  [['p'], 'The query behind the number under the focus or the mouse'],
  [['↑', '↓'], 'Along a list; Enter opens'],
  [['←', '→'], 'Along a chart that has the focus'],
  [['Esc'], 'Close what is open'],
  [['?'], 'This'],
];

export function Help() {
  const isOpen = useStore(helpIsOpen);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={dialog} class="help" aria-labelledby="help-title" onClose={() => helpIsOpen.set(false)}>
      <h2 id="help-title">Keys</h2>
      <dl>
        {KEYS.map(([keys, meaning]) => (
          <div key={meaning}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="button">
          Close
        </button>
      </form>
    </dialog>
  );
}
