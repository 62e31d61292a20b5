/** Whether configuration and database are in order (CFG-2), in words that tell a stranger nothing else. */

import { readConfig, type Bindings } from "../../config/config.ts";
import { probeDatabase, type DatabaseState } from "../../registry/db/probe.ts";
import { readWarnings } from "../../registry/upkeep/warnings.ts";
import { wrappedUnderOthers } from "../../registry/upkeep/wrapped.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import type { Deployment, OpenDeployment, Opened } from "../deployment.ts";

export interface Health {
  readonly status: "ok" | "unavailable";
  /** `unknown`: part of it is compared with what D1 holds, and D1 is not in order. */
  readonly configuration: "ok" | "faulty" | "unknown";
  readonly database: DatabaseState;
  /** CFG-3: private keys and webhooks' secrets that are not under the wrapping key in force; absent = none. */
  readonly keysToWrapAgain?: number;
  /** Warnings, absent while there is nothing to warn of: events that could not be handed over, EVT-4. */
  readonly stuckEvents?: number;
  readonly databaseLarge?: true;
}

export type ReadHealth = (bindings: Bindings, moment: Moment) => Promise<Health>;

/** How long an answer is repeated: whoever asks more often costs D1 no more. */
const REPEATED_MS = 2_000;

/** Remembers the last answer. A Worker's bindings never change within an isolate. */
export function healthReader(open: OpenDeployment): ReadHealth {
  let last: { readonly at: number; readonly health: Health } | null = null;
  return async (bindings, moment) => {
    if (last !== null && moment.now - last.at < REPEATED_MS) return last.health;
    last = { at: moment.now, health: await readHealth(open, bindings, moment) };
    return last.health;
  };
}

/** A missing configuration does not hide the state of the database, nor the other way round. */
async function readHealth(open: OpenDeployment, bindings: Bindings, moment: Moment): Promise<Health> {
  const database = await probeDatabase(bindings.DB);
  const opened = await open(bindings, moment);
  const waiting = opened.ok && database === "ok" ? await waitingKeys(opened.deployment) : NONE;
  const warnings = opened.ok && database === "ok" ? await warningsOf(opened.deployment) : {};
  const configuration = waiting.areLost ? "faulty" : configurationState(opened, bindings, database);
  const isWell = database === "ok" && configuration === "ok";
  return {
    status: isWell ? "ok" : "unavailable",
    configuration,
    database,
    ...(waiting.count > 0 && { keysToWrapAgain: waiting.count }),
    ...warnings,
  };
}

function configurationState(opened: Opened, bindings: Bindings, database: DatabaseState): Health["configuration"] {
  if (opened.ok) return "ok";
  if (!readConfig(bindings).ok) return "faulty";
  return database === "ok" && opened.reason === "not-configured" ? "faulty" : "unknown";
}

interface WaitingKeys {
  readonly count: number;
  /** Some are under a wrapping key that neither root secret gives. */
  readonly areLost: boolean;
}

const NONE: WaitingKeys = { count: 0, areLost: false };

async function waitingKeys({ db, wrapping }: Deployment): Promise<WaitingKeys> {
  const others = await wrappedUnderOthers(db, wrapping.keyId).catch(() => new Map<string, number>());
  return {
    count: [...others.values()].reduce((sum, count) => sum + count, 0),
    areLost: [...others.keys()].some((name) => name !== wrapping.previousKeyId),
  };
}

async function warningsOf({ db }: Deployment): Promise<Pick<Health, "stuckEvents" | "databaseLarge">> {
  const unknown = { stuckEvents: 0, isLarge: false };
  const { stuckEvents, isLarge } = await readWarnings(db).catch(() => unknown);
  return {
    ...(stuckEvents > 0 && { stuckEvents }),
    ...(isLarge && { databaseLarge: true }),
  };
}
