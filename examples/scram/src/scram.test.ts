/** The exchange itself, by the example of RFC 7677 section 3 and by messages that are not right. */

import { describe, expect, it } from "vitest";
import { ScramClient } from "./client/scram-client.ts";
import { credentialsFor, ScramError, ScramExchange } from "./scram.ts";

const salt = Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64");
const pencil = await credentialsFor("pencil", salt, 4_096);
const clientNonce = "rOprNGfwEbeRWgbNEkqO";
const serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";

function begin(first: string): ScramExchange {
  return new ScramExchange(first, () => pencil, serverNonce);
}

describe("SCRAM-SHA-256", () => {
  it("says what RFC 7677 says, on both sides", () => {
    const client = new ScramClient("user", "pencil", clientNonce);
    expect(client.first).toBe("n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
    const server = begin(client.first);
    expect(server.username).toBe("user");
    expect(server.serverFirst).toBe(`r=${clientNonce}${serverNonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`);
    const final = client.final(server.serverFirst);
    expect(final).toBe(`c=biws,r=${clientNonce}${serverNonce},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=`);
    const signature = server.final(final);
    expect(signature).toBe("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
    expect(client.verify(signature)).toBe(true);
    expect(client.verify("v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")).toBe(false);
    expect(client.verify("v=")).toBe(false);
  });

  it("takes commas and equals signs in a user name", () => {
    const client = new ScramClient("a=b,c", "pencil");
    expect(client.first).toContain("n=a=3Db=2Cc,");
    expect(begin(client.first).username).toBe("a=b,c");
  });

  it.each([
    ["no header", "n=user,r=abc"],
    ["channel binding, which is not offered", "p=tls-unique,,n=user,r=abc"],
    ["an authorization identity", "n,a=root,n=user,r=abc"],
    ["a mandatory extension", "n,,m=ext,n=user,r=abc"],
    ["no user name", "n,,n=,r=abc"],
    ["an equals sign that stands for nothing", "n,,n=us=er,r=abc"],
    ["no nonce", "n,,n=user,r="],
    ["a nonce with a space", "n,,n=user,r=a c"],
    ["nothing", ""],
  ])("refuses a first message with %s", (_what, first) => {
    expect(() => begin(first)).toThrow(ScramError);
  });

  const tampered: readonly (readonly [string, (final: string) => string])[] = [
    ["another channel binding", (final) => final.replace("c=biws", "c=eSws")],
    ["another nonce", (final) => final.replace(serverNonce, serverNonce.replace("h", "H"))],
    ["the client's nonce alone", (final) => final.replace(serverNonce, "")],
    ["another proof", (final) => final.replace("p=d", "p=e")],
    ["a short proof", (final) => final.slice(0, -5)],
    ["no proof", (final) => final.replace(/,p=.*/, "")],
    ["something behind the proof", (final) => `${final},x=1`],
  ];
  it.each(tampered)("refuses a final message with %s", (_what, tamper) => {
    const client = new ScramClient("user", "pencil", clientNonce);
    const server = begin(client.first);
    const final = client.final(server.serverFirst);
    expect(() => server.final(tamper(final))).toThrow(ScramError);
    expect(server.final(final)).toMatch(/^v=/);
  });

  it("refuses a proof of another exchange", () => {
    const old = new ScramClient("user", "pencil", clientNonce);
    const recorded = old.final(begin(old.first).serverFirst);
    const server = new ScramExchange(old.first, () => pencil);
    expect(() => server.final(recorded)).toThrow("nonce is not ours");
  });

  it("has a client that refuses servers that reuse its nonce or ask for few iterations", () => {
    const client = new ScramClient("user", "pencil", "abc");
    expect(() => client.final("r=abc,s=AAAA,i=4096")).toThrow("server did not add to our nonce");
    expect(() => client.final("r=abcdef,s=AAAA,i=100")).toThrow("100 iterations are too few");
  });
});
