/** Numbers of the broker in the sizes of protobuf. */

import { type Timestamp, timestampFromMs } from "@bufbuild/protobuf/wkt";

const UINT32_MAX = 0xffff_ffff;

/** As uint32; what is larger, Infinity among it, is the largest. */
export function uint32(value: number): number {
  return value >= UINT32_MAX ? UINT32_MAX : Math.max(0, Math.trunc(value));
}

/** Milliseconds since 1970 as a Timestamp; undefined stays so. */
export function timestamp(milliseconds: number | undefined): Timestamp | undefined {
  return milliseconds === undefined || !Number.isFinite(milliseconds) ? undefined : timestampFromMs(milliseconds);
}

/** The sum as uint64. */
export function sum(values: readonly number[]): bigint {
  return BigInt(values.reduce((total, value) => total + value, 0));
}
