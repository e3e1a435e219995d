// Text of the gateway as it is meant: what stands between backticks is code.

export function WithCode({ text }: { text: string }) {
  return (
    <>
      {text.split('`').map((part, index) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no other name
        index % 2 === 1 ? <code key={index}>{part}</code> : part,
      )}
    </>
  );
}
