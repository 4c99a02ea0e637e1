// expect: lint/style/noRestrictedImports
import { decode } from "@gmqtt/packets";
import { Server } from "@gmqtt/broker";

/** A plugin sees the broker alone. */
export const read: unknown[] = [decode, Server];
