/** The client's table of codes is the server's. */

import { expect, it } from "vitest";
import { BY_ACTION, CODES } from "../../clients/typescript/src/codes.ts";
import { ACTIVATION } from "../../src/http/problems/activation.ts";
import { SHARED } from "../../src/http/problems/shared.ts";

const SERVER = { ...ACTIVATION, ...SHARED };

it("ANS-1: knows what to do about every code of the activation API, and about no other", () => {
  expect(Object.keys(CODES).toSorted()).toEqual(Object.keys(SERVER).toSorted());
});

it("ANS-1: takes as undecided just what the server says may be sent again", () => {
  const undecided = Object.entries(CODES).filter(([, { next }]) => next === "transient");
  const retryable = Object.entries(SERVER).filter(([code, kind]) => "retryable" in kind || code === "internal-error");
  expect(undecided.map(([code]) => code).toSorted()).toEqual(retryable.map(([code]) => code).toSorted());
});

it("ANS-1: does nothing else about a person's sign-in, a vendor's no and another key than the server's action says", () => {
  for (const [code, { next }] of Object.entries(CODES)) {
    const { action } = SERVER[code as keyof typeof SERVER];
    const byAction = BY_ACTION[action];
    if (action === "sign-in" || action === "contact-vendor" || action === "activate-again") {
      expect([code, next]).toEqual([code, byAction]);
    }
  }
});
