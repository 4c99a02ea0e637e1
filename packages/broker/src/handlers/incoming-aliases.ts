/** Topic aliases that a client has set on this connection (MQTT 5.0 section 3.3.2.3.4); forgotten with it [MQTT-3.3.2-7]. */

import { ProtocolError, ReasonCode, type ReceivedPublish } from "@gmqtt/packets";

export class IncomingAliases {
  readonly #maximum: number;
  #topics: Map<number, string> | null = null;

  /** `maximum` is what the CONNACK announced; 0: none. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The topic of a PUBLISH, after its alias was set or looked up [MQTT-3.3.2-12]. */
  resolve(packet: ReceivedPublish): string {
    const alias = packet.properties?.topicAlias;
    if (alias === undefined) return packet.topic;
    if (alias > this.#maximum) {
      const message = `topic alias ${alias} exceeds the maximum of ${this.#maximum}`;
      throw new ProtocolError(ReasonCode.TopicAliasInvalid, message);
    }
    if (packet.topic !== "") {
      this.#topics ??= new Map();
      this.#topics.set(alias, packet.topic);
      return packet.topic;
    }
    const topic = this.#topics?.get(alias);
    if (topic === undefined)
      throw new ProtocolError(ReasonCode.ProtocolError, `topic alias ${alias} was not set before`);
    return topic;
  }
}
