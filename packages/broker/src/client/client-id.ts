/** Client identifiers for clients that bring none. */

const ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz";
const LENGTH = 22;

/** An identifier that `taken` does not know [MQTT-3.2.2-16]; `random` gives numbers from 0 up to 1. */
export function assignClientId(random: () => number, taken: (clientId: string) => boolean): string {
  for (;;) {
    let id = "gmqtt-";
    for (let index = 0; index < LENGTH; index++) id += ALPHABET[Math.floor(random() * ALPHABET.length)];
    if (!taken(id)) return id;
  }
}
