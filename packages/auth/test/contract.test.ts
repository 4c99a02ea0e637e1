import { describePlugin } from "@gmqtt/testing";
import { describe, it } from "vitest";
import auth from "../src/index.ts";

describePlugin("auth", auth, {
  describe,
  it,
  config: { allow_anonymous: true, acl: [{ topic: "#" }], jwt: { secret: "0123456789abcdef0123456789abcdef" } },
  refuses: [
    { config: { hash: "crc32" }, path: "hash" },
    { config: { throttle: { wait: "soon" } }, path: "throttle.wait" },
    { config: { acl: [{ topic: "a/#/b" }] }, path: "acl.0.topic" },
    { config: { sources: ["jwt"] }, path: "sources" },
    { config: { sources: ["password"], http: { url: "http://127.0.0.1/" } }, path: "sources" },
    { config: { http: { url: "ftp://127.0.0.1/" } }, path: "http.url" },
    { config: { jwt: {} }, path: "jwt" },
  ],
});
