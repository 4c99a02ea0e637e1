/** The plugin: which hook asks whom. */

import {
  type Awaitable,
  type BasicAuthRequest,
  type Client,
  type DeliveryFilterHandle,
  type HookWrapper,
  type Message,
  MqttError,
  type Plugin,
  ReasonCode,
  type Server,
  type SubscribeRequest,
} from "@gmqtt/broker";
import type { AccessList, Decision } from "./access/access-list.ts";
import { type AccessPolicy, commonNameOf, Identities } from "./access/identities.ts";
import { createAccountService } from "./api/account-service.ts";
import { type AuthConfig, configSchema } from "./config.ts";
import { explain } from "./explain.ts";
import type { Accepted, Credentials } from "./login/credentials.ts";
import { Expiries } from "./login/expiries.ts";
import { openSetup, type Setup } from "./setup.ts";

export class AuthPlugin implements Plugin {
  readonly name = "auth";
  readonly #config: AuthConfig;
  readonly #baseDirectory: string;
  #identities: Identities = new Identities();
  /** Between CONNECT and CONNACK: what the login brought. */
  readonly #accepted: WeakMap<Client, Accepted> = new WeakMap();
  /** Left, maybe while their password waits to be checked. */
  readonly #gone: WeakSet<Client> = new WeakSet();
  #server: Server | undefined;
  #setup: Setup | undefined;
  #expiries: Expiries | undefined;
  #filter: DeliveryFilterHandle | undefined;

  /** `baseDirectory` is where relative paths start. */
  constructor(config: AuthConfig, baseDirectory: string) {
    this.#config = config;
    this.#baseDirectory = baseDirectory;
  }

  async load(server: Server): Promise<void> {
    this.#server = server;
    this.#identities = new Identities();
    this.#filter = undefined;
    this.#expiries = new Expiries(server.clock);
    await this.#use(await this.#open(server, this.#config));
    const file = (): Setup["accounts"] => this.#running.accounts;
    const hasher = (): Setup["hasher"] => this.#running.hasher;
    server.apiRegistrar.registerService(createAccountService({ file, hasher }));
  }

  async unload(): Promise<void> {
    this.#expiries?.close();
    this.#filter?.remove();
    await this.#setup?.close();
  }

  /** Throttles and remembered logins start anew; who is connected stays, under the new rules. */
  async applyConfig(section: unknown): Promise<void> {
    const result = configSchema.safeParse(section ?? {});
    if (!result.success) throw new Error(`plugins.auth: ${result.error.issues[0]?.message}`);
    if (this.#server !== undefined) await this.#use(await this.#open(this.#server, result.data));
  }

  explain: NonNullable<Plugin["explain"]> = (question) =>
    explain(question, this.#running, this.#identities, this.#server);

  hookWrapper(): HookWrapper {
    return {
      onBasicAuth: (next) => (client, request) => {
        const accept = (accepted: Accepted): ReturnType<typeof next> => {
          this.#admit(client, request, accepted);
          return next(client, request);
        };
        const accepted = this.#authenticate(client, request);
        return accepted instanceof Promise ? accepted.then(accept) : accept(accepted);
      },
      onConnected: (next) => (client) => {
        const accepted = this.#accepted.get(client);
        this.#accepted.delete(client);
        if (this.#identities.connected(client, accepted?.rules)) this.#filter?.changed();
        if (accepted?.expiresAt !== undefined) this.#expiries?.arm(client, accepted.expiresAt);
        return next(client);
      },
      onClosed: (next) => (client, error) => {
        this.#gone.add(client);
        this.#expiries?.disarm(client);
        return next(client, error);
      },
      onSessionTerminated: (next) => (clientId, reason) => {
        this.#identities.ended(clientId);
        return next(clientId, reason);
      },
      onSubscribe: (next) => (client, request) => {
        const list = this.#identities.active ? this.#identities.ofClient(client) : undefined;
        if (list !== undefined) judgeSubscribe(list, request);
        return next(client, request);
      },
      onMsgArrived: (next) => (client, request) => {
        if (client !== null && this.#identities.active) {
          assertPublishable(this.#identities.ofClient(client), request.message);
        }
        return next(client, request);
      },
      onWillPublish: (next) => (clientId, request) => {
        // The rules may have changed since the CONNECT, and may be others when a store brought the will back.
        if (this.#identities.active) assertPublishable(this.#ofSession(clientId), request.message);
        return next(clientId, request);
      },
    };
  }

  get #running(): Setup {
    if (this.#setup === undefined) throw new Error("the auth plugin is not loaded");
    return this.#setup;
  }

  #open(server: Server, config: AuthConfig): Promise<Setup> {
    const { clock, logger } = server;
    const baseDirectory = this.#baseDirectory;
    return openSetup({ config, baseDirectory, clock, logger, onPolicy: (policy) => this.#enforce(policy) });
  }

  async #use(setup: Setup): Promise<void> {
    const before = this.#setup;
    this.#setup = setup;
    this.#enforce(setup.rules.policy);
    await before?.close();
  }

  /** Deliveries are judged from now on, where there is anything to judge. */
  #enforce(policy: AccessPolicy): void {
    this.#identities.use(policy);
    if (!this.#identities.active) {
      this.#filter?.remove();
      this.#filter = undefined;
    } else if (this.#filter !== undefined) this.#filter.changed();
    else {
      this.#filter = this.#server?.filterDeliveries((clientId, topic) => {
        const decision = this.#ofSession(clientId)?.receive(topic);
        if (decision === undefined) return 2;
        return decision.allowed ? decision.maxQoS : undefined;
      });
    }
  }

  #ofSession(clientId: string): AccessList | undefined {
    return this.#identities.ofSession(clientId, (id) => this.#server?.clientService.getSession(id));
  }

  #authenticate(client: Client, { connect }: BasicAuthRequest): Awaitable<Accepted> {
    const { connection, protocolVersion } = client;
    // The listener trusts certificates with names, and the handshake has proved this one.
    const { certificateUsername } = connection;
    if (certificateUsername !== undefined) return { outcome: "accepted", username: certificateUsername };
    const credentials: Credentials = {
      clientId: connect.clientId,
      username: connect.username,
      password: connect.password,
      address: connection.remoteAddress,
      commonName: commonNameOf(connection),
      protocolVersion,
    };
    return this.#running.authenticator.authenticate(credentials, () => !this.#gone.has(client));
  }

  /** The login is right; may it be used for this client identifier and this will? */
  #admit(client: Client, { connect, options }: BasicAuthRequest, accepted: Accepted): void {
    if (accepted.username !== undefined) options.username = accepted.username;
    else if (options.username === "") options.username = undefined;
    if (accepted.clientId !== undefined && connect.clientId === "") options.assignedClientId = accepted.clientId;
    if (accepted.expiresAt !== undefined && accepted.expiresAt <= (this.#server?.clock.now() ?? 0)) {
      throw new MqttError(ReasonCode.NotAuthorized, { reasonString: "login has expired" });
    }
    const clientId = connect.clientId === "" ? (options.assignedClientId ?? "") : connect.clientId;
    this.#assertOwn(clientId, options.username);
    if (connect.will !== undefined && this.#identities.active) {
      const { connection } = client;
      const { username } = options;
      const subject = { clientId, username, address: connection.remoteAddress, commonName: commonNameOf(connection) };
      assertPublishable(this.#identities.listFor(subject, accepted.rules), connect.will);
    }
    this.#accepted.set(client, accepted);
  }

  /** Another user's session has his messages in it, and his connection would end. */
  #assertOwn(clientId: string, username: string | undefined): void {
    if (clientId === "" || this.#running.config.client_id_takeover === "anyone") return;
    const session = this.#server?.clientService.getSession(clientId);
    if (session === undefined || session.username === username) return;
    throw new MqttError(ReasonCode.ClientIdentifierNotValid, { reasonString: "client identifier is another user's" });
  }
}

/** Filter by filter: refused with 0x87, or granted at no more than the rule's QoS. */
function judgeSubscribe(list: AccessList, request: SubscribeRequest): void {
  for (const [filter, { qos }] of request.subscriptions) {
    const { allowed, maxQoS } = list.subscribe(filter);
    if (!allowed) request.reject(filter, new MqttError(ReasonCode.NotAuthorized));
    else if (maxQoS < qos) request.grantQoS(filter, maxQoS);
  }
}

/** Throws 0x87 for what the rules don't allow. */
function assertPublishable(list: AccessList | undefined, message: Pick<Message, "topic" | "qos" | "retain">): void {
  if (list === undefined) return;
  const decision = list.publish(message.topic);
  if (!isWithin(decision, message)) throw new MqttError(ReasonCode.NotAuthorized);
}

function isWithin({ allowed, maxQoS, retain }: Decision, message: Pick<Message, "qos" | "retain">): boolean {
  return allowed && message.qos <= maxQoS && (retain || !message.retain);
}
