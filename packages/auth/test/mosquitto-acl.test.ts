/** An acl_file means here what it means to Mosquitto: the same file, the same users and topics, asked of both brokers. */

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { connectSocket, type TestClient } from "@gmqtt/testing";
import { expect, onTestFinished, test } from "vitest";
import { folderWith, mosquittoPasswd } from "../src/testing/temporary-folder.ts";
import { run } from "./fixtures.ts";

const ACL = `# for those without a name
topic read open/#
topic deny open/not

user alice
topic readwrite alice/#
topic deny alice/private/#
topic read shared/+/state
topic write in/alice
topic word

user bob
topic bob/#
topic write alice/inbox
topic read $SYS/#

user root
topic #
topic $SYS/#

pattern read users/%u/in
pattern write users/%u/out
pattern readwrite clients/%c/#
pattern deny users/%u/denied
`;

const USERS = ["alice", "bob", "root"];

const TOPICS = [
  ...["open/a", "open/not", "open", "alice", "alice/x", "alice/private", "alice/private/x", "alice/inbox", "word"],
  ...["shared/1/state", "shared/1/2/state", "in/alice", "bob/x", "other", "$SYS/x"],
  ...["users/alice/in", "users/bob/in", "users/alice/out", "users/alice/denied", "users/bob/denied"],
  ...["clients/c-alice/1", "clients/c-bob", "clients/c-bob/1", "clients/c-nobody/1"],
];

type Connect = (options: { clientId: string; username?: string; password?: string }) => Promise<TestClient>;

/** What each user may read and write. */
async function judge(connect: Connect): Promise<string[]> {
  const login = (username: string) => ({ username, password: "secret" });
  const root = await connect({ clientId: "publisher", ...login("root") });
  const allowed: string[] = [];
  for (const user of [...USERS, "nobody"]) {
    const client = await connect({ clientId: `c-${user}`, ...(user === "nobody" ? {} : login(user)) });
    await client.subscribe(["#", "$SYS/#"]);
    for (const topic of TOPICS) {
      await root.publish(topic, user, { qos: 1 });
      await client.ping(); // what was on its way is here
      const packets = client.takeAll() as { readonly topic?: string; readonly text?: string }[];
      if (packets.some((packet) => packet.topic === topic && packet.text === user)) allowed.push(`${user} < ${topic}`);
      const answer = await client.publish(topic, "mine", { qos: 1 });
      if (answer?.reasonCode !== 0x87) allowed.push(`${user} > ${topic}`);
    }
    client.drop();
  }
  root.drop();
  return allowed;
}

/** Debian's Mosquitto on a Unix socket; a machine without it fails the test. */
async function startMosquitto(passwords: string, acl: string, folder: string): Promise<Connect> {
  const socket = join(folder, "mosquitto.sock");
  const config = join(folder, "mosquitto.conf");
  const lines = [`listener 0 ${socket}`, "allow_anonymous true", `password_file ${passwords}`, `acl_file ${acl}`];
  writeFileSync(config, [...lines, "user root", "sys_interval 0", ""].join("\n"));
  const child = spawn("mosquitto", ["-c", config], { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await new Promise<void>((resolve, reject) => {
    let said = "";
    child.once("error", (error) =>
      reject(new Error("mosquitto is missing; install it with: apt-get install mosquitto", { cause: error })),
    );
    child.once("close", (code) => reject(new Error(`mosquitto ended with ${code}: ${said}`)));
    child.stderr.on("data", (chunk) => {
      said += chunk;
      if (said.includes("running")) resolve();
    });
  });
  return (options) => connectSocket(`unix://${socket}`, { version: 5, ...options });
}

test("an acl_file allows what it allows in Mosquitto, and nothing else", async () => {
  const folder = folderWith({ acl: ACL, passwords: "" });
  const passwords = join(folder, "passwords");
  for (const user of USERS) mosquittoPasswd("-b", passwords, user, "secret");
  const section = {
    allow_anonymous: true,
    password_file: passwords,
    acl_file: join(folder, "acl"),
    upgrade_hashes: false,
  };
  const { broker } = await run(section);
  const ours = await judge((options) => broker.connect({ version: 5, ...options }));
  const theirs = await judge(await startMosquitto(passwords, join(folder, "acl"), folder));
  expect(ours).toEqual(theirs);
  expect(ours.length).toBeGreaterThan(40);
}, 60_000);
