import { describe, expect, test } from "vitest";
import { AccessList } from "./access-list.ts";
import type { Subject } from "./rule.ts";
import { compileRule, ruleSchema } from "./rule-schema.ts";

const NOBODY: Subject = { clientId: "c1", username: undefined, address: "192.0.2.7", commonName: undefined };

function listOf(rules: readonly object[], subject: Partial<Subject> = {}, otherwise = false): AccessList {
  const compiled = rules.map((rule, index) => compileRule(ruleSchema.parse(rule), `rule ${index + 1}`));
  return new AccessList(compiled, { ...NOBODY, ...subject }, otherwise);
}

test("the first rule that matches decides, the default where none does", () => {
  const rules = [
    { access: "deny", topic: "a/secret" },
    { topic: "a/#", action: "publish" },
  ];
  const list = listOf(rules);
  expect(list.publish("a/secret")).toMatchObject({ allowed: false, rule: "rule 1" });
  expect(list.publish("a/b")).toMatchObject({ allowed: true, rule: "rule 2" });
  expect(list.publish("b")).toMatchObject({ allowed: false, rule: "acl default: deny" });
  expect(list.receive("a/b")).toMatchObject({ allowed: false });
  expect(listOf(rules, {}, true).publish("b")).toMatchObject({ allowed: true, rule: "acl default: allow" });
});

describe("who a rule is for", () => {
  test.each([
    [{ username: "bob" }, { username: "bob" }, { username: "eve" }],
    [{ username: ["bob", "carol"] }, { username: "carol" }, {}],
    [{ client_id: "c1" }, {}, { clientId: "c2" }],
    [{ address: "192.0.2.0/24" }, {}, { address: "192.0.3.7" }],
    [{ address: "192.0.2.7" }, { address: "::ffff:192.0.2.7" }, { address: "192.0.2.8" }],
    [{ address: ["10.0.0.0/8", "2001:db8::/32"] }, { address: "2001:db8::1" }, { address: "" }],
    [{ certificate_cn: "device" }, { commonName: "device" }, {}],
    [{ anonymous: true }, {}, { username: "bob" }],
    [{ anonymous: false }, { username: "bob" }, {}],
    [{ username: "bob", client_id: "c1" }, { username: "bob" }, { username: "bob", clientId: "c2" }],
  ])("%j", (who, one, other) => {
    expect(listOf([{ ...who, topic: "t" }], one).publish("t").allowed).toBe(true);
    expect(listOf([{ ...who, topic: "t" }], other).publish("t").allowed).toBe(false);
  });

  test("of an unknown address an allowing rule is believed, a denying one is not", () => {
    const unknown = { address: undefined };
    expect(listOf([{ address: "10.0.0.0/8", topic: "t" }], unknown).receive("t").allowed).toBe(true);
    const denying = [{ access: "deny", address: "10.0.0.0/8", topic: "t" }, { topic: "t" }];
    expect(listOf(denying, unknown).receive("t").allowed).toBe(true);
  });
});

describe("%u and %c", () => {
  test("stand for the user name and the client identifier", () => {
    const list = listOf([{ topic: "dev/%c/%u/x-%c" }], { username: "bob" });
    expect(list.publish("dev/c1/bob/x-c1").allowed).toBe(true);
    expect(list.publish("dev/c2/bob/x-c1").allowed).toBe(false);
  });

  test.each(["+", "#", "a/b", "", "$SYS", "x#"])("a client called %j gets nothing that is another's", (clientId) => {
    const list = listOf([{ topic: "dev/%c/#" }], { clientId });
    for (const topic of ["dev/c2/x", "dev/a/b", "dev//x", `dev/${clientId}/x`])
      expect(list.publish(topic).allowed).toBe(false);
    expect(list.subscribe("dev/#").allowed).toBe(false);
  });

  test("a denial of a name that could reach further takes it for any level", () => {
    const list = listOf([{ access: "deny", topic: "private/%c" }, { topic: "#" }], { clientId: "+" });
    expect(list.receive("private/x").allowed).toBe(false);
    expect(list.receive("public/x").allowed).toBe(true);
  });

  test("%u is nobody's for the anonymous", () => {
    expect(listOf([{ topic: "home/%u" }]).publish("home/").allowed).toBe(false);
  });
});

describe("a subscription", () => {
  test.each([
    ["within a rule", [{ topic: "a/#" }], "a/b/+", true],
    ["wider than a rule is granted, deliveries are judged", [{ topic: "a/b" }], "a/#", true],
    ["that has nothing to do with a rule", [{ topic: "a/b" }], "b/#", false],
    ["to what only may be published", [{ topic: "a/b", action: "publish" }], "a/b", false],
    ["denied before it is allowed", [{ access: "deny", topic: "a/#" }, { topic: "a/b" }], "a/+", false],
    ["partly denied", [{ access: "deny", topic: "a/secret" }, { topic: "a/#" }], "a/#", true],
    ["wholly denied although wider", [{ access: "deny", topic: "#" }, { topic: "a" }], "a", false],
    ["shared, within a rule", [{ topic: "a/#" }], "$share/g/a/b", true],
    ["shared, outside", [{ topic: "a/#" }], "$share/g/b", false],
    ["to $SYS with a rule for #", [{ topic: "#" }], "$SYS/#", false],
    ["to # with a rule for $SYS", [{ topic: "$SYS/#" }], "#", false],
  ])("%s", (_, rules, filter, allowed) => {
    expect(listOf(rules).subscribe(filter).allowed).toBe(allowed);
  });

  test.each([
    ["within a rule", [{ topic: "a/#" }], "a/b/+", true],
    ["wider than a rule", [{ topic: "a/b" }], "a/#", false],
    ["partly denied", [{ access: "deny", topic: "a/secret" }, { topic: "a/#" }], "a/#", false],
    ["denied beside it", [{ access: "deny", topic: "b" }, { topic: "a/#" }], "a/#", true],
    ["denied", [{ access: "deny", topic: "#" }], "a", false],
  ])("knows whether it gets everything: %s", (_, rules, filter, whole) => {
    expect(listOf(rules).subscribe(filter).whole).toBe(whole);
  });

  test("is granted the highest QoS of anything in it", () => {
    const rules = [
      { topic: "a/0", max_qos: 0 },
      { topic: "a/1", max_qos: 1 },
    ];
    expect(listOf(rules).subscribe("a/+")).toMatchObject({ allowed: true, maxQoS: 1 });
    expect(listOf(rules).receive("a/0")).toMatchObject({ allowed: true, maxQoS: 0 });
    // A rule behind one that decides everything asked for is not looked at.
    expect(
      listOf([
        { topic: "a/#", max_qos: 0 },
        { topic: "a/b", max_qos: 2 },
      ]).subscribe("a/+").maxQoS,
    ).toBe(0);
  });
});

test("remembers decisions, however many topics there are", () => {
  const list = listOf([{ topic: "a/#" }]);
  for (let round = 0; round < 2; round++) {
    for (let index = 0; index < 200; index++) expect(list.publish(`a/${index}`).allowed).toBe(true);
  }
});

describe("a rule as written", () => {
  test.each([
    [{}, "topic"],
    [{ topic: "a/#/b" }, "topic"],
    [{ topic: "a+" }, "topic"],
    [{ topic: "$share/g/a" }, "topic"],
    [{ topic: "a", address: "10.0.0.0/33" }, "address"],
    [{ topic: "a", address: "localhost" }, "address"],
    [{ topic: "a", access: "deny", max_qos: 1 }, "max_qos"],
    [{ topic: "a", access: "deny", retain: false }, "retain"],
    [{ topic: "a", max_qos: 3 }, "max_qos"],
    [{ topic: "a", action: "read" }, "action"],
  ])("%j is refused for its %s", (rule, path) => {
    expect(ruleSchema.safeParse(rule).error?.issues.map((issue) => issue.path[0])).toContain(path);
  });
});
