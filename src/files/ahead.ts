/** Reads one item ahead, so that the next is on its way while the last is worked on. */
export async function* ahead<T>(source: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = source[Symbol.asyncIterator]();
  const start = (): Promise<IteratorResult<T>> => {
    const next = iterator.next();
    // Whoever awaits it hears of a failure; until then it must not count as unhandled.
    next.catch(() => {});
    return next;
  };
  let next = start();
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = start();
      yield value;
    }
  } finally {
    await next.catch(() => {});
    await iterator.return?.();
  }
}
