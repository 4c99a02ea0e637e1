/** The formats that a text in the configuration may be bound to. */

import { isIP } from "node:net";
import { parseListenAddress } from "../listeners/address.ts";
import type { TextFormat } from "./spec.ts";

/** How a format is checked, and how it is described to people and to editors. */
export interface Format {
  /** Completes "must be ...". */
  readonly description: string;
  /** Regular expression for the JSON Schema; as strict as it can be said, `accepts` is the judge. */
  readonly pattern: string;
  /** May throw a `ConfigError` without a path that says more than the description does. */
  accepts(text: string): boolean;
}

/** The formats by name. */
export const formats: Readonly<Record<TextFormat, Format>> = {
  "listen-address": {
    description: "host:port, :port, [ipv6]:port or unix:///path",
    pattern: "^(unix://.+|.*:[0-9]{1,5})$",
    accepts: (text) => parseListenAddress(text, "") !== undefined,
  },
  "api-address": {
    description: "tcp://host:port or unix:///path",
    pattern: "^(unix://.+|tcp://.*:[0-9]{1,5})$",
    accepts: (text) => /^(tcp|unix):/.test(text) && parseListenAddress(text, "") !== undefined,
  },
  cidr: {
    description: "an IP address or a network such as 10.0.0.0/8",
    pattern: "^[0-9a-fA-F.:]+(/[0-9]{1,3})?$",
    accepts: isNetwork,
  },
  "file-mode": {
    description: 'an octal file mode in quotes such as "0660"',
    pattern: "^0?[0-7]{3}$",
    accepts: (text) => /^0?[0-7]{3}$/.test(text),
  },
  "url-path": {
    description: "a path that begins with /",
    pattern: "^/[^?#]*$",
    accepts: (text) => /^\/[^?#\s]*$/.test(text),
  },
};

function isNetwork(text: string): boolean {
  const [address = "", prefix, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128));
}
