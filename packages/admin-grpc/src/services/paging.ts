/** Pages of lists, as gmqtt has them: `page` from 1, 20 on a page unless asked for more. */

import { visitGently } from "./gently.ts";

/** What list requests have in common. */
export interface PageRequest {
  readonly page: number;
  readonly pageSize: number;
}

/** Items on a page that names no size. */
const DEFAULT_PAGE_SIZE = 20;

/** Where a page begins and how long it is. */
export function pageOf({ page, pageSize }: PageRequest): { readonly offset: number; readonly limit: number } {
  const limit = pageSize === 0 ? DEFAULT_PAGE_SIZE : pageSize;
  return { offset: (Math.max(page, 1) - 1) * limit, limit };
}

/** The items of a page; nothing behind it is looked at, and what is before it is passed over gently. */
export async function takePage<T>(items: Iterable<T>, request: PageRequest): Promise<T[]> {
  const { limit, offset } = pageOf(request);
  const taken: T[] = [];
  let index = 0;
  await visitGently(items, (item) => {
    if (index++ >= offset) taken.push(item);
    return taken.length < limit;
  });
  return taken;
}
