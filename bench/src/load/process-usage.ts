/** CPU time and memory of a process, as Linux tells them in /proc. */

import { readFileSync } from "node:fs";

/** A process at one moment. */
export interface Usage {
  /** CPU time of all its threads so far, in seconds. */
  readonly cpu: number;
  /** Resident memory, in bytes. */
  readonly memory: number;
}

/** Clock ticks a second in /proc/PID/stat: the same on all of Linux's machines (USER_HZ). */
const TICKS = 100;
const PAGE = 4096;

/** undefined where there is no such process or no /proc. */
export function usageOf(pid: number): Usage | undefined {
  try {
    return { cpu: cpuSeconds(readFileSync(`/proc/${pid}/stat`, "latin1")), memory: memoryBytes(pid) };
  } catch {
    return undefined;
  }
}

/** User and system time in a line of /proc/PID/stat; a program's name may hold spaces and brackets. */
export function cpuSeconds(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

function memoryBytes(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "latin1").split(" ")[1]) * PAGE;
}
