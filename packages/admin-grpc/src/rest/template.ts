/** Path templates of google/api/http.proto: `/v1/clients/{client_id}`, `/v1/retained/{topic_name=**}`, `/v1/x:verb`. */

/** A variable of a template and the segments that it takes. */
export interface TemplateVariable {
  /** Field path in the request, by proto names. */
  readonly field: string;
  /** First segment, and the one behind the last. */
  readonly start: number;
  readonly end: number;
}

/** A parsed template. */
export interface PathTemplate {
  readonly text: string;
  /** Literals, `*` (one segment) and `**` (all that is left). */
  readonly segments: readonly string[];
  readonly variables: readonly TemplateVariable[];
  /** Behind a colon at the end; undefined without one. */
  readonly verb: string | undefined;
}

/** Parses a template. Throws when it is none. */
export function parseTemplate(text: string): PathTemplate {
  const segments: string[] = [];
  const variables: TemplateVariable[] = [];
  const match = /^((?:\/(?:\{[^{}]+\}|[^/{}:]+))+)(?::([^/{}:]+))?$/.exec(text);
  if (match === null) throw new Error(`${text} is not a path template`);
  const [, path = "", verb] = match;
  for (const [part] of path.matchAll(/\{[^{}]+\}|[^/{}]+/g)) {
    if (!part.startsWith("{")) {
      segments.push(part);
      continue;
    }
    const [field = "", pattern = "*"] = part.slice(1, -1).split("=");
    const start = segments.length;
    segments.push(...pattern.split("/"));
    variables.push({ field, start, end: segments.length });
  }
  const rest = segments.indexOf("**");
  if (rest >= 0 && rest !== segments.length - 1) throw new Error(`${text}: ** must stand at the end`);
  return { text, segments, variables, verb };
}

/** The variables of a path, decoded; undefined when the template does not match. Throws `URIError` for a broken escape. */
export function matchTemplate(template: PathTemplate, path: string): Record<string, string> | undefined {
  const parts = partsOf(template, path);
  if (parts === undefined) return undefined;
  for (const [index, segment] of template.segments.entries()) {
    if (segment === "**") break;
    if (parts[index] === "" || (segment !== "*" && segment !== parts[index])) return undefined;
  }
  const values: Record<string, string> = {};
  for (const { field, start, end } of template.variables) {
    const open = template.segments[end - 1] === "**";
    values[field] = parts
      .slice(start, open ? undefined : end)
      .map(decodeURIComponent)
      .join("/");
  }
  return values;
}

/** The segments of a path; undefined when there can't be a match. */
function partsOf({ segments, verb }: PathTemplate, path: string): string[] | undefined {
  const suffix = verb === undefined ? "" : `:${verb}`;
  if (!path.endsWith(suffix)) return undefined;
  const parts = path.slice(1, path.length - suffix.length).split("/");
  if (segments.at(-1) === "**") return parts.length >= segments.length ? parts : undefined;
  return parts.length === segments.length ? parts : undefined;
}

/** How specific a template is: literals first, open ends last; larger goes first. */
export function specificity({ segments, verb }: PathTemplate): number {
  const weights = segments.map((segment) => (segment === "**" ? 0 : segment === "*" ? 2 : 3));
  return weights.reduce<number>((sum, weight) => sum * 4 + weight, 0) * 2 + (verb === undefined ? 0 : 1);
}
