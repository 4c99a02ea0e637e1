/** Key `listeners`: where the broker takes connections. */

import type { ListSpec } from "../spec.ts";

/** Declaration of `listeners`. */
export const listenersKey: ListSpec = {
  kind: "list",
  doc: "Where the broker takes connections. A list that is given replaces the default one.",
  default: [{ address: ":1883" }, { address: ":8883", websocket: { path: "/" } }],
  keys: {
    address: {
      kind: "text",
      required: true,
      format: "listen-address",
      doc: "`host:port`, `:port` (all addresses), `[::1]:1883` or `unix:///path`. Port 0 takes a free one.",
    },
    name: {
      kind: "text",
      optional: true,
      doc: "Name for logs and metrics. Default: the address.",
    },
    tls: {
      kind: "section",
      optional: true,
      doc: "Makes it a TLS listener. The files are read again at a reload; connections stay.",
      keys: {
        cacert: {
          kind: "text",
          optional: true,
          doc: "File with the certificates that client certificates must be signed by. Relative to the configuration file.",
        },
        cert: {
          kind: "text",
          required: true,
          doc: "File with the server's certificate and its chain. Relative to the configuration file.",
        },
        key: {
          kind: "text",
          required: true,
          doc: "File with the private key. Relative to the configuration file.",
        },
        verify: {
          kind: "boolean",
          default: false,
          doc: "Whether clients must show a certificate signed by `cacert`.",
        },
        username_from_common_name: {
          kind: "boolean",
          default: false,
          doc: "Whether the user name is the CN of the client's certificate, whatever CONNECT says.",
        },
        min_version: {
          kind: "choice",
          values: ["TLSv1.2", "TLSv1.3"],
          optional: true,
          doc: "Oldest TLS version accepted. Default: what Node.js accepts.",
        },
      },
    },
    websocket: {
      kind: "section",
      optional: true,
      doc: "Makes it a WebSocket listener; with `tls` a secure one.",
      keys: {
        path: {
          kind: "text",
          default: "/",
          format: "url-path",
          doc: "Path that clients ask for.",
        },
        allowed_origins: {
          kind: "text-list",
          default: [],
          doc: "Values of the Origin header that are let in, for example `https://example.org`; empty: all.",
        },
        require_subprotocol: {
          kind: "boolean",
          default: false,
          doc: "Whether clients that don't offer the subprotocol `mqtt` or `mqttv3.1` are refused.",
        },
      },
    },
    proxy_protocol: {
      kind: "section",
      optional: true,
      doc: "Connections begin with a PROXY protocol header (version 1 or 2) that names the original client.",
      keys: {
        trusted: {
          kind: "text-list",
          required: true,
          format: "cidr",
          minItems: 1,
          doc: "Addresses or networks of the proxies, for example `10.0.0.0/8`; anybody else is refused.",
        },
      },
    },
    unix_mode: {
      kind: "text",
      optional: true,
      format: "file-mode",
      doc: 'Permissions of the Unix socket, as octal text in quotes, for example `"0660"`. Default: what the umask leaves.',
    },
    backlog: {
      kind: "integer",
      default: 511,
      min: 1,
      max: 65535,
      doc: "Connections that the system holds before the broker has taken them.",
    },
  },
};
