/** All that an operator asks of a deployment (OBS-2): what is set up, what is wrong with it, and what to do. */

import { given } from "../../config/text.ts";
import type { Bindings, Vars } from "../../config/config.ts";
import { probeDatabase } from "../../registry/db/probe.ts";
import { appliedMigrations } from "../../registry/upkeep/deployment.ts";
import type { Moment } from "../../tokens/fresh-map.ts";
import type { Deployment } from "../deployment.ts";
import { readFare, type Fare, type Warning } from "./warnings.ts";

export interface Condition {
  readonly fare: Fare;
  /** Names, the oldest first. */
  readonly migrations: readonly string[];
  /** By name: whether somebody has set it. Never its value. */
  readonly variables: Readonly<Record<keyof Vars, boolean>>;
  readonly checks: readonly Check[];
}

export interface Check {
  readonly name: CheckName;
  readonly isWell: boolean;
  /** What it is about, and what to do where it is not well. */
  readonly words: string;
  readonly cure: string;
}

export type CheckName = Warning | "schema-behind" | "provider-unreachable" | "no-public-url";

/** THE TABLE: each warning of the deployment, and what only its operator needs to see. */
const CHECKS: Readonly<Record<CheckName, readonly [words: string, cure: string]>> = {
  "cron-late": ["The cron has run within five minutes.", "Look at the Worker's triggers: it must run each minute."],
  "webhooks-failing": [
    "Every enabled webhook's receiver answers.",
    "`GET /v3/webhooks` says which does not, and why; `test-fire` tries it.",
  ],
  "outbox-old": [
    "Events reach the log within ten minutes.",
    "D1 refuses them, or the cron stands: read the Worker's log.",
  ],
  "events-stuck": ["No event has been refused five times.", "Read the Worker's log for `an event cannot be logged`."],
  "database-large": [
    "D1 has room: it ends at 10 GB.",
    "Keep fewer events (`EVENT_LOG_DAYS`), and read docs/scale.md for what comes next.",
  ],
  "keys-to-wrap": [
    "Every secret is under the root secret in force.",
    "Leave `ROOT_SECRET_PREVIOUS` where it is until this is well (docs/operations.md).",
  ],
  "schema-behind": ["D1's tables are as new as the Worker.", "Apply the migrations: `npm run deploy` does it first."],
  "provider-unreachable": [
    "The identity provider's keys can be had.",
    "Compare `OIDC_ISSUER` with the provider's own spelling, and look whether it answers.",
  ],
  "no-public-url": [
    "Tokens name this deployment by its address.",
    "Set `PUBLIC_URL`; until then `iss` is an identifier that only this deployment knows.",
  ],
};

const VARIABLES: Readonly<Record<keyof Vars, true>> = {
  ...{ ROOT_SECRET: true, ROOT_SECRET_PREVIOUS: true, LOCATOR_KEY: true, ENVIRONMENT: true, PUBLIC_URL: true },
  ...{ JURISDICTION: true, RATE_LIMITS: true, LOG_SAMPLING: true, WEBHOOK_PORTS: true, CORS_ORIGINS: true },
  ...{ EVENT_LOG_DAYS: true, EVENT_LOG_EVENTS: true, MANAGEMENT_LOG_DAYS: true, MANAGEMENT_LOG_EVENTS: true },
  ...{ OIDC_ISSUER: true, OIDC_AUDIENCE: true, OIDC_ROLES_CLAIM: true, OIDC_TRUST_EMAIL: true },
};

const REPEATED_MS = 10_000;
const last = new WeakMap<Deployment, { readonly at: number; readonly condition: Condition }>();

/** At most ten seconds old. Rejects when D1 fails. */
export async function readCondition(deployment: Deployment, vars: Bindings, moment: Moment): Promise<Condition> {
  const known = last.get(deployment);
  if (known !== undefined && Math.abs(moment.now - known.at) < REPEATED_MS) return known.condition;
  const { db, identityProvider, config } = deployment;
  const [fare, database, migrations, isReachable] = await Promise.all([
    readFare(deployment, moment.now),
    probeDatabase(db),
    appliedMigrations(db),
    identityProvider?.isReachable(moment) ?? true,
  ]);
  const faults: readonly CheckName[] = [
    ...fare.warnings,
    ...(database === "schema-behind" ? (["schema-behind"] as const) : []),
    ...(isReachable ? [] : (["provider-unreachable"] as const)),
    ...(config.publicUrl === null ? (["no-public-url"] as const) : []),
  ];
  const condition = {
    ...{ fare, migrations },
    variables: variablesIn(vars),
    checks: (Object.keys(CHECKS) as CheckName[]).map((name) => checkOf(name, !faults.includes(name))),
  };
  last.set(deployment, { at: moment.now, condition });
  return condition;
}

function checkOf(name: CheckName, isWell: boolean): Check {
  const [words, cure] = CHECKS[name];
  return { name, isWell, words, cure };
}

function variablesIn(vars: Vars): Condition["variables"] {
  const names = Object.keys(VARIABLES) as (keyof Vars)[];
  return Object.fromEntries(names.map((name) => [name, given(vars[name]) !== null])) as Condition["variables"];
}
