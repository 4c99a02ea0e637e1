/** docs/hooks.md and docs/sessions.md name everything that the code knows of. */

import { describe, expect, it } from "vitest";
import { DropReason, HOOK_NAMES, SessionEndReason } from "../../src/index.ts";
import { readPage, tableRows } from "./pages.ts";

describe("docs/hooks.md", () => {
  const page = readPage("docs/hooks.md");

  it("has a section for each hook, in the order of their declaration", () => {
    const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);
    expect(sections).toEqual(HOOK_NAMES);
    expect(sections).toHaveLength(19);
  });

  it.each(HOOK_NAMES)("says of %s when it is called and what it may do", (hook) => {
    const section = page.split(`### ${hook}\n`)[1]?.split("\n### ")[0];
    expect(section).toMatch(/\n- \*\*When\*\*: \S.*\n[\s\S]*- \*\*May\*\*: \S/);
  });

  it.each(["onAccept", "onBasicAuth", "onSubscribe", "onUnsubscribe", "onMsgArrived"])(
    "says what a refusal by %s means in each version",
    (hook) => {
      const section = page.split(`### ${hook}\n`)[1]?.split("\n### ")[0] ?? "";
      const refusal = section.split("**Refusal**")[1] ?? "";
      expect(refusal).toMatch(/every version|5\.0[\s\S]*3\.1/);
    },
  );
});

describe("docs/plugins.md", () => {
  const rows = tableRows("docs/plugins.md", "The hooks");

  it("lists all hooks, each with a link to its contract", () => {
    expect(rows.map(([hook]) => hook)).toEqual(HOOK_NAMES.map((name) => `[${name}](hooks.md#${name.toLowerCase()})`));
  });

  it("says of the same hooks as docs/hooks.md that the broker waits for them", () => {
    const [, list = ""] = /\*\*Deciding hooks\*\* \(([^)]+)\)/.exec(readPage("docs/hooks.md")) ?? [];
    const deciding = [...list.matchAll(/`(\w+)`/g)].map(([, name]) => name as string);
    expect(deciding).toHaveLength(9);
    const waited = rows.filter(([, , waits]) => waits === "yes").map(([hook = ""]) => /\w+/.exec(hook)?.[0]);
    expect(waited).toEqual(deciding);
  });
});

describe("docs/sessions.md", () => {
  it("explains every reason for a drop, and no other", () => {
    const listed = tableRows("docs/sessions.md", "Why messages are dropped").map(([reason = ""]) => reason);
    expect(listed).toEqual(Object.values(DropReason).map((reason) => `\`${reason}\``));
  });

  it("names every way in which a session ends", () => {
    const page = readPage("docs/sessions.md");
    for (const reason of Object.values(SessionEndReason)) expect(page).toContain(`\`${reason}\``);
  });
});
