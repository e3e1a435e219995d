// A page whose code comes when it is asked for, so that the first page is there sooner.
import type { FunctionComponent } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { Notice } from '../states/Notice.tsx';

interface Props<P> {
  load(): Promise<FunctionComponent<P>>;
  props: P;
}

export function Later<P>({ load, props }: Props<P>) {
  const [state, setState] = useState<{ page?: FunctionComponent<P>; isLost?: boolean }>({});
  useEffect(() => {
    load().then(
      (page) => setState({ page }),
      () => setState({ isLost: true }),
    );
  }, [load]);
  if (state.page) {
    const Page = state.page;
    return <Page {...(props as P & object)} />;
  }
  if (!state.isLost) return <Notice kind="loading" title="Loading the page" />;
  return (
    <Notice kind="away" title="The page could not be loaded.">
      <p>The gateway is away, or another version of it has taken its place.</p>
      <button type="button" class="button" onClick={() => location.reload()}>
        Load again
      </button>
    </Notice>
  );
}
