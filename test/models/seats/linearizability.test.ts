/** The checker itself, on histories made by hand: those that some order explains, and those that none does. */

import { describe, expect, it } from "vitest";

import { linearize, type Call, type Model } from "../../../scripts/torture/linearizability.ts";
import { seatModel } from "../../../scripts/torture/seat-model.ts";
import type { SeatAnswer, SeatCall, SeatOp, SeatTerms } from "../../../scripts/torture/seat-state.ts";

type Register = { readonly write: number } | { readonly read: number };

const register: Model<number, Register> = {
  initial: 0,
  step: (state, op) => ("write" in op ? [op.write] : op.read === state ? [state] : []),
  key: String,
};

function call<Op>(sent: number, answered: number | null, op: Op): Call<Op> {
  return { op, sent, answered };
}

describe("a register", () => {
  it("takes concurrent calls in any order", () => {
    const history = [
      call<Register>(1, 6, { write: 1 }),
      call<Register>(2, 3, { read: 0 }),
      call<Register>(4, 5, { read: 1 }),
    ];
    expect(linearize(register, history)).toEqual({
      kind: "linearizable",
      order: [{ read: 0 }, { write: 1 }, { read: 1 }],
    });
  });

  it("keeps the order of calls that did not overlap", () => {
    const history = [call<Register>(1, 2, { write: 1 }), call<Register>(3, 4, { read: 0 })];
    expect(linearize(register, history)).toEqual({ kind: "impossible", order: [{ write: 1 }], next: [{ read: 0 }] });
  });

  it("lets no read see what an earlier read has seen replaced", () => {
    const history = [
      call<Register>(1, 8, { write: 1 }),
      call<Register>(2, 3, { read: 1 }),
      call<Register>(4, 5, { read: 0 }),
    ];
    expect(linearize(register, history).kind).toBe("impossible");
  });

  it("counts an unanswered call as maybe: never, or at any time after it was sent", () => {
    const write = call<Register>(3, null, { write: 1 });
    const never = [write, call<Register>(4, 5, { read: 0 })];
    const late = [...never, call<Register>(6, 7, { read: 1 })];
    const early = [call<Register>(1, 2, { read: 1 }), write];
    const twice = [...late, call<Register>(8, 9, { read: 0 })];
    expect([never, late, early, twice].map((history) => linearize(register, history).kind)).toEqual([
      ...["linearizable", "linearizable", "impossible", "impossible"],
    ]);
  });

  it("decides forty overlapping calls", () => {
    const history = Array.from({ length: 40 }, (_, n) =>
      call<Register>(n, 100 + n, n < 39 ? { write: n } : { read: 99 }),
    );
    expect(linearize(register, history.slice(0, 39)).kind).toBe("linearizable");
    expect(
      linearize(
        register,
        history.filter((_, n) => n > 27),
      ).kind,
    ).toBe("impossible");
  });
});

describe("one license", () => {
  /** Each call is sent when the one before it was answered, at its own instant. */
  function verdict(terms: Partial<SeatTerms>, ...ops: [number, SeatCall, SeatAnswer | null][]) {
    const history = ops.map(([at, does, answer], index) => {
      const op: SeatOp = { call: does, answer, from: at, to: at };
      return call(2 * index, answer === null ? null : 2 * index + 1, op);
    });
    return linearize(seatModel({ ...PLAIN, ...terms }), history).kind;
  }

  const activate = (device: string): SeatCall => ({ does: "activate", device });
  const granted = (session: string, at: number, leaseEnd: number | null = null): SeatAnswer => ({
    says: "granted",
    session,
    at,
    leaseEnd,
  });
  const shown = (live: number, updatedAt: number, revoked = false): SeatAnswer => ({
    says: "license",
    live,
    limit: 1,
    suspended: false,
    revoked,
    updatedAt,
  });
  const PLAIN: SeatTerms = { limit: 1, leaseMs: null, overage: 0, leasing: "per-machine" };
  const ONE = { limit: 1, leaseMs: null };
  const LEASED = { limit: 1, leaseMs: 1000 };
  const FULL: SeatAnswer = { says: "full", limit: 1, used: 1 };

  it("SEAT-1: has no second seat where one is allowed, and refuses none that is free", () => {
    const first: [number, SeatCall, SeatAnswer] = [10, activate("ada"), granted("s1", 10)];
    expect(verdict(ONE, first, [20, activate("bob"), FULL])).toBe("linearizable");
    expect(verdict(ONE, first, [20, activate("bob"), granted("s2", 20)])).toBe("impossible");
    expect(verdict(ONE, [10, activate("bob"), FULL])).toBe("impossible");
  });

  it("SEAT-3: gives the same device the same session, and no other", () => {
    const first: [number, SeatCall, SeatAnswer] = [10, activate("ada"), granted("s1", 10)];
    expect(verdict({ limit: 2, leaseMs: null }, first, [20, activate("ada"), granted("s1", 20)])).toBe("linearizable");
    expect(verdict({ limit: 2, leaseMs: null }, first, [20, activate("ada"), granted("s2", 20)])).toBe("impossible");
  });

  it("LEASE-4: frees a seat at the instant of the lease's end, and not before", () => {
    const first: [number, SeatCall, SeatAnswer] = [10, activate("ada"), granted("s1", 10, 1010)];
    expect(verdict(LEASED, first, [1010, activate("bob"), granted("s2", 1010, 2010)])).toBe("linearizable");
    expect(verdict(LEASED, first, [1009, activate("bob"), granted("s2", 1009, 2009)])).toBe("impossible");
    expect(verdict(LEASED, first, [1010, activate("bob"), FULL])).toBe("impossible");
    expect(verdict(LEASED, first, [1010, { does: "renew", session: "s1" }, granted("s1", 1010, 2010)])).toBe(
      "impossible",
    );
  });

  it("STAND-2: brings no session back after a revoke", () => {
    const ops: [number, SeatCall, SeatAnswer][] = [
      [10, activate("ada"), granted("s1", 10)],
      [20, { does: "revoke", to: true }, shown(0, 20, true)],
      [30, { does: "revoke", to: false }, shown(0, 30)],
    ];
    expect(verdict(ONE, ...ops, [40, { does: "renew", session: "s1" }, { says: "unknown" }])).toBe("linearizable");
    expect(verdict(ONE, ...ops, [40, { does: "renew", session: "s1" }, granted("s1", 40)])).toBe("impossible");
  });

  it("SEAT-1: an unanswered activation may hold the seat, and is then that device's", () => {
    const unheard: [number, SeatCall, null] = [10, activate("ada"), null];
    expect(verdict(ONE, unheard, [20, activate("bob"), FULL], [30, activate("ada"), granted("s1", 30)])).toBe(
      "linearizable",
    );
    expect(verdict(ONE, unheard, [20, activate("bob"), granted("s2", 20)])).toBe("linearizable");
    expect(verdict(ONE, unheard, [20, activate("bob"), FULL], [30, activate("cyd"), granted("s1", 30)])).toBe(
      "impossible",
    );
  });

  it("SEAT-2: gives every instance a seat, and a person's devices one", () => {
    const twice = (device: string, other: SeatCall): [number, SeatCall, SeatAnswer][] => [
      [10, { does: "activate", device, person: "una" }, granted("s1", 10)],
      [20, other, granted("s2", 20)],
    ];
    const again: SeatCall = { does: "activate", device: "ada", person: "una" };
    expect(verdict({ limit: 2, leasing: "per-instance" }, ...twice("ada", again))).toBe("linearizable");
    expect(verdict({ limit: 1, leasing: "per-instance" }, ...twice("ada", again))).toBe("impossible");
    expect(verdict({ limit: 1, leasing: "per-user" }, ...twice("bob", again))).toBe("linearizable");
    expect(verdict({ limit: 1, leasing: "per-user" }, ...twice("bob", { ...again, person: "vic" }))).toBe("impossible");
  });

  it("SEAT-9: calls a seat above the limit one, and no other", () => {
    const over = (is: boolean): [number, SeatCall, SeatAnswer] => [
      20,
      activate("bob"),
      { says: "granted", session: "s2", at: 20, leaseEnd: null, over: is },
    ];
    const first: [number, SeatCall, SeatAnswer] = [10, activate("ada"), granted("s1", 10)];
    expect(verdict({ limit: 1, overage: 1 }, first, over(true))).toBe("linearizable");
    expect(verdict({ limit: 1, overage: 1 }, first, over(false))).toBe("impossible");
    expect(verdict({ limit: 2 }, first, over(true))).toBe("impossible");
    expect(verdict({ limit: 1, overage: 1 }, first, [20, activate("bob"), FULL])).toBe("impossible");
  });

  it("STAND-1: lets v3 through while it is suspended, and nobody else", () => {
    const suspended: [number, SeatCall, SeatAnswer] = [
      10,
      { does: "suspend", to: true },
      { says: "license", live: 0, limit: 1, suspended: true, revoked: false, updatedAt: 10 },
    ];
    const byV3: SeatCall = { does: "activate", device: "ada", byV3: true };
    expect(verdict(ONE, suspended, [20, byV3, granted("s1", 20)])).toBe("linearizable");
    expect(verdict(ONE, suspended, [20, byV3, { says: "suspended" }])).toBe("impossible");
    expect(verdict(ONE, suspended, [20, activate("ada"), granted("s1", 20)])).toBe("impossible");
  });

  it("TOK-3: takes an end in whole seconds for any instant within the second, and no other", () => {
    const sync: SeatCall = { does: "sync", session: "s1", device: "ada", byV3: true };
    const told = (leaseEnd: number): SeatAnswer => ({
      says: "granted",
      session: "s1",
      at: null,
      leaseEnd,
      rounded: 999,
    });
    const first: [number, SeatCall, SeatAnswer] = [10, activate("ada"), granted("s1", 10, 1010)];
    expect(verdict(LEASED, first, [500, sync, told(1000)])).toBe("linearizable");
    expect(verdict(LEASED, first, [500, sync, told(2000)])).toBe("impossible");
  });
});
