// Sessions: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function SessionsPage({ tenant }: PageProps) {
  return <Notice kind="empty" title={`Sessions of ${tenant}: to come`} />;
}
