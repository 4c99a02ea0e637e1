import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test, vi } from "vitest";
import { FlushScheduler } from "./flush-scheduler.ts";

/** A scheduler with a clock of its own, and connections that note when they are flushed. */
function schedulerWithLog() {
  const state = { now: 0 };
  const log: string[] = [];
  const scheduler = new FlushScheduler(() => state.now);
  const connection = (name: string, takes = 0) => ({
    flush: () => {
      log.push(name);
      state.now += takes;
    },
  });
  const chunkAfter = (milliseconds: number): void => {
    state.now += milliseconds;
    scheduler.beginChunk(state.now);
  };
  return { chunkAfter, connection, log, scheduler, state };
}

const turnEnds = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("FlushScheduler", () => {
  test("flushes everybody once, at the end of the turn, in the order in which they asked", async () => {
    const { connection, log, scheduler } = schedulerWithLog();
    scheduler.add(connection("a"));
    scheduler.add(connection("b"));
    expect(log).toEqual([]);
    await turnEnds();
    expect(log).toEqual(["a", "b"]);
    await turnEnds();
    expect(log).toHaveLength(2);
  });

  test("the journal commits before each flush, also when there is no output yet", async () => {
    const { connection, log, scheduler } = schedulerWithLog();
    scheduler.beforeFlush = () => void log.push("commit");
    scheduler.schedule();
    await turnEnds();
    expect(log).toEqual(["commit"]);
    scheduler.add(connection("a"));
    await turnEnds();
    expect(log).toEqual(["commit", "commit", "a"]);
  });

  test("a connection that asks while others are flushed has its turn in the next flush", () => {
    const { connection, log, scheduler } = schedulerWithLog();
    scheduler.add({
      flush: () => {
        log.push("a");
        scheduler.add(connection("b"));
      },
    });
    scheduler.flush();
    expect(log).toEqual(["a"]);
    scheduler.flush();
    expect(log).toEqual(["a", "b"]);
  });

  test("cuts a turn that gets long, after a look at the clock every 32 packets", () => {
    const { connection, log, scheduler, state } = schedulerWithLog();
    scheduler.add(connection("a"));
    state.now = 100;
    for (let packet = 1; packet <= 31; packet++) scheduler.afterPacket();
    expect(log).toEqual([]);
    scheduler.afterPacket();
    expect(log).toEqual(["a"]);
  });

  test("a message to many counts as so many packets", () => {
    const { connection, log, scheduler, state } = schedulerWithLog();
    scheduler.add(connection("a"));
    state.now = 100;
    scheduler.fannedOut(31);
    scheduler.afterPacket();
    expect(log).toEqual(["a"]);
  });

  describe("when writing takes more than ten milliseconds", () => {
    /** 40 connections of a millisecond each; the clock is looked at behind 16. */
    const long = () => {
      const made = schedulerWithLog();
      for (let index = 0; index < 40; index++) made.scheduler.add(made.connection(`${index}`, 1));
      return made;
    };

    test("goes on in the next turns, in order, those behind it who asked in the meantime", async () => {
      const { connection, log, scheduler } = long();
      await turnEnds();
      expect(log).toHaveLength(16);
      scheduler.add(connection("later"));
      await turnEnds();
      expect(log).toHaveLength(32);
      await turnEnds();
      expect(log).toEqual(Array.from({ length: 40 }, (_, index) => `${index}`));
      await turnEnds();
      expect(log.at(-1)).toBe("later");
      await turnEnds();
      expect(log).toHaveLength(41);
    });

    test("lets nobody work on packets before all is written", async () => {
      const { scheduler, state } = long();
      expect(scheduler.budget.exhausted(state.now)).toBe(false);
      await turnEnds();
      expect(scheduler.budget.exhausted(state.now)).toBe(true);
      await turnEnds();
      expect(scheduler.budget.exhausted(state.now)).toBe(true);
      await turnEnds();
      expect(scheduler.budget.exhausted(state.now)).toBe(false);
    });

    test("a slice lasts three times what all of it took", () => {
      const { connection, log, scheduler, state } = long();
      for (let part = 0; part < 3; part++) scheduler.flush();
      expect(log).toHaveLength(40);
      scheduler.add(connection("next"));
      const look = (): void => {
        for (let packet = 1; packet <= 32; packet++) scheduler.afterPacket();
      };
      state.now += 119;
      look();
      expect(log).toHaveLength(40);
      state.now += 2;
      look();
      expect(log.at(-1)).toBe("next");
    });
  });

  test("does not cut a turn that is still short", () => {
    const { connection, log, scheduler, state } = schedulerWithLog();
    scheduler.add(connection("a"));
    state.now = 0.4;
    for (let packet = 1; packet <= 64; packet++) scheduler.afterPacket();
    expect(log).toEqual([]);
  });

  test("is not cut in the middle of a short chunk, but behind it", () => {
    const { chunkAfter, connection, log, scheduler, state } = schedulerWithLog();
    const look = (): void => {
      for (let packet = 1; packet <= 32; packet++) scheduler.afterPacket();
    };
    scheduler.add(connection("a"));
    chunkAfter(100);
    look();
    expect(log).toEqual([]);
    scheduler.endChunk();
    expect(log).toEqual(["a"]);
    scheduler.add(connection("b"));
    chunkAfter(100);
    state.now += 1;
    look();
    expect(log).toEqual(["a", "b"]);
  });

  test("cuts no more often than writing is worth: a slice lasts three times what the last flush took", () => {
    const { connection, log, scheduler, state } = schedulerWithLog();
    scheduler.add(connection("slow", 10));
    scheduler.flush();
    scheduler.add(connection("next"));
    state.now += 29;
    for (let packet = 1; packet <= 32; packet++) scheduler.afterPacket();
    expect(log).toEqual(["slow"]);
    state.now += 2;
    for (let packet = 1; packet <= 32; packet++) scheduler.afterPacket();
    expect(log).toEqual(["slow", "next"]);
  });

  test("while connections come in, gathers over turns what they are answered, for a millisecond at the most", async () => {
    const { connection, log, scheduler, state } = schedulerWithLog();
    for (const name of ["a", "b", "c"]) {
      scheduler.accepted();
      scheduler.add(connection(name));
      await turnEnds();
    }
    expect(log).toEqual([]);
    await turnEnds();
    expect(log).toEqual(["a", "b", "c"]);
    scheduler.accepted();
    scheduler.add(connection("d"));
    state.now += 1;
    await turnEnds();
    expect(log.at(-1)).toBe("d");
  });

  test("packets without any output are no reason to flush", () => {
    const { log, scheduler, state } = schedulerWithLog();
    scheduler.beforeFlush = () => void log.push("commit");
    state.now = 100;
    for (let packet = 1; packet <= 64; packet++) scheduler.afterPacket();
    expect(log).toEqual([]);
  });

  describe("with chunks that come", () => {
    test("far apart, writes what one causes right behind it", () => {
      const { chunkAfter, connection, log, scheduler, state } = schedulerWithLog();
      state.now = 1000;
      for (let chunk = 0; chunk < 8; chunk++) {
        chunkAfter(10);
        scheduler.endChunk();
      }
      chunkAfter(10);
      scheduler.add(connection("a"));
      expect(log).toEqual([]);
      scheduler.endChunk();
      expect(log).toEqual(["a"]);
    });

    test("close to each other, gathers what they cause until the end of the turn", async () => {
      const { chunkAfter, connection, log, scheduler } = schedulerWithLog();
      for (let chunk = 0; chunk < 8; chunk++) {
        chunkAfter(0.01);
        scheduler.add(connection(`${chunk}`));
        scheduler.endChunk();
      }
      expect(log).toEqual([]);
      await turnEnds();
      expect(log).toHaveLength(8);
    });

    describe("far apart as each takes long", () => {
      /** Chunks that take ten milliseconds, one right after the other; the last is still being worked on. */
      const busy = (idle: number) => {
        const made = schedulerWithLog();
        for (let chunk = 0; chunk < 100; chunk++) {
          made.chunkAfter(idle);
          made.state.now += 10;
          made.scheduler.endChunk();
        }
        made.chunkAfter(idle);
        return made;
      };

      test.each([[["a"]], [["a", "b", "c"]]])(
        "gathers what one causes for %j until the end of the turn",
        async (names) => {
          const { connection, log, scheduler } = busy(0.01);
          for (const name of names) scheduler.add(connection(name));
          scheduler.endChunk();
          expect(log).toEqual([]);
          await turnEnds();
          expect(log).toEqual(names);
        },
      );

      test("writes what one causes right behind it when there is time between them", () => {
        const { connection, log, scheduler } = busy(1);
        for (const name of ["a", "b", "c"]) scheduler.add(connection(name));
        scheduler.endChunk();
        expect(log).toEqual(["a", "b", "c"]);
      });
    });

    test("far apart, but with a flush ahead anyway, leaves it to that", async () => {
      const { chunkAfter, connection, log, scheduler } = schedulerWithLog();
      for (let chunk = 0; chunk < 8; chunk++) {
        chunkAfter(10);
        scheduler.endChunk();
      }
      scheduler.add(connection("a"));
      chunkAfter(10);
      scheduler.add(connection("b"));
      scheduler.endChunk();
      expect(log).toEqual([]);
      await turnEnds();
      expect(log).toEqual(["a", "b"]);
    });
  });

  test("has one shape for V8 whatever it has met: a new one would throw the compiled code of all who use it away", async () => {
    setFlagsFromString("--allow-natives-syntax");
    const haveSameShape: (one: object, other: object) => boolean = runInNewContext(
      "(one, other) => %HaveSameMap(one, other)",
    );
    vi.resetModules(); // what other tests have done has left its mark on the class
    const { FlushScheduler: Fresh } = await import("./flush-scheduler.ts");
    let now = 1.5;
    const flush = (): void => {
      now += 0.25;
    };
    const connections = Array.from({ length: 100 }, () => ({ flush }));
    /** Chunks far apart, from the fifth on with output for so many. */
    const after = (count: number): object => {
      const scheduler = new Fresh(() => now);
      for (let chunk = 1; chunk < 10; chunk++) {
        now += 1.25;
        scheduler.beginChunk(now);
        for (const connection of chunk < 5 ? [] : connections.slice(0, count)) scheduler.add(connection);
        scheduler.endChunk();
      }
      return scheduler;
    };
    const quiet = after(1);
    expect(haveSameShape(quiet, after(1))).toBe(true);
    expect(haveSameShape(quiet, after(100))).toBe(true);
    setFlagsFromString("--no-allow-natives-syntax");
  });
});
