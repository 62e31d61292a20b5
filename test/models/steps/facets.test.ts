/** What licenses are found by, through everything that may happen to a hand-over (MGMT-1), step by step. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { FACETS, foldedList, type Folded } from "../../../src/domain/terms/facets.ts";
import { commitRelay, removeLicense, type RelayBatch } from "../../../src/registry/object/commit.ts";
import { FACET_QUERIES, facetFaults } from "../../support/facet-faults.ts";
import { SHOP, Stage } from "./stage.ts";

const ID = "00000000-0000-8001-8000-000000000001";
const PRODUCT = "0199f6a0-0000-7000-8000-000000000001";
/** What a batch tells, and the facets that it makes. */
const PLAIN = told({ productId: PRODUCT, end: { anchorAt: 9, months: 0 } }, []);
const REVOKED = told({ productId: PRODUCT, end: { anchorAt: 9, months: 0 }, revoked: true }, ["k1"]);

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => {
  stage.close();
});

interface Told {
  readonly terms: string;
  readonly words: readonly Folded[];
  readonly facets: readonly (readonly [number, unknown])[];
}

function told(terms: Readonly<Record<string, unknown>>, words: readonly string[]): Told {
  const folded = words.map((word): Folded => [FACETS.word, word]);
  const product = String(terms["productId"]).replaceAll("-", "");
  const state = terms["revoked"] === true ? 1 : 0;
  const facets = [[FACETS.product, product], [FACETS.model, 0], [FACETS.state, state], ...folded] as const;
  return { terms: JSON.stringify(terms), words: folded, facets };
}

/** A batch that tells of these terms. */
function telling(fence: number, { terms, words }: Told, more: Partial<RelayBatch> = {}): RelayBatch {
  const plain = batch(fence, more);
  return { ...plain, license: { ...plain.license, terms }, words };
}

function batch(fence: number, more: Partial<RelayBatch> = {}): RelayBatch {
  const license = {
    ...{ id: ID, key: "K1", birthKey: "K1", productId: PRODUCT, revision: 1, terms: "{}", externalReference: null },
    ...{
      totalActivations: 0,
      totalDeactivations: 0,
      lastUsedAt: null,
      currentReleaseVersion: null,
      meterUses: null,
      expiresAt: null,
      renewed: { months: 0, seconds: 0 },
      stuckEvents: 0,
    },
    ...{ createdAt: 7, updatedAt: 7 },
  };
  const nothing = {
    events: [],
    activations: [],
    mayHaveThem: true,
    ended: [],
    words: null,
    restore: null,
    deleted: [],
  };
  return { fence, fenceConfirmed: 0, license, ...nothing, ...more };
}

async function sent(more: RelayBatch): Promise<void> {
  await stage.settled(commitRelay(stage.d1.for({}), more));
}

/** What stands, and what the row lists. */
function standing(): unknown {
  const rows = stage.d1.rows(FACET_QUERIES.licenseFacets);
  const listed = stage.d1.rows("SELECT folded FROM licenses")[0]?.["folded"];
  expect(new Set(rows.map((row) => `${String(row["created_at"])} ${String(row["id"])}`)).size).toBeLessThan(2);
  return { rows: rows.map(({ facet, value }) => [facet, value]), listed };
}

function standingOf({ facets, words }: Told): unknown {
  return { rows: facets, listed: foldedList(words) };
}

function faults(): readonly string[] {
  return facetFaults({
    licenses: stage.d1.rows(FACET_QUERIES.licenses),
    users: [],
    licenseFacets: stage.d1.rows(FACET_QUERIES.licenseFacets),
    userFacets: [],
  });
}

describe("a batch", () => {
  it("MGMT-1: replaces what the row makes, and leaves it alone where it brings none", async () => {
    await sent(telling(1, PLAIN, { restore: "from-start" }));
    expect(standing()).toEqual(standingOf(PLAIN));
    await sent(telling(2, REVOKED));
    expect(standing()).toEqual(standingOf(REVOKED));
    await sent(batch(3));
    await sent(telling(4, REVOKED));
    expect(standing()).toEqual(standingOf(REVOKED));
  });

  it("MGMT-1, EVT-3: that D1 applies late, or to an older D1, changes none", async () => {
    await sent(telling(1, PLAIN, { restore: "from-start" }));
    await sent(telling(9, REVOKED));
    await sent(telling(5, PLAIN));
    await sent(telling(20, PLAIN, { fenceConfirmed: 12 }));
    await sent(telling(8, PLAIN, { restore: "from-start" }));
    expect(standing()).toEqual(standingOf(REVOKED));
  });

  it("MGMT-1, OPS-1: that tells of terms does not take the row's word for what stands", async () => {
    await sent(telling(1, PLAIN, { restore: "from-start" }));
    stage.d1.rows("DELETE FROM license_facets WHERE facet = 3");
    await sent(batch(2));
    expect(standing()).not.toEqual(standingOf(PLAIN));
    await sent(telling(3, PLAIN));
    expect(standing()).toEqual(standingOf(PLAIN));
  });

  it("MGMT-1: fills a row that has none, in the license's place in the lists", async () => {
    await sent(batch(1, { restore: "from-start" }));
    expect(standing()).toEqual({ rows: [], listed: "[]" });
    await sent(telling(2, PLAIN));
    expect(standing()).toEqual(standingOf(PLAIN));
    expect(stage.d1.rows("SELECT DISTINCT created_at AS at FROM license_facets")).toEqual([{ at: 7 }]);
  });
});

describe("a deletion", () => {
  it("DEL-1, MGMT-1: takes the facets along, and no late batch brings them back", async () => {
    await sent(telling(1, PLAIN, { restore: "from-start" }));
    await stage.settled(removeLicense(stage.d1.for({}), { id: ID, at: 0 }));
    await sent(telling(2, PLAIN, { restore: "from-start" }));
    await sent(telling(3, PLAIN));
    expect(standing()).toEqual({ rows: [], listed: undefined });
  });

  it("DEL-1, OPS-1, MGMT-1: so does the one that a set-back D1 has forgotten", async () => {
    await sent(telling(1, PLAIN, { restore: "from-start" }));
    const other = "00000000-0000-8001-8000-000000000002";
    const successor = { ...batch(1).license, id: other, key: "K2", birthKey: "K2" };
    const deleted = [{ id: ID, at: 0 }];
    await sent(telling(1, REVOKED, { restore: "from-start", license: successor, deleted }));
    expect(stage.d1.rows("SELECT DISTINCT lower(hex(license_id)) AS id FROM license_facets")).toEqual([
      { id: other.replaceAll("-", "") },
    ]);
  });
});

describe("an object", () => {
  it("MGMT-1: tells of a change's facets, whether or not D1 answers at once", async () => {
    const id = await stage.born();
    expect(faults()).toEqual([]);
    stage.failsWith = "Network connection lost.";
    const patch = { suspended: true, metadata: [{ key: "order", value: "1", viewPermissions: [] }] };
    void stage.object.keeper.patch(id, { ...SHOP, patch });
    await stage.settle();
    await stage.activate("second");
    stage.failsWith = null;
    await stage.ring();
    expect(faults()).toEqual([]);
    expect(stage.d1.rows("SELECT 1 FROM license_facets WHERE facet = 4 AND value & 8")).toHaveLength(1);
  });

  it("MGMT-1: tells of them all the same while the event that tells of the change is stuck", async () => {
    const id = await stage.born();
    stage.failsWith = "D1_ERROR: string or blob too big: SQLITE_TOOBIG";
    void stage.object.keeper.patch(id, { ...SHOP, patch: { revoked: true } });
    await stage.settle();
    for (let round = 0; round < 40 && stage.object.allOf("stuck").length === 0; round += 1) await stage.ring();
    expect(stage.object.allOf("stuck")).toMatchObject([{ type: "license.updated" }]);
    stage.failsWith = null;
    await stage.ring();
    expect(stage.logged()).not.toContain("license.updated");
    expect(stage.d1.rows("SELECT terms ->> '$.revoked' AS revoked FROM licenses")).toEqual([{ revoked: 1 }]);
    expect(faults()).toEqual([]);
  });

  it("MGMT-1, SEAT-6: tells of none with an activation", async () => {
    await stage.born();
    stage.d1.rows("UPDATE licenses SET folded = '[]'");
    stage.d1.rows("DELETE FROM license_facets");
    await stage.activate("second");
    expect(standing()).toEqual({ rows: [], listed: "[]" });
  });
});
