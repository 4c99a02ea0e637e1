import { describe, expect, test } from "vitest";
import type { BrokerConfig, BrokerConfigInput, ListenerConfig, MqttConfig } from "./options.ts";
import { resolveConfig } from "./resolve.ts";

describe("resolveConfig", () => {
  test("fills in gmqtt's defaults, durations in milliseconds", () => {
    const config = resolveConfig();
    expect(config.mqtt).toMatchObject({
      sessionExpiry: 7_200_000,
      sessionExpiryCheckInterval: 20_000,
      messageExpiry: 7_200_000,
      inflightExpiry: 30_000,
      maxPacketSize: 268_435_456,
      serverReceiveMaximum: 100,
      maxKeepalive: 300,
      topicAliasMaximum: 10,
      maximumQos: 2,
      maxQueuedMessages: 1000,
      maxInflight: 100,
      queueQos0Messages: true,
      deliveryMode: "onlyonce",
      allowZeroLengthClientid: true,
    });
    expect(config.listeners.map((listener) => [listener.address, listener.websocket?.path])).toEqual([
      [":1883", undefined],
      [":8883", "/"],
    ]);
    expect(config.persistence.type).toBe("memory");
    expect(config.log).toEqual({ level: "info", format: "text", dumpPacket: false });
    expect("pidFile" in config).toBe(false);
  });
});
