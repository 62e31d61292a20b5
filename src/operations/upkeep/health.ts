/** Whether configuration and database are in order (CFG-2), in words that tell a stranger nothing else. */

import { readConfig, type Bindings } from "../../config/config.ts";
import { probeDatabase, type DatabaseState } from "../../registry/db/probe.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import type { Deployment, OpenDeployment, Opened } from "../deployment.ts";
import { readFare, type Fare, type Warning } from "./warnings.ts";

export interface Health {
  readonly status: "ok" | "unavailable";
  /** `unknown`: part of it is compared with what D1 holds, and D1 is not in order. */
  readonly configuration: "ok" | "faulty" | "unknown";
  readonly database: DatabaseState;
  /** CFG-3: private keys and webhooks' secrets that are not under the wrapping key in force; absent = none. */
  readonly keysToWrapAgain?: number;
  /** OBS-2: by name alone; absent while there is nothing to warn of. */
  readonly warnings?: readonly Warning[];
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
  const fare = opened.ok && database === "ok" ? await fareOf(opened.deployment, moment.now) : UNKNOWN;
  const { waitingKeys, warnings } = fare;
  const configuration = waitingKeys.areLost ? "faulty" : configurationState(opened, bindings, database);
  const isWell = database === "ok" && configuration === "ok";
  return {
    status: isWell ? "ok" : "unavailable",
    configuration,
    database,
    ...(waitingKeys.count > 0 && { keysToWrapAgain: waitingKeys.count }),
    ...(warnings.length > 0 && { warnings }),
  };
}

function configurationState(opened: Opened, bindings: Bindings, database: DatabaseState): Health["configuration"] {
  if (opened.ok) return "ok";
  if (!readConfig(bindings).ok) return "faulty";
  return database === "ok" && opened.reason === "not-configured" ? "faulty" : "unknown";
}

const UNKNOWN: Pick<Fare, "waitingKeys" | "warnings"> = { waitingKeys: { count: 0, areLost: false }, warnings: [] };

/** What cannot be read now is no news. */
async function fareOf(deployment: Deployment, now: number): Promise<Pick<Fare, "waitingKeys" | "warnings">> {
  return await readFare(deployment, now).catch(() => UNKNOWN);
}
