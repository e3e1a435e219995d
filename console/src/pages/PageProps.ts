// What every page is given.
import type { About } from '../api/generated.ts';

export interface PageProps {
  about: About;
  /** One of `about.tenants`. */
  tenant: string;
}
