import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { Certificates } from "../../test/listener-fixtures.ts";
import { resolveConfig } from "../config/index.ts";
import type { Plugin } from "../plugin/plugin.ts";
import { createBroker } from "../server.ts";

/** The common name of the certificate that a listener shows. */
async function shownBy(port: number): Promise<unknown> {
  const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false, ALPNProtocols: ["mqtt"] });
  await once(socket, "secureConnect");
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

describe("a reload with a certificate that can't be read", () => {
  it("changes nothing: neither other certificates, nor plugins, nor limits", async () => {
    const certificates = new Certificates();
    onTestFinished(() => certificates.remove());
    const authority = certificates.authority("authority");
    for (const name of ["one", "two"]) certificates.signed(name, `/CN=${name}`, authority);
    const sections: unknown[] = [];
    const plugin: Plugin = {
      name: "told",
      load: () => {},
      unload: () => {},
      hookWrapper: () => ({}),
      applyConfig: (section) => void sections.push(section),
    };
    const listeners = ["one", "two"].map((name) => ({
      address: "127.0.0.1:0",
      tls: { cert: `${name}.crt`, key: `${name}.key` },
    }));
    const broker = createBroker({
      config: { listeners, plugins: { told: { a: 1 } } },
      plugins: [plugin],
      baseDirectory: certificates.directory,
    });
    await broker.start();
    onTestFinished(() => broker.stop());
    const [one] = broker.listeners;
    const next = resolveConfig({ listeners, mqtt: { maxInflight: 7 }, plugins: { told: { a: 2 } } });

    certificates.signed("one", "/CN=renewed", authority);
    const two = certificates.signed("two", "/CN=renewed", authority);
    writeFileSync(two.certFile, "rubbish");
    await expect(broker.applyConfig(next)).rejects.toThrow("listeners.1.tls.cert: two.crt is not a certificate");
    expect(await shownBy(one?.port ?? 0)).toBe("one");
    expect(sections).toEqual([]);
    expect(broker.config.mqtt.maxInflight).toBe(100);

    writeFileSync(two.certFile, two.cert);
    expect((await broker.applyConfig(next)).applied).toEqual(["mqtt.max_inflight", "plugins.told"]);
    expect(await shownBy(one?.port ?? 0)).toBe("renewed");
    expect(sections).toEqual([{ a: 2 }]);
  });
});
