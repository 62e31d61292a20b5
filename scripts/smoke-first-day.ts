/** What the commands of docs/first-day.md must answer, by the name that each carries there. */

import assert from "node:assert/strict";
import { documentMembers, parse, parseLines, type Check } from "./smoke-answers.ts";
import { refusedWith, yearsAfter } from "./smoke-life.ts";

const PROFESSIONAL = { "sketcher-layers": 100, "sketcher-export": true };

export const FIRST_DAY_CHECKS: Readonly<Record<string, Check>> = {
  "first-words": (answers) => assert.equal(answers.get("first-words"), ""),
  "first-product": (answers) => {
    const { displayName, featureEntitlements } = parse(answers, "first-product");
    assert.equal(displayName, "Professional");
    assert(Array.isArray(featureEntitlements));
    assert.deepEqual(
      featureEntitlements.map(({ featureName }) => featureName),
      ["sketcher-layers", "sketcher-export"],
    );
  },
  "first-limits": (answers) => {
    const { allowedActivations, leaseDuration, subscriptionInterval } = parse(answers, "first-limits");
    assert.deepEqual([allowedActivations, leaseDuration, subscriptionInterval], [2, 3600, "P1Y"]);
  },
  "first-sale": (answers) => {
    const { createdAt, expiresAt, allowedActivations, type } = parse(answers, "first-sale");
    assert.equal(expiresAt, yearsAfter(createdAt, 1));
    assert.deepEqual([allowedActivations, type], [2, "hosted-floating"]);
  },
  "first-devices": (answers) => {
    const [laptop = {}, desktop = {}, phone] = parseLines(answers, "first-devices");
    for (const document of [laptop, desktop]) documentMembers(document);
    assert.notEqual(laptop.sessionId, desktop.sessionId);
    refusedWith(phone, 409, "seats-exhausted");
  },
  "first-token": (answers) => assert.deepEqual(parse(answers, "first-token"), { "sketcher-layers": 3 }),
  "first-upgrade": (answers) => assert.deepEqual(parse(answers, "first-upgrade"), PROFESSIONAL),
  "first-more": (answers) =>
    assert.deepEqual(parse(answers, "first-more"), { ...PROFESSIONAL, "sketcher-print": true }),
  "first-webhook": (answers) => {
    const { success, statusCode } = parse(answers, "first-webhook");
    assert.deepEqual([success, statusCode], [true, 204]);
  },
  "first-end": (answers) =>
    assert.deepEqual(answers.get("first-end"), ["license-suspended", "null", "license-revoked"].join("\n")),
};
