/** The bytes of a PUBLISH that its receivers share. */

import { encodePublishHead, type ProtocolVersion, type PublishProperties, type ReceivedPublish } from "@gmqtt/packets";

/** Below this the payload is copied behind its head, so that a frame is one piece; above it is written from where it lies. */
const COPIED_PAYLOAD = 2048;

/** An encoded PUBLISH: a head and a payload, often side by side in one buffer. */
export class Frame {
  readonly head: Uint8Array;
  readonly headStart: number;
  readonly headEnd: number;
  /** Where in `head` the packet identifier stands; -1 in a QoS 0 frame. */
  readonly packetIdOffset: number;
  /** null: the payload follows the head in its buffer, up to `end`. */
  readonly payload: Uint8Array | null;
  /** End of the contiguous bytes in `head`: the head's, or with a following payload the payload's. */
  readonly end: number;
  /** Size of the packet in bytes, as Maximum Packet Size counts it. */
  readonly length: number;

  constructor(
    head: Uint8Array,
    headStart: number,
    headEnd: number,
    packetIdOffset: number,
    payload: Uint8Array | null,
    end: number,
  ) {
    this.head = head;
    this.headStart = headStart;
    this.headEnd = headEnd;
    this.packetIdOffset = packetIdOffset;
    this.payload = payload;
    this.end = end;
    this.length = end - headStart + (payload === null ? 0 : payload.length);
  }
}

/**
 * The frame a message came in, when its bytes are what receivers of that version are to get; null when they must be
 * encoded: other version, other kind of QoS, or properties that are not forwarded.
 */
export function frameOf(source: ReceivedPublish, version: 4 | 5, acknowledged: boolean): Frame | null {
  if ((source.protocolVersion === 5) !== (version === 5) || source.qos > 0 !== acknowledged) return null;
  // In 5.0 with properties the id is not at the end of the head: encoding anew keeps this simple and is rare.
  if (version === 5 && source.properties !== undefined) return null;
  const behindId = version === 5 ? 1 : 0;
  const packetIdOffset = acknowledged ? source.payloadStart - behindId - 2 : -1;
  return new Frame(source.source, source.frameStart, source.payloadStart, packetIdOffset, null, source.frameEnd);
}

/** Encodes a frame; flag bits and packet id are filled in by whoever sends it. */
export function buildFrame(
  topic: string,
  payload: Uint8Array,
  acknowledged: boolean,
  properties: PublishProperties | undefined,
  version: ProtocolVersion,
): Frame {
  const { head, packetIdOffset } = encodePublishHead(
    {
      topic,
      qos: acknowledged ? 1 : 0,
      packetId: acknowledged ? 1 : 0,
      payloadLength: payload.length,
      ...(properties === undefined ? {} : { properties }),
    },
    version,
  );
  if (payload.length > COPIED_PAYLOAD) return new Frame(head, 0, head.length, packetIdOffset, payload, head.length);
  const whole = Buffer.allocUnsafe(head.length + payload.length);
  whole.set(head, 0);
  whole.set(payload, head.length);
  return new Frame(whole, 0, head.length, packetIdOffset, null, whole.length);
}
