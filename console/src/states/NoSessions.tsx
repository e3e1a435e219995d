// What the pages about sessions say where there are none, because the gateway was given no place to keep them.
import { Notice } from './Notice.tsx';

export function NoSessions() {
  return (
    <Notice kind="empty" title="This gateway keeps no sessions.">
      <p>Give it a data directory: OPENQOE_DATA_DIR.</p>
    </Notice>
  );
}
