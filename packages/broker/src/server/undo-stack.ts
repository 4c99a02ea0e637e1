/** What has been started, to be stopped in reverse: at the end, or when a later step of the start failed. */

import type { Awaitable } from "../awaitable.ts";

export class UndoStack {
  readonly #steps: { readonly culprit: string; readonly undo: () => Awaitable<void> | undefined }[] = [];
  readonly #onError: (culprit: string, error: unknown) => void;

  /** `onError` hears what could not be undone; the rest is undone all the same. */
  constructor(onError: (culprit: string, error: unknown) => void) {
    this.#onError = onError;
  }

  push(culprit: string, undo: () => Awaitable<void> | undefined): void {
    this.#steps.push({ culprit, undo });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        this.#onError(step.culprit, error);
      }
    }
  }
}
