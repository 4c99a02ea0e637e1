/** What tests and benchmarks need from Debian: real clients, other brokers, a real Redis, certificates. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync, writeFileSync } from "node:fs";
import { environment, run } from "./run.mjs";

const redis = { name: "redis-server", ask: ["redis-server", "--version"] };
const openssl = { name: "openssl", ask: ["openssl", "version"] };

/** Each package with the question that shows whether it is there; /usr/bin/python3 is the one Debian's modules serve. */
const forTests = [
  redis,
  { name: "mosquitto-clients", ask: ["mosquitto_pub", "--help"], code: 1 },
  { name: "mosquitto", ask: ["mosquitto_passwd", "--help"], code: 1 },
  openssl,
  { name: "python3-paho-mqtt", ask: ["/usr/bin/python3", "-c", "import paho.mqtt.client"] },
];

/** What the comparison with other brokers needs. */
export const forBench = [redis, openssl, { name: "mosquitto", ask: ["/usr/sbin/mosquitto", "-h"], code: 3 }];

const policy = "/usr/sbin/policy-rc.d";

/** Installs what is missing when we may; else says in one line what to install. What was to run runs in any case. */
export async function ensureDebianPackages(needs = forTests) {
  const missing = needs.filter((need) => !isThere(need)).map(({ name }) => name);
  if (missing.length === 0) return;
  const command = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    console.error(`some programs are missing, install them with: ${command}`);
    return;
  }
  console.error(`installing from Debian: ${missing.join(" ")}`);
  const code = await withoutServices(async () => {
    const env = { ...environment, DEBIAN_FRONTEND: "noninteractive" };
    const [apt, ...args] = command.split(" ");
    const updated = await run(apt, ["update"], { env, quiet: true });
    return updated === 0 ? run(apt, args, { env, quiet: true }) : updated;
  });
  if (code !== 0) console.error(`some programs stay missing, this failed with exit code ${code}: ${command}`);
}

/** The tests start their own servers on free ports: a package must not start its service, least of all in a container. */
async function withoutServices(install) {
  const mine = !existsSync(policy);
  if (mine) {
    writeFileSync(policy, "#!/bin/sh\nexit 101\n");
    chmodSync(policy, 0o755);
  }
  try {
    return await install();
  } finally {
    if (mine) rmSync(policy, { force: true });
  }
}

function isThere({ ask: [command, ...args], code = 0 }) {
  return spawnSync(command, args, { stdio: "ignore" }).status === code;
}
