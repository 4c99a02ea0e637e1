/** Shows openapi.json: every operation with its fields, a curl line, and a form that asks the server. */

const byId = (id) => document.getElementById(id);

/** An element with text or children. */
function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== undefined));
  return made;
}

let api;
try {
  const response = await fetchDocument();
  api = await response.json();
  show();
} catch (error) {
  byId("operations").textContent = `openapi.json could not be read: ${error.message}`;
}
byId("find").addEventListener("input", show);

function fetchDocument() {
  return fetch("openapi.json");
}

function show() {
  byId("title").textContent = `${api.info.title} ${api.info.version}`;
  byId("description").textContent = api.info.description;
  const wanted = byId("find").value.trim().toLowerCase();
  const sections = api.tags.map((tag) => section(tag, wanted)).filter((made) => made !== undefined);
  byId("operations").replaceChildren(...(sections.length > 0 ? sections : ["Nothing like that."]));
}

function section(tag, wanted) {
  const operations = Object.entries(api.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs)
      .filter(([, operation]) => operation.tags.includes(tag.name))
      .filter(([, operation]) => wanted === "" || `${path} ${JSON.stringify(operation)}`.toLowerCase().includes(wanted))
      .map(([verb, operation]) => showOperation(path, verb.toUpperCase(), operation)),
  );
  if (operations.length === 0) return undefined;
  return element(
    "section",
    {},
    element("h2", { textContent: tag.name }),
    element("p", { textContent: tag.description }),
    ...operations,
  );
}

function showOperation(path, verb, operation) {
  const details = element(
    "details",
    {},
    element(
      "summary",
      {},
      element("span", { className: `verb ${verb}`, textContent: verb }),
      element("span", { className: "route", textContent: path }),
      element("span", { className: "what", textContent: operation.summary }),
      element("span", { className: "role", textContent: `role ${operation["x-gmqtt-role"]}` }),
    ),
  );
  // What is inside is made when somebody looks.
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(body(path, verb, operation));
  });
  return details;
}

function body(path, verb, operation) {
  const request = operation.requestBody?.content["application/json"].schema;
  const answer = operation.responses["200"].content["application/json"].schema;
  const made = element("div", { className: "body" });
  if (operation.description !== undefined) made.append(element("p", { textContent: operation.description }));
  const parameters = operation.parameters.map((one) => [one.name, one.schema, one.description, one.in]);
  if (parameters.length > 0) made.append(element("h3", { textContent: "Parameters" }), table(parameters));
  if (request !== undefined) made.append(element("h3", { textContent: "Body" }), fields(request));
  made.append(element("h3", { textContent: "Answer" }), fields(answer));
  made.append(element("h3", { textContent: "Try it" }), form(path, verb, operation, request));
  return made;
}

function resolve(schema) {
  if (schema.anyOf !== undefined) return resolve(schema.anyOf[0]);
  if (schema.$ref === undefined) return schema;
  return api.components.schemas[schema.$ref.split("/").at(-1)];
}

function nameOf(schema) {
  if (schema.anyOf !== undefined) return `${nameOf(schema.anyOf[0])} or null`;
  if (schema.$ref !== undefined) return schema.$ref.split(".").at(-1);
  if (schema.enum !== undefined) return schema.enum.join(" | ");
  if (schema.type === "array") return `${nameOf(schema.items ?? {})}[]`;
  return [schema.type ?? "any", schema.contentEncoding ?? schema.format].filter(Boolean).join(", ");
}

/** The fields of a schema, and below them those of the messages in it. */
function fields(schema, depth = 0) {
  const resolved = resolve(schema);
  const entries = Object.entries(resolved.properties ?? {});
  if (entries.length === 0) return element("p", { textContent: "Nothing." });
  const made = element("div", {}, table(entries.map(([name, field]) => [name, field, field.description])));
  for (const [name, field] of entries) {
    const inner = resolve(field.type === "array" ? (field.items ?? {}) : field);
    if (depth > 3 || inner.properties === undefined) continue;
    made.append(element("h3", { textContent: `${name}: ${nameOf(field)}` }), fields(inner, depth + 1));
  }
  return made;
}

function table(rows) {
  const made = element("table");
  for (const [name, schema, description = "", place] of rows) {
    made.append(
      element(
        "tr",
        {},
        element("td", {}, element("code", { textContent: name })),
        element("td", { className: "type", textContent: [nameOf(schema), place].filter(Boolean).join(", ") }),
        element("td", { textContent: description }),
      ),
    );
  }
  return made;
}

function example(schema, depth = 0) {
  const resolved = resolve(schema);
  if (resolved.enum !== undefined) return resolved.enum[1] ?? resolved.enum[0];
  if (resolved.type === "array") return depth > 3 ? [] : [example(resolved.items ?? {}, depth + 1)];
  if (resolved.type === "object") {
    return Object.fromEntries(
      Object.entries(resolved.properties ?? {}).map(([name, field]) => [name, example(field, depth + 1)]),
    );
  }
  return { boolean: false, integer: 0, number: 0 }[resolved.type] ?? "";
}

function form(path, verb, operation, request) {
  const inputs = new Map();
  const made = element("form");
  for (const { name, in: place } of operation.parameters) {
    const input = element("input", { name });
    inputs.set(name, { input, place });
    made.append(element("label", {}, name, input));
  }
  const text = request && element("textarea", { value: JSON.stringify(example(request), null, 2), ariaLabel: "body" });
  if (text !== undefined) made.append(text);
  const curl = element("pre");
  const answer = element("pre", { hidden: true });
  const refresh = () => {
    const data = text === undefined ? "" : ` -d '${text.value.replaceAll("'", "'\\''")}'`;
    const token = byId("token").value === "" ? "" : ` -H 'Authorization: Bearer …'`;
    curl.textContent = `curl${verb === "GET" ? "" : ` -X ${verb}`}${token} '${location.origin}${fill(path, inputs)}'${data}`;
  };
  made.addEventListener("input", refresh);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    answer.hidden = false;
    answer.textContent = "Asking";
    await ask(fill(path, inputs), verb, text?.value, answer);
  });
  refresh();
  made.append(element("button", { textContent: "Send" }));
  return element("div", {}, made, curl, answer);
}

function fill(path, inputs) {
  const query = new URLSearchParams();
  let filled = path;
  for (const [name, { input, place }] of inputs) {
    if (place === "path") filled = filled.replace(`{${name}}`, encodeURIComponent(input.value));
    else if (input.value !== "") query.append(name, input.value);
  }
  return query.size === 0 ? filled : `${filled}?${query}`;
}

/** Streams are shown as they come. */
async function ask(url, method, body, answer) {
  const token = byId("token").value;
  const headers = token === "" ? {} : { authorization: `Bearer ${token}` };
  try {
    const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    answer.textContent = `${response.status}\n`;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) answer.append(part.value);
  } catch (error) {
    answer.textContent = error.message;
  }
}
