import { describe, expect, test } from "vitest";
import { parseMarked, parseStored } from "./stored-password.ts";

const ARGON2 = "$argon2id$v=19$m=19456,t=2,p=1$P5bIYlPkDrVLAoJmc+P//Q$scYHG8FRzMzHAF1vrXNl2FqoOm+I2obAYmX84YjHIJI";
const BCRYPT = "$2b$10$Ky9FZ5Ag5gzO6SxpCpBjDesr7H7RYopmMuPR9jPcvpxzu6xD1C2KW";

describe("a stored password", () => {
  test.each([
    [ARGON2, "argon2"],
    [BCRYPT, "bcrypt"],
    [BCRYPT.replace("$2b$", "$2a$"), "bcrypt"],
    ["$6$aGVsbG8=$aGVsbG8=", "sha512"],
    ["$7$101$aGVsbG8=$aGVsbG8=", "pbkdf2"],
  ])("%s says by itself that it is %s, whatever `hash` is", (text, kind) => {
    expect(parseMarked(text)?.kind).toBe(kind);
    expect(parseStored(text, "md5")?.kind).toBe(kind);
    expect(parseStored(text, "plain")?.kind).toBe(kind);
  });

  test.each([
    "",
    "$",
    "$7$0$aGVsbG8=$aGVsbG8=",
    "$7$1$x",
    "$argon2id$v=19$m=1$x$y",
    BCRYPT.slice(0, -1),
    "$5$salt$hash",
  ])("%j is none of the marked ones", (text) => {
    expect(parseMarked(text)).toBeUndefined();
  });

  test("is read as gmqtt's `hash` says when it says nothing itself", () => {
    expect(parseStored("5d41402abc4b2a76b9719d911017c592", "md5")?.kind).toBe("md5");
    expect(parseStored("5d41402abc4b2a76b9719d911017c592", "plain")).toEqual({
      kind: "plain",
      text: "5d41402abc4b2a76b9719d911017c592",
    });
    expect(parseStored("5D41402ABC4B2A76B9719D911017C592".repeat(2), "sha256")?.kind).toBe("sha256");
  });

  test.each([
    ["5d41402abc4b2a76b9719d911017c59", "md5"],
    ["5d41402abc4b2a76b9719d911017c59g", "md5"],
    ["5d41402abc4b2a76b9719d911017c592", "sha256"],
    ["secret", "bcrypt"],
    ["secret", "argon2id"],
    ["", "plain"],
  ] as const)("%j is no %s hash", (text, hash) => {
    expect(parseStored(text, hash)).toBeUndefined();
  });
});
