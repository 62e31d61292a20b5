/** `POST /v3/licenses/batch` (LIC-3, 0078-licenses-in-batches.md). */

import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  created,
  jsonOf,
  license,
  listOf,
  mint,
  productId,
  read,
  rowCounts,
  v3,
  type Json,
} from "../support/management.ts";
import { pointersOf, problemOf } from "../support/problems.ts";
import { tryActivate } from "../support/shop.ts";

let orders = 0;

/** Lines of an order of its own. */
async function lines(count: number, more: Json = {}): Promise<Json[]> {
  orders += 1;
  const product = await productId();
  const order = orders;
  return Array.from({ length: count }, (_, line) => ({
    productId: product,
    externalReference: `order-${order}/${line}`,
    ...more,
  }));
}

async function sell(
  licenses: readonly Json[],
  headers: Record<string, string> = {},
  token?: string,
): Promise<Response> {
  return await v3("POST", "/licenses/batch", {
    body: { licenses },
    headers,
    ...(token === undefined ? {} : { token }),
  });
}

async function shown(answer: Response): Promise<readonly Json[]> {
  return await answer.json();
}

async function sold(licenses: readonly Json[], status = 201): Promise<readonly Json[]> {
  const answer = await sell(licenses);
  expect(answer.status).toBe(status);
  return await shown(answer);
}

/** Refused at exactly this place, and nothing is written. */
async function refusedAt(licenses: readonly Json[], pointer: string, status = 400, code = "INVALID_REQUEST") {
  const before = await rowCounts();
  const problem = await problemOf(await sell(licenses), status, code);
  expect(pointersOf(problem)).toEqual([pointer]);
  expect(await rowCounts()).toEqual(before);
}

const withLine = (list: readonly Json[], at: number, more: Json) => list.with(at, { ...list[at], ...more });

describe("a batch", () => {
  it("LIC-3, EVT-1: creates a hundred in order, each found, logged and ready to be activated", async () => {
    const wanted: readonly Json[] = (await lines(100)).map((line, at) => ({
      ...line,
      allowedActivations: at + 1,
      notes: `line ${at}`,
    }));
    const licenses = await sold(wanted);
    expect(
      licenses.map(({ externalReference, allowedActivations, notes }) => ({
        externalReference,
        allowedActivations,
        notes,
      })),
    ).toEqual(
      wanted.map(({ externalReference, allowedActivations, notes }) => ({
        externalReference,
        allowedActivations,
        notes,
      })),
    );
    expect(new Set(licenses.map(({ key }) => key)).size).toBe(100);
    for (const at of [0, 57, 99]) {
      const one = licenses[at];
      expect(await read(`/licenses/${String(one?.id)}`)).toEqual(one);
      expect((await tryActivate(String(one?.key))).status).toBe(200);
      const events = await listOf(await v3("GET", `/event-logs?resourceId=${String(one?.id)}&event=license.created`));
      expect(events).toHaveLength(1);
    }
  });

  it("LIC-1: takes of each what a single creation takes, and gives the same", async () => {
    const name = `batch-${orders}`;
    const user = await created("/users", { email: `${name}@example.test`, firstName: "Ada", company: "Acme" });
    await created("/tags", { name });
    const members: Json = {
      ...{ type: "hosted-floating", allowedActivations: 2, leaseDuration: 600, subscriptionInterval: "P1Y" },
      ...{ userId: user.id, tags: [name], metadata: [{ key: "line", value: 'ä \\ " \u0001' }] },
      featureEntitlements: [{ featureName: "export", value: true }],
    };
    const [first, second] = await sold(await lines(2, members));
    const alone = await license({ ...members, productId: first?.productId, externalReference: `alone-${orders}` });
    const shape = (one: Json = {}) => ({
      ...one,
      ...{ id: null, key: null, externalReference: null, createdAt: null, updatedAt: null, expiresAt: null },
      metadata: (one.metadata as Json[]).map(({ key, value }) => ({ key, value })),
      featureEntitlements: (one.featureEntitlements as Json[]).map(({ featureName, value }) => ({
        featureName,
        value,
      })),
    });
    expect(shape(first)).toEqual(shape(alone));
    expect(shape(second)).toEqual(shape(alone));
    const found = await listOf(await v3("GET", `/licenses?user.email=${name}@example.test&tag=${name}`));
    expect(found).toHaveLength(3);
  });

  it("LIM-2: has 1 to 100 licenses, each with an external reference", async () => {
    await refusedAt([], "/licenses");
    await refusedAt(await lines(101), "/licenses");
    await refusedAt(withLine(await lines(3), 1, { externalReference: undefined }), "/licenses/1/externalReference");
    await refusedAt(withLine(await lines(3), 1, { externalReference: null }), "/licenses/1/externalReference");
    // The body is below 1 MiB, and what comes of it is not.
    const metadata = Array.from({ length: 10 }, (_, at) => ({ key: `${at}`, value: "x".repeat(950) }));
    await refusedAt(await lines(97, { metadata }), "/licenses");
  });
});

describe("what speaks against one of them", () => {
  const NOBODY = "0199f6a0-0000-7000-8000-00000000beef";

  it.each([
    [{ allowedActivations: -2 }, "/allowedActivations"],
    [{ productId: NOBODY }, "/productId"],
    [{ userId: NOBODY }, "/userId"],
    [{ licenseTemplateId: NOBODY }, "/licenseTemplateId"],
    [{ entitlementSetId: NOBODY }, "/entitlementSetId"],
    [{ maintenancePolicyId: NOBODY }, "/maintenancePolicyId"],
    [{ tags: ["there is no such tag"] }, "/tags/0"],
    [{ createdAt: "2999-01-01T00:00:00Z" }, "/createdAt"],
    [{ seatRelease: "after-token", serverSyncGracePeriod: -1 }, "/seatRelease"],
    [{ alowedActivations: 3 }, "/alowedActivations"],
  ] as const)("%j is refused at its index, and nothing of the batch stands", async (members, pointer) => {
    await refusedAt(withLine(await lines(100), 63, { ...members }), `/licenses/63${pointer}`);
  });

  it("KEY-2, KEY-3: a key that a license has, in either case", async () => {
    const taken = await license({ key: `TAKEN-${orders}` });
    await refusedAt(withLine(await lines(3), 2, { key: taken.key }), "/licenses/2/key", 409, "ALREADY_EXISTS");
    const lower = String(taken.key).toLowerCase();
    await refusedAt(withLine(await lines(3), 2, { key: lower }), "/licenses/2/key", 409, "ALREADY_EXISTS");
  });

  it("KEY-3: the same key or reference twice in one call", async () => {
    const twice = withLine(withLine(await lines(3), 0, { key: `Twice-${orders}` }), 2, { key: `TWICE-${orders}` });
    await refusedAt(twice, "/licenses/2/key");
    const [first] = await lines(1);
    await refusedAt([...(await lines(2)), first ?? {}, first ?? {}], "/licenses/3/externalReference");
  });

  it("LIC-3: the reference of a license that was deleted", async () => {
    const [gone, stays] = await sold(await lines(2));
    await jsonOf(await v3("GET", `/licenses/${String(gone?.id)}`), 200);
    expect((await v3("DELETE", `/licenses/${String(gone?.id)}`)).status).toBe(204);
    const again = { productId: gone?.productId, externalReference: gone?.externalReference };
    await refusedAt([...(await lines(1)), again], "/licenses/1/externalReference", 409, "ALREADY_EXISTS");
    expect(await read(`/licenses/${String(stays?.id)}`)).toEqual(stays);
  });
});

describe("a batch that is sent again", () => {
  it("MGMT-4: with its key it answers the same, and writes nothing", async () => {
    const wanted = await lines(3);
    const headers = { "Idempotency-Key": `batch ${orders}` };
    const first = await sell(wanted, headers);
    const before = await rowCounts();
    const again = await sell(wanted, headers);
    expect([again.status, await again.json()]).toEqual([first.status, await first.json()]);
    expect(await rowCounts()).toEqual(before);
    const other = await sell(await lines(3), headers);
    await problemOf(other, 422, "IDEMPOTENCY_KEY_REUSED");
  });

  it("LIC-3: without a key, too; with more lines it creates those alone", async () => {
    const wanted = await lines(3);
    const first = await sold(wanted);
    const before = await rowCounts();
    expect(await sold(wanted, 200)).toEqual(first);
    expect(await rowCounts()).toEqual(before);
    const [more] = await lines(1);
    const longer = await sold([more ?? {}, ...wanted]);
    expect(longer.slice(1)).toEqual(first);
    expect(longer[0]?.externalReference).toBe(more?.externalReference);
  });

  it("LIC-3: many at once create each license once", async () => {
    const wanted = await lines(20);
    const answers = await Promise.all([1, 2, 3, 4].map(() => sell(wanted)));
    const bodies = await Promise.all(answers.map(shown));
    expect(answers.map(({ status }) => status).filter((status) => status === 201)).toHaveLength(1);
    const ids = bodies.map((body) => body.map(({ id }) => id));
    for (const body of ids) expect(body).toEqual(ids[0]);
    const references = wanted.map(({ externalReference }) => externalReference);
    const held = await env.DB.prepare(
      "SELECT count(*) AS n FROM external_references WHERE reference IN (SELECT value FROM json_each(?1))",
    )
      .bind(JSON.stringify(references))
      .first("n");
    expect(held).toBe(20);
    // Half of one order and half of another, in opposite orders, leave nobody with half.
    const [left, right] = [await lines(10), await lines(10)];
    const crossed = await Promise.all([sell([...left, ...right]), sell([...right, ...left])]);
    const crossing = await Promise.all(
      crossed.map(async (answer) => (await shown(answer)).map(({ id }) => id).toSorted()),
    );
    expect(crossing[0]).toEqual(crossing[1]);
  });

  it("MGMT-7: shows the keys of what is new, of the others what the caller may see", async () => {
    const writer = await mint(["license:write"]);
    const wanted = await lines(2);
    const [first] = await shown(await sell(wanted.slice(0, 1), {}, writer));
    expect(first?.key).toEqual(expect.any(String));
    const [known, fresh] = await shown(await sell(wanted, {}, writer));
    expect([known?.id, known?.key]).toEqual([first?.id, null]);
    expect(fresh?.key).toEqual(expect.any(String));
    expect((await sell(await lines(1), {}, await mint(["license:read"]))).status).toBe(403);
  });
});
