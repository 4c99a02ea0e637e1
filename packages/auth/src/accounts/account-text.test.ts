/** Both formats: what is read, what is refused with its line, and that edits leave alone what they don't concern. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccountText } from "./account-text.ts";
import { parseGmqtt } from "./gmqtt-text.ts";
import { parseMosquitto } from "./mosquitto-text.ts";
import { parseAccounts } from "./parse-accounts.ts";
import { parseYaml } from "./yaml-text.ts";

const byName = ({ entries }: AccountText): Record<string, string> =>
  Object.fromEntries(entries.map(({ username, password }) => [username, password]));

describe("gmqtt's file", () => {
  test("is read as gmqtt writes it", () => {
    expect(byName(parseGmqtt("- username: root\n  password: abc\n- username: qos0\n  password: def\n"))).toEqual({
      root: "abc",
      qos0: "def",
    });
  });

  test.each([
    ["in flow style", '[{username: root, password: "abc"}]'],
    ["indented", "  - username: root\n    password: abc\n"],
    ["in the other order", "- password: abc\n  username: root\n"],
    ["with comments", "# accounts\n- username: root # the boss\n  # hashed\n  password: abc\n"],
    ["with Windows line ends", "- username: root\r\n  password: abc\r\n"],
    ["quoted", "- username: 'root'\n  password: \"abc\"\n"],
  ])("is read %s", (_, text) => {
    expect(byName(parseGmqtt(text))).toEqual({ root: "abc" });
  });

  test("takes names and passwords that look like numbers as they are written", () => {
    expect(byName(parseGmqtt("- username: 007\n  password: 1e5\n"))).toEqual({ "007": "1e5" });
    expect(byName(parseYaml("- username: 007\n  password: 1e5\n"))).toEqual({ "007": "1e5" });
  });

  test.each(["", "\n", "# nobody yet\n", "[]"])("may be empty: %j", (text) => {
    expect(parseGmqtt(text).entries).toEqual([]);
  });

  test.each([
    ["- username: a\n  password: b\n- username: c\n", "line 3: password of c is missing"],
    ["- username: a\n  password: b\n- username: a\n  password: c\n", "line 3: a stands in line 1 already"],
    ["- username: a\n  passwort: b\n", "line 1: unknown key passwort"],
    ["username: a\npassword: b\n", "expected a list"],
    ["- just text\n", "line 1: expected username and password"],
    ["- username: a\n  password: [\n", "line"],
  ])("is refused as a whole: %j", (text, message) => {
    expect(() => parseGmqtt(text)).toThrow(message);
  });

  test("keeps order and comments through changes", () => {
    const text = "# ours\n- username: a\n  password: x\n\n# theirs\n- username: b\n  password: y\n";
    const changes = new Map([
      ["b", "z"],
      ["c", "$argon2id$v=19$m=1,t=1,p=1$a$b"],
      ["a", undefined],
    ]);
    expect(parseGmqtt(text).edit(changes)).toBe(
      "# ours\n\n# theirs\n- username: b\n  password: z\n- username: c\n  password: $argon2id$v=19$m=1,t=1,p=1$a$b\n".replace(
        "$argon2id$v=19$m=1,t=1,p=1$a$b",
        "$argon2id$v=19$m=1,t=1,p=1$a$b",
      ),
    );
  });

  test("keeps comments through changes also where YAML has to be parsed", () => {
    const text = "# ours\n- {username: a, password: x} # flow\n- username: b\n  password: y\n";
    const edited = parseGmqtt(text).edit(
      new Map([
        ["a", "changed"],
        ["b", undefined],
        ["c", "new"],
      ]),
    );
    expect(edited).toContain("# ours");
    expect(edited).toContain("# flow");
    expect(byName(parseGmqtt(edited))).toEqual({ a: "changed", c: "new" });
  });

  test("reads line by line what a YAML parser reads, whatever is written into it", () => {
    const name = fc.string({ minLength: 1, unit: "grapheme" }).filter((text) => !text.includes("\0"));
    const entries = fc.dictionary(name, name, { maxKeys: 8 });
    fc.assert(
      fc.property(entries, (accounts) => {
        const text = parseGmqtt("").edit(new Map(Object.entries(accounts)));
        expect(byName(parseYaml(text))).toEqual({ ...accounts });
        expect(byName(parseGmqtt(text))).toEqual({ ...accounts });
      }),
    );
  });
});

describe("mosquitto_passwd's file", () => {
  test("is read with comments and empty lines, and keeps them", () => {
    const text = "# made by mosquitto_passwd\nroot:$7$101$YQ==$Yg==\n\nbob:$6$YQ==$Yg==\n";
    const parsed = parseMosquitto(text);
    expect(byName(parsed)).toEqual({ root: "$7$101$YQ==$Yg==", bob: "$6$YQ==$Yg==" });
    expect(
      parsed.edit(
        new Map([
          ["bob", "new"],
          ["eve", "x"],
        ]),
      ),
    ).toBe("# made by mosquitto_passwd\nroot:$7$101$YQ==$Yg==\n\nbob:new\neve:x\n");
    expect(
      parsed.edit(
        new Map([
          ["root", undefined],
          ["bob", undefined],
        ]),
      ),
    ).toBe("# made by mosquitto_passwd\n");
  });

  test("has no place for some names", () => {
    for (const name of ["a:b", "a\nb", "#a", "a ", ""]) {
      expect(() => parseMosquitto("").edit(new Map([[name, "x"]]))).toThrow("can't stand in a file");
    }
  });

  test.each(["root", ":x", "a:b\na:c"])("is refused as a whole: %j", (text) => {
    expect(() => parseMosquitto(text)).toThrow(/^line \d/);
  });
});

describe("which format it is", () => {
  const reading = { format: "auto", hash: "plain" } as const;

  test("is seen by the text", () => {
    expect(parseAccounts("root:$7$101$YQ==$Yg==\n", reading).text.format).toBe("mosquitto");
    expect(parseAccounts("- username: a\n  password: b:c\n", reading).text.format).toBe("gmqtt");
    expect(parseAccounts("", reading).text.format).toBe("gmqtt");
    expect(parseAccounts("", { ...reading, format: "mosquitto" }).text.format).toBe("mosquitto");
  });

  test("passwords that are not hashed as they should be are refused with their line", () => {
    expect(() => parseAccounts("root:secret\n", reading)).toThrow(
      "line 1: password of root is no hash of mosquitto_passwd",
    );
    const md5 = { format: "auto", hash: "md5" } as const;
    expect(() => parseAccounts("- username: a\n  password: secret\n", md5)).toThrow(
      "line 1: password of a is no md5 hash",
    );
  });
});
