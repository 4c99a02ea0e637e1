/** `gmqttd start`: runs the broker until it is told to stop. */

import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Broker, formatDuration } from "@gmqtt/broker";
import type { ConfigOptions } from "../config/flags.ts";
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { ExitCode, toFailure } from "../failure.ts";
import { createLogger, type ProcessLogger } from "../log/logger.ts";
import { logSetup, makeBroker } from "../process/broker.ts";
import { createPacketDump } from "../process/dump-packets.ts";
import { writePidFile } from "../process/pid-file.ts";
import { reload } from "../process/reload.ts";
import { type Signals, takeSignals } from "../process/signals.ts";
import { catchStrays } from "../process/strays.ts";
import { version } from "../version.ts";

/** Runs the broker; answers the exit code once it has stopped. Throws a `CommandFailure` for a bad configuration. */
export async function start(options: ConfigOptions): Promise<ExitCode> {
  const loaded = await loadConfig(options);
  const logger = createLogger(loaded.config.log);
  catchStrays(logger);
  logger.info({ version, pid: process.pid, config: loaded.file.path ?? "none" }, "gmqttd starts");
  // Before the pid file is there: whoever reads it may send a signal at once.
  const signals = takeSignals((signal) => {
    logger.warn({ signal }, "second signal, stopped at once");
    process.exit(ExitCode.Failed);
  });
  try {
    takePidFile(loaded, logger);
    return await run(options, loaded, signals, logger);
  } catch (error) {
    const failure = toFailure(error);
    for (const line of failure.lines) logger.error({}, line);
    logger.debug({ err: failure.cause ?? failure }, "this is where it failed");
    return failure.exitCode;
  }
}

/** The file goes with the process, however that ends, save by SIGKILL. */
function takePidFile({ config, file }: LoadedConfig, logger: ProcessLogger): void {
  if (config.pidFile === undefined) return;
  const path = resolve(file.baseDirectory, config.pidFile);
  const pidFile = writePidFile(path);
  process.on("exit", () => pidFile.remove());
  if (pidFile.stale !== undefined) {
    logger.warn({ pid: pidFile.stale, pid_file: path }, "the last gmqttd did not end properly");
  }
}

async function run(
  options: ConfigOptions,
  loaded: LoadedConfig,
  signals: Signals,
  logger: ProcessLogger,
): Promise<ExitCode> {
  const broker = makeBroker(loaded, logger);
  const dumpPackets = createPacketDump(broker, logger);
  logSetup(loaded, logger);
  if (!(await startUnlessStuck(broker, signals, logger))) return ExitCode.Failed;
  dumpPackets(broker.config.log);
  for (;;) {
    const request = await Promise.race([signals.next(), broker.stopped]);
    if (request === undefined) {
      logger.error({}, "the broker has stopped by itself, gmqttd ends");
      return ExitCode.Failed;
    }
    if (request.kind === "stop") return stop(broker, request.signal, logger);
    await reload(broker, options, logger);
    dumpPackets(broker.config.log);
  }
}

/** False when it was told to stop and the start, a plugin's `load` or a store that does not answer, goes on and on. */
async function startUnlessStuck(broker: Broker, signals: Signals, logger: ProcessLogger): Promise<boolean> {
  const started = broker.start().then(() => true);
  const givenUp = signals.stopAsked.then(async (signal) => {
    await delay(broker.config.shutdownTimeout, undefined, { ref: false });
    return signal;
  });
  const outcome = await Promise.race([started, givenUp]);
  if (outcome === true) return true;
  logger.error({ signal: outcome }, "not started within shutdown_timeout after a signal to stop, given up");
  started.catch(() => {}); // nobody waits for it any more
  return false;
}

async function stop(broker: Broker, signal: string, logger: ProcessLogger): Promise<ExitCode> {
  const timeout = broker.config.shutdownTimeout;
  logger.info({ signal, clients: broker.clientService.clientCount }, "stopping");
  const stopped = broker.stop().then(() => true);
  if (await Promise.race([stopped, delay(timeout + GRACE, false)])) return ExitCode.Stopped;
  logger.error({ shutdown_timeout: formatDuration(timeout) }, "not stopped in time, what is left is closed at once");
  return ExitCode.Failed;
}

/** The broker closes what is left at the timeout; it gets this long, in milliseconds, to have done it. */
const GRACE = 500;
