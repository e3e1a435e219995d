// Health: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function HealthPage({ tenant }: PageProps) {
  return <Notice kind="empty" title={`Health of ${tenant}: to come`} />;
}
