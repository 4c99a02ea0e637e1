import { createSecretKey, generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { silentLogger } from "@gmqtt/broker";
import { exportJWK, type JWTPayload, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { configSchema } from "../config.ts";
import type { Credentials, SourceAnswer } from "../login/credentials.ts";
import { folderWith } from "../testing/temporary-folder.ts";
import { JwtSource } from "./jwt-source.ts";

const NOW = Date.UTC(2030, 0, 1);
const SECRET = "0123456789abcdef0123456789abcdef";
const HOUR = NOW / 1000 + 3600;

async function open(jwt: object, folder: string = "/"): Promise<JwtSource> {
  const result = configSchema.safeParse({ jwt });
  if (!result.success) throw new Error(JSON.stringify(result.error.issues));
  const config = result.data.jwt as NonNullable<typeof result.data.jwt>;
  const resolve = (path: string): string => join(folder, path);
  const source = await JwtSource.open({ config, resolve, now: () => NOW, logger: silentLogger });
  onTestFinished(() => source.close());
  return source;
}

function sign(
  claims: JWTPayload,
  key: KeyObject = createSecretKey(SECRET, "utf8"),
  alg = "HS256",
  kid?: string,
): Promise<string> {
  const header = kid === undefined ? { alg } : { alg, kid };
  return new SignJWT({ exp: HOUR, ...claims }).setProtectedHeader(header).sign(key);
}

function ask(source: JwtSource, token: string, who: Partial<Credentials> = {}): Promise<SourceAnswer> {
  return source.check({
    clientId: "c1",
    username: undefined,
    password: Buffer.from(token),
    address: "",
    commonName: undefined,
    protocolVersion: 5,
    ...who,
  });
}

describe("a token signed with a secret", () => {
  test("says who somebody is, for which client, until when, and what he may do", async () => {
    const acl = [{ topic: "dev/%c/#", max_qos: 1 }];
    const token = await sign({ sub: "bob", client_id: "c1", acl });
    const answer = await ask(await open({ secret: SECRET }), token);
    expect(answer).toMatchObject({ outcome: "accepted", username: "bob", clientId: "c1", expiresAt: HOUR * 1000 });
    expect(answer.outcome === "accepted" && answer.rules?.[0]).toMatchObject({ name: "token rule 1", maxQoS: 1 });
  });

  test("may have its claims elsewhere", async () => {
    const claims = { username: "name", client_id: "device", rules: "may" };
    const token = await sign({ name: "bob", device: "c1", may: [] });
    expect(await ask(await open({ secret: SECRET, claims }), token)).toMatchObject({
      username: "bob",
      clientId: "c1",
      rules: [],
    });
  });

  test("is the user name's that comes with it", async () => {
    const source = await open({ secret: SECRET });
    const token = await sign({ sub: "bob" });
    expect(await ask(source, token, { username: "bob" })).toMatchObject({ outcome: "accepted" });
    expect(await ask(source, token, { username: "eve" })).toEqual({ outcome: "refused", reason: "token is bob's" });
  });

  test.each<[string, JWTPayload]>([
    ["expired", { sub: "bob", exp: NOW / 1000 - 1 }],
    ["not yet valid", { sub: "bob", nbf: NOW / 1000 + 1 }],
    ["without an end", { sub: "bob", exp: undefined as never }],
    ["nobody's", {}],
    ["of a strange user", { sub: 7 as never }],
    ["of a strange client", { sub: "bob", client_id: 7 }],
    ["with rules that are none", { sub: "bob", acl: [{ topic: "a/#/b" }] }],
    ["with rules for others", { sub: "bob", acl: [{ topic: "a", username: "eve" }] }],
    ["of another issuer", { sub: "bob", iss: "them" }],
    ["for another audience", { sub: "bob", iss: "us", aud: "them" }],
  ])("is refused when it is %s", async (_, claims) => {
    const strict = "iss" in claims ? { issuer: "us", audience: "broker" } : {};
    expect(await ask(await open({ secret: SECRET, ...strict }), await sign(claims))).toMatchObject({
      outcome: "refused",
    });
  });

  test("is refused when it was changed, signed by another, or not signed", async () => {
    const source = await open({ secret: SECRET });
    const token = await sign({ sub: "bob" });
    const [head, , signature] = token.split(".");
    const forged = `${head}.${Buffer.from(JSON.stringify({ sub: "root", exp: HOUR })).toString("base64url")}.${signature}`;
    const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${token.split(".")[1]}.`;
    for (const wrong of [forged, none, await sign({ sub: "bob" }, createSecretKey(randomBytes(32)))]) {
      expect(await ask(source, wrong)).toMatchObject({ outcome: "refused" });
    }
  });

  test("a password that is no token is somebody else's business", async () => {
    const source = await open({ secret: SECRET });
    for (const password of ["", "secret", "a.b", "a.b.c.d", "a.b.c!"]) {
      expect(await ask(source, password)).toEqual({ outcome: "unknown" });
    }
  });
});

describe("public keys", () => {
  const pairs = {
    RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: generateKeyPairSync("ed25519"),
  };
  const pem = (key: KeyObject): string => key.export({ type: "spki", format: "pem" }) as string;

  test.each(["RS256", "ES256", "EdDSA"] as const)("%s from a file", async (alg) => {
    const { privateKey, publicKey } = pairs[alg];
    const source = await open({ public_key_file: "key.pem" }, folderWith({ "key.pem": pem(publicKey) }));
    expect(await ask(source, await sign({ sub: "bob" }, privateKey, alg))).toMatchObject({ username: "bob" });
    // The public key is known to everybody: it must not do as a secret.
    const confused = await sign({ sub: "root" }, createSecretKey(pem(publicKey), "utf8"), "HS256");
    expect(await ask(source, confused)).toMatchObject({ outcome: "refused" });
  });

  test("in a set that is replaced while it is used", async () => {
    const setOf = async (...names: (keyof typeof pairs)[]): Promise<string> =>
      JSON.stringify({
        keys: await Promise.all(
          names.map(async (kid) => ({ ...(await exportJWK(pairs[kid].publicKey)), kid, alg: kid })),
        ),
      });
    const folder = folderWith({ "jwks.json": await setOf("RS256") });
    const source = await open({ jwks_file: "jwks.json" }, folder);
    const rsa = await sign({ sub: "bob" }, pairs.RS256.privateKey, "RS256", "RS256");
    const edwards = await sign({ sub: "bob" }, pairs.EdDSA.privateKey, "EdDSA", "EdDSA");
    expect((await ask(source, rsa)).outcome).toBe("accepted");
    expect((await ask(source, edwards)).outcome).toBe("refused");
    writeFileSync(join(folder, "next"), await setOf("EdDSA", "ES256"));
    renameSync(join(folder, "next"), join(folder, "jwks.json"));
    while ((await ask(source, edwards)).outcome !== "accepted") {
      await new Promise((resolve) => setImmediate(resolve)); // the file is watched by the event loop
    }
    expect((await ask(source, rsa)).outcome).toBe("refused");
  });
});

test.each([
  [{ secret: "short" }, "jwt.secret: secret of 5 bytes is shorter than 32"],
  [{ public_key_file: "garbage" }, /jwt\.public_key_file \/.*\/garbage: holds no key or certificate in PEM/],
  [{ jwks_file: "garbage" }, /jwt\.jwks_file \/.*\/garbage: unexpected token/],
  [{ secret: SECRET, algorithms: ["RS256"] }, "none of RS256 fits the key, which is for HS256"],
  [{ jwks_file: "absent.json" }, /jwt\.jwks_file \/.*\/absent\.json: no such file/],
])("%j can't be used: %s", async (jwt, message) => {
  await expect(open(jwt, folderWith({ garbage: "garbage" }))).rejects.toThrow(message);
});

test.each([{}, { secret: SECRET, jwks_file: "x" }])("exactly one key is configured, not %j", async (jwt) => {
  await expect(open(jwt)).rejects.toThrow("exactly one of secret");
});
