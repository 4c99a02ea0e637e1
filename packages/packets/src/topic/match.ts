/** Whether one filter matches one topic (section 4.7). A broker with many filters walks a tree instead; this is its yardstick. */

const PLUS = 0x2b;
const HASH = 0x23;
const SLASH = 0x2f;
const DOLLAR = 0x24;

/**
 * Whether a valid filter (without `$share/name/`) matches a valid topic name. Levels are compared as they are: case counts,
 * empty levels are levels [MQTT-4.7.3-4].
 */
export function topicMatches(filter: string, topic: string): boolean {
  const filterLength = filter.length;
  const topicLength = topic.length;
  const first = filter.charCodeAt(0);
  // a wildcard at the first level does not match topics of the server [MQTT-4.7.2-1]
  if (topic.charCodeAt(0) === DOLLAR && (first === PLUS || first === HASH)) return false;
  let at = 0;
  for (let i = 0; i < filterLength; i++) {
    const character = filter.charCodeAt(i);
    if (character === HASH) return true;
    if (character === PLUS) {
      while (at < topicLength && topic.charCodeAt(at) !== SLASH) at++;
    } else if (at < topicLength && topic.charCodeAt(at) === character) {
      at++;
    } else {
      // "sport/#" matches its parent level "sport" too
      return at === topicLength && character === SLASH && i + 2 === filterLength && filter.charCodeAt(i + 1) === HASH;
    }
  }
  return at === topicLength;
}
