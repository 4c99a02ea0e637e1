/** What concerns the process and those around the core: log, times, plugins, store, management API. */

import type { DurationSpec, OpaqueSpec, SectionSpec, TextListSpec, TextSpec } from "../spec.ts";

/** Declaration of `pid_file`. */
export const pidFileKey: TextSpec = {
  kind: "text",
  optional: true,
  doc: "File that holds the process id while gmqttd runs; `gmqttd reload` reads it. Relative to the configuration file.",
};

/** Declaration of section `log`. */
export const logSection: SectionSpec = {
  kind: "section",
  doc: "What gmqttd writes to the standard output.",
  keys: {
    level: {
      kind: "choice",
      values: ["debug", "info", "warn", "error"],
      default: "info",
      live: true,
      doc: "Least important lines that are written.",
    },
    format: {
      kind: "choice",
      values: ["text", "json"],
      default: "text",
      doc: "Lines for people or for machines.",
    },
    dump_packet: {
      kind: "boolean",
      default: false,
      live: true,
      doc: "Whether every packet is written at level debug. Payloads and passwords are not.",
    },
  },
};

/** Declaration of section `sys`. */
export const sysSection: SectionSpec = {
  kind: "section",
  doc: "The broker's own topics below `$SYS`.",
  keys: {
    interval: {
      kind: "duration",
      default: "10s",
      min: "10ms",
      zero: "off",
      doc: "How often they are published.",
    },
  },
};

/** Declaration of `hook_timeout`. */
export const hookTimeoutKey: DurationSpec = {
  kind: "duration",
  default: "10s",
  min: "1ms",
  zero: "no limit",
  doc: "A hook of a plugin that takes longer counts as a refusal.",
};

/** Declaration of `shutdown_timeout`. */
export const shutdownTimeoutKey: DurationSpec = {
  kind: "duration",
  default: "10s",
  min: "1ms",
  live: true,
  doc: "Time for a graceful stop; what is left then is closed at once.",
};

/** Declaration of section `persistence`. */
export const persistenceSection: SectionSpec = {
  kind: "section",
  open: true,
  doc: "The store of what must survive a restart. A store reads the section of its own name, for example `persistence.redis`.",
  keys: {
    type: {
      kind: "text",
      default: "memory",
      doc: "`memory`, which keeps nothing over a restart, or the name of a store that a plugin provides, for example `redis`.",
    },
  },
};

/** Declaration of section `topic_alias_manager`. */
export const topicAliasManagerSection: SectionSpec = {
  kind: "section",
  doc: "Topic aliases towards clients.",
  keys: {
    type: {
      kind: "choice",
      values: ["fifo"],
      default: "fifo",
      doc: "Which alias is replaced when all are taken; `fifo`: the oldest.",
    },
  },
};

/** Declaration of `plugins`. */
export const pluginsKey: OpaqueSpec = {
  kind: "opaque",
  doc: "Sections of the plugins, by name; each is checked by its plugin. `package` in a section names the package, or the path of the module, that the plugin comes from.",
};

/** Declaration of `plugin_order`. */
export const pluginOrderKey: TextListSpec = {
  kind: "text-list",
  default: [],
  unique: true,
  doc: "Names of the plugins that run; the first one's hooks are outermost.",
};

/** Declaration of section `api`. */
export const apiSection: SectionSpec = {
  kind: "section",
  doc: "Addresses of the management API, for the plugin that serves it.",
  keys: {
    grpc: {
      kind: "list",
      default: [{ address: "tcp://127.0.0.1:8084" }],
      doc: "gRPC servers.",
      keys: {
        address: {
          kind: "text",
          required: true,
          format: "api-address",
          doc: "`tcp://host:port` or `unix:///path`.",
        },
        tls: { kind: "opaque", optional: true, doc: "TLS; read by the plugin." },
      },
    },
    http: {
      kind: "list",
      default: [{ address: "tcp://127.0.0.1:8083", map: "tcp://127.0.0.1:8084" }],
      doc: "REST servers.",
      keys: {
        address: {
          kind: "text",
          required: true,
          format: "api-address",
          doc: "`tcp://host:port` or `unix:///path`.",
        },
        map: {
          kind: "text",
          optional: true,
          format: "api-address",
          doc: "Address of the gRPC server that it stands in front of.",
        },
        tls: { kind: "opaque", optional: true, doc: "TLS; read by the plugin." },
      },
    },
  },
};
