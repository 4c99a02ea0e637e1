/** Topic names: what may be published to (section 4.7.3). */
import { Buffer } from "../buffer.ts";
import { MAXIMUM_FIELD_LENGTH } from "../utf8.ts";

/** Whether it is 1 to 65,535 bytes of UTF-8 without wildcards and U+0000 [MQTT-4.7.3-1] [MQTT-4.7.3-2] [MQTT-3.3.2-2]. */
export function isValidTopicName(topic: string): boolean {
  if (topic === "" || topic.includes("+") || topic.includes("#") || topic.includes("\u0000")) return false;
  return topic.length * 3 <= MAXIMUM_FIELD_LENGTH || Buffer.byteLength(topic) <= MAXIMUM_FIELD_LENGTH;
}

/** Number of levels of a topic name or filter: one more than it has slashes. */
export function countTopicLevels(topic: string): number {
  let levels = 1;
  for (let at = topic.indexOf("/"); at !== -1; at = topic.indexOf("/", at + 1)) levels++;
  return levels;
}
