import { env } from "cloudflare:test";
import { beforeEach, describe, expect, it, vi } from "vitest";
import {
  bindingsWith,
  fetchWith,
  hangingDatabase,
  momentAt,
  opened,
  openWith,
  ROOT_SECRET,
  watchedDatabase,
} from "../support/bindings.ts";
import { deploymentOpener } from "../../src/operations/deployment.ts";
import { rewrapAll } from "../../src/operations/upkeep/rewrap.ts";
import { locatorKeyInForce } from "../../src/tokens/locator.ts";

const NEW_SECRET = "another-7d1e0b9c85f3a264e7d8b1c0";
const KEY = "0A2035-E8A2A3-4D31B7-8FF9C6-81A6CA-539E54";

async function recorded() {
  return await env.DB.prepare("SELECT * FROM deployment").first<Record<string, string>>();
}

beforeEach(async () => {
  await env.DB.exec("DELETE FROM deployment");
});

describe("opening a deployment", () => {
  it("CFG-1: the first use records the deployment, later ones read it", async () => {
    const first = await opened({ ROOT_SECRET });
    const row = await recorded();
    expect(row).toMatchObject({ one: 1, id: first.id, jurisdiction: "none", wrapping_check: first.wrapping.keyId });
    const second = await opened({ ROOT_SECRET });
    expect(second.id).toBe(first.id);
    expect(await recorded()).toEqual(row);
    expect(await second.locator(KEY)).toBe(await first.locator(KEY));
  });

  it("CFG-1: of parallel first uses one is recorded and all are the same deployment", async () => {
    const all = await Promise.all(Array.from({ length: 8 }, async () => await opened({ ROOT_SECRET })));
    expect(new Set(all.map((deployment) => deployment.id)).size).toBe(1);
    expect(all[0]?.id).toBe((await recorded())?.["id"]);
  });

  it("CFG-1: what is recorded contains neither the secret nor a key made of it", async () => {
    await opened({ ROOT_SECRET });
    const text = JSON.stringify(await recorded());
    expect(text).not.toContain(ROOT_SECRET);
    expect(text).not.toContain((await locatorKeyInForce(ROOT_SECRET, null)).slice(0, 8));
  });

  it("CFG-1: another locator key is refused with instructions", async () => {
    await opened({ ROOT_SECRET });
    const row = await recorded();
    const vars = { ROOT_SECRET, LOCATOR_KEY: await locatorKeyInForce(NEW_SECRET, null) };
    const result = await openWith(vars);
    expect(result).toMatchObject({ ok: false, reason: "not-configured" });
    expect(!result.ok && result.detail).toContain("LOCATOR_KEY");
    expect(!result.ok && result.detail).not.toContain(vars.LOCATOR_KEY);
    expect(await recorded()).toEqual(row);
  });

  it("CFG-1: a changed root secret alone is refused: it would lead to other objects", async () => {
    await opened({ ROOT_SECRET });
    for (const vars of [{ ROOT_SECRET: NEW_SECRET }, { ROOT_SECRET: NEW_SECRET, ROOT_SECRET_PREVIOUS: ROOT_SECRET }]) {
      const result = await openWith(vars);
      expect(result).toMatchObject({ ok: false, reason: "not-configured" });
      expect(!result.ok && result.detail).toContain("set LOCATOR_KEY to the locator key that was in force");
    }
  });

  it("CFG-1: a deployment of another jurisdiction is refused: its objects are elsewhere", async () => {
    await opened({ ROOT_SECRET });
    await env.DB.exec("UPDATE deployment SET jurisdiction = 'eu'");
    const row = await recorded();
    const result = await openWith({ ROOT_SECRET });
    expect(result).toMatchObject({ ok: false, reason: "not-configured" });
    expect(!result.ok && result.detail).toMatch(/^JURISDICTION: This deployment was set up with `eu`/);
    expect(await recorded()).toEqual(row);
  });

  it("CFG-1: a jurisdiction that the runtime does not know is refused, and not recorded", async () => {
    // The local runtime knows none.
    const result = await openWith({ ROOT_SECRET, JURISDICTION: "eu" });
    expect(result).toMatchObject({ ok: false, reason: "not-configured" });
    expect(!result.ok && result.detail).toMatch(/^JURISDICTION: /);
    expect(await recorded()).toBeNull();
    expect(await openWith({ ROOT_SECRET, JURISDICTION: "none" })).toMatchObject({ ok: true });
  });

  it("CFG-1: another wrapping key without the matching previous one is refused", async () => {
    const LOCATOR_KEY = await locatorKeyInForce(ROOT_SECRET, null);
    await opened({ ROOT_SECRET });
    for (const vars of [
      { ROOT_SECRET: NEW_SECRET, LOCATOR_KEY },
      { ROOT_SECRET: NEW_SECRET, LOCATOR_KEY, ROOT_SECRET_PREVIOUS: `${NEW_SECRET}-never-used` },
    ]) {
      const result = await openWith(vars);
      expect(result).toMatchObject({ ok: false, reason: "not-configured" });
      expect(!result.ok && result.detail).toContain("ROOT_SECRET_PREVIOUS");
    }
  });

  it("CFG-3: rotates by LOCATOR_KEY and ROOT_SECRET_PREVIOUS, after which the new secret stands alone", async () => {
    const before = await opened({ ROOT_SECRET });
    const wrapped = await before.wrapping.encrypt(new TextEncoder().encode("kept"), "c");
    const LOCATOR_KEY = await locatorKeyInForce(ROOT_SECRET, null);
    const rotating = await opened({ ROOT_SECRET: NEW_SECRET, LOCATOR_KEY, ROOT_SECRET_PREVIOUS: ROOT_SECRET });
    expect(rotating.id).toBe(before.id);
    expect(await rotating.locator(KEY)).toBe(await before.locator(KEY));
    expect(await rotating.wrapping.decrypt(wrapped, "c")).toEqual(new TextEncoder().encode("kept"));
    // The old secret stays needed until the cron has looked for keys that are under it.
    expect(await recorded()).toMatchObject({ id: before.id, wrapping_check: before.wrapping.keyId });
    await rewrapAll(rotating);
    expect(await recorded()).toMatchObject({ id: before.id, wrapping_check: rotating.wrapping.keyId });
    expect((await opened({ ROOT_SECRET: NEW_SECRET, LOCATOR_KEY })).id).toBe(before.id);
    expect(await openWith({ ROOT_SECRET })).toMatchObject({ ok: false, reason: "not-configured" });
  });

  it("TOK-2: the issuer is PUBLIC_URL, else a name made of the deployment's id", async () => {
    const plain = await opened({ ROOT_SECRET });
    expect(plain.issuer).toBe(`urn:leasehold:${plain.id}`);
    const named = await opened({ ROOT_SECRET, PUBLIC_URL: "https://licenses.acme.test" });
    expect(named.issuer).toBe("https://licenses.acme.test");
  });

  it("CFG-1, LIM-1: an isolate opens once, and a failure is remembered for a second, for whoever calls", async () => {
    const watched = watchedDatabase();
    const bindings = bindingsWith({ ROOT_SECRET }, watched.db);
    const open = deploymentOpener();
    watched.fail();
    const down = await Promise.all([1, 2, 3].map(async () => await open(bindings, momentAt(0))));
    expect(down.map((result) => result.ok || result.reason)).toEqual(
      Array.from({ length: 3 }, () => "storage-unavailable"),
    );
    const alone = watchedDatabase();
    alone.fail();
    expect(await openWith({ ROOT_SECRET }, alone.db)).toMatchObject({ ok: false });
    expect(watched.calls()).toBe(alone.calls());
    for (let call = 0; call < 1_000; call += 1) expect(await open(bindings, momentAt(call))).toEqual(down[0]);
    expect(watched.calls()).toBe(alone.calls());
    // The clock was set back meanwhile.
    expect(await open(bindings, momentAt(-3_600_000))).toEqual(down[0]);
    expect(watched.calls()).toBe(2 * alone.calls());
    watched.heal();
    const [one, other] = await Promise.all([open(bindings, momentAt(1_000)), open(bindings, momentAt(1_000))]);
    const calls = watched.calls();
    const later = await open(bindings, momentAt(1_001));
    expect(
      one.ok && other.ok && later.ok && one.deployment === other.deployment && one.deployment === later.deployment,
    ).toBe(true);
    expect(watched.calls()).toBe(calls);
  });

  it("CFG-1: an opening that hangs with its request does not hold up later ones", async () => {
    const bindings = bindingsWith({ ROOT_SECRET });
    const open = deploymentOpener();
    void open(bindingsWith({ ROOT_SECRET }, hangingDatabase()), momentAt(0));
    expect(await open(bindings, momentAt(5_000))).toMatchObject({ ok: true });
  });
});

describe("an opening under way", () => {
  it("CFG-1: that hangs is joined for five seconds at most, by each caller's own timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const open = deploymentOpener();
      const bindings = bindingsWith({ ROOT_SECRET }, hangingDatabase());
      const callers = [0, 1, 4_999].map((now) => open(bindings, momentAt(now)));
      await vi.advanceTimersByTimeAsync(5_000);
      for (const caller of callers) expect(await caller).toMatchObject({ ok: false, reason: "storage-unavailable" });
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the Worker without a configuration", () => {
  it.each([
    ["missing", {}],
    ["short", { ROOT_SECRET: "short" }],
    ["a placeholder", { ROOT_SECRET: `changeme-${ROOT_SECRET}` }],
  ])("CFG-1: a secret that is %s makes every call a 503 that says what to do", async (_, vars) => {
    for (const path of ["/.well-known/jwks.json", "/v3/products", "/api/v1/activations/license", "/anything"]) {
      const answer = await fetchWith(bindingsWith(vars), path);
      expect(answer.status).toBe(503);
      expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
      const problem = await answer.json<{ code: string; detail: string }>();
      expect(problem.code).toBe(path.startsWith("/v3/") ? "NOT_CONFIGURED" : "not-configured");
      expect(problem.detail).toMatch(/^ROOT_SECRET: .* Set it to at least 32 random characters/);
    }
    expect(await recorded()).toBeNull();
  });
});
