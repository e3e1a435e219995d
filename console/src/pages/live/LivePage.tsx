// Live: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function LivePage({ tenant }: PageProps) {
  return <Notice kind="empty" title={`Live of ${tenant}: to come`} />;
}
