import { describe, expect, test } from "vitest";
import { parseAccessFile } from "./access-file.ts";
import { AccessList } from "./access-list.ts";

const ACL = `# what anybody without a name may
topic read news/#

user alice
topic home/alice
topic write commands/light in the kitchen
topic deny home/secret
topic readwrite home/#

user bob
topic read   stats/+

pattern write clients/%c/%u
pattern deny clients/%c/secret
`;

function listFor(username: string | undefined, source: string = ACL): AccessList {
  const subject = { clientId: "c1", username, address: "192.0.2.1", commonName: undefined };
  return new AccessList(parseAccessFile(source, "acl"), subject, false);
}

describe("mosquitto's acl_file", () => {
  test.each([
    [undefined, "receive", "news/today", true],
    [undefined, "publish", "news/today", false],
    ["alice", "receive", "news/today", false],
    ["alice", "publish", "home/alice", true],
    ["alice", "publish", "commands/light in the kitchen", true],
    ["alice", "receive", "commands/light in the kitchen", false],
    // Mosquitto looks at denials first, wherever they stand.
    ["alice", "receive", "home/secret", false],
    ["alice", "receive", "home/other", true],
    ["bob", "receive", "stats/x", true],
    ["bob", "publish", "clients/c1/bob", true],
    ["bob", "publish", "clients/c2/bob", false],
    ["bob", "publish", "clients/c1/secret", false],
  ] as const)("%s may %s %s: %s", (username, action, topic, allowed) => {
    expect(listFor(username)[action](topic).allowed).toBe(allowed);
  });

  test("names the line that decided", () => {
    expect(listFor("bob").receive("stats/x").rule).toBe("acl line 11");
  });

  test.each([
    ["user", "line 1: user has no name"],
    ["topic a\nuser", "line 2: user has no name"],
    ["topic", "line 1: topic is missing"],
    ["user a\ntopic", "line 2: topic is missing"],
    ["topic reed a/b", "line 1: expected read, write, readwrite or deny, not reed"],
    ["user a\nallow a", "line 2: expected user, topic or pattern, not allow"],
  ])("%j is refused: %s", (source, message) => {
    expect(() => parseAccessFile(source, "acl")).toThrow(message);
  });
});

describe("a list of rules", () => {
  test.each([
    ["- access: deny", "line 1: topic: is missing"],
    ["- { topic: { a: b } }", "line 1: topic: must be a text or a list of texts"],
    ["- { topic: a, username: 5 }", "line 1: username: must be a text or a list of texts"],
    ["- { topic: a, max_qos: 3 }", "line 1: max_qos: must be 0, 1 or 2"],
  ])("says what is wrong with %s", (text, message) => {
    expect(() => parseAccessFile(text, "acl.yml")).toThrow(message);
  });

  test("is read as `acl` is", () => {
    const source = "# ours\n- topic: a/#\n  username: bob\n- {access: deny, topic: [b, c]}\n";
    expect(listFor("bob", source).receive("a/x")).toMatchObject({ allowed: true, rule: "acl rule 1" });
    expect(listFor("bob", source).receive("c")).toMatchObject({ allowed: false, rule: "acl rule 2" });
    expect(parseAccessFile("", "acl")).toEqual([]);
  });

  test.each([
    ["- topic: a\n- topic: a/#/b\n", "line 2: topic: must be a topic filter"],
    ["- topic: a\n  usrname: bob\n", "line 1: Unrecognized key"],
    ["topic: a\n", "expected a list"],
    ["- [", "line"],
  ])("%j is refused: %s", (source, message) => {
    expect(() => parseAccessFile(source, "acl")).toThrow(message);
  });
});
