/** Serves the description of the API: the document, and a page that shows it. Nothing is fetched from anywhere else. */

import { readFileSync } from "node:fs";
import type { Json } from "./schemas.ts";

/** The page's policy: its own files, its own server, no frame around it. */
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const files: ReadonlyMap<string, readonly [file: string, type: string]> = new Map([
  ["/", ["index.html", "text/html; charset=utf-8"]],
  ["/docs.js", ["docs.js", "text/javascript; charset=utf-8"]],
  ["/docs.css", ["docs.css", "text/css; charset=utf-8"]],
]);

/** Answers undefined for a path that is none of these. The document is made anew when `revision` is another one. */
export function createPages(document: () => Json, revision: () => string): (path: string) => Response | undefined {
  let made: { readonly revision: string; readonly text: string } | undefined;
  // Anybody may ask for it, and making it takes milliseconds.
  const documentText = (): string => {
    const wanted = revision();
    if (made?.revision !== wanted) made = { revision: wanted, text: JSON.stringify(document()) };
    return made.text;
  };
  const read = new Map<string, string>();
  return (path) => {
    if (path === "/openapi.json")
      return new Response(documentText(), { headers: { "content-type": "application/json" } });
    const file = files.get(path);
    if (file === undefined) return undefined;
    const [name, type] = file;
    let text = read.get(name);
    if (text === undefined) {
      text = readFileSync(new URL(`../../assets/${name}`, import.meta.url), "utf8");
      read.set(name, text);
    }
    return new Response(text, { headers: { "content-type": type, "content-security-policy": policy } });
  };
}
