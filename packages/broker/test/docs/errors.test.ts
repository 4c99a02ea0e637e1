/** docs/errors.md and the code say the same: which reason codes are sent, what packets carry, limits, error classes. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { MqttError, ReasonCode, toConnectReturnCode } from "@gmqtt/packets";
import { describe, expect, it } from "vitest";
import { connackFor, disconnectCode } from "../../src/client/answers.ts";
import { resolveConfig } from "../../src/config/index.ts";
import { publishCode, subscribeCode, unsubscribeCode } from "../../src/handlers/refusal.ts";
import { repository, tableRows } from "./pages.ts";

const page = "docs/errors.md";

/** Received from clients, never sent. */
const heardOnly = new Set(["ReAuthenticate", "NormalDisconnection", "DisconnectWithWillMessage"]);

/** Everything a refusal can say, lowest code first. */
const refusals = [...new Set(Object.values(ReasonCode))].filter((code) => code >= 0x80).sort((a, b) => a - b);

function sources(folder: string): string[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.includes(".test.") && !file.includes("reason-code"))
    .map((file) => readFileSync(join(repository, folder, file), "utf8"));
}

const code = [...sources("packages/broker/src"), ...sources("packages/packets/src")].join("\n");

function hexadecimal(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(2, "0")}`;
}

describe(page, () => {
  it("lists the reason codes that the broker sends, and no others", () => {
    const used = new Set([...code.matchAll(/ReasonCode\.(\w+)/g)].map(([, name]) => name as string));
    const listed = tableRows(page, "Reason codes that the broker sends");
    const names = listed.map(([, name = ""]) => name.replaceAll("`", ""));
    expect(names.toSorted()).toEqual([...used].filter((name) => !heardOnly.has(name)).toSorted());
    for (const [index, [value]] of listed.entries()) {
      expect(value, names[index]).toBe(hexadecimal(ReasonCode[names[index] as keyof typeof ReasonCode]));
    }
  });

  it("says which refusals a packet can carry", () => {
    const mark = (carried: boolean): string => (carried ? "yes" : "");
    const expected = refusals.map((reasonCode) => {
      const error = new MqttError(reasonCode);
      return [
        hexadecimal(reasonCode),
        mark(connackFor(error, 5)?.packet.reasonCode === reasonCode),
        mark(publishCode(error) === reasonCode),
        mark(subscribeCode(error) === reasonCode),
        mark(unsubscribeCode(error) === reasonCode),
        mark(disconnectCode(reasonCode) === reasonCode),
      ];
    });
    expect(tableRows(page, "Reason codes that plugins may refuse with")).toEqual(expected);
  });

  it("says what becomes of a refusal in 3.1 and 3.1.1", () => {
    const expected = refusals.flatMap((reasonCode) => {
      const returned = toConnectReturnCode(reasonCode);
      return returned === undefined ? [] : [[hexadecimal(reasonCode), String(returned)]];
    });
    expect(tableRows(page, "Return codes of 3.1 and 3.1.1")).toEqual(expected);
  });

  it("has the answer to every limit", () => {
    const { limits } = resolveConfig({ listeners: [] });
    const keys = Object.keys(limits).map(
      (key) => `limits.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
    );
    const listed = tableRows(page, "Limits and their answers").map(([key = ""]) => key.replaceAll("`", ""));
    expect(listed.toSorted()).toEqual(keys.toSorted());
  });

  it("names every error class", () => {
    const classes = [...code.matchAll(/export class (\w+) extends (?:Error|MqttError|ProtocolError)\b/g)].map(
      ([, name]) => name as string,
    );
    const listed = tableRows(page, "Errors that programs catch").map(([name = ""]) => name.replaceAll("`", ""));
    expect(listed.toSorted()).toEqual(classes.toSorted());
  });
});
