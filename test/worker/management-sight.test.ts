/**
 * MGMT-7 as a matrix: every route of /v3, called under every single scope, shows nothing whose scope is missing. Names,
 * e-mail, company and key of what is planted are texts that stand nowhere else.
 */

import { beforeAll, describe, expect, it } from "vitest";
import { managementApp } from "../../src/http/management/app.ts";
import { SCOPES } from "../../src/http/scopes.ts";
import { CALLS } from "../support/every-route.ts";
import { KEY, KEYS, PEOPLE, plant, type Planted } from "../support/planted-routes.ts";
import { created, jsonOf, listOf, mint, v3, type Json } from "../support/management.ts";
import { problemOf } from "../support/problems.ts";
import { userEntityTag } from "../../src/operations/catalogue/change-user.ts";
import { licenseEntityTag } from "../../src/operations/entity-tag.ts";
import { readLicense } from "../../src/operations/license/read-license.ts";
import { findUser } from "../../src/registry/rows/users.ts";
import { activated, bearer, deployment, jsonOf as answered, manager, post, type Document } from "../support/shop.ts";
import { claimsOf } from "../support/signed-in-app.ts";

let planted: Planted;

beforeAll(async () => {
  planted = await plant();
});

const ROUTES = [
  ...new Set(
    managementApp.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/(.)\/$/, "$1")}`),
  ),
].toSorted();

/** With what tokens say, which anybody can read (TOK-3). */
function readable(text: string): string {
  return text.replaceAll(/eyJ[\w-]+\.([\w-]+)\.[\w-]+/g, (_, payload: string) =>
    atob(payload.replaceAll("-", "+").replaceAll("_", "/")),
  );
}

describe("what is shown under a single scope", () => {
  it("MGMT-7: every route of the management API stands in the matrix", () => {
    expect(Object.keys(CALLS).toSorted()).toEqual(ROUTES);
  });

  it("MGMT-7: no route shows a member whose scope is missing", { timeout: 120_000 }, async () => {
    const singles = SCOPES.filter((scope) => scope !== "*");
    const counts = { calls: 0, answered: 0, people: 0, keys: 0 };
    for (const scope of singles) {
      const token = await mint([scope]);
      for (const [route, callsOf] of Object.entries(CALLS)) {
        const method = route.slice(0, route.indexOf(" "));
        for (const { path, body, headers, namesKey } of callsOf(planted)) {
          const answer = await v3(method, path, { token, ...(body && { body }), ...(headers && { headers }) });
          const text = readable(`${JSON.stringify([...answer.headers])} ${await answer.text()}`);
          const found = { people: PEOPLE.test(text), keys: namesKey === true ? false : KEYS.test(text) };
          const told = { route, path, scope, status: answer.status };
          if (scope !== "user:read") expect({ ...told, people: found.people }).toEqual({ ...told, people: false });
          if (scope !== "license:read") expect({ ...told, keys: found.keys }).toEqual({ ...told, keys: false });
          expect([200, 201, 202, 204, 403, 404], JSON.stringify(told) + text).toContain(answer.status);
          counts.calls += 1;
          counts.answered += answer.status < 300 ? 1 : 0;
          counts.people += found.people ? 1 : 0;
          counts.keys += found.keys ? 1 : 0;
        }
      }
    }
    console.info(`MGMT-7: ${ROUTES.length} routes x ${singles.length} scopes`, JSON.stringify(counts));
    // It is no proof unless the planted texts show where they may.
    expect(counts.people).toBeGreaterThan(2);
    expect(counts.keys).toBeGreaterThan(2);
    expect(counts.answered).toBeGreaterThan(60);
  });
});

describe("members by their scopes", () => {
  it("MGMT-7, HOOK-5: an attempt shows what its receiver repeated to who may read it all, and to webhook:read its length", async () => {
    const path = `/webhook-event-logs/${planted.attempt}`;
    const shown = await jsonOf(await v3("GET", path), 200);
    expect(shown.response).toMatchObject({ body: expect.stringMatching(PEOPLE) });
    const blind = await jsonOf(await v3("GET", path, { token: await mint(["webhook:read"]) }), 200);
    expect(blind.response).toEqual({ body: null, length: String((shown.response as Json).body).length });
  });

  const KNOWN = { name: "Zaphodina Beeblebrox", firstName: "Zaphodina", company: "Magrathea" };

  it("MGMT-7: a license shows its key to license:read, and whose it is to user:read besides", async () => {
    const path = `/licenses/${planted.license}`;
    const alone = await jsonOf(await v3("GET", path, { token: await mint(["license:read"]) }), 200);
    expect(alone).toMatchObject({ key: KEY, user: { id: planted.user } });
    expect(Object.keys(alone.user as Json)).toEqual(["id"]);
    const both = await jsonOf(await v3("GET", path, { token: await mint(["license:read", "user:read"]) }), 200);
    expect(both).toMatchObject({ key: KEY, user: { id: planted.user, ...KNOWN } });
  });

  it("MGMT-7: a change answers without the key, unless it names it", async () => {
    const token = await mint(["license:write"]);
    const made = await created("/licenses", { productId: planted.product, userId: planted.user }, token);
    expect(made).toMatchObject({ key: expect.stringMatching(/./), user: { id: planted.user } });
    const path = `/licenses/${made.id}`;
    const changed = await jsonOf(await v3("PATCH", path, { token, body: { notes: "n" } }), 200);
    expect(changed).toMatchObject({ key: null, notes: "n", user: { id: planted.user } });
    expect(Object.keys(changed.user as Json)).toEqual(["id"]);
    const named = await jsonOf(await v3("PATCH", path, { token, body: { key: made.key } }), 200);
    expect(named.key).toBe(made.key);
  });

  it("MGMT-7: the repetition of the call that made a key shows it, the 200 for a known reference does not", async () => {
    const token = await mint(["license:write"]);
    const body = { productId: planted.product, externalReference: "order-1" };
    const headers = { "Idempotency-Key": "order-1" };
    const made = await jsonOf(await v3("POST", "/licenses", { token, body, headers }), 201);
    expect(await jsonOf(await v3("POST", "/licenses", { token, body, headers }), 201)).toEqual(made);
    expect(made.key).toEqual(expect.stringMatching(/./));
    const known = await jsonOf(await v3("POST", "/licenses", { token, body }), 200);
    expect(known).toMatchObject({ id: made.id, key: null });
  });

  it("MGMT-7: an activation and a user show nobody without user:read", async () => {
    const token = await mint(["activation:read"]);
    const activation = await jsonOf(await v3("GET", `/activations/${planted.activation}`, { token }), 200);
    expect(activation).toMatchObject({ email: null, user: { id: planted.user } });
    expect(Object.keys(activation.user as Json)).toEqual(["id"]);
    const written = await v3("PATCH", `/users/${planted.user}`, { token: await mint(["user:write"]), body: {} });
    const nobody = { name: null, firstName: null, lastName: null, email: null, company: null };
    expect(await jsonOf(written, 200)).toMatchObject({ id: planted.user, ...nobody });
  });

  it("MGMT-7: nobody works out by an entity tag, at home, which state it stands for", async () => {
    const { db } = await deployment();
    const row = await findUser(db, planted.user);
    const license = await readLicense(await deployment(), planted.license);
    if (row === null || !license.ok) throw new Error("they are planted");
    const states = [
      { path: `/users/${planted.user}`, scope: "user:write", digest: await userEntityTag(row) },
      {
        path: `/licenses/${planted.license}`,
        scope: "license:write",
        digest: await licenseEntityTag(license.value.license),
      },
    ];
    for (const { path, scope, digest } of states) {
      const token = await mint([scope]);
      const tag = (await v3("PATCH", path, { token, body: {} })).headers.get("ETag") ?? "";
      expect(tag).toMatch(/^"[0-9a-f]{32}"$/);
      // It is of this very state, which everybody can put into words.
      expect(await (await deployment()).tagSeal.open(tag.slice(1, -1))).toBe(digest);
      expect(tag).not.toContain(digest);
      const guessed = { token, body: {}, headers: { "If-Match": `"${digest}"` } };
      await problemOf(await v3("PATCH", path, guessed), 412, "PRECONDITION_FAILED");
      await jsonOf(await v3("PATCH", path, { ...guessed, headers: { "If-Match": tag } }), 200);
    }
  });

  it("MGMT-7: what would spell out names or keys by questions is 403 and names the scope", async () => {
    const asks: readonly (readonly [held: string, path: string, missing: string])[] = [
      ["license:read", "/licenses?search=zaph", "user:read"],
      ["license:read", "/licenses?query=zaph", "user:read"],
      ["license:read", "/licenses?user.email[sw]=z", "user:read"],
      ["license:read", "/licenses?email=z", "user:read"],
      ["license:read", "/licenses?user.company=Magrathea", "user:read"],
      ["license:read", "/licenses?activation.lastSyncedAt[gt]=2020-01-01T00:00:00Z", "activation:read"],
      ["license:read", "/licenses?activation.countryCode=", "activation:read"],
      ["user:read", "/users?activation.appVersion=", "activation:read"],
      ["activation:read", "/activations?search=zaph", "user:read"],
      ["activation:read", "/activations?include=user", "user:read"],
      ["activation:read", `/activations?license.key=${KEY}`, "license:read"],
    ];
    for (const [held, path, missing] of asks) {
      const problem = await problemOf(await v3("GET", path, { token: await mint([held]) }), 403, "FORBIDDEN");
      expect([path, problem.detail]).toEqual([path, expect.stringContaining(missing)]);
      const rows = await listOf(await v3("GET", path, { token: await mint([held, missing]) }));
      expect([path, rows.length > 0]).toEqual([path, !path.endsWith("=z") || path.includes("[sw]")]);
    }
  });

  it("MGMT-7: a member that only compares tells nothing of what is not shown, right or wrong", async () => {
    const path = `/users/${planted.user}`;
    const blind = await mint(["user:write"]);
    const problems = await Promise.all(
      [KNOWN.name, "Zaphodina", ""].map(async (name) => {
        const answer = await v3("PATCH", path, { token: blind, body: { name } });
        const { code, detail, errors } = await problemOf(answer, 403, "FORBIDDEN");
        return { code, detail, errors };
      }),
    );
    expect(new Set(problems.map((problem) => JSON.stringify(problem))).size).toBe(1);
    expect(problems[0]?.detail).toContain("user:read");
    // What it was shown can be sent back.
    await jsonOf(await v3("PATCH", path, { token: blind, body: { name: null } }), 200);
    const token = await mint(["user:write", "user:read"]);
    await jsonOf(await v3("PATCH", path, { token, body: { name: KNOWN.name } }), 200);
    await problemOf(await v3("PATCH", path, { token, body: { name: "Zaphodina" } }), 400, "INVALID_REQUEST");
  });

  it("MGMT-7: exports leave out the columns' values", async () => {
    const asked = async (path: string, ...scopes: string[]) =>
      await (await v3("GET", path, { token: await mint(scopes) })).text();
    expect(await asked("/licenses/export", "license:read")).not.toMatch(PEOPLE);
    expect(await asked("/licenses/export", "license:read", "user:read")).toMatch(PEOPLE);
    expect(await asked("/activations/export", "activation:read")).not.toMatch(PEOPLE);
    expect(await asked("/activations/export", "activation:read", "user:read")).toMatch(PEOPLE);
  });
});

describe("what is signed for a management token", () => {
  const USER = "zaphodina@heartofgold.example";
  const HERS = { activationCode: KEY, fingerprint: "hers" };
  const signed = async (path: string, scopes: readonly string[], body?: object) => {
    const answer = await post(path, body, await manager(...scopes));
    const document = await answered<Document | string>(answer);
    return typeof document === "string" ? document : document.licenseToken;
  };

  it("MGMT-7, TOK-2: names nobody without user:read, at renewal, activation and as a bare token", async () => {
    const session = await activated(KEY, "hers");
    const calls = [["/license", HERS] as const, ["/jwt", HERS] as const, [`/${session.sessionId}/renew`] as const];
    for (const [path, body] of calls) {
      const blind = claimsOf(await signed(path, ["activation:write", "license:read"], body));
      expect([path, blind]).toEqual([path, expect.objectContaining({ sid: session.sessionId, user_withheld: true })]);
      expect(JSON.stringify(blind)).not.toMatch(PEOPLE);
      expect(Object.keys(blind)).not.toContain("user");
      const seeing = claimsOf(await signed(path, ["activation:write", "user:read"], body));
      expect([path, seeing.user, seeing.user_withheld]).toEqual([path, USER, undefined]);
    }
  });

  it("MGMT-7, AUTH-5: nor does what its license token renews, while the device's own still names its user", async () => {
    const session = await activated(KEY, "hers");
    const path = `/${session.sessionId}/renew`;
    let token = await signed(path, ["activation:write"]);
    for (let times = 0; times < 2; times += 1) {
      token = (await answered<Document>(await post(path, undefined, `Bearer ${token}`))).licenseToken;
      expect(Object.keys(claimsOf(token))).not.toContain("user");
    }
    expect(claimsOf((await answered<Document>(await post(path, undefined, bearer(session)))).licenseToken).user).toBe(
      USER,
    );
    const anew = await answered<Document>(await post("/license", HERS, `Bearer ${token}`));
    expect(claimsOf(anew.licenseToken).user).toBe(USER);
  });
});
