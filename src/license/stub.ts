/** The way to a license's object: locator to typed stub, with the retry policy (0029-what-is-sent-again.md). */

import { locatorOf } from "../domain/terms/identifier.ts";
import { no, type Outcome } from "../domain/outcome.ts";
import type { Refusal } from "../domain/refusal.ts";
import type { KeyedCall, Reached } from "../domain/license/calls.ts";
import type { SyncCall } from "../domain/license/client-calls.ts";
import { callFailure, unavailable } from "../durable/call-failure.ts";
import type { LicenseObject } from "./license-object.ts";
import type { LicenseRpc } from "./rpc.ts";
import { currentRequestId, noteLocator } from "../log/about.ts";
import { say } from "../log/line.ts";

export interface LicenseDirectory {
  /** The object of a locator. `region` is a location hint that only counts when the object is first made. */
  at(locator: string, region?: string | null): LicenseRpc;
}

export interface ObjectDirectory {
  /** The object of an id as the platform lists it (64 hex digits); null = it is not one of these. */
  byId(objectId: string): Pick<LicenseRpc, "resync"> | null;
}

/** The object that an id of a license, or of an activation, leads to (ID-2); null: the text is no such id. */
export function objectOf({ licenses }: { readonly licenses: LicenseDirectory }, id: string): LicenseRpc | null {
  const locator = locatorOf(id);
  return locator === null ? null : licenses.at(locator);
}

const HINTS: ReadonlySet<string> = new Set(["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"]);

/** `jurisdiction` is CFG-1's; null = none. */
export function licenseDirectory(
  namespace: DurableObjectNamespace<LicenseObject>,
  jurisdiction: string | null,
): LicenseDirectory & ObjectDirectory {
  const objects = jurisdiction === null ? namespace : namespace.jurisdiction(jurisdiction as DurableObjectJurisdiction);
  return {
    at: (locator, region = null) => {
      noteLocator(locator);
      const hint = region !== null && HINTS.has(region) ? { locationHint: region as DurableObjectLocationHint } : {};
      // A fresh stub for every try: one that has failed stays broken.
      return callsOf(() => objects.get(objects.idFromName(locator), hint) as unknown as LicenseRpc);
    },
    byId: (objectId) => {
      const id = idOf(objects, objectId);
      return id === null ? null : callsOf(() => objects.get(id) as unknown as LicenseRpc);
    },
  };
}

/** The platform's ids carry a mark of their namespace: it refuses those of another class, or of a deleted one. */
function idOf(objects: DurableObjectNamespace<LicenseObject>, objectId: string): DurableObjectId | null {
  try {
    return objects.idFromString(objectId);
  } catch {
    return null;
  }
}

function callsOf(stub: () => LicenseRpc): LicenseRpc {
  return {
    activate: (address, call) => reached(once(againIfKeyed(call, () => stub().activate(address, call)))),
    check: (address, call) => reached(once(again(() => stub().check(address, call)))),
    renew: (call) => once(again(() => stub().renew(call))),
    checkIn: (call) => once(again(() => stub().checkIn(call))),
    checkOut: (call) => once(() => stub().checkOut(call)),
    sync: (call) => once(againUnlessCounting(call, () => stub().sync(call))),
    deactivate: (call) => once(() => stub().deactivate(call)),
    countUses: (call) => once(againIfKeyed(call, () => stub().countUses(call))),
    session: (call) => once(again(() => stub().session(call))),
    describe: (id) => reached(once(again(() => stub().describe(id)))),
    usage: (id, days) => reached(once(again(() => stub().usage(id, days)))),
    patch: (id, call) => reached(once(() => stub().patch(id, call))),
    renewLicense: (id, call) => reached(once(againIfKeyed(call, () => stub().renewLicense(id, call)))),
    extendLicense: (id, call) => reached(once(againIfKeyed(call, () => stub().extendLicense(id, call)))),
    maintain: (id, call) => reached(once(againIfKeyed(call, () => stub().maintain(id, call)))),
    setExpiresAt: (id, call) => reached(once(() => stub().setExpiresAt(id, call))),
    resetMeter: (id, call) => reached(once(againIfKeyed(call, () => stub().resetMeter(id, call)))),
    deleteLicense: (id, call) => reached(once(() => stub().deleteLicense(id, call))),
    activation: (id) => reached(once(again(() => stub().activation(id)))),
    contacts: (id, activations) => reached(once(again(() => stub().contacts(id, activations)))),
    deleteActivation: (id, call) => reached(once(() => stub().deleteActivation(id, call))),
    giveBack: (call) => reached(once(() => stub().giveBack(call))),
    // Not again: what was born after a first step that was lost must not be in it.
    deleteActivations: (id, call) => reached(once(() => stub().deleteActivations(id, call))),
    setUserEmail: (id, email) => reached(once(again(() => stub().setUserEmail(id, email, currentRequestId())))),
    bear: (id) => reached(atBest(() => stub().bear(id, currentRequestId()))),
    resync: () => once(again(() => stub().resync(currentRequestId()))),
  };
}

type Failed = { readonly ok: false; readonly refusal: Refusal };

/**
 * Reads, renew, check-in, sync and calls with an idempotency key are safe to send again, but not to an object that says
 * it is overloaded, and not into a bug.
 */
function again<T>(call: () => Promise<T>): () => Promise<T> {
  return async () => {
    try {
      return await call();
    } catch (error) {
      if (callFailure(error) !== "no-answer") throw error;
      return await call();
    }
  };
}

/** MGMT-4: without a key, a call whose answer was lost may have been made already, and is not sent again. */
function againIfKeyed<T>({ idempotency }: KeyedCall, call: () => Promise<T>): () => Promise<T> {
  return idempotency === null ? call : again(call);
}

/** METER-1: uses that a lost call may have counted are not counted again. */
function againUnlessCounting<T>({ uses = [] }: Pick<SyncCall, "uses">, call: () => Promise<T>): () => Promise<T> {
  return uses.length > 0 ? call : again(call);
}

/** A call that did not come back is a refusal that may be sent again. The object's bug is a bug here (ERR-2). */
async function once<T>(call: () => Promise<T>): Promise<T | Failed> {
  try {
    return await call();
  } catch (error) {
    if (callFailure(error) === "bug") throw error;
    return refused(error);
  }
}

/** For a call that nobody depends on: a bug in it must not spoil what was done before. */
async function atBest<T>(call: () => Promise<T>): Promise<T | Failed> {
  try {
    return await call();
  } catch (error) {
    return refused(error);
  }
}

function refused(error: unknown): Failed {
  const failure = callFailure(error);
  say("a license's object did not answer", { failure }, error);
  return no(unavailable(failure, "license"));
}

/**
 * The kinds that an `Outcome` of a call may come with. Any other is a newer object's
 * (0011-migrations-before-the-worker.md).
 */
const KINDS: ReadonlySet<string> = new Set<Reached<never>["reached"]>(["license", "empty", "other"]);

async function reached<T>(answer: Promise<Reached<T> | Failed>): Promise<Reached<T>> {
  const got = await answer;
  if (!("reached" in got)) return { reached: "license", outcome: got satisfies Outcome<never> };
  return KINDS.has(got.reached) ? got : { reached: "license", outcome: no({ code: "storage-unavailable" }) };
}
