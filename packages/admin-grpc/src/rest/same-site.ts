/** Keeps web pages of others away: a browser on this machine can reach the API, and would send what any page asks it to. */

import { ApiError, StatusCode } from "../api/status.ts";
import { isLoopback } from "../endpoints/address.ts";

/**
 * Throws PERMISSION_DENIED for a request that another site's page makes. `openToAll`: nobody has to show anything, so the
 * request must also name this machine, or a page could come in by a name of its own that leads here.
 */
export function assertSameSite(headers: Headers, openToAll: boolean): void {
  const host = headers.get("host") ?? "";
  const site = headers.get("sec-fetch-site");
  if (site !== null && site !== "same-origin" && site !== "none") throw refused("a page of another site");
  const origin = headers.get("origin");
  if (origin !== null && hostOf(origin) !== host) throw refused(`a page of ${origin}`);
  if (openToAll && host !== "" && !isLoopback(nameOf(host))) throw refused(`host ${host}`);
}

function refused(what: string): ApiError {
  return new ApiError(StatusCode.PERMISSION_DENIED, `${what} may not use the api`);
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}

function nameOf(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname.replace(/^\[|\]$/g, "") : host;
}
