/** The accounts as an API: gRPC and REST, served by whoever hosts what plugins register. */

import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ApiService } from "@gmqtt/broker";
import type { AccountFile } from "../accounts/account-file.ts";
import { AccountFileError } from "../accounts/account-text.ts";
import type { Account } from "../accounts/parse-accounts.ts";
import { comments } from "../gen/comments.ts";
import {
  AccountService,
  type DeleteAccountRequest,
  type GetAccountRequest,
  type GetAccountResponseSchema,
  type ListAccountsRequest,
  type ListAccountsResponseSchema,
  type UpdateAccountRequest,
} from "../gen/gmqtt/auth/api/account_pb.ts";
import type { Hasher } from "../passwords/hasher.ts";

/** What the service works on, as it is when it is called: a reload may replace both. */
export interface AccountServiceOptions {
  readonly file: () => AccountFile;
  readonly hasher: () => Hasher;
}

/** Codes of gRPC. */
const Status = { InvalidArgument: 3, NotFound: 5, FailedPrecondition: 9 } as const;

const DEFAULT_PAGE = 20;
/** What MQTT can carry, bytes. */
const LONGEST = 65_535;

/** The service, ready to be registered. */
export function createAccountService({ file, hasher }: AccountServiceOptions): ApiService {
  const handlers = {
    list({ page, pageSize }: ListAccountsRequest): MessageInitShape<typeof ListAccountsResponseSchema> {
      const { list } = file();
      const size = pageSize === 0 ? DEFAULT_PAGE : pageSize;
      const start = (Math.max(1, page) - 1) * size;
      return { accounts: list.slice(start, start + size).map(shown), totalCount: list.length };
    },
    get({ username }: GetAccountRequest): MessageInitShape<typeof GetAccountResponseSchema> {
      assertNamed(username);
      const account = file().accounts.get(username);
      if (account === undefined) throw failure(Status.NotFound, `no account ${username}`);
      return { account: shown(account) };
    },
    async update({ password, username }: UpdateAccountRequest): Promise<object> {
      for (const [name, value] of Object.entries({ username, password })) {
        if (value === "") throw failure(Status.InvalidArgument, `${name} is missing`);
        const length = Buffer.byteLength(value);
        if (length > LONGEST) throw failure(Status.InvalidArgument, `${name} of ${length} bytes exceeds ${LONGEST}`);
      }
      await changing(async () => file().set(username, await hasher().hash(Buffer.from(password))));
      return {};
    },
    async delete({ username }: DeleteAccountRequest): Promise<object> {
      assertNamed(username);
      if (!(await changing(() => file().delete(username)))) throw failure(Status.NotFound, `no account ${username}`);
      return {};
    },
  };
  return { name: AccountService.typeName, kind: "protobuf", definition: AccountService, handlers, comments };
}

function assertNamed(username: string): void {
  if (username === "") throw failure(Status.InvalidArgument, "username is missing");
}

function shown({ password, username }: Account): { username: string; password: string } {
  return { username, password };
}

/** What the caller can mend is told; the rest is a failure of ours. */
async function changing<T>(change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (error instanceof RangeError) throw failure(Status.InvalidArgument, error.message);
    if (error instanceof AccountFileError) {
      throw failure(Status.FailedPrecondition, `the password file can't be changed: ${error.message}`);
    }
    throw error;
  }
}

function failure(code: number, message: string): Error {
  return Object.assign(new Error(message), { code });
}
