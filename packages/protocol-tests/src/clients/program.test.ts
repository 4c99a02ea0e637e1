/** What the tests with real clients say when a client is missing: they fail, and name what to install. */

import { describe, expect, it } from "vitest";
import { needProgram, Program } from "./program.ts";

describe("programs of Debian", () => {
  it("that are missing fail the test with the command that installs them", () => {
    const need = () => needProgram("mosquitto-clients", "no-such-program-1f3a", ["--help"], 1);
    expect(need).toThrow(/no-such-program-1f3a --help failed.*apt-get install .* mosquitto-clients$/);
    expect(() => needProgram("coreutils", "true", [], 1)).toThrow("coreutils");
    needProgram("coreutils", "false", [], 1);
  });

  it("that end early are waited for no longer, and what they complained of is told", async () => {
    const program = new Program("sh", ["-c", "echo one; echo trouble >&2; exit 3"]);
    expect(await program.line()).toBe("one");
    await expect(program.line()).rejects.toThrow("sh ended with 3: trouble");
    expect(await program.ended()).toEqual({ code: 3, stderr: "trouble" });
  });
});
