/**
 * Names of whom and what licenses refer to, as D1 has them now (REF-1), and what their entitlement sets give (SNAP-1):
 * a license keeps ids, and shows names. What a license's row refers to is named in the row's own statement.
 */

import { sql } from "drizzle-orm";
import { GIVEN_BY_SET, givenBy, givenIn, type GivenFeature } from "./entitlement-sets.ts";
import { displayNames } from "./features.ts";
import type { License } from "../../domain/terms/license.ts";
import { answered, askTogether, written, type Question } from "../db/question.ts";
import { licenses } from "../db/schema.ts";
import { entitlementSets, features, tags, users } from "../db/schema-catalogue.ts";
import { namesOfTags } from "./tags.ts";
import type { UserNames } from "./users.ts";

/** By id. Null: there is none of this id. Absent: nobody has looked. */
export interface Names {
  readonly users: ReadonlyMap<string, UserNames | null>;
  readonly tags: ReadonlyMap<string, string | null>;
  readonly sets: ReadonlyMap<string, readonly GivenFeature[] | null>;
  /** What people call features that licenses have themselves, by the features' names. */
  readonly features: ReadonlyMap<string, string | null>;
}

export const NO_NAMES: Names = { users: new Map(), tags: new Map(), sets: new Map(), features: new Map() };

/**
 * For a row of `licenses`: JSON of its user's first and last name and company, of its tags' names by id, of what its
 * set gives, and of what people call its own features.
 */
export const NAMES_OF_ROW = {
  userId: licenses.userId,
  userNames: sql<string | null>`(SELECT json_array(${users.firstName}, ${users.lastName}, ${users.company})
    FROM ${users} WHERE ${users.id} = ${licenses.userId})`,
  tagNames: sql<string>`(SELECT json_group_object(entry.value ->> '$.id', ${tags.name})
    FROM json_each(${licenses.terms}, '$.tags') AS entry LEFT JOIN ${tags} ON ${tags.id} = entry.value ->> '$.id')`,
  entitlementSetId: licenses.entitlementSetId,
  given: sql<string | null>`(SELECT ${GIVEN_BY_SET} FROM ${entitlementSets}
    WHERE ${entitlementSets.id} = ${licenses.entitlementSetId})`,
  featureNames: sql<string>`(SELECT json_group_object(entry.value ->> '$.featureName', ${features.displayName})
    FROM json_each(${licenses.terms}, '$.featureEntitlements') AS entry
    LEFT JOIN ${features} ON ${features.name} = entry.value ->> '$.featureName')`,
} as const;

interface NamedRow {
  readonly userId: string | null;
  readonly userNames: string | null;
  readonly tagNames: string;
  readonly entitlementSetId: string | null;
  readonly given: string | null;
  readonly featureNames: string;
}

export function namesOfRow({ userId, userNames, tagNames, entitlementSetId, given, featureNames }: NamedRow): Names {
  return {
    users: userId === null ? NO_NAMES.users : new Map([[userId, userNames === null ? null : namesIn(userNames)]]),
    tags: namesById(tagNames),
    sets:
      entitlementSetId === null ? NO_NAMES.sets : new Map([[entitlementSetId, given === null ? null : givenIn(given)]]),
    features: namesById(featureNames),
  };
}

export function together(some: Names, more: Names): Names {
  return {
    users: new Map([...some.users, ...more.users]),
    tags: new Map([...some.tags, ...more.tags]),
    sets: new Map([...some.sets, ...more.sets]),
    features: new Map([...some.features, ...more.features]),
  };
}

const OF_LICENSE = written(["id"], ({ id }) => ({
  select: NAMES_OF_ROW,
  from: licenses,
  where: sql`${licenses.id} = ${id}`,
}));

/** Of what D1's row of this license refers to; nothing where there is no row. */
export function namesOfLicense(id: string): Question<Names> {
  return answered(OF_LICENSE.one({ id }), (row) => (row === null ? NO_NAMES : namesOfRow(row)));
}

const OF_LICENSES = written(["ids"], ({ ids }) => ({
  select: NAMES_OF_ROW,
  from: licenses,
  where: sql`${licenses.id} IN (SELECT value FROM json_each(${ids}))`,
}));

/** The same of many, together. */
export function namesOfLicenses(ids: readonly string[]): Question<Names> {
  const asked = OF_LICENSES.all({ ids: JSON.stringify(ids) });
  return answered(asked, (rows) => rows.map(namesOfRow).reduce(together, NO_NAMES));
}

const OF_USERS = written(["ids"], ({ ids }) => ({
  select: { id: users.id, firstName: users.firstName, lastName: users.lastName, company: users.company },
  from: users,
  where: sql`${users.id} IN (SELECT value FROM json_each(${ids}))`,
}));

export function namesOfUsers(ids: readonly string[]): Question<Names["users"]> {
  return answered(OF_USERS.all({ ids: JSON.stringify(ids) }), (found) => new Map(found.map((one) => [one.id, one])));
}

/** What the license refers to beyond what is known, in one round trip, or none. Rejects when D1 fails. */
export async function completedNames(db: D1Database, known: Names, { terms }: Pick<License, "terms">): Promise<Names> {
  const ofUsers = unknown(known.users, terms.user === null ? [] : [terms.user.id]);
  const ofTags = unknown(
    known.tags,
    terms.tags.map(({ id }) => id),
  );
  const [ofSet] = unknown(known.sets, terms.entitlementSetId === null ? [] : [terms.entitlementSetId]);
  const ofFeatures = unknown(
    known.features,
    terms.featureEntitlements.map(({ featureName }) => featureName),
  );
  if (ofUsers.length === 0 && ofTags.length === 0 && ofSet === undefined && ofFeatures.length === 0) return known;
  const [foundUsers, foundTags, given, foundFeatures] = await askTogether(db, [
    namesOfUsers(ofUsers),
    namesOfTags(ofTags),
    givenBy(ofSet ?? ""),
    displayNames(ofFeatures),
  ]);
  return together(known, {
    users: lookedFor(ofUsers, foundUsers),
    tags: lookedFor(ofTags, foundTags),
    sets: ofSet === undefined ? NO_NAMES.sets : new Map([[ofSet, given]]),
    features: lookedFor(ofFeatures, foundFeatures),
  });
}

function unknown(known: ReadonlyMap<string, unknown>, ids: readonly string[]): readonly string[] {
  return ids.filter((id) => !known.has(id));
}

function lookedFor<Name>(
  ids: readonly string[],
  found: ReadonlyMap<string, Name | null>,
): ReadonlyMap<string, Name | null> {
  return new Map(ids.map((id) => [id, found.get(id) ?? null]));
}

function namesById(json: string): ReadonlyMap<string, string | null> {
  return new Map(Object.entries(JSON.parse(json) as Record<string, string | null>));
}

function namesIn(json: string): UserNames {
  const [firstName, lastName, company] = JSON.parse(json) as [string | null, string | null, string | null];
  return { firstName, lastName, company };
}
