import { ConfigError, StartError } from "@gmqtt/broker";
import { describe, expect, test } from "vitest";
import { CommandFailure, ExitCode, explain, toFailure } from "./failure.ts";

function systemError(fields: Partial<NodeJS.ErrnoException> & { address?: string; port?: number }): Error {
  return Object.assign(new Error("raw text of the system"), fields);
}

describe("explain", () => {
  test.each([
    [{ code: "EADDRINUSE", address: "::", port: 1883 }, "[::]:1883: the address is in use by another process"],
    [
      { code: "EACCES", address: "0.0.0.0", port: 80 },
      "0.0.0.0:80: permission denied (ports below 1024 need privileges)",
    ],
    [{ code: "EACCES", path: "/run/a.pid" }, "/run/a.pid: permission denied"],
    [{ code: "ENOENT", path: "/etc/a.yml" }, "/etc/a.yml: no such file"],
    [{ code: "EISDIR" }, "is a folder, not a file"],
    [{ code: "ENOTFOUND", address: "host" }, "host: no such host"],
    [{ code: "EWHATEVER" }, "raw text of the system"],
  ])("%j is one line", (fields, line) => {
    expect(explain(systemError(fields))).toBe(line);
  });

  test("takes the first line of any other error, and whatever else was thrown", () => {
    expect(explain(new Error("first\nsecond"))).toBe("first");
    expect(explain(new TypeError(""))).toBe("TypeError");
    expect(explain("text")).toBe("text");
  });
});

describe("toFailure", () => {
  test("a wrong configuration ends with code 2 and its hint", () => {
    const failure = toFailure(new ConfigError("mqtt.x", "unknown key", { hint: "did you mean y?" }));
    expect(failure).toMatchObject({
      exitCode: ExitCode.BadConfiguration,
      lines: ["mqtt.x: unknown key, did you mean y?"],
    });
  });

  test("a start that failed ends with code 1 and says of what", () => {
    const cause = systemError({ code: "ENOENT", path: "/a" });
    expect(toFailure(new StartError("auth", "plugin auth failed to load", { cause }))).toMatchObject({
      exitCode: ExitCode.Failed,
      lines: ["plugin auth failed to load: /a: no such file"],
    });
    expect(toFailure(new StartError(":1", "cannot listen on :1: in use", { cause }))).toMatchObject({
      lines: ["cannot listen on :1: in use"],
    });
    expect(toFailure(new StartError("a", "no reason known")).lines).toEqual(["no reason known"]);
  });

  test("a start that failed of the configuration is a bad configuration", () => {
    const cause = new ConfigError("listeners.0.tls.cert", "no such file");
    expect(toFailure(new StartError("listeners.0", "cannot listen", { cause }))).toMatchObject({
      exitCode: ExitCode.BadConfiguration,
      lines: ["listeners.0.tls.cert: no such file"],
    });
  });

  test("anything else ends with code 1; a failure stays what it is", () => {
    expect(toFailure(new Error("x"))).toMatchObject({ exitCode: ExitCode.Failed, lines: ["x"] });
    const failure = new CommandFailure(ExitCode.BadConfiguration, ["a", "b"]);
    expect(toFailure(failure)).toBe(failure);
    expect(failure.message).toBe("a\nb");
  });
});
