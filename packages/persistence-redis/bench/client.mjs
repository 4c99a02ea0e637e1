/** A client that is cheap enough to load a broker: MQTT 3.1.1, QoS 1, no checks. */
import { connect } from "node:net";

export class Client {
  constructor(port, id, { clean = false } = {}) {
    this.rest = null;
    this.received = 0;
    this.acknowledged = 0;
    this.ready = new Promise((resolve) => {
      this.onReady = resolve;
    });
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true }, () => {
      const name = Buffer.from(id);
      const body = Buffer.concat([
        Buffer.from([0, 4, 77, 81, 84, 84, 4, clean ? 2 : 0, 0, 0, name.length >> 8, name.length & 255]),
        name,
      ]);
      this.socket.write(Buffer.concat([Buffer.from([0x10, body.length]), body]));
    });
    this.socket.on("data", (chunk) => this.read(chunk));
    this.socket.on("error", (error) => console.error(id, error.message));
  }

  subscribe(filter) {
    const text = Buffer.from(filter);
    this.socket.write(
      Buffer.concat([Buffer.from([0x82, text.length + 5, 0, 1, 0, text.length]), text, Buffer.from([1])]),
    );
    return new Promise((resolve) => {
      this.onSuback = resolve;
    });
  }

  /** Publishes `count` messages at QoS 1 with so many unacknowledged. */
  publish(topic, size, count, window) {
    const name = Buffer.from(topic);
    const remaining = 2 + name.length + 2 + size;
    const head = remaining < 128 ? [0x32, remaining] : [0x32, (remaining & 127) | 128, remaining >> 7];
    this.template = Buffer.concat([Buffer.from([...head, 0, name.length]), name, Buffer.alloc(2 + size)]);
    this.idAt = head.length + 2 + name.length;
    this.left = count;
    this.expected = this.acknowledged + count;
    this.nextId = 0;
    this.send(window);
    return new Promise((resolve) => {
      this.onDone = resolve;
    });
  }

  send(count) {
    const number = Math.min(count, this.left);
    if (number === 0) return;
    this.left -= number;
    const out = Buffer.allocUnsafe(this.template.length * number);
    for (let index = 0; index < number; index++) {
      const start = index * this.template.length;
      this.template.copy(out, start);
      this.nextId = (this.nextId % 65_535) + 1;
      out.writeUInt16BE(this.nextId, start + this.idAt);
    }
    this.socket.write(out);
  }

  read(chunk) {
    const data = this.rest === null ? chunk : Buffer.concat([this.rest, chunk]);
    let at = 0;
    let acks = 0;
    const answers = [];
    while (at + 2 <= data.length) {
      let length = data[at + 1];
      let header = 2;
      if (length > 127) {
        if (at + 3 > data.length) break;
        length = (length & 127) + (data[at + 2] << 7);
        header = 3;
      }
      const end = at + header + length;
      if (end > data.length) break;
      const type = data[at] >> 4;
      if (type === 4) acks++;
      else if (type === 3) {
        this.received++;
        if ((data[at] & 6) !== 0) {
          const topic = data.readUInt16BE(at + header);
          answers.push(data.readUInt16BE(at + header + 2 + topic));
        }
      } else if (type === 2) this.onReady(data[at + 2] === 1);
      else if (type === 9) this.onSuback?.();
      at = end;
    }
    this.rest = at === data.length ? null : Buffer.from(data.subarray(at));
    if (answers.length > 0) {
      const out = Buffer.allocUnsafe(answers.length * 4);
      for (let index = 0; index < answers.length; index++) {
        out[index * 4] = 0x40;
        out[index * 4 + 1] = 2;
        out.writeUInt16BE(answers[index], index * 4 + 2);
      }
      this.socket.write(out);
      this.onReceived?.(this.received);
    }
    if (acks > 0) {
      this.acknowledged += acks;
      this.send(acks);
      if (this.acknowledged >= this.expected) this.onDone?.();
    }
  }

  close() {
    this.socket.destroy();
  }
}
