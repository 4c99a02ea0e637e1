/** The statements of the standards, and our own numbers for the rules that have none; read from data/. */

import { readFileSync } from "node:fs";

/** The documents that statements come from. */
export type Edition = "5.0" | "3.1.1" | "rules";

/** A normative statement, in our words. */
export interface Statement {
  readonly id: string;
  readonly edition: Edition;
  readonly section: string;
  /** Who is bound. */
  readonly actor: string;
  /** yes: the broker must do or enforce it. partly: it has a reaction to show. no: nothing to see from outside. */
  readonly appliesToServer: "yes" | "partly" | "no";
  readonly requirement: string;
}

/** Versions by the edition whose statements bind them. */
export const EDITION_OF: Readonly<Record<3 | 4 | 5, "5.0" | "3.1.1">> = { 3: "3.1.1", 4: "3.1.1", 5: "5.0" };

const FILES: Readonly<Record<Edition, string>> = {
  "5.0": "mqtt-5.0.tsv",
  "3.1.1": "mqtt-3.1.1.tsv",
  rules: "rules.tsv",
};

/** All statements of an edition, in the document's order. */
export function loadStatements(edition: Edition): Statement[] {
  const text = readFileSync(new URL(`../../data/${FILES[edition]}`, import.meta.url), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [id = "", section = "", actor = "", applies = "", requirement = ""] = line.split("\t");
      return { id, edition, section, actor, appliesToServer: applies as Statement["appliesToServer"], requirement };
    });
}
