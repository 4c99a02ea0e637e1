// expect: lint/nursery/noFloatingPromises
async function later(): Promise<void> {}

/** Nobody awaits the promise. */
export function forget(): void {
  later();
}
