/** Passwords from the terminal, unseen, or from a pipe. */

import type { ReadStream } from "node:tty";
import { CommandFailure, ExitCode } from "../failure.ts";

const ENTER = ["\r", "\n"];
const END = "\u0004";
const INTERRUPT = "\u0003";
const ERASE = ["\u007f", "\b"];

/** From a pipe: everything up to its end, less the newline that `echo` adds. On a terminal asked for, twice with `twice`. */
export async function readPassword(username: string, twice: boolean): Promise<Uint8Array> {
  const { stdin } = process;
  const password = stdin.isTTY ? Buffer.from(await ask(stdin, username, twice)) : await readPipe(stdin);
  if (password.length === 0) throw new CommandFailure(ExitCode.Failed, ["the password is empty"]);
  return password;
}

async function readPipe(stream: AsyncIterable<string | Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  const all = Buffer.concat(chunks);
  const end = all.at(-1) === 10 ? (all.at(-2) === 13 ? -2 : -1) : all.length;
  return all.subarray(0, end);
}

async function ask(terminal: ReadStream, username: string, twice: boolean): Promise<string> {
  const password = await readHidden(terminal, `Password of ${username}: `);
  if (!twice || password === (await readHidden(terminal, "Again: "))) return password;
  throw new CommandFailure(ExitCode.Failed, ["the two passwords differ"]);
}

function readHidden(terminal: ReadStream, prompt: string): Promise<string> {
  process.stderr.write(prompt);
  terminal.setRawMode(true).setEncoding("utf8").resume();
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const finish = (settle: () => void): void => {
      terminal.off("data", read).setRawMode(false).pause();
      process.stderr.write("\n");
      settle();
    };
    const read = (text: string): void => {
      for (const character of text) {
        if (character === INTERRUPT) {
          finish(() => reject(new CommandFailure(ExitCode.Failed, ["interrupted"])));
          return;
        }
        if (ENTER.includes(character) || character === END) {
          finish(() => resolve(typed.join("")));
          return;
        }
        typed = ERASE.includes(character) ? typed.slice(0, -1) : [...typed, character];
      }
    };
    terminal.on("data", read);
  });
}
