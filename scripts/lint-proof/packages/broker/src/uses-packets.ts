// expect: nothing
import { decode } from "@gmqtt/packets";

/** The core stands on the packets. */
export const read: unknown = decode;
