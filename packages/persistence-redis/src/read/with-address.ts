/** A read that fails says of which Redis. */

import type { RedisConfig } from "../config.ts";
import { describe } from "../connection/link.ts";

export async function* withAddress<T>(config: RedisConfig, pages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* pages;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`redis at ${describe(config)} can't be used: ${reason}`, { cause: error });
  }
}
