/** The broker's error classes; the class says the consequence (docs/errors.md). */

export { MqttError, type MqttErrorOptions, ProtocolError } from "@gmqtt/packets";

/** The configuration can't be used; `path` names the key as it stands in the file, for example `mqtt.max_inflight`. */
export class ConfigError extends Error {
  readonly path: string;
  /** What would mend it, where that is known. */
  readonly hint: string | undefined;

  constructor(path: string, message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(path === "" ? message : `${path}: ${message}`, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "ConfigError";
    this.path = path;
    this.hint = options.hint;
  }
}

/** A start step failed; `culprit` names the plugin, listener or store it failed in. What had been started is stopped again. */
export class StartError extends Error {
  readonly culprit: string;

  constructor(culprit: string, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.name = "StartError";
    this.culprit = culprit;
  }
}
