/** What every operation stands on: configuration, secrets, stores and caches, opened once per isolate. */

import { v7 as uuidv7 } from "uuid";
import { readConfig, type Bindings, type Config, type Fault } from "../config/config.ts";
import { atMost, startTimer } from "../durable/patience.ts";
import { licenseDirectory, type LicenseDirectory, type ObjectDirectory } from "../license/stub.ts";
import { recordDeployment, type DeploymentRecord } from "../registry/upkeep/deployment.ts";
import { findAtHand, NOTHING_AT_HAND, type AtHand } from "../registry/rows/at-hand.ts";
import { findProduct } from "../registry/rows/products.ts";
import { findUser } from "../registry/rows/users.ts";
import { isSchemaError, probeDatabase } from "../registry/db/probe.ts";
import type { Moment } from "../tokens/fresh-map.ts";
import { openDeviceDigest, type DeviceDigest } from "../tokens/device-digest.ts";
import { openKeyIds, type KeyIds } from "../tokens/key-id.ts";
import { openKeyRing, type KeyRing } from "../tokens/key-ring.ts";
import { locatorKeyInForce, openLocator, type Locator } from "../tokens/locator.ts";
import { openTagSeal, type TagSeal } from "../tokens/tag-seal.ts";
import { openIdentityProvider, type IdentityProvider } from "../tokens/oidc.ts";
import { openWrapping, type Wrapping } from "../tokens/wrapping.ts";
import { webhookDirectory, type WebhookDirectory } from "../webhooks/stub.ts";
import { pause, type Pauses } from "./attempts.ts";
import { keysByProduct, keySource } from "./keys.ts";
import { openEntitlementFacts, type EntitlementFacts } from "./entitlement-facts.ts";
import { findEntitlementSet } from "../registry/rows/entitlement-sets.ts";
import { openProductFacts, type ProductFacts } from "./product-facts.ts";
import { openUserFacts, type UserFacts } from "./user-facts.ts";
import { say } from "../log/line.ts";

export interface Deployment extends Pauses {
  readonly config: Config;
  /** CFG-1: made at first use. */
  readonly id: string;
  /** Of that first use, epoch ms. */
  readonly createdAt: number;
  /** TOK-2 `iss`: `PUBLIC_URL`, else `urn:leasehold:<id>`; never the Host header. */
  readonly issuer: string;
  readonly db: D1Database;
  /** The license objects, by locator. */
  readonly licenses: LicenseDirectory;
  /** The same, by the platform's ids. */
  readonly objects: ObjectDirectory;
  /** The webhooks' objects, by id. */
  readonly webhooks: WebhookDirectory;
  /** ID-1: the locator of a normalised key: 15 hex digits of its HMAC-SHA-256. */
  locator(key: string): Promise<string>;
  /** TOK-4: encryption under the wrapping key. */
  readonly wrapping: Wrapping;
  /** TOK-4: what new signing keys are called. */
  readonly keyIds: KeyIds;
  readonly keyRing: KeyRing;
  /** MGMT-7: how entity tags look outside. */
  readonly tagSeal: TagSeal;
  /** TRIAL-1: what stands for a device. */
  readonly deviceDigest: DeviceDigest;
  /** SNAP-1: what documents and tokens say of products. */
  readonly productFacts: ProductFacts;
  readonly entitlementFacts: EntitlementFacts;
  /** TOK-3: what v3's tokens say of people. */
  readonly userFacts: UserFacts;
  /** AUTH-1: null where nobody signs in. */
  readonly identityProvider: IdentityProvider | null;
}

/** As package.json has it (a test compares). */
export const VERSION = "0.1.0";

/** Why a deployment does not open: always 503. `detail` says what to do and contains no value. */
export interface NotOpen {
  readonly ok: false;
  readonly reason: "not-configured" | "storage-unavailable";
  readonly detail: string;
}

export type Opened = { readonly ok: true; readonly deployment: Deployment } | NotOpen;

export type OpenDeployment = (bindings: Bindings, moment: Moment) => Promise<Opened>;

/** How long an opening under way is joined: one that hangs with a cancelled request must not hold up the others. */
const JOINED_MS = 5_000;

/** How long a failure is answered again without a look at D1, which anybody's call would cause (LIM-1). */
const FAILED_MS = 1_000;

/** The one of this isolate. A Worker's bindings never change within an isolate. */
export const openDeployment: OpenDeployment = deploymentOpener();

/** Remembers the deployment once it is open, shares an opening under way, and tries again a second after a failure. */
export function deploymentOpener(): OpenDeployment {
  let opened: Opened | null = null;
  let opening: { readonly startedAt: number; readonly done: Promise<Opened> } | null = null;
  let failed: { readonly at: number; readonly result: Opened } | null = null;
  return async (bindings, moment) => {
    if (opened !== null) return opened;
    // Whichever way: a clock that was set back must not make the second an hour.
    if (failed !== null && Math.abs(moment.now - failed.at) < FAILED_MS) return failed.result;
    if (opening === null || moment.now - opening.startedAt >= JOINED_MS) {
      const mine = { startedAt: moment.now, done: open(bindings, moment.now) };
      opening = mine;
      const settle = async () => {
        const result = await mine.done;
        if (result.ok) opened ??= result;
        else failed = { at: mine.startedAt, result };
        if (opening === mine) opening = null;
      };
      moment.waitUntil(settle());
    }
    return await joined(opening.done);
  };
}

/** Each caller has a timer of its own: a promise of another request may never end. */
async function joined(done: Promise<Opened>): Promise<Opened> {
  const opened = await atMost(JOINED_MS, startTimer, () => done);
  return opened === "late" ? UNREACHABLE : opened;
}

/** Never rejects: a rejected promise that others wait for would be each one's own uncaught error. */
async function open(bindings: Bindings, now: number): Promise<Opened> {
  const read = readConfig(bindings);
  if (!read.ok) return notConfigured(read.faults.map(({ name, detail }: Fault) => `${name}: ${detail}`).join(" "));
  const { config } = read;
  const objects = objectsOf(bindings, config);
  // Before anything is recorded: a jurisdiction that the runtime does not know must not become this deployment's.
  if (objects === null)
    return notConfigured("JURISDICTION: This runtime does not have it. Remove it for `wrangler dev`.");
  try {
    const secrets = await openSecrets(config);
    const { locator, wrapping } = secrets;
    const proposed = {
      id: uuidv7(),
      jurisdiction: config.jurisdiction ?? "none",
      locatorCheck: locator.check,
      wrappingCheck: wrapping.keyId,
      createdAt: now,
    };
    // Here and nowhere else is D1 asked whether its schema is new enough, once per isolate and in no call's way
    // (0011-migrations-before-the-worker.md).
    const [record, database, atHand] = await Promise.all([
      recordDeployment(bindings.DB, proposed),
      probeDatabase(bindings.DB),
      // What is not at hand is read when it is asked for.
      findAtHand(bindings.DB).catch(() => NOTHING_AT_HAND),
    ]);
    if (database === "schema-behind") return SCHEMA_BEHIND;
    if (database === "unreachable") return UNREACHABLE;
    const mismatch = mismatchOf(record, config, locator, wrapping);
    if (mismatch !== null) return notConfigured(mismatch);
    return { ok: true, deployment: assemble(bindings.DB, config, objects, record, secrets, { now, ...atHand }) };
  } catch (error) {
    say("the deployment does not open", {}, error);
    return isSchemaError(error) ? SCHEMA_BEHIND : UNREACHABLE;
  }
}

interface Secrets extends Pick<Deployment, "deviceDigest" | "keyIds" | "tagSeal" | "wrapping"> {
  readonly locator: Locator;
}

async function openSecrets({ rootSecret, previousRootSecret, locatorKey: chosen }: Config): Promise<Secrets> {
  const locatorKey = await locatorKeyInForce(rootSecret, chosen);
  const [locator, keyIds, tagSeal, deviceDigest, wrapping] = await Promise.all([
    openLocator(locatorKey),
    openKeyIds(locatorKey),
    openTagSeal(locatorKey),
    openDeviceDigest(locatorKey),
    openWrapping(rootSecret, previousRootSecret),
  ]);
  return { locator, keyIds, tagSeal, deviceDigest, wrapping };
}

const UNREACHABLE: NotOpen = { ok: false, reason: "storage-unavailable", detail: "D1 does not answer. Try again." };
const SCHEMA_BEHIND = notConfigured(
  "D1's tables are missing, or older than this version of the Worker. Run `wrangler d1 migrations apply DB --remote`.",
);

/**
 * Looks again at D1 after a call has failed on a table or column that is not there: it was set back, or emptied, under
 * an isolate that had opened before. Null = the failure has another cause.
 */
export async function explainFailure(error: unknown, { DB }: Pick<Bindings, "DB">): Promise<NotOpen | null> {
  if (!isSchemaError(error)) return null;
  return (await probeDatabase(DB)) === "schema-behind" ? SCHEMA_BEHIND : null;
}

/** CFG-1: what differs from the recorded deployment and what to do about it; null = nothing that matters. */
function mismatchOf(record: DeploymentRecord, config: Config, locator: Locator, wrapping: Wrapping): string | null {
  if (record.jurisdiction !== (config.jurisdiction ?? "none")) {
    return `JURISDICTION: This deployment was set up with \`${record.jurisdiction}\`, and its licenses live there. Set it back.`;
  }
  if (record.locatorCheck !== locator.check) {
    return config.locatorKey === null
      ? "LOCATOR_KEY: ROOT_SECRET has changed, and with it the names of all licenses' objects. Set ROOT_SECRET back, or set LOCATOR_KEY to the locator key that was in force (docs/operations.md, rotating ROOT_SECRET)."
      : "LOCATOR_KEY: It is not the one that this deployment was set up with. Set it back.";
  }
  if (record.wrappingCheck === wrapping.keyId || record.wrappingCheck === wrapping.previousKeyId) return null;
  return "ROOT_SECRET: It is not the one that encrypts this deployment's private keys. Set it back, or set ROOT_SECRET_PREVIOUS to the old one until /health counts no keysToWrapAgain (docs/operations.md, rotating ROOT_SECRET).";
}

type Objects = Pick<Deployment, "licenses" | "objects" | "webhooks">;

/** Null: the runtime refuses the jurisdiction (the local one knows none). */
function objectsOf(bindings: Bindings, { jurisdiction }: Config): Objects | null {
  try {
    const licenses = licenseDirectory(bindings.LICENSES, jurisdiction);
    return {
      licenses,
      objects: licenses,
      webhooks: webhookDirectory(bindings.WEBHOOKS, jurisdiction),
    };
  } catch (error) {
    say("the objects cannot be reached", {}, error);
    return null;
  }
}

function assemble(
  db: D1Database,
  config: Config,
  objects: Objects,
  { id, createdAt }: DeploymentRecord,
  secrets: Secrets,
  { now: readAt, products, keys }: AtHand & { readonly now: number },
): Deployment {
  const { locator, wrapping, keyIds } = secrets;
  return {
    config,
    id,
    createdAt,
    issuer: config.publicUrl ?? `urn:leasehold:${id}`,
    db,
    pause,
    ...objects,
    ...secrets,
    locator: (key) => locator.of(key),
    keyRing: openKeyRing(keySource(db), wrapping, keyIds, { readAt, ofProducts: keysByProduct(keys) }),
    productFacts: openProductFacts((productId) => findProduct(db, productId), { readAt, products }),
    entitlementFacts: openEntitlementFacts(
      async (setId) => (await findEntitlementSet(db, setId))?.featureEntitlements ?? null,
    ),
    userFacts: openUserFacts((userId) => findUser(db, userId)),
    identityProvider: config.oidc === null ? null : openIdentityProvider(config.oidc),
  };
}

function notConfigured(detail: string): NotOpen {
  return { ok: false, reason: "not-configured", detail };
}
