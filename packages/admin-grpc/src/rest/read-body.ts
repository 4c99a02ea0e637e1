/** Reads the body of a request, up to the limit. */

import { ApiError, StatusCode } from "../api/status.ts";

/** Rejects with RESOURCE_EXHAUSTED (413) for a body that is larger than `limit` bytes, as soon as that is known. */
export async function readBody(request: Request, limit: number): Promise<string> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw tooLarge(limit);
  if (request.body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body) {
    length += chunk.length;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** The rest of the body is not read, so the connection is of no use any more. */
function tooLarge(limit: number): ApiError {
  return new ApiError(StatusCode.RESOURCE_EXHAUSTED, `body is larger than ${limit} bytes`, {
    status: 413,
    headers: { connection: "close" },
  });
}
