/**
 * A thread that computes the slow password hashes, so that the event loop never does. Plain JavaScript beside src, because
 * a worker is loaded by its path and must be the same file for sources and for what is built.
 */

import { pbkdf2Sync } from "node:crypto";
import { getPriority, setPriority } from "node:os";
import { parentPort } from "node:worker_threads";
import { hashRawSync as argon2Raw } from "@node-rs/argon2";
import { hashSync as bcryptHash, verifySync as bcryptVerify } from "@node-rs/bcrypt";

// On Linux a thread has a priority of its own: messages go before logins. Elsewhere it would be that of the whole process.
if (process.platform === "linux") {
  try {
    setPriority(Math.min(19, getPriority() + 5));
  } catch {
    // Not allowed here; hashing then competes as an equal.
  }
}

/** By the name of the task. */
const tasks = {
  // Not the library's own verification: that one takes passwords for text, and in MQTT they are bytes.
  argon2: ({ password, salt, variant, version, memory, iterations, parallelism, length }) =>
    argon2Raw(Buffer.from(password), {
      algorithm: { d: 0, i: 1, id: 2 }[variant],
      version: version === 16 ? 0 : 1,
      salt: Buffer.from(salt),
      memoryCost: memory,
      timeCost: iterations,
      parallelism,
      outputLen: length,
    }),
  "bcrypt-verify": ({ stored, password }) => bcryptVerify(Buffer.from(password), stored),
  "bcrypt-hash": ({ password, cost }) => bcryptHash(Buffer.from(password), cost),
  pbkdf2: ({ password, salt, iterations, length }) => pbkdf2Sync(password, salt, iterations, length, "sha512"),
};

parentPort.on("message", (task) => {
  try {
    parentPort.postMessage({ result: tasks[task.name](task) });
  } catch (error) {
    parentPort.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
