/** The properties of MQTT 5.0 (section 2.2.2.2): what each identifier is called, how it is written and where it may stand. */
import type { AnyProperties } from "./types.ts";

/** The places a property list can stand in, as bits. */
export const PropertyPlace = {
  Connect: 0x001,
  Will: 0x002,
  Connack: 0x004,
  Publish: 0x008,
  /** PUBACK, PUBREC, PUBREL, PUBCOMP, SUBACK, UNSUBACK: they allow the same two. */
  Acknowledgement: 0x010,
  Subscribe: 0x020,
  Unsubscribe: 0x040,
  Disconnect: 0x080,
  Auth: 0x100,
} as const;
/** One of the places. */
export type PropertyPlace = (typeof PropertyPlace)[keyof typeof PropertyPlace];

/** How a value is written. */
export type SingleKind = "byte" | "flag" | "uint16" | "uint32" | "variable" | "string" | "binary";
type Kind = SingleKind | "pairs" | "variables";

/** A row of the table. */
export interface PropertyDefinition {
  readonly id: number;
  readonly name: keyof AnyProperties;
  readonly kind: Kind;
  /** Smallest value; 1 where the standard makes 0 a Protocol Error. */
  readonly minimum: 0 | 1;
  readonly places: number;
}

const { Connect, Will, Connack, Publish, Acknowledgement, Subscribe, Disconnect, Auth } = PropertyPlace;
const EVERYWHERE = 0x1ff;

function define(
  id: number,
  name: keyof AnyProperties,
  kind: Kind,
  places: number,
  minimum: 0 | 1 = 0,
): PropertyDefinition {
  return { id, name, kind, minimum, places };
}

/** All properties in the order of their identifiers, which is also the order they are written in. */
const PROPERTIES: readonly PropertyDefinition[] = [
  define(0x01, "payloadFormatIndicator", "byte", Publish | Will),
  define(0x02, "messageExpiryInterval", "uint32", Publish | Will),
  define(0x03, "contentType", "string", Publish | Will),
  define(0x08, "responseTopic", "string", Publish | Will),
  define(0x09, "correlationData", "binary", Publish | Will),
  define(0x0b, "subscriptionIdentifier", "variable", Subscribe, 1),
  define(0x0b, "subscriptionIdentifiers", "variables", Publish, 1),
  define(0x11, "sessionExpiryInterval", "uint32", Connect | Connack | Disconnect),
  define(0x12, "assignedClientIdentifier", "string", Connack),
  define(0x13, "serverKeepAlive", "uint16", Connack),
  define(0x15, "authenticationMethod", "string", Connect | Connack | Auth),
  define(0x16, "authenticationData", "binary", Connect | Connack | Auth),
  define(0x17, "requestProblemInformation", "flag", Connect),
  define(0x18, "willDelayInterval", "uint32", Will),
  define(0x19, "requestResponseInformation", "flag", Connect),
  define(0x1a, "responseInformation", "string", Connack),
  define(0x1c, "serverReference", "string", Connack | Disconnect),
  define(0x1f, "reasonString", "string", Connack | Acknowledgement | Disconnect | Auth),
  define(0x21, "receiveMaximum", "uint16", Connect | Connack, 1),
  define(0x22, "topicAliasMaximum", "uint16", Connect | Connack),
  define(0x23, "topicAlias", "uint16", Publish, 1),
  define(0x24, "maximumQoS", "byte", Connack),
  define(0x25, "retainAvailable", "flag", Connack),
  define(0x26, "userProperties", "pairs", EVERYWHERE),
  define(0x27, "maximumPacketSize", "uint32", Connect | Connack, 1),
  define(0x28, "wildcardSubscriptionAvailable", "flag", Connack),
  define(0x29, "subscriptionIdentifierAvailable", "flag", Connack),
  define(0x2a, "sharedSubscriptionAvailable", "flag", Connack),
];

/** The places of each identifier; 0: unknown. */
export const PLACES: Uint16Array = new Uint16Array(0x80);
/** A bit for each identifier that must not repeat. */
export const SINGLE: Uint32Array = new Uint32Array(0x80);
PROPERTIES.forEach(({ id, kind, places }, index) => {
  PLACES[id] = (PLACES[id] as number) | places;
  if (kind !== "pairs" && kind !== "variables") SINGLE[id] = 1 << index;
});

const BY_PLACE: ReadonlyMap<number, readonly PropertyDefinition[]> = new Map(
  Object.values(PropertyPlace).map((place) => [place, PROPERTIES.filter(({ places }) => (places & place) !== 0)]),
);

/** The properties that may stand in a place, in the order of their identifiers. */
export function propertiesOf(place: PropertyPlace): readonly PropertyDefinition[] {
  return BY_PLACE.get(place) as readonly PropertyDefinition[];
}
