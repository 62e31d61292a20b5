/** What a license and a user are found by (MGMT-1), said a second time and in JavaScript: the SQL has to agree. */

import { FACETS, licenseWords, userWords, type FoundUser } from "../../src/domain/terms/facets.ts";
import { isPerpetual, type License, type MetadataItem } from "../../src/domain/terms/license.ts";

/** The kind's number; ids as 32 hex digits. */
export type Facet = readonly [facet: number, value: string | number];

const TYPES = ["node-locked", "hosted-floating", "on-premise-floating"];
const STRATEGIES = ["immediate", "delayed", "rolling"];

export function licenseFacets({ key, terms }: License): readonly Facet[] {
  const { productId, licensedProductIds, licenseTemplateId, metadata } = terms;
  return distinct([
    ...ids(FACETS.product, [productId]),
    ...ids(
      FACETS["licensed-product"],
      licensedProductIds.filter((id) => id !== productId),
    ),
    [FACETS.model, TYPES.indexOf(terms.type) + 8 * STRATEGIES.indexOf(terms.expirationStrategy)],
    [FACETS.state, Number(terms.revoked) + 8 * Number(terms.suspended) + 64 * Number(isPerpetual(terms))],
    ...ids(FACETS.template, licenseTemplateId === null ? [] : [licenseTemplateId]),
    ...ids(
      FACETS.tag,
      terms.tags.map(({ id }) => id),
    ),
    ...ids(
      FACETS["metadata-id"],
      metadata.map(({ id }) => id),
    ),
    ...metadataFacets(metadata),
    ...licenseWords(key, metadata),
  ]);
}

export function userFacets(user: FoundUser & { readonly tags: readonly string[] }): readonly Facet[] {
  return distinct([...ids(FACETS.tag, user.tags), ...metadataFacets(user.metadata), ...userWords(user)]);
}

/** What is no id is found by nothing. */
function ids(facet: number, all: readonly string[]): readonly Facet[] {
  const bare = all.map((id) => id.replaceAll("-", "").toLowerCase());
  return bare.flatMap((id): Facet[] => (/^([0-9a-f]{2})+$/.test(id) ? [[facet, id]] : []));
}

function metadataFacets(items: readonly MetadataItem[]): readonly Facet[] {
  return items.flatMap(({ key, value }): Facet[] => [
    [FACETS.metadata, plain(`${key}\u001f${value}`)],
    [FACETS["metadata-value"], plain(value)],
  ]);
}

function plain(text: string): string {
  const lower = text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return [...lower].slice(0, 256).join("");
}

function distinct(facets: readonly Facet[]): readonly Facet[] {
  return [...new Map(facets.map((facet) => [JSON.stringify(facet), facet])).values()];
}
