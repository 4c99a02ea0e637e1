/** The answers of the REST server: messages, streams, errors. */

import type { Message } from "@bufbuild/protobuf";
import type { ApiMethod, Route } from "../api/method.ts";
import type { ApiError, StatusCode } from "../api/status.ts";
import { jsonOf } from "./json.ts";

const jsonType = { "content-type": "application/json" } as const;

/** A message, or the field of it that the route answers with. */
export function messageResponse(method: ApiMethod, route: Route, message: Message): Response {
  const json = jsonOf(method.output, message);
  const part = route.responseBody === "" ? json : (json as Record<string, unknown>)[route.responseBody];
  return new Response(JSON.stringify(part), { headers: jsonType });
}

/** google.rpc.Status */
export function errorResponse(error: ApiError): Response {
  return new Response(errorText(error), { status: error.httpStatus, headers: { ...jsonType, ...error.headers } });
}

/** What a reader of a stream asked for. */
export type StreamForm = "events" | "lines";

/**
 * A stream of messages: as server-sent events, or as grpc-gateway has it, a JSON object with `result` or `error` on each
 * line. The first message is awaited, so that a refusal has its status.
 */
export async function streamResponse(
  method: ApiMethod,
  messages: AsyncGenerator<Message, void, undefined>,
  form: StreamForm,
  asApiError: (error: unknown) => ApiError,
  signal: AbortSignal,
): Promise<Response> {
  const encoder = new TextEncoder();
  const first = messages.next();
  const early = await Promise.race([first, nextTurn()]); // throws what refuses the call
  let pending: typeof first | undefined = early === undefined ? first : Promise.resolve(early);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      // Something to read at once: proxies and readers know that the stream is open.
      if (form === "events") controller.enqueue(encoder.encode(": open\n\n"));
    },
    async pull(controller) {
      try {
        const next = pending ?? messages.next();
        pending = undefined;
        const { done, value } = await next;
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(frame(form, "result", JSON.stringify(jsonOf(method.output, value)))));
      } catch (error) {
        if (!signal.aborted) controller.enqueue(encoder.encode(frame(form, "error", errorText(asApiError(error)))));
        controller.close();
      }
    },
    async cancel() {
      await messages.return();
    },
  });
  const type = form === "events" ? "text/event-stream" : "application/json";
  return new Response(body, { headers: { "content-type": type, "cache-control": "no-store" } });
}

function frame(form: StreamForm, kind: "result" | "error", json: string): string {
  if (form === "lines") return `{"${kind}":${json}}\n`;
  return kind === "result" ? `data: ${json}\n\n` : `event: error\ndata: ${json}\n\n`;
}

function errorText({ code, message }: ApiError): string {
  return JSON.stringify({ code: code satisfies StatusCode, message, details: [] });
}

function nextTurn(): Promise<undefined> {
  return new Promise((resolve) => {
    setImmediate(() => resolve(undefined));
  });
}
