// expect: lint/style/noRestrictedImports
import type { Route } from "../router/types.ts";

/** The ground floor imports no room, not even its types. */
export const match = (route: Route): boolean => route === undefined;
