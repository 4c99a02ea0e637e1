/** Walks over much without keeping the broker from its messages: after a few milliseconds others have their turn. */

/** Milliseconds of work at a time. */
const TURN = 4;

/** Items between two looks at the clock. */
const STRIDE = 256;

/** Visits every item, until `visit` answers false. What is added or removed meanwhile may or may not be visited. */
export async function visitGently<T>(items: Iterable<T>, visit: (item: T) => unknown): Promise<void> {
  let since = performance.now();
  let count = 0;
  for (const item of items) {
    if (visit(item) === false) return;
    if (++count % STRIDE !== 0 || performance.now() - since < TURN) continue;
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    since = performance.now();
  }
}
