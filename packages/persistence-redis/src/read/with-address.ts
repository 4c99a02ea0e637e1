/** A read that fails says of which Redis. */

import type { RedisConfig } from "../config.ts";
import { unusable } from "../connection/link.ts";

export async function* withAddress<T>(config: RedisConfig, pages: AsyncIterable<T>): AsyncIterable<T> {
  try {
    yield* pages;
  } catch (error) {
    throw unusable(config, error);
  }
}
