// Slos: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function SlosPage({ tenant }: PageProps) {
  return <Notice kind="empty" title={`Slos of ${tenant}: to come`} />;
}
