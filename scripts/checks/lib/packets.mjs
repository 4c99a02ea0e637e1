/** The few packets of MQTT 3.1.1 that the checks say, and a reader that is quick enough for them. */

/** CONNECT with a clean session and no keep alive. */
export function connectPacket(clientId) {
  return packet(0x10, [string("MQTT"), Buffer.of(4, 0x02, 0, 0), string(clientId)]);
}

/** SUBSCRIBE to one filter. */
export function subscribePacket(filter, qos) {
  return packet(0x82, [Buffer.of(0, 1), string(filter), Buffer.of(qos)]);
}

/** PUBLISH; the identifier is left out at QoS 0. */
export function publishPacket(topic, payload, qos, packetId) {
  const id = qos === 0 ? [] : [Buffer.of(packetId >> 8, packetId & 0xff)];
  return packet(0x30 | (qos << 1), [string(topic), ...id, payload]);
}

/** Calls back for each whole packet: type, flags, and where its body is. */
export class Reader {
  #rest = Buffer.alloc(0);

  push(chunk, onPacket) {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      let length = 0;
      let shift = 0;
      let position = at + 1;
      while (position < bytes.length && bytes[position] >= 0x80) {
        length |= (bytes[position] & 0x7f) << shift;
        shift += 7;
        position++;
      }
      if (position >= bytes.length) break;
      length |= bytes[position] << shift;
      const body = position + 1;
      if (body + length > bytes.length) break;
      onPacket(bytes[at] >> 4, bytes, body, (bytes[at] >> 1) & 3);
      at = body + length;
    }
    this.#rest = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }
}

function packet(firstByte, parts) {
  const body = Buffer.concat(parts);
  const head = [firstByte];
  let rest = body.length;
  do {
    head.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from(head), body]);
}

function string(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 0xff), bytes]);
}
