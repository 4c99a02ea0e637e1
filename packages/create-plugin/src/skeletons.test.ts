import { readFileSync } from "node:fs";
import { HOOK_NAMES } from "@gmqtt/broker";
import { expect, it } from "vitest";
import { insertSkeletons, readSkeletons } from "./skeletons.ts";

const library = readFileSync(new URL("../templates/hooks.ts", import.meta.url), "utf8");
const template = "class A {\n  b() {\n    return {\n      // hooks\n    };\n  }\n}\n";

it("there is a skeleton for every hook of the broker, in its order, with a comment, and each passes on", () => {
  const skeletons = readSkeletons(library);
  expect([...skeletons.keys()]).toEqual(HOOK_NAMES);
  for (const [name, lines] of skeletons) {
    expect(lines[0], name).toMatch(/^\/\/ \S/);
    expect(lines.join("\n"), name).toMatch(
      new RegExp(`\\n${name}: \\(next\\) => \\((.*)\\) => \\{\\n {2}return next\\(\\1\\);\\n\\},$`),
    );
  }
});

it("the chosen ones stand where the template has its place, indented as the place is", () => {
  expect(insertSkeletons(template, library, ["onStop", "onConnected"])).toBe(`class A {
  b() {
    return {
      // The broker stops; connections are closed, the store is still open.
      onStop: (next) => () => {
        return next();
      },

      // The client is connected; not waited for.
      onConnected: (next) => (client) => {
        return next(client);
      },
    };
  }
}
`);
});

it("without hooks nothing is left of the place", () => {
  expect(insertSkeletons(template, library, [])).toContain("return {};\n");
});

it("damaged templates are noticed", () => {
  expect(() => insertSkeletons("class A {}", library, [])).toThrow("no place for hooks");
  expect(() => insertSkeletons(template, "const hooks = {\n  onStop: 1,\n};\n", ["onClosed"])).toThrow(
    "no hook onClosed",
  );
  expect(() => readSkeletons("const hooks = {\n  // nothing\n};\n")).toThrow("no hook in");
});
