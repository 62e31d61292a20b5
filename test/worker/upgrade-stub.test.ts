/**
 * What the stub makes of the marks that the runtime puts on errors (0029-what-is-sent-again.md): which are sent again,
 * which are bugs.
 */

import { describe, expect, it, vi } from "vitest";
import type { LicenseRpc } from "../../src/license/rpc.ts";
import { licenseDirectory } from "../../src/license/stub.ts";
import type { LicenseObject } from "../../src/license/license-object.ts";
import { call } from "../support/counted-object.ts";
import { ANONYMOUS, keyed, sessionCall, syncCall, VENDOR } from "../support/world.ts";

const MISSING = 'The RPC receiver does not implement the method "renew".';

/** A platform whose objects fail like this, as the local one never does, and how often they were asked. */
function failing(error: unknown) {
  let tries = 0;
  const fail = async (): Promise<never> => {
    tries += 1;
    throw error;
  };
  const stub = {
    activate: fail,
    renew: fail,
    checkIn: fail,
    checkOut: fail,
    sync: fail,
    countUses: fail,
    resetMeter: fail,
    session: fail,
    describe: fail,
    patch: fail,
    resync: fail,
  };
  const namespace = { idFromName: () => "id", get: () => stub } as unknown as DurableObjectNamespace<LicenseObject>;
  return { object: licenseDirectory(namespace, null).at("0"), tries: () => tries };
}

function marked(message: string, ...marks: readonly string[]): Error {
  return Object.assign(new Error(message), Object.fromEntries(marks.map((mark) => [mark, true])));
}

const LATER = [
  { error: marked("Network connection lost.", "retryable"), code: "storage-unavailable", tries: 2 },
  { error: marked("Network connection lost."), code: "storage-unavailable", tries: 2 },
  { error: marked("internal error; reference = 1"), code: "storage-unavailable", tries: 2 },
  { error: marked("its code was updated", "remote", "retryable"), code: "storage-unavailable", tries: 2 },
  {
    error: marked("a storage timeout reset it", "remote", "durableObjectReset"),
    code: "storage-unavailable",
    tries: 2,
  },
  { error: marked("too many requests", "overloaded"), code: "overloaded", tries: 1 },
  { error: marked("too many requests", "overloaded", "retryable", "remote"), code: "overloaded", tries: 1 },
  { error: marked(MISSING, "remote"), code: "storage-unavailable", tries: 1 },
  { error: marked(MISSING), code: "storage-unavailable", tries: 1 },
  { error: "no error at all", code: "storage-unavailable", tries: 2 },
];

describe("an object that does not answer", () => {
  vi.spyOn(console, "error").mockImplementation(() => undefined);

  it.each(LATER)("ERR-1: is $code after $tries tries: $error", async ({ error, code, tries }) => {
    const refused = { ok: false, refusal: code === "overloaded" ? { code, what: "license" } : { code } };
    for (const method of ["renew", "checkIn", "session"] as const) {
      const { object, tries: made } = failing(error);
      expect(await object[method](sessionCall("s"))).toEqual(refused);
      expect(made()).toBe(tries);
    }
    const read = failing(error);
    expect(await read.object.describe("l")).toEqual({ reached: "license", outcome: refused });
    expect(read.tries()).toBe(tries);
    const compared = failing(error);
    expect(await compared.object.resync()).toEqual(refused);
    expect(compared.tries()).toBe(tries);
  });

  it.each(LATER)(
    "ERR-1: what takes or frees a seat, or changes a license, is sent once: $error",
    async ({ error, code }) => {
      const refused = { ok: false, refusal: code === "overloaded" ? { code, what: "license" } : { code } };
      const { object, tries } = failing(error);
      expect(await object.checkOut(sessionCall("s"))).toEqual(refused);
      expect(await object.activate({ key: "k" }, call("device"))).toEqual({ reached: "license", outcome: refused });
      expect(await object.patch("l", { ...VENDOR, patch: {} })).toEqual({ reached: "license", outcome: refused });
      expect(tries()).toBe(3);
    },
  );
});

describe("uses of a meter attribute", () => {
  it("METER-1, MGMT-4: are not counted again where an answer was lost, but by a call that carries a key", async () => {
    const lost = marked("Network connection lost.", "retryable");
    const sync = syncCall("s", "device", "key");
    const what = { principal: ANONYMOUS, requestId: "r", activationId: "s", key: null, meterId: "m", productId: null };
    const count = { ...what, increment: 1, idempotency: null };
    const reset = { ...VENDOR, meterId: "m", idempotency: null };
    const key = { idempotency: keyed("k") };
    for (const [tries, made] of [
      [1, (object: LicenseRpc) => object.sync({ ...sync, uses: [{ name: "m", increment: 1 }] })],
      [2, (object: LicenseRpc) => object.sync({ ...sync, uses: [] })],
      [1, (object: LicenseRpc) => object.countUses(count)],
      [2, (object: LicenseRpc) => object.countUses({ ...count, ...key })],
      [1, (object: LicenseRpc) => object.resetMeter("l", reset)],
      [2, (object: LicenseRpc) => object.resetMeter("l", { ...reset, ...key })],
    ] as const) {
      const failed = failing(lost);
      await made(failed.object);
      expect(failed.tries()).toBe(tries);
    }
  });
});

describe("a bug in the object", () => {
  it("ERR-2: is thrown on, and never sent again", async () => {
    const bug = marked("column gen is not a number", "remote");
    const { object, tries } = failing(bug);
    await expect(object.renew(sessionCall("s"))).rejects.toBe(bug);
    await expect(object.describe("l")).rejects.toBe(bug);
    await expect(object.checkOut(sessionCall("s"))).rejects.toBe(bug);
    expect(tries()).toBe(3);
  });
});
