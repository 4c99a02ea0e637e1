// expect: nothing
import { match } from "../topic/match.ts";

/** A handler may look down. */
export const handle = match;
