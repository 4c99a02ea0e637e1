/** How plugins answer "which rule decides": asked by management APIs, never on the way of a packet. */

import type { QoS, ReasonCode } from "@gmqtt/packets";

/** Something that a client does or might do. Nothing of it happens. */
export interface ExplainQuestion {
  /** `receive`: whether a message with this topic that a subscription of the client matches is delivered to it. */
  readonly action: "connect" | "publish" | "subscribe" | "receive";
  readonly clientId: string;
  /** undefined: none. */
  readonly username: string | undefined;
  /** IP address of the client; "" when it is not known. */
  readonly remoteAddress: string;
  /** Common name of the client's certificate; undefined: none, or not known. */
  readonly certificateCommonName: string | undefined;
  /** Topic name; topic filter for `subscribe`; "" for `connect`. */
  readonly topic: string;
  /** QoS of the message, or QoS asked for. */
  readonly qos: QoS;
  /** RETAIN flag of the message. */
  readonly retain: boolean;
}

/** What a plugin would decide, and by which rule. */
export interface ExplainAnswer {
  /** `unknown`: it depends on what the question does not say, such as the password. */
  readonly decision: "allow" | "deny" | "unknown";
  /** The rule in words, for people: `acl rule 3: username "bob" may publish to sensors/#`. */
  readonly rule: string;
  /** Of a refusal. */
  readonly reasonCode?: ReasonCode;
  /** The QoS that the rule grants at most; absent: any. */
  readonly maximumQoS?: QoS;
}
