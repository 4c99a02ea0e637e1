/** PINGREQ and PINGRESP: a client shows that it lives and asks whether the server does (MQTT 5.0, sections 3.12 and 3.13). */
import { Buffer } from "../buffer.ts";

/** The client's question. */
export interface PingreqPacket {
  readonly type: 12;
}
/** The server's answer. */
export interface PingrespPacket {
  readonly type: 13;
}

/** The bytes of a PINGRESP, shared by all; not to be changed. */
export const PINGRESP: Buffer = Buffer.from([0xd0, 0x00]);
