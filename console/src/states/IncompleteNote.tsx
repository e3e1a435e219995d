// What an answer over ended sessions says of itself while they are still read from disk, soon after a start.

export function IncompleteNote({ isComplete }: { isComplete: boolean }) {
  if (isComplete) return null;
  return (
    <p class="badge is-warn" role="status">
      Ended sessions are still read from disk: older ones are missing
    </p>
  );
}
