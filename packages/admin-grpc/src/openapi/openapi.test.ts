import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AdminBroker, startAdmin } from "../testing/admin-broker.ts";
import { createPages } from "./pages.ts";

let admin: AdminBroker;
let document: { paths: Record<string, Record<string, Operation>>; components: { schemas: Record<string, Schema> } };

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly description?: string }>>;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: { readonly "200": { readonly content: Readonly<Record<string, { schema: unknown }>> } };
}

beforeAll(async () => {
  admin = await startAdmin({ config: { sys: { interval: 0 } } });
  document = (await admin.rest("/openapi.json")).json as typeof document;
});
afterAll(() => admin.stop());

test("the document is valid OpenAPI 3.1, and every reference in it leads somewhere", async () => {
  const validator = new Validator();
  const result = await validator.validate(structuredClone(document));
  expect(result).toMatchObject({ valid: true });
  expect(validator.version).toBe("3.1");
  const references = JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
  for (const [, name = ""] of references) expect(document.components.schemas, name).toHaveProperty([name]);
});

test("every operation has an id of its own and says what it does", () => {
  const operations = Object.values(document.paths).flatMap((verbs) => Object.values(verbs));
  expect(operations.length).toBeGreaterThan(20);
  const ids = operations.map(({ operationId }) => operationId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { operationId, summary } of operations) expect(summary, operationId).toMatch(/^[A-Z].+\.? ?$/);
});

test("what REST answers is what the document says", async () => {
  await admin.broker.connect({ clientId: "one" });
  const { json } = await admin.rest("/v1/clients/one");
  const { client } = json as { client: Record<string, unknown> };
  const schema = document.components.schemas["gmqtt.admin.api.Client"];
  expect(Object.keys(client)).toEqual(Object.keys(schema?.properties ?? {}));
});

test("the page and all its files come from here, and it may load nothing else", async () => {
  for (const [path, type] of [
    ["/", "text/html"],
    ["/docs.js", "text/javascript"],
    ["/docs.css", "text/css"],
  ] as const) {
    const response = await fetch(admin.url + path);
    expect(response.headers.get("content-type"), path).toContain(type);
    expect(response.headers.get("content-security-policy"), path).toContain("default-src 'none'; script-src 'self'");
    const text = await response.text();
    expect(text, path).toBe(
      readFileSync(new URL(`../../assets${path === "/" ? "/index.html" : path}`, import.meta.url), "utf8"),
    );
    expect(text, path).not.toMatch(/(https?:)?\/\/[a-z]/);
  }
});

test("the document is made once, and anew when something else is served", () => {
  let made = 0;
  let revision = "1";
  const pages = createPages(
    () => ({ made: ++made }),
    () => revision,
  );
  for (let asked = 0; asked < 3; asked++) pages("/openapi.json");
  expect(made).toBe(1);
  revision = "2";
  pages("/openapi.json");
  expect(made).toBe(2);
});

test("both can be turned off", async () => {
  const closed = await startAdmin({ section: { docs: false } });
  for (const path of ["/", "/openapi.json", "/docs.js"]) expect((await closed.rest(path)).status, path).toBe(404);
  await closed.stop();
});
