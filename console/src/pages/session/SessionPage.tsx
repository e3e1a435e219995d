// Session: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function SessionPage({ sessionId }: PageProps & { sessionId: string }) {
  return <Notice kind="empty" title={`Session ${sessionId}: to come`} />;
}
