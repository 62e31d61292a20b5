/**
 * IN-3: THE TABLE of members: all that the schemas of routes know, of both APIs, and what the two products have beside.
 * What stands in it is ignored where a body does not use it (IN-1); what does not may be misspelt.
 */

import * as z from "zod/mini";
import { NOT_BUILT } from "../domain/terms/not-built.ts";
import { STRANGE_MEMBERS } from "./limits.ts";
import { edits, nearest, type Distance } from "./near-miss.ts";
import { pointerTo, type FieldError } from "./problem.ts";

/** What a body acts on, and the same of the objects in it and in its lists, by member. */
export interface Form {
  readonly names: readonly string[];
  readonly inner: ReadonlyMap<string, Form>;
}

/**
 * What resources show, or the two products have, and no schema of a route knows; older names, and what is out of scope.
 * A name that only a misspelling would make of another does not belong here.
 */
const OTHERS = `
  id createdAt updatedAt user organization reseller product entitlementSet maintenancePolicy location
  totalActivations totalDeactivations activatedAt lastUsedAt pendingRenewals pendingExtension perpetual
  currentReleaseVersion maintenanceExpiresAt status statusReason
  os osVersion vmName container userHash productId licenseId releaseVersion releaseChannel releasePlatform
  releasePublishedAt appVersion offline lastSyncedAt key leaseExpiresAt leaseDuration deviceId deviceChallenge
  deviceChallengeSignature accountId accountAlias activationId increment uses usesIncrement
  allowedUses totalUses grossUses floating visible viewPermissions
  ipAddress countryCode countryName regionCode regionName city zipCode timeZone latitude longitude
  offlineRequest responseValidity trialLength trialPolicyId
  featureId featureDisplayName baseValue features productVersionName
  password twoFactorCode twoFactorRecoveryCode userType organizationId resellerId
  licensePolicyId requiredMeterAttributes previousTokenValidUntil enabled overLimit seats
`;

const MEMBERS = new Set<string>([...OTHERS.trim().split(/\s+/), ...Object.keys(NOT_BUILT)]);

/** Only looked at: that a PATCH compares it makes nobody's `uid` a misspelling of it. */
const IDENTITY = "id";

/** Schemas whose members are not in the table yet. */
const waiting: (() => Form)[] = [];

/**
 * Of a route's schema. All are read, and their members entered, at the first body that a route takes: an isolate does
 * not wait for it at its start (0014-the-size-of-the-bundle.md).
 */
export function formOf(schema: z.core.$ZodType): () => Form {
  let made: Form | null = null;
  const own = () => (made ??= read(schema) ?? { names: [], inner: new Map() });
  waiting.push(own);
  return () => {
    for (const form of waiting.splice(0)) enter(form());
    return own();
  };
}

function enter({ names, inner }: Form): void {
  for (const name of names) MEMBERS.add(name);
  for (const of of inner.values()) enter(of);
}

/** Null: no object, and no list of objects. */
function read(schema: z.core.$ZodType): Form | null {
  if (schema instanceof z.ZodMiniObject) {
    const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
    const inner = Object.entries(shape).flatMap(([name, member]): [string, Form][] => {
      const form = read(member);
      return form === null ? [] : [[name, form]];
    });
    return { names: Object.keys(shape), inner: new Map(inner) };
  }
  if (schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniNullable) return read(schema.def.innerType);
  if (schema instanceof z.ZodMiniArray) return read(schema.def.element);
  return schema instanceof z.ZodMiniPipe ? read(schema.def.in) : null;
}

/** How members that stand in no table are taken. "client": bodies of devices, where they are never guessed at. */
export type Handling = "strict" | "near" | "client";

/**
 * IN-3: what is wrong with the names in `body`. Of a well-formed one, one look into the table per member; of any other,
 * at most so many names are compared. `measure`: for a test, which counts.
 */
export function strangersIn(body: unknown, form: Form, handling: Handling, measure: Distance = edits): FieldError[] {
  if (handling === "client") return [];
  const strangers: Stranger[] = [];
  for (const stranger of strangersOf(body, form, [])) {
    if (strangers.length === STRANGE_MEMBERS) {
      return [{ pointer: "", detail: `more than ${STRANGE_MEMBERS} members are none that anybody knows` }];
    }
    strangers.push(stranger);
  }
  return strangers.flatMap(({ path, name, meant }) => {
    const like = nearest(
      name,
      meant.names.filter((candidate) => candidate !== IDENTITY),
      measure,
    );
    if (like === null && handling !== "strict") return [];
    const detail = like === null ? "is not a known member" : `did you mean \`${like.name}\`?`;
    return [{ pointer: pointerTo([...path, name]), detail }];
  });
}

interface Stranger {
  readonly path: readonly PropertyKey[];
  readonly name: string;
  readonly meant: Form;
}

function* strangersOf(value: unknown, form: Form, path: readonly PropertyKey[]): Generator<Stranger> {
  if (Array.isArray(value)) {
    for (const [at, item] of value.entries()) yield* strangersOf(item, form, [...path, at]);
    return;
  }
  if (typeof value !== "object" || value === null) return;
  for (const name of Object.keys(value)) {
    if (!MEMBERS.has(name)) yield { path, name, meant: form };
  }
  for (const [name, inner] of form.inner) {
    if (Object.hasOwn(value, name)) yield* strangersOf(Reflect.get(value, name), inner, [...path, name]);
  }
}
