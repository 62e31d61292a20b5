/**
 * What the commands of the pages by task (docs/tasks, docs/clients-v3.md, docs/first-day.md) must answer, by page and
 * by the name that each carries there.
 */

import assert from "node:assert/strict";
import { documentMembers, parse, parseLines, type Answers, type Check, type Json } from "./smoke-answers.ts";
import { FIRST_DAY_CHECKS } from "./smoke-first-day.ts";
import { refusedWith, yearsAfter } from "./smoke-life.ts";

const TWO_WEEKS_MS = 1_209_600_000;

const quiet =
  (name: string): Check =>
  (answers) =>
    assert.equal(answers.get(name), "", `"${name}" prints nothing`);

export const TASK_CHECKS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  "docs/first-day.md": FIRST_DAY_CHECKS,
  "docs/tasks/plans-and-trials.md": {
    plans: quiet("plans"),
    trial: (answers) => {
      const trial = parse(answers, "trial");
      assert.equal(trial.allowedActivations, 1);
      assert.equal(at(trial.expiresAt), at(trial.createdAt) + TWO_WEEKS_MS);
    },
    paid: (answers) => {
      const paid = sameLicense(answers, "trial", "paid");
      assert.equal(paid.allowedActivations, 3);
      assert(at(paid.expiresAt) > at(yearsAfter(paid.createdAt, 1)), "the year begins with the payment");
    },
    "next-year": (answers) => {
      const renewed = sameLicense(answers, "trial", "next-year");
      assert.equal(renewed.expiresAt, yearsAfter(parse(answers, "paid").expiresAt, 1));
    },
    "other-plan": (answers) => {
      const moved = sameLicense(answers, "trial", "other-plan");
      assert.equal(moved.allowedActivations, 25);
      assert.equal(moved.expiresAt, parse(answers, "next-year").expiresAt);
    },
    "device-trial": (answers) => {
      const [trial, ...others] = JSON.parse(answers.get("device-trial") ?? "") as readonly Json[];
      assert.deepEqual(others, []);
      assert.equal(at(trial?.expiresAt), at(trial?.createdAt) + TWO_WEEKS_MS);
    },
    "on-plan": (answers) => {
      const list: unknown = JSON.parse(answers.get("on-plan") ?? "");
      assert(Array.isArray(list));
      assert.deepEqual(
        list.map(({ id }) => id),
        [parse(answers, "trial").id],
      );
    },
  },
  "docs/tasks/lost-computer.md": {
    "lost-sold": (answers) => refusedWith(parse(answers, "lost-sold"), 409, "seats-exhausted"),
    "lost-list": (answers) => {
      const devices: unknown = JSON.parse(answers.get("lost-list") ?? "");
      assert(Array.isArray(devices));
      assert.deepEqual(
        devices.map(({ hostname }) => hostname),
        ["old-laptop"],
      );
    },
    "lost-freed": (answers) => documentMembers(parse(answers, "lost-freed")),
    "lost-customer": (answers) => {
      const [license = "", status] = (answers.get("lost-customer") ?? "").split("\n");
      assert.equal(JSON.parse(license).user.email, "grace@example.com");
      assert.equal(status, "204");
    },
    "lost-key": (answers) => {
      const [license, refused] = parseLines(answers, "lost-key");
      assert.equal(license?.key, "EDITOR-2026-7F3K-9QXA-M4TZ");
      refusedWith(refused, 404, "activation-code-unknown");
    },
  },
  "docs/tasks/license-models.md": {
    "models-words": quiet("models-words"),
    "models-node-locked": (answers) => {
      const [first = {}, second = {}, third] = parseLines(answers, "models-node-locked");
      for (const document of [first, second]) {
        documentMembers(document);
        assert.equal(document.leaseExpiresAt, null);
      }
      refusedWith(third, 409, "seats-exhausted");
    },
    "models-floating": (answers) => {
      const [first = {}, second] = parseLines(answers, "models-floating");
      documentMembers(first);
      assert.equal(at(first.leaseExpiresAt), at(first.serverTime) + 600_000);
      refusedWith(second, 409, "seats-exhausted");
      assert(typeof second?.retryAfter === "number" && second.retryAfter <= 600);
    },
    "models-check-out": (answers) => {
      const [out, second = {}] = parseLines(answers, "models-check-out");
      assert.equal(out?.sessionId, parseLines(answers, "models-floating")[0]?.sessionId);
      documentMembers(second);
    },
    "models-instance": (answers) => {
      const [first = {}, second = {}, third] = parseLines(answers, "models-instance");
      for (const document of [first, second]) documentMembers(document);
      assert.notEqual(first.sessionId, second.sessionId);
      refusedWith(third, 409, "seats-exhausted");
    },
    "models-person": (answers) => {
      const [laptop = {}, phone = {}, graces, nobodys] = parseLines(answers, "models-person");
      for (const document of [laptop, phone]) documentMembers(document);
      assert.notEqual(laptop.sessionId, phone.sessionId);
      refusedWith(graces, 409, "seats-exhausted");
      refusedWith(nobodys, 403, "authentication-required");
    },
    "models-user": (answers) => {
      const [hers = {}, nobodys, anothers] = parseLines(answers, "models-user");
      documentMembers(hers);
      refusedWith(nobodys, 403, "authentication-required");
      refusedWith(anothers, 403, "wrong-user");
    },
  },
  "docs/clients-v3.md": {
    "clients-sell": quiet("clients-sell"),
    "clients-activate": (answers) => {
      const [first, again] = (answers.get("clients-activate") ?? "").split("\n");
      assert.match(first ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-8/);
      assert.equal(again, first);
    },
    "clients-verify": (answers) => assert.equal(answers.get("clients-verify"), "LA_OK"),
    "clients-sync": (answers) => assert.equal(answers.get("clients-sync"), "LA_OK"),
    "clients-full": (answers) => refusedWith(parse(answers, "clients-full"), 400, "ACTIVATION_LIMIT_REACHED"),
    "clients-suspend": (answers) => assert.equal(answers.get("clients-suspend"), "LA_SUSPENDED\nLA_OK"),
    "clients-deactivate": (answers) => {
      const [first, second, third] = (answers.get("clients-deactivate") ?? "").split("\n");
      assert.equal(first, "{}");
      refusedWith(JSON.parse(second ?? ""), 404, "NOT_FOUND");
      assert.equal(third, "desktop");
    },
    "clients-trial-policy": quiet("clients-trial-policy"),
    "clients-trial": (answers) => {
      const [first, again, type] = (answers.get("clients-trial") ?? "").split("\n");
      assert.match(first ?? "", /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
      assert.deepEqual([again, type], [first, "trial"]);
    },
    "clients-trial-end": (answers) =>
      assert.equal(parse(answers, "clients-trial-end").expiresAt, "2099-01-01T00:00:00.000Z"),
    "clients-count-sell": quiet("clients-count-sell"),
    "clients-count-activate": (answers) => {
      const [pages, windows] = JSON.parse(answers.get("clients-count-activate") ?? "") as readonly unknown[];
      assert.deepEqual(
        [pages, windows],
        [
          { name: "pages", uses: 20 },
          { name: "windows", uses: 2 },
        ],
      );
    },
    "clients-count": (answers) => {
      const [first, again, refused] = (answers.get("clients-count") ?? "").split("\n");
      assert.equal(JSON.parse(first ?? "")[0].uses, 18);
      assert.equal(again, first);
      refusedWith(JSON.parse(refused ?? ""), 400, "METER_ATTRIBUTE_USES_LIMIT_REACHED");
    },
  },
  "docs/tasks/where-it-may-be-used.md": {
    "places-words": quiet("places-words"),
    "places-countries": (answers) => {
      const [vienna = {}, paris] = parseLines(answers, "places-countries");
      documentMembers(vienna);
      refusedWith(paris, 403, "country-not-allowed");
    },
    "places-networks": (answers) => {
      const [license, refused] = parseLines(answers, "places-networks");
      assert.deepEqual(license?.allowedIpRanges, ["203.0.113.0/24", "2001:db8:7::/48"]);
      refusedWith(refused, 403, "ip-address-not-allowed");
    },
    "places-machines": (answers) => {
      const [vm, container, computer = {}] = parseLines(answers, "places-machines");
      refusedWith(vm, 403, "vm-not-allowed");
      refusedWith(container, 403, "container-not-allowed");
      documentMembers(computer);
    },
  },
  "docs/tasks/which-releases.md": {
    "releases-words": quiet("releases-words"),
    "releases-limit": (answers) => {
      const [first = {}, refused] = parseLines(answers, "releases-limit");
      documentMembers(first);
      refusedWith(refused, 403, "version-not-allowed");
    },
    "releases-policy": (answers) => {
      const [first = {}, minor = {}, major] = parseLines(answers, "releases-policy");
      for (const document of [first, minor]) documentMembers(document);
      refusedWith(major, 403, "version-not-allowed");
    },
    "releases-renewal": (answers) => {
      const { createdAt, maintenanceExpiresAt } = parse(answers, "releases-renewal");
      assert(at(maintenanceExpiresAt) - at(createdAt) > 700 * 86_400_000);
    },
    "releases-current": (answers) => assert.equal(parse(answers, "releases-current").currentReleaseVersion, "1.5"),
  },
  "docs/tasks/from-cryptlex.md": {
    "cryptlex-token": (answers) => {
      const list: unknown = JSON.parse(answers.get("cryptlex-token") ?? "");
      assert(Array.isArray(list) && list.length === 1);
    },
    "cryptlex-import": (answers) => {
      const [moved, again] = parseLines(answers, "cryptlex-import");
      assert.deepEqual(again, moved);
      assert.equal(moved?.expiresAt, "2027-02-01T09:00:00.000Z");
      assert.equal(moved?.key, "3D1A2F-0B4C5E-8F9A7B-6C2D1E-5A4B3C-9E8F70");
    },
  },
};

function sameLicense(answers: Answers, sold: string, later: string): Json {
  const license = parse(answers, later);
  assert.equal(license.id, parse(answers, sold).id);
  return license;
}

function at(instant: unknown): number {
  return Date.parse(String(instant));
}
