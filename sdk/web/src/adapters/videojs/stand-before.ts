// Listens in on a method for which there is no event.

/**
 * Has `before` called with the arguments of every call of `owner[name]`, and what it returns with what the method returned. The
 * method, with all that hangs on it, is otherwise as it was. Returns the function that puts it back, unless somebody else
 * has replaced it since.
 */
export function standBefore<A extends unknown[], R, K extends string>(
  owner: Record<K, (...args: A) => R>,
  name: K,
  before: (...args: A) => (returned: R) => unknown,
): () => void {
  const method = owner[name];
  const mine = new Proxy(method, {
    apply(_, self, args: A) {
      const after = before(...args);
      const returned = Reflect.apply(method, self, args) as R;
      after(returned);
      return returned;
    },
  });
  owner[name] = mine;
  return () => {
    if (owner[name] === mine) owner[name] = method;
  };
}
