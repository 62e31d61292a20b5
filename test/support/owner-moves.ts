/** Random lives of a license among people, devices and vendors: what they may do, one after the other. */

import * as fc from "fast-check";

import type { Role, SignedInUser } from "../../src/domain/license/calls.ts";

const OLD = "https://old.example.test";
const NEW = "https://new.example.test";
/** Ada with two providers, two who are called bob, a person without a known e-mail, and one of each role. */
export const PEOPLE: readonly SignedInUser[] = [
  person(OLD, "ada", "ada@example.test"),
  person(NEW, "ada-2", "ADA@example.test"),
  person(OLD, "bob", "bob@example.test"),
  person(NEW, "bob", null),
  person(OLD, "eve", "eve@example.test"),
  person(OLD, "root", "root@example.test", "admin"),
  person(OLD, "agent", "agent@example.test", "agent"),
  person(NEW, "support", "support@example.test", "support"),
];
export const EMAILS = ["Ada@example.test", "bob@example.test", "new@example.test"];

export type Move =
  | { readonly kind: "activate"; readonly first: number; readonly count: number; readonly caller: Caller }
  | {
      readonly kind: "renew" | "look" | "check-out" | "give-back";
      readonly nth: number;
      readonly count: number;
      readonly caller: Caller;
    }
  | { readonly kind: "user"; readonly user: number | null; readonly revision: number }
  | { readonly kind: "email"; readonly user: number; readonly email: number; readonly revision: number }
  | { readonly kind: "limit"; readonly limit: number }
  | {
      readonly kind: "flags";
      readonly requireAuthentication: boolean;
      readonly afterToken: boolean;
      readonly reject: boolean;
    }
  | { readonly kind: "revoke" | "restore" | "tidy" | "evict" }
  | { readonly kind: "pass"; readonly seconds: number };

/** `own`: the license token of the very session. */
export type Caller = "anonymous" | "own" | "other-token" | "manager" | "clerk" | number;

const caller: fc.Arbitrary<Caller> = fc.oneof(
  fc.constantFrom("anonymous" as const, "own" as const, "other-token" as const, "manager" as const, "clerk" as const),
  { weight: 3, arbitrary: fc.nat(PEOPLE.length - 1) },
);
const few = fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 80 }));
export const move: fc.Arbitrary<Move> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("activate" as const), first: fc.nat(8), count: few, caller }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("renew" as const, "look" as const, "check-out" as const, "give-back" as const),
      nth: fc.nat(400),
      count: few,
      caller,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("user" as const),
      user: fc.oneof(fc.constant(null), fc.nat(EMAILS.length - 1)),
      revision: fc.integer({ min: 1, max: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("email" as const),
      user: fc.nat(EMAILS.length - 1),
      email: fc.nat(EMAILS.length - 1),
      revision: fc.integer({ min: 1, max: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("limit" as const), limit: fc.integer({ min: 0, max: 130 }) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("flags" as const),
      requireAuthentication: fc.boolean(),
      afterToken: fc.boolean(),
      reject: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "revoke" as const,
        "restore" as const,
        "restore" as const,
        "tidy" as const,
        "evict" as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("pass" as const), seconds: fc.integer({ min: 0, max: 1200 }) }),
  },
);

function person(issuer: string, subject: string, email: string | null, role: Role | null = null): SignedInUser {
  return { kind: "user", issuer, subject, email, emailClaimed: null, role };
}
