/** How a call ends: gRPC status codes, what REST makes of them, and which error means what. */

import { MqttError, ReasonCode } from "@gmqtt/broker";

/** The codes of google.rpc.Code, which gRPC and REST share. */
export const StatusCode = {
  OK: 0,
  CANCELLED: 1,
  UNKNOWN: 2,
  INVALID_ARGUMENT: 3,
  DEADLINE_EXCEEDED: 4,
  NOT_FOUND: 5,
  ALREADY_EXISTS: 6,
  PERMISSION_DENIED: 7,
  RESOURCE_EXHAUSTED: 8,
  FAILED_PRECONDITION: 9,
  ABORTED: 10,
  OUT_OF_RANGE: 11,
  UNIMPLEMENTED: 12,
  INTERNAL: 13,
  UNAVAILABLE: 14,
  DATA_LOSS: 15,
  UNAUTHENTICATED: 16,
} as const;
export type StatusCode = (typeof StatusCode)[keyof typeof StatusCode];

const names = Object.fromEntries(Object.entries(StatusCode).map(([name, code]) => [code, name]));

/** Name of a code, for the log. */
export function statusName(code: StatusCode): string {
  return names[code] ?? String(code);
}

/** HTTP status by code, as google/rpc/code.proto gives them. */
const httpStatus: Readonly<Record<StatusCode, number>> = {
  0: 200,
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
};

/** The error of a call that did not succeed: goes to the caller as it is. */
export class ApiError extends Error {
  override readonly name: string = "ApiError";
  readonly code: StatusCode;
  /** HTTP status, where it says more than the code does. */
  readonly httpStatus: number;
  /** For HTTP responses. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: StatusCode,
    message: string,
    http: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.code = code;
    this.httpStatus = http.status ?? httpStatus[code];
    this.headers = http.headers ?? {};
  }
}

/** Something the request says is impossible. */
export function invalidArgument(message: string): ApiError {
  return new ApiError(StatusCode.INVALID_ARGUMENT, message);
}

/** Something the request names is not there. */
export function notFound(message: string): ApiError {
  return new ApiError(StatusCode.NOT_FOUND, message);
}

const mqttCodes: ReadonlyMap<number, StatusCode> = new Map([
  [ReasonCode.TopicNameInvalid, StatusCode.INVALID_ARGUMENT],
  [ReasonCode.TopicFilterInvalid, StatusCode.INVALID_ARGUMENT],
  [ReasonCode.PayloadFormatInvalid, StatusCode.INVALID_ARGUMENT],
  [ReasonCode.ClientIdentifierNotValid, StatusCode.NOT_FOUND],
  [ReasonCode.NotAuthorized, StatusCode.PERMISSION_DENIED],
  [ReasonCode.QuotaExceeded, StatusCode.RESOURCE_EXHAUSTED],
]);

/**
 * The error as the caller sees it: one with a gRPC `code` as it is, a refusal of the broker in gRPC's terms. Anything
 * else is a bug, of which callers learn no more than that; undefined stands for it.
 */
export function publicError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof MqttError) {
    const code = mqttCodes.get(error.reasonCode) ?? StatusCode.FAILED_PRECONDITION;
    return new ApiError(code, error.reasonString ?? error.message);
  }
  const { code } = (error ?? {}) as { readonly code?: unknown };
  if (error instanceof Error && typeof code === "number" && code !== StatusCode.OK && code in names) {
    return new ApiError(code as StatusCode, error.message);
  }
  return undefined;
}
