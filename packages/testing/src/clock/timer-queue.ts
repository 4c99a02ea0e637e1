/** The pending timers of a virtual clock, the one due next on top. */

/** A timer that waits for its time. */
export interface QueuedTimer {
  /** In milliseconds of the clock's monotonic time. */
  readonly due: number;
  /** Breaks ties: what was set first fires first. */
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** A binary heap; a cancelled timer stays in it until it comes to the top. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];

  push(timer: QueuedTimer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(timer, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = timer;
  }

  /** The timer due next; it stays. */
  peek(): QueuedTimer | undefined {
    while (this.#heap[0]?.cancelled) this.pop();
    return this.#heap[0];
  }

  /** Takes the top off. */
  pop(): QueuedTimer | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) this.#sink(last);
    return top;
  }

  /** Timers that wait and were not cancelled. */
  get size(): number {
    return this.#heap.reduce((sum, timer) => sum + (timer.cancelled ? 0 : 1), 0);
  }

  #sink(timer: QueuedTimer): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, timer)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = timer;
  }
}

function isBefore(one: QueuedTimer, other: QueuedTimer): boolean {
  return one.due !== other.due ? one.due < other.due : one.order < other.order;
}
