/** The Lua scripts: everything that has to be atomic. Redis runs one at a time, and each checks first whose turn it is. */

/** What a script answers first. */
export const Outcome = {
  Done: 0,
  /** The broker's key is gone: Redis came back empty. */
  Empty: -1,
  /** The key has another token: a later owner's, or an earlier one's from before Redis forgot ours. */
  OtherToken: -2,
  /** Commits before this one are missing. */
  Gap: -3,
  /** Somebody else holds the lease. */
  Held: -4,
  /** The keys are of a layout that this version does not know. */
  OtherLayout: -5,
} as const;

const NOW = "local time = redis.call('TIME') local now = time[1] * 1000 + math.floor(time[2] / 1000)";

const CHECK_TOKEN = `
local state = redis.call('HMGET', KEYS[1], 'token', 'commit')
if not state[1] then return {${Outcome.Empty}, 0} end
if state[1] ~= ARGV[1] then return {${Outcome.OtherToken}, tonumber(state[1])} end
local commit = tonumber(state[2])`;

const CHECK_NUMBER = `
local number = tonumber(ARGV[2])
if number <= commit then return {${Outcome.Done}, commit} end
if number ~= commit + 1 then return {${Outcome.Gap}, commit} end`;

const RUN_COMMANDS = `
local position, size, count = 1, #commands, 0
while position <= size do
  count, position = struct.unpack('<I4', commands, position)
  local command = {}
  for index = 1, count do command[index], position = struct.unpack('<I4c0', commands, position) end
  redis.call(unpack(command))
end`;

/**
 * KEYS: broker. ARGV: token, number of the commit, the commands. Commits are applied in the order of their numbers and
 * each once, however often and over how many connections it is sent.
 */
export const COMMIT: string = `${CHECK_TOKEN}${CHECK_NUMBER}
local commands = ARGV[3]${RUN_COMMANDS}
redis.call('HSET', KEYS[1], 'commit', ARGV[2])
return {${Outcome.Done}, number}`;

/** KEYS: broker, log. ARGV: as for a commit, which is only written down. */
export const LOG_COMMIT: string = `${CHECK_TOKEN}${CHECK_NUMBER}
if #ARGV[3] > 0 then redis.call('RPUSH', KEYS[2], ARGV[3]) end
redis.call('HSET', KEYS[1], 'commit', ARGV[2])
return {${Outcome.Done}, number}`;

/** KEYS: one with the hash tag of all. ARGV: the commands. */
export const APPLY: string = `local commands = ARGV[1]${RUN_COMMANDS}`;

/** KEYS: broker. ARGV: token, milliseconds the lease lasts from now on. Answers the number of the last commit. */
export const RENEW: string = `${CHECK_TOKEN}
${NOW}
redis.call('HSET', KEYS[1], 'expires', now + ARGV[2])
return {${Outcome.Done}, commit}`;

/**
 * KEYS: broker. ARGV: owner, milliseconds the lease lasts, an owner that is known to be dead, layout version. Answers the
 * new token, or the owner that holds the lease, when it expires, and in how many milliseconds that is.
 */
export const ACQUIRE: string = `${NOW}
local state = redis.call('HMGET', KEYS[1], 'owner', 'expires', 'token', 'layout')
if state[4] and state[4] ~= ARGV[4] then return {${Outcome.OtherLayout}, state[4]} end
local owner, expires = state[1] or '', tonumber(state[2] or '0')
if owner ~= '' and expires > now and owner ~= ARGV[3] then
  return {${Outcome.Held}, owner, expires, expires - now}
end
local token = tonumber(state[3] or '0') + 1
redis.call('HSET', KEYS[1], 'layout', ARGV[4], 'token', token, 'owner', ARGV[1], 'expires', now + ARGV[2], 'commit', 0)
return {${Outcome.Done}, token}`;

/** KEYS: broker. ARGV: token, owner, milliseconds, layout version. Takes a store that forgot us, unless somebody else has. */
export const RECLAIM: string = `${NOW}
local token = redis.call('HGET', KEYS[1], 'token')
if token and tonumber(token) > tonumber(ARGV[1]) then return {${Outcome.OtherToken}, tonumber(token)} end
redis.call('HSET', KEYS[1], 'layout', ARGV[4], 'token', ARGV[1], 'owner', ARGV[2], 'expires', now + ARGV[3], 'commit', 0)
return {${Outcome.Done}, 0}`;

/** KEYS: broker. ARGV: token. Lets the next broker in at once. */
export const RELEASE: string = `${CHECK_TOKEN}
redis.call('HSET', KEYS[1], 'owner', '', 'expires', 0)
return {${Outcome.Done}, commit}`;

/**
 * KEYS: hash and queue of a session. Answers one string: number of deliveries and last sequence as doubles, then the fields
 * of the hash and their values, each behind its length. One reply instead of dozens makes a start twice as fast.
 */
export const READ_SESSION: string = `
local fields = redis.call('HGETALL', KEYS[1])
local count = redis.call('ZCARD', KEYS[2])
local last = redis.call('ZSCORE', KEYS[2], 'last')
local parts = {struct.pack('<dd', last and count - 1 or count, last and -tonumber(last) or 0)}
for index = 1, #fields do parts[index + 1] = struct.pack('<I4', #fields[index]) .. fields[index] end
return table.concat(parts)`;
