/** What licenses are searched, filtered and sorted by (MGMT-1). */

import { sql, type SQL } from "drizzle-orm";
import { wordValue } from "../../domain/terms/facets.ts";
import { defaultKeyBeginning, upperKey } from "../../domain/terms/license-key.ts";
import type { Findable } from "../find/condition.ts";
import { column, facetField, idField, inFolded, sortedField, tagField, type Field } from "../find/field.ts";
import { hasFolded, matches } from "../find/filter-test.ts";
import { LICENSE_INDEX } from "../find/license-index.ts";
import { OF_LICENSES } from "./device-fields.ts";
import { EXPIRY_FIELDS } from "./license-expiry-fields.ts";
import { NOT_BUILT_FIELDS, SETTING_FIELDS, term } from "./license-setting-fields.ts";
import { NAMES_OF_ROW } from "./names.ts";
import { externalReferences, licenseKeys, licenses } from "../db/schema.ts";
import { users } from "../db/schema-catalogue.ts";
import {
  eitherSeek,
  facetStartSeek,
  fewSeek,
  orderedSeek,
  throughSeek,
  unorderedSeek,
  type Seek,
} from "../find/seek.ts";
import { hasUserWord, userCompany, userEmail, userWordSeek } from "./user-fields.ts";

/** KEY-3: of those keys that are nobody's, the upper case. */
function elseInUpperCase(keys: readonly string[]): SQL {
  const spellings = keys.map((key) => [key, upperKey(key)]).filter(([key, upper]) => key !== upper);
  return sql`${licenses.key} IN (SELECT spelt.value ->> 1 FROM json_each(${JSON.stringify(spellings)}) AS spelt
    WHERE NOT EXISTS (SELECT 1 FROM ${licenseKeys} WHERE ${licenseKeys.key} = spelt.value ->> 0))`;
}

/**
 * A key's row decides what is equal. Beginnings of keys in the default format are found there, too; of others, whole
 * ones are words.
 */
const keyField: Field = {
  type: "key",
  matches: (test) => {
    const asWritten = matches(licenses.key, test);
    if (test.kind !== "any") return asWritten;
    return sql`(${asWritten} OR ${elseInUpperCase(test.values.map(String))})`;
  },
  seek: (test) => {
    if (test.kind === "any") {
      const keys = test.values.map(String);
      return withoutOrder(fewSeek([...keys, ...keys.map(upperKey)], entriesOfKey));
    }
    if (test.kind !== "text" || test.where !== "start") return null;
    const words = facetStartSeek(LICENSE_INDEX, "word", test.texts.map(wordValue));
    const beginnings = test.texts.flatMap((text) => defaultKeyBeginning(text) ?? []);
    return beginnings.length === 0 ? words : eitherSeek([words, keyStartSeek(beginnings)]);
  },
};

/** Keys in the default format by their beginnings. */
function keyStartSeek(beginnings: readonly string[]): Seek {
  return unorderedSeek(sql`SELECT ${licenseKeys.licenseId} AS id, 0 AS at FROM json_each(${JSON.stringify(beginnings)}) AS beginning
    CROSS JOIN ${licenseKeys} WHERE ${licenseKeys.key} >= beginning.value AND ${licenseKeys.key} < beginning.value || 'g'`);
}

function entriesOfKey(condition: SQL): SQL {
  return sql`SELECT ${licenseKeys.licenseId} AS id, 0 AS at FROM ${licenseKeys} WHERE ${licenseKeys.key} ${condition}`;
}

const entitlementSetId: Field = {
  ...column("uuid", licenses.entitlementSetId, { nullable: true }),
  seek: (test) => {
    if (test.kind !== "any" || test.values.includes(null)) return null;
    return orderedSeek("createdAt", test.values.map(String), ofSet);
  },
};

function ofSet(condition: SQL): SQL {
  return sql`SELECT ${licenses.id} AS id, ${licenses.createdAt} AS at FROM ${licenses} INDEXED BY licenses_entitlement_set_created_at WHERE ${licenses.entitlementSetId} ${condition}`;
}

const userId: Field = {
  ...column("uuid", licenses.userId, { nullable: true }),
  seek: (test) => {
    if (test.kind !== "any" || test.values.includes(null)) return null;
    return orderedSeek("createdAt", test.values.map(String), ofUser);
  },
};

const template = facetField("uuid", LICENSE_INDEX, "template", term("licenseTemplateId"));

/** A license without one has no facet of it. */
const licenseTemplateId: Field = {
  ...template,
  nullable: true,
  seek: (test, now) =>
    test.kind === "any" && test.values.includes(null) ? null : (template.seek?.(test, now) ?? null),
};

/** What the license's user fulfils; a license of nobody does not. */
function throughUser(field: Field): Field {
  const { nullable: _, ...member } = field;
  return {
    ...member,
    matches: (test, now) => {
      const predicate = field.matches(test, now);
      if (typeof predicate === "boolean") return predicate;
      return sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${licenses.userId} AND ${predicate})`;
    },
    seek: (test, now) => {
      const inner = field.seek?.(test, now) ?? null;
      if (inner === null) return null;
      const outer = licensesOf(inner);
      if (!inner.isFew) return outer;
      const each = inner.each.map((entries) => ofUser(sql`= (SELECT id FROM (${entries}))`));
      return {
        ...outer,
        any: licensesFrom(inner.any),
        hops: [],
        each,
        sort: "createdAt",
        isExact: true,
        isSingle: true,
      };
    },
  };
}

function licensesOf(seekOfUsers: Seek): Seek {
  return throughSeek(seekOfUsers, (hop) => licensesFrom(hop));
}

function licensesFrom(entries: SQL): SQL {
  return sql`SELECT ${licenses.id} AS id, ${licenses.createdAt} AS at FROM (${entries}) AS hop
    CROSS JOIN ${licenses} INDEXED BY licenses_user_created_at ON ${licenses.userId} = hop.id`;
}

function ofUser(condition: SQL): SQL {
  return sql`SELECT ${licenses.id} AS id, ${licenses.createdAt} AS at FROM ${licenses} INDEXED BY licenses_user_created_at WHERE ${licenses.userId} ${condition}`;
}

function withoutOrder(seek: Seek): Seek {
  return { ...seek, each: [], sort: null };
}

const externalReference: Field = {
  ...column("text", term("externalReference"), { nullable: true }),
  seek: (test) => {
    if (test.kind !== "any" || test.values.includes(null)) return null;
    const entries = (condition: SQL) =>
      sql`SELECT ${externalReferences.licenseId} AS id, 0 AS at FROM ${externalReferences} WHERE ${externalReferences.reference} ${condition}`;
    return withoutOrder({ ...orderedSeek("createdAt", test.values.map(String), entries), isFew: true });
  },
};

export const licenseList: Findable<typeof licenses, typeof NAMES_OF_ROW> = {
  table: licenses,
  beside: NAMES_OF_ROW,
  id: licenses.id,
  sorts: {
    createdAt: { column: licenses.createdAt, index: "licenses_created_at" },
    updatedAt: { column: licenses.updatedAt, index: "licenses_updated_at" },
    expiresAt: { column: licenses.expiresAt, index: "licenses_expires_at" },
  },
  fields: {
    id: idField(licenses, licenses.id, licenses.createdAt),
    createdAt: sortedField(licenses, licenses.id, licenses.createdAt, "licenses_created_at"),
    updatedAt: sortedField(licenses, licenses.id, licenses.updatedAt, "licenses_updated_at"),
    ...EXPIRY_FIELDS,
    ...SETTING_FIELDS,
    ...NOT_BUILT_FIELDS,
    key: keyField,
    productId: facetField("uuid", LICENSE_INDEX, "product", licenses.productId),
    userId,
    entitlementSetId,
    licenseTemplateId,
    "user.email": throughUser(userEmail),
    "user.company": throughUser(userCompany),
    tag: tagField(LICENSE_INDEX, sql`${licenses.terms}, '$.tags'`, (entry) => sql`${entry} ->> '$.id'`),
    totalActivations: column("number", licenses.totalActivations),
    totalDeactivations: column("number", licenses.totalDeactivations),
    externalReference,
    effectiveDate: column("instant", sql`(${licenses.terms} ->> '$.effectiveAt')`, { nullable: true }),
  },
  related: OF_LICENSES,
  metadata: { list: sql`${licenses.terms}, '$.metadata'`, facets: LICENSE_INDEX },
  word: (word, text) => {
    const theirs = userWord(word);
    const own = inFolded(LICENSE_INDEX, "word", (value) => hasFolded(value, "start", [wordValue(word)]));
    const words = [facetStartSeek(LICENSE_INDEX, "word", [wordValue(word)]), theirs.seek];
    // All that was sent may be what a key begins with.
    const beginning = defaultKeyBeginning(text);
    if (beginning === null) return { predicate: sql`(${own} OR ${theirs.predicate})`, seek: eitherSeek(words) };
    const isKey = sql`substr(${licenses.key}, 1, ${beginning.length}) = ${beginning}`;
    return {
      predicate: sql`(${own} OR ${theirs.predicate} OR ${isKey})`,
      seek: eitherSeek([...words, keyStartSeek([beginning])]),
    };
  },
};

/** Licenses whose user has a word that begins like this one. */
export function userWord(word: string): { readonly predicate: SQL; readonly seek: Seek } {
  return {
    predicate: sql`EXISTS (SELECT 1 FROM ${users} WHERE ${users.id} = ${licenses.userId} AND ${hasUserWord(word)})`,
    seek: licensesOf(userWordSeek(word)),
  };
}
