// Explore: to come.
import { Notice } from '../../states/Notice.tsx';
import type { PageProps } from '../PageProps.ts';

export function ExplorePage({ tenant }: PageProps) {
  return <Notice kind="empty" title={`Explore of ${tenant}: to come`} />;
}
