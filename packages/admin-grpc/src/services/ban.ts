/** gmqtt.admin.api.BanService: who may not connect. */

import type { ApiService, Client, Server } from "@gmqtt/broker";
import { invalidArgument, notFound } from "../api/status.ts";
import { type Ban, type BanList, banValue, type BanKind as Kind } from "../bans/ban-list.ts";
import { BanKind, type BanSchema, BanService } from "../gen/gmqtt/admin/api/ban_pb.ts";
import { visitGently } from "./gently.ts";
import { timestamp } from "./numbers.ts";
import { takePage } from "./paging.ts";
import { type Init, protobufService } from "./protobuf-service.ts";

const kinds: ReadonlyMap<BanKind, Kind> = new Map([
  [BanKind.CLIENT_ID, "client_id"],
  [BanKind.USERNAME, "username"],
  [BanKind.ADDRESS, "address"],
]);

const numbers: ReadonlyMap<Kind, BanKind> = new Map([...kinds].map(([number, kind]) => [kind, number]));

/** `save` is called after each change, and awaited before the answer. */
export function banService(server: Server, bans: BanList, save: () => Promise<void>): ApiService {
  return protobufService(BanService, {
    async list(request) {
      const all = bans.list();
      return { bans: (await takePage(all, request)).map(describe), totalCount: all.length };
    },
    async create(request, call) {
      const { kind, value } = subjectOf(request);
      const createdAt = server.clock.now();
      const expiresAt = request.duration === 0 ? undefined : createdAt + request.duration * 1000;
      const ban: Ban = { kind, value, reason: request.reason, createdBy: call.who, createdAt, expiresAt };
      bans.add(ban);
      await save();
      return { ban: describe(ban), disconnected: await disconnectBanned(server, bans) };
    },
    async delete(request) {
      const { kind, value } = subjectOf(request);
      if (!bans.remove(kind, value)) throw notFound(`no ban of ${kind} ${value}`);
      await save();
      return {};
    },
  });
}

function subjectOf(request: { readonly kind: BanKind; readonly value: string }): { kind: Kind; value: string } {
  const kind = kinds.get(request.kind);
  if (kind === undefined)
    throw invalidArgument("kind must be BAN_KIND_CLIENT_ID, BAN_KIND_USERNAME or BAN_KIND_ADDRESS");
  const value = banValue(kind, request.value);
  if (value !== undefined) return { kind, value };
  throw invalidArgument(
    kind === "address" ? `value must be an address or a network, not ${request.value}` : "value is needed",
  );
}

/** A ban holds for those who are already in, too. */
async function disconnectBanned({ clientService }: Server, bans: BanList): Promise<number> {
  const banned: Client[] = [];
  await visitGently(clientService.iterateClients(), (client) => {
    const { clientId, username } = client.options;
    if (bans.find({ clientId, username, address: client.connection.remoteAddress }) !== undefined) banned.push(client);
  });
  for (const client of banned) client.disconnect();
  return banned.length;
}

function describe(ban: Ban): Init<typeof BanSchema> {
  return {
    kind: numbers.get(ban.kind) ?? BanKind.UNSPECIFIED,
    value: ban.value,
    reason: ban.reason,
    createdBy: ban.createdBy,
    createdAt: timestamp(ban.createdAt),
    expiresAt: timestamp(ban.expiresAt),
  };
}
