/** Whether configuration and database are in order (CFG-2), in words that tell a stranger nothing else. */

import { readConfig, type Bindings } from "../config.ts";
import { probeDatabase, type DatabaseState } from "../registry/probe.ts";
import type { Moment } from "../tokens/fresh-map.ts";
import type { OpenDeployment } from "./deployment.ts";

export interface Health {
  readonly status: "ok" | "unavailable";
  /** `unknown`: part of it is compared with what D1 holds, and D1 is not in order. */
  readonly configuration: "ok" | "faulty" | "unknown";
  readonly database: DatabaseState;
}

/** Asks D1 each time. A missing configuration does not hide the state of the database, nor the other way round. */
export async function readHealth(open: OpenDeployment, bindings: Bindings, moment: Moment): Promise<Health> {
  const database = await probeDatabase(bindings.DB);
  const configuration = await configurationState(open, bindings, moment, database);
  const isWell = database === "ok" && configuration === "ok";
  return { status: isWell ? "ok" : "unavailable", configuration, database };
}

async function configurationState(
  open: OpenDeployment,
  bindings: Bindings,
  moment: Moment,
  database: DatabaseState,
): Promise<Health["configuration"]> {
  const opened = await open(bindings, moment);
  if (opened.ok) return "ok";
  if (!readConfig(bindings).ok) return "faulty";
  return database === "ok" && opened.reason === "not-configured" ? "faulty" : "unknown";
}
