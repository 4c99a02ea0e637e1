/**
 * The configuration as the broker reads it: camelCase, complete, durations in milliseconds.
 * Made from the declaration in keys/ by types-source.test.ts; vitest -u writes it anew.
 */

/** The resolved configuration: filled with defaults, checked and frozen. Made by `resolveConfig` and `readConfig`. */
export interface BrokerConfig {
  /** File that holds the process id while gmqttd runs; `gmqttd reload` reads it. Relative to the configuration file. */
  readonly pidFile?: string;
  /** Where the broker takes connections. A list that is given replaces the default one. */
  readonly listeners: readonly ListenerConfig[];
  /** What clients are offered and held to. */
  readonly mqtt: MqttConfig;
  /** Bounds for what clients can make grow. A client beyond one is refused; its neighbours are unharmed. */
  readonly limits: LimitsConfig;
  /** The broker's own topics below `$SYS`. */
  readonly sys: SysConfig;
  /** What gmqttd writes to the standard output. */
  readonly log: LogConfig;
  /** A hook of a plugin that takes longer counts as a refusal. Unit: milliseconds. Default: 10s. */
  readonly hookTimeout: number;
  /** Time for a graceful stop; what is left then is closed at once. Unit: milliseconds. Default: 10s. */
  readonly shutdownTimeout: number;
  /** The store of what must survive a restart. A store reads the section of its own name, for example `persistence.redis`. */
  readonly persistence: PersistenceConfig;
  /** Topic aliases towards clients. */
  readonly topicAliasManager: TopicAliasManagerConfig;
  /** Sections of the plugins, by name; each is checked by its plugin. `package` in a section names the package, or the path of the module, that the plugin comes from. */
  readonly plugins: Readonly<Record<string, unknown>>;
  /** Names of the plugins that run; the first one's hooks are outermost. */
  readonly pluginOrder: readonly string[];
  /** Addresses of the management API, for the plugin that serves it. */
  readonly api: ApiConfig;
}

/** Where the broker takes connections. A list that is given replaces the default one. */
export interface ListenerConfig {
  /** `host:port`, `:port` (all addresses), `[::1]:1883` or `unix:///path`. Port 0 takes a free one. */
  readonly address: string;
  /** Name for logs and metrics. Default: the address. */
  readonly name?: string;
  /** Makes it a TLS listener. The files are read again at a reload; connections stay. */
  readonly tls?: {
    /** File with the certificates that client certificates must be signed by. Relative to the configuration file. */
    readonly cacert?: string;
    /** File with the server's certificate and its chain. Relative to the configuration file. */
    readonly cert: string;
    /** File with the private key. Relative to the configuration file. */
    readonly key: string;
    /** Whether clients must show a certificate signed by `cacert`. Default: false. */
    readonly verify: boolean;
    /** Whether the user name is the CN of the client's certificate, whatever CONNECT says. Default: false. */
    readonly usernameFromCommonName: boolean;
    /** Oldest TLS version accepted. Default: what Node.js accepts. */
    readonly minVersion?: "TLSv1.2" | "TLSv1.3";
  };
  /** Makes it a WebSocket listener; with `tls` a secure one. */
  readonly websocket?: {
    /** Path that clients ask for. Default: /. */
    readonly path: string;
    /** Values of the Origin header that are let in, for example `https://example.org`; empty: all. */
    readonly allowedOrigins: readonly string[];
    /** Whether clients that don't offer the subprotocol `mqtt` or `mqttv3.1` are refused. Default: false. */
    readonly requireSubprotocol: boolean;
  };
  /** Connections begin with a PROXY protocol header (version 1 or 2) that names the original client. */
  readonly proxyProtocol?: {
    /** Addresses or networks of the proxies, for example `10.0.0.0/8`; anybody else is refused. */
    readonly trusted: readonly string[];
  };
  /** Permissions of the Unix socket, as octal text in quotes, for example `"0660"`. Default: what the umask leaves. */
  readonly unixMode?: string;
  /** Connections that the system holds before the broker has taken them. Default: 511. */
  readonly backlog: number;
}

/** What clients are offered and held to. */
export interface MqttConfig {
  /** Largest session expiry interval that a client gets. Unit: milliseconds. Default: 2h. */
  readonly sessionExpiry: number;
  /** How often gmqtt looks for expired sessions. Accepted for its files; here sessions end on time, without looking. Unit: milliseconds. Default: 20s. */
  readonly sessionExpiryCheckInterval: number;
  /** Largest lifetime of a queued message. Unit: milliseconds. Default: 2h. */
  readonly messageExpiry: number;
  /** Age from which an unacknowledged inflight message may be dropped when the queue is full. Unit: milliseconds. Default: 30s. */
  readonly inflightExpiry: number;
  /** Largest packet accepted from a client. Unit: bytes. Default: 268435456. */
  readonly maxPacketSize: number;
  /** QoS 1 and 2 publishes that a client may have open towards the broker. Default: 100. */
  readonly serverReceiveMaximum: number;
  /** Longest keep alive accepted; MQTT 5.0 clients that ask for more, or for none, are told this one. Unit: seconds. Default: 300. */
  readonly maxKeepalive: number;
  /** Highest topic alias accepted from a client; 0: no aliases. Default: 10. */
  readonly topicAliasMaximum: number;
  /** Whether clients may give subscription identifiers. Default: true. */
  readonly subscriptionIdentifierAvailable: boolean;
  /** Whether clients may subscribe with `+` and `#`. Default: true. */
  readonly wildcardSubscriptionAvailable: boolean;
  /** Whether clients may make shared subscriptions (`$share/group/filter`). Default: true. */
  readonly sharedSubscriptionAvailable: boolean;
  /** Whether clients may publish retained messages. Default: true. */
  readonly retainAvailable: boolean;
  /** Highest QoS of a publish. Default: 2. */
  readonly maximumQos: 0 | 1 | 2;
  /** Length of a session's outgoing queue. Default: 1000. */
  readonly maxQueuedMessages: number;
  /** QoS 1 and 2 messages on their way to a client without its acknowledgement. Default: 100. */
  readonly maxInflight: number;
  /** Whether QoS 0 messages are kept for sessions that are offline. Default: true. */
  readonly queueQos0Messages: boolean;
  /** `overlap`: one copy per matching subscription; `onlyonce`: one copy with the highest QoS and all identifiers. Default: onlyonce. */
  readonly deliveryMode: "onlyonce" | "overlap";
  /** Whether a client may connect without a client identifier; it is then given one. Default: true. */
  readonly allowZeroLengthClientid: boolean;
  /** A connection that sends no CONNECT within this time is closed. Unit: milliseconds. Default: 5s. */
  readonly connectTimeout: number;
  /** Prefix of response topics, given to MQTT 5.0 clients that ask for response information; empty: none. Default: empty. */
  readonly responseInformation: string;
  /** Other server that MQTT 5.0 clients are pointed to when this one stops; empty: none. Default: empty. */
  readonly serverReference: string;
  /** What becomes of a refused publish of a 3.1 or 3.1.1 client, which can't be told: `drop` the message, or `close` the connection. Default: drop. */
  readonly unauthorizedPublish: "drop" | "close";
  /** Whether the broker uses topic aliases towards clients that allow them. Default: true. */
  readonly outgoingTopicAliases: boolean;
}

/** Bounds for what clients can make grow. A client beyond one is refused; its neighbours are unharmed. */
export interface LimitsConfig {
  /** Open connections in all, those in their handshake included. Default: 100000. */
  readonly maxConnections: number;
  /** Open connections from one network address. Default: 20000. */
  readonly maxConnectionsPerAddress: number;
  /** New connections in all. Unit: connections per second. Default: 20000. */
  readonly connectRate: number;
  /** New connections from one network address. Unit: connections per second. Default: 10000. */
  readonly connectRatePerAddress: number;
  /** Sessions, connected or not. Default: 1000000. */
  readonly maxSessions: number;
  /** Subscriptions of one session. Default: 100000. */
  readonly maxSubscriptionsPerClient: number;
  /** Topic filters in one SUBSCRIBE or UNSUBSCRIBE. Default: 1000. */
  readonly maxFiltersPerPacket: number;
  /** User properties in one packet. Default: 5000. */
  readonly maxUserProperties: number;
  /** Length of a topic name or filter. Unit: bytes. Default: 65535. */
  readonly maxTopicLength: number;
  /** Levels of a topic name or filter. Default: 128. */
  readonly maxTopicLevels: number;
  /** Length of a client identifier. Unit: bytes. Default: 65535. */
  readonly maxClientidLength: number;
  /** Retained messages. Default: 1000000. */
  readonly maxRetainedMessages: number;
  /** Topics and payloads of all retained messages together. Unit: bytes. Default: 1073741824. */
  readonly maxRetainedBytes: number;
  /** Topics and payloads of the messages queued for one session. Unit: bytes. Default: 268435456. */
  readonly maxQueuedBytes: number;
  /** Bytes that one connection has not taken; beyond, QoS 0 messages for it are dropped. Unit: bytes. Default: 1048576. */
  readonly maxUnsentBytes: number;
  /** Bytes that one connection has not taken; beyond, it is cut off, without a DISCONNECT that it would not read. Unit: bytes. Default: 67108864. */
  readonly maxUnsentBytesHard: number;
  /** Messages that one client may publish; 0: no limit. Unit: messages per second. Default: 0. */
  readonly publishRate: number;
  /** Payload and topic bytes that one client may publish; 0: no limit. Unit: bytes per second. Default: 0. */
  readonly publishBytesRate: number;
  /** Store operations under way before publishers are paused. Default: 100000. */
  readonly maxPendingCommits: number;
}

/** The broker's own topics below `$SYS`. */
export interface SysConfig {
  /** How often they are published. Unit: milliseconds. Default: 10s. */
  readonly interval: number;
}

/** What gmqttd writes to the standard output. */
export interface LogConfig {
  /** Least important lines that are written. Default: info. */
  readonly level: "debug" | "info" | "warn" | "error";
  /** Lines for people or for machines. Default: text. */
  readonly format: "text" | "json";
  /** Whether every packet is written at level debug. Payloads and passwords are not. Default: false. */
  readonly dumpPacket: boolean;
}

/** The store of what must survive a restart. A store reads the section of its own name, for example `persistence.redis`. */
export interface PersistenceConfig {
  /** `memory`, which keeps nothing over a restart, or the name of a store that a plugin provides, for example `redis`. Default: memory. */
  readonly type: string;
  readonly [section: string]: unknown;
}

/** Topic aliases towards clients. */
export interface TopicAliasManagerConfig {
  /** Which alias is replaced when all are taken; `fifo`: the oldest. Default: fifo. */
  readonly type: "fifo";
}

/** Addresses of the management API, for the plugin that serves it. */
export interface ApiConfig {
  /** gRPC servers. */
  readonly grpc: readonly {
    /** `tcp://host:port` or `unix:///path`. */
    readonly address: string;
    /** TLS; read by the plugin. */
    readonly tls?: Readonly<Record<string, unknown>>;
  }[];
  /** REST servers. */
  readonly http: readonly {
    /** `tcp://host:port` or `unix:///path`. */
    readonly address: string;
    /** Address of the gRPC server that it stands in front of. */
    readonly map?: string;
    /** TLS; read by the plugin. */
    readonly tls?: Readonly<Record<string, unknown>>;
  }[];
}
