/** The smallest plugin: greets every client that connects, on a topic of its own. */

import { type ConfigSchema, definePlugin, type PluginDefinition, type Publisher } from "@gmqtt/broker";
import { z } from "zod";

/** The section `plugins.hello`. */
export interface HelloConfig {
  /** What clients are told; `%u` stands for the user name. Default: `hello %u`. */
  readonly greeting: string;
}

const configSchema: ConfigSchema<HelloConfig> = z.strictObject({ greeting: z.string().min(1).default("hello %u") });

const hello: PluginDefinition<HelloConfig> = definePlugin({
  name: "hello",
  configSchema,
  create({ greeting }, { logger }) {
    let publisher: Publisher;
    return {
      name: "hello",
      load(server) {
        publisher = server.publisher;
      },
      unload() {},
      hookWrapper: () => ({
        onConnected: (next) => async (client) => {
          await next(client);
          const { clientId, username = "stranger" } = client.options;
          const payload = Buffer.from(greeting.replaceAll("%u", username));
          await publisher.publish({ topic: `hello/${clientId}`, payload, retain: true });
          logger.info({ clientId }, "greeted");
        },
      }),
    };
  },
});

export default hello;
