/** What happens in a short life (test/models/orders/orders.ts), each with what its answer tells of the one license. */

import type { SQL } from "drizzle-orm";
import { newTerms } from "../../../src/domain/license/creation.ts";
import type { LicensePatch, Reached } from "../../../src/domain/license/calls.ts";
import { idWithLocator, locatorOf } from "../../../src/domain/terms/identifier.ts";
import { no, yes, type Outcome } from "../../../src/domain/outcome.ts";
import { activate } from "../../../src/operations/activation/activate.ts";
import { LocatorHints } from "../../../src/operations/license/locator-hints.ts";
import { foldedList, licenseWords, userWords } from "../../../src/domain/terms/facets.ts";
import { writeFacets } from "../../../src/registry/find/facets.ts";
import { LICENSE_FACETS } from "../../../src/registry/rows/license-facets.ts";
import { insertLicense } from "../../support/insert-license.ts";
import { USER_FACETS } from "../../../src/registry/rows/user-facets.ts";
import { deleteUser } from "../../../src/registry/rows/users.ts";
import { sqlText } from "../../support/sql-text.ts";
import { activation, SHOP } from "../lives/clients.ts";
import { KEYS, locator, PRODUCT, WORKER, type World } from "../lives/world.ts";

const [K1, K2] = KEYS;
export const BIRTH_KEY = K1;
export const LICENSE = idOf(K1, 1);
const ADA = { id: "00000000-0000-7000-8000-00000000ada0", email: "ada@example.test", revision: 1 } as const;

/** Null = it is deleted. */
export type License = { readonly key: string; readonly userId: string | null } | null;
/** What the license may be after an answer, from what it was; none = there can be no such answer. */
export type Step = (state: License) => readonly License[];

export interface Told {
  /** Null = nobody knows whether it took effect. */
  readonly outcome: Outcome<unknown> | null;
  readonly step: Step;
}

export interface Operation {
  readonly call: (world: World) => Promise<Told>;
  /** If it took effect. */
  readonly done: Step;
}

export const OPERATIONS = {
  "key K2": patching({ key: K2 }),
  "key K1": patching({ key: K1 }),
  "key K2 for ada": patching({ key: K2, user: ADA }),
  "for ada": patching({ user: ADA }),
  "for nobody": patching({ user: null }),
  delete: changing(
    (state) => (state === null ? [] : [null]),
    async (world) => await world.keeperOf(LICENSE).deleteLicense(LICENSE, SHOP),
  ),
  "sell K1": selling(K1, 2),
  "sell K2": selling(K2, 3),
  "remove ada": removingAda(),
  open: opening(),
} as const satisfies Record<string, Operation>;

export type OperationName = keyof typeof OPERATIONS;

/** A user, and one license that nobody has used. */
export function stock(world: World): void {
  const at = world.now;
  const plant = (statement: SQL) => {
    const [text, ...values] = sqlText(statement);
    world.d1.rows(text, ...(values as (string | number)[]));
  };
  const ofAda = userWords({ ...ADA, firstName: null, lastName: null, company: null, metadata: [] });
  world.d1.rows(
    "INSERT INTO users (id, email, email_folded, email_lower, metadata, revision, folded, created_at, updated_at) VALUES (?1, ?2, ?2, ?2, '[]', ?3, ?4, 0, 0)",
    ...[ADA.id, ADA.email, ADA.revision, foldedList(ofAda)],
  );
  plant(writeFacets(USER_FACETS, [ADA.id]));
  const terms = termsAt(at);
  world.d1.rows(
    "INSERT INTO licenses (id, key, product_id, fence, revision, terms, folded, created_at, updated_at) VALUES (?, ?, ?, 0, 1, ?, ?, ?, ?)",
    ...[LICENSE, K1, PRODUCT, JSON.stringify(terms), foldedList(licenseWords(K1, terms.metadata)), at, at],
  );
  plant(writeFacets(LICENSE_FACETS, [LICENSE]));
  world.d1.rows("INSERT INTO license_keys (key, license_id) VALUES (?, ?)", K1, LICENSE);
}

/** The license that a key opens; a refusal else. By an isolate that remembers nothing. */
export async function tryKey(world: World, key: string): Promise<Outcome<string>> {
  const outcome = await activate(world.stores(), new LocatorHints(), key, activation("device"));
  return outcome.ok ? yes(outcome.value.license.id) : outcome;
}

function patching(patch: LicensePatch): Operation {
  const done: Step = (state) =>
    state === null
      ? []
      : [{ key: patch.key ?? state.key, userId: patch.user === undefined ? state.userId : (patch.user?.id ?? null) }];
  return changing(done, async (world) => await world.keeperOf(LICENSE).patch(LICENSE, { ...SHOP, patch }));
}

function changing(done: Step, ask: (world: World) => Promise<Reached<unknown>>): Operation {
  const call = async (world: World): Promise<Told> => {
    const answer = await ask(world);
    const outcome = answer.reached === "license" ? answer.outcome : no({ code: "license-unknown" });
    if (outcome.ok) return { outcome, step: done };
    if (outcome.refusal.code === "storage-unavailable") return { outcome: null, step: done };
    const isUnknown = outcome.refusal.code === "license-unknown";
    // Otherwise somebody else has the key, or the user is gone.
    return { outcome, step: (state) => (isUnknown === (state === null) ? [state] : []) };
  };
  return { call, done };
}

/** Another license under this key: not while this one has it, or was born with it. */
function selling(key: string, number: number): Operation {
  const done: Step = (state) => (state !== null && (key === K1 || state.key === key) ? [] : [state]);
  const call = async (world: World): Promise<Told> => {
    const license = { id: idOf(key, number), key, revision: 1, terms: termsAt(world.now) };
    const listed = { expiresAt: null };
    const event = { id: license.id, type: "license.created", at: world.now, subjectId: license.id } as const;
    const whole = { ...event, sequence: 0, ...SHOP, changes: {}, data: {} };
    return await told(async () => await insertLicense(world.d1.for(WORKER), license, listed, whole), {
      isDone: ({ created }) => created,
      done,
    });
  };
  return { call, done };
}

/** REF-1: not while the license is for her. */
function removingAda(): Operation {
  const done: Step = (state) => (state?.userId === ADA.id ? [] : [state]);
  const event = { id: "removal", type: "user.deleted", at: 0, subjectId: ADA.id, sequence: 0 } as const;
  const call = async (world: World): Promise<Told> =>
    await told(
      async () =>
        await deleteUser(
          world.d1.for(WORKER),
          { id: ADA.id, updatedAt: 0 },
          { ...event, ...SHOP, changes: {}, data: {} },
        ),
      {
        isDone: (answer) => answer === "written",
        done,
      },
    );
  return { call, done };
}

/** With the key that the license has as it begins (KEY-2, ID-4). */
function opening(): Operation {
  const call = async (world: World): Promise<Told> => {
    const key = keyNow(world);
    const outcome = await tryKey(world, key);
    const isIts = outcome.ok && outcome.value === LICENSE;
    const isUnknown = !outcome.ok && outcome.refusal.code === "license-unknown";
    const step: Step = (state) => {
      const fits = state?.key === key;
      return (isIts && !fits) || (isUnknown && fits) ? [] : [state];
    };
    return { outcome, step };
  };
  return { call, done: (state) => [state] };
}

function keyNow(world: World): string {
  const held = world.objects.get(locatorOf(LICENSE) ?? "")?.license();
  return held?.id === LICENSE ? held.key : K1;
}

/** What only writes D1. Whoever hears of a failure knows nothing. */
async function told<T>(
  ask: () => Promise<T>,
  { isDone, done }: { readonly isDone: (answer: T) => boolean; readonly done: Step },
): Promise<Told> {
  try {
    const isYes = isDone(await ask());
    return { outcome: yes(isYes), step: isYes ? done : (state) => [state] };
  } catch {
    return { outcome: null, step: done };
  }
}

function idOf(key: string, number: number): string {
  return idWithLocator(locator(key), Uint8Array.from([0, 0, 0, 0, 0, 0, 0, number]));
}

function termsAt(now: number) {
  const terms = newTerms({ productId: PRODUCT, allowedActivations: 0 }, now);
  if (!terms.ok) throw new Error("the terms are refused");
  return terms.value;
}
