// Copies a text, and says whether it could.
import { useState } from 'preact/hooks';

export function CopyButton({ text, what }: { text: string; what: string }) {
  const [said, setSaid] = useState('');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid('Copied');
    } catch {
      // Without TLS a page beyond loopback has no clipboard.
      setSaid('Select and copy it by hand');
    }
    setTimeout(() => setSaid(''), 2000);
  };
  return (
    <button type="button" class="button copy" aria-label={`Copy the ${what}`} onClick={copy}>
      <span role="status">{said || 'Copy'}</span>
    </button>
  );
}
