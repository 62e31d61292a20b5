/** What the README says that the life of a license prints, from its sale to its end. */

import assert from "node:assert/strict";
import { documentMembers, parse, parseLines, type Answers, type Check, type Json } from "./smoke-answers.ts";

export const LIFE_CHECKS: Readonly<Record<string, Check>> = {
  "life-words": (answers) => assert.equal(answers.get("life-words"), "", "words print nothing"),
  "life-create": (answers) => {
    const license = sold(answers);
    assert.equal(license.expiresAt, yearsAfter(license.createdAt, 1));
    assert.equal(license.allowedActivations, 2);
  },
  "life-activate": (answers) => documentMembers(parse(answers, "life-activate")),
  "life-renew": (answers) => {
    const renewed = parse(answers, "life-renew");
    assert.equal(renewed.id, sold(answers).id);
    assert.equal(renewed.expiresAt, yearsAfter(renewed.createdAt, 2));
  },
  "life-suspend": (answers) => {
    const [license, activated, wentOn] = parseLines(answers, "life-suspend");
    assert.equal(license?.suspended, true);
    for (const refused of [activated, wentOn]) refusedWith(refused, 403, "license-suspended");
  },
  "life-lift": (answers) => {
    const [license, wentOn = {}] = parseLines(answers, "life-lift");
    assert.equal(license?.suspended, false);
    documentMembers(wentOn);
    assert.equal(wentOn.sessionId, parse(answers, "life-activate").sessionId);
  },
  "life-revoke": (answers) => {
    const [license, activated, wentOn, renewed] = parseLines(answers, "life-revoke");
    assert.equal(license?.revoked, true);
    for (const refused of [activated, wentOn]) refusedWith(refused, 403, "license-revoked");
    refusedWith(renewed, 400, "REVOKED_LICENSE");
  },
};

function sold(answers: Answers): Json {
  return parse(answers, "life-create");
}

export function refusedWith(problem: Json | undefined, status: number, code: string): void {
  assert.deepEqual([problem?.status, problem?.code], [status, code]);
}

/** EXP-1: the same day and time, `years` later; 29 February becomes the 28th. */
export function yearsAfter(instant: unknown, years: number): string {
  const from = new Date(String(instant));
  const to = new Date(from);
  to.setUTCFullYear(from.getUTCFullYear() + years);
  if (to.getUTCMonth() !== from.getUTCMonth()) to.setUTCDate(0);
  return to.toISOString();
}
