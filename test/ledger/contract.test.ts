/** The ledger's contract, run against the maps that tests use and the SQL that the object uses. */

import { describe, expect, it } from "vitest";

import { isUuid, locatorOf } from "../../src/domain/terms/identifier.ts";
import { EMPTY_TALLY, type Activation, type Tally } from "../../src/domain/turn/ledger.ts";
import { license } from "../domain/samples.ts";
import { activationRow as row } from "../support/activation-row.ts";
import { subjects } from "./subjects.ts";

const ID = license().id;
const LOCATOR = "0a1b2c3d4e5f678";

/** A row in which no member is void. */
function fullRow(seq: number, device: string, holder = device): Activation {
  return row(seq, {
    leaseEnd: 1_700_000_600_000,
    released: true,
    tokenEnd: 1_700_000_500_000,
    leaseSeconds: 600,
    requestedLeaseSeconds: 700,
    tokenRefreshAt: 1_700_000_300_000,
    tokenRevision: 5,
    generation: 3,
    renewalsBefore: 2,
    periodMonths: 1,
    periodSeconds: 30,
    anchorAt: 1_699_999_000_000,
    device,
    holder,
    owner: JSON.stringify(["https://issuer.test", "user ☂ 1"]),
    ownerEpoch: 4,
    facts: {
      firstFingerprint: "first ☂ \u0000",
      fingerprint: "last",
      email: "a@b.test",
      userEmail: "a@b.test",
      shown: { hostname: "host", container: false, deviceMetadata: [{ key: "a", value: "b" }] },
      uses: [{ meterId: "pages", uses: 2, round: 1 }],
    },
  });
}

describe.each(subjects)("the ledger over %s", (_, open) => {
  it("keeps the license, its id for good", () => {
    const first = license();
    const { ledger } = open(first);
    expect(ledger.license()).toEqual(first);
    const next = { ...first, key: "another", revision: 9, terms: { ...first.terms, allowedActivations: 17 } };
    ledger.saveLicense(next);
    expect(ledger.license()).toEqual(next);
    ledger.saveLicense({ ...next, id: "0a1b2c3d-4e5f-8678-8abc-000000000000" });
    expect(ledger.license().id).toBe(first.id);
  });

  it("keeps every number of the tally", () => {
    const { ledger } = open(license());
    expect(ledger.tally()).toEqual(EMPTY_TALLY);
    const members = Object.keys(EMPTY_TALLY);
    const full = Object.fromEntries(members.map((member, index) => [member, 1_700_000_000_000 + index]));
    const tally: Tally = { ...EMPTY_TALLY, ...full, releaseVersion: "1.10" };
    ledger.saveTally(tally);
    expect(ledger.tally()).toEqual(tally);
    ledger.saveTally(EMPTY_TALLY);
    expect(ledger.tally()).toEqual(EMPTY_TALLY);
  });

  it("keeps every member of an activation, void or not", () => {
    const { ledger } = open(license());
    const rows = [row(1), fullRow(2, ledger.digest("device"))];
    for (const activation of rows) ledger.insertActivation(activation);
    for (const activation of rows) expect(ledger.activation(activation.id)).toEqual(activation);
    expect(ledger.activation(row(3).id)).toBeNull();
  });

  it("finds activations by many ids, each once, oldest first, and says nothing of what is not there", () => {
    const { ledger } = open(license());
    const rows = [row(1), fullRow(2, ledger.digest("device")), row(3), row(4)];
    for (const activation of rows) ledger.insertActivation(activation);
    const ids = [row(4), row(1), row(9), row(4), row(2)].map(({ id }) => id);
    expect(ledger.activationsNamed([...ids, "", "no id"])).toEqual([rows[0], rows[1], rows[3]]);
    expect(ledger.activationsNamed([])).toEqual([]);
  });

  it("refuses a second activation of the same id or seq", () => {
    const { ledger } = open(license());
    ledger.insertActivation(row(1));
    expect(() => ledger.insertActivation(row(1, { id: row(2).id }))).toThrow();
    expect(() => ledger.insertActivation(row(2, { id: row(1).id }))).toThrow();
    expect(ledger.range(0, 10, 10)).toEqual([row(1)]);
  });

  it("SEAT-3: updates what moves, the owner too, and nothing of an activation's birth", () => {
    const { ledger } = open(license());
    const device = ledger.digest("device");
    const before = row(1, { device });
    ledger.insertActivation(before);
    ledger.updateActivation(fullRow(1, ledger.digest("other")));
    expect(ledger.activation(before.id)).toEqual({
      ...fullRow(1, device),
      holder: null,
      createdAt: before.createdAt,
      renewalsBefore: 0,
      periodMonths: null,
      periodSeconds: null,
      anchorAt: null,
    });
    ledger.updateActivation(row(2));
    expect(ledger.activation(row(2).id)).toBeNull();
  });

  it("finds all stored rows of a device, ended ones too, oldest first", () => {
    const { ledger } = open(license());
    const device = ledger.digest("device");
    const rows = [row(9, { device }), row(2, { device, released: true }), row(5, { device, leaseEnd: 1 })];
    for (const activation of [...rows, row(3, { device: ledger.digest("other") }), row(4)]) {
      ledger.insertActivation(activation);
    }
    expect(ledger.activationsOf(device).map(({ seq }) => seq)).toEqual([2, 5, 9]);
    expect(ledger.activationsOf(ledger.digest("nobody"))).toEqual([]);
    ledger.deleteActivation(row(5));
    expect(ledger.activationsOf(device).map(({ seq }) => seq)).toEqual([2, 9]);
  });

  it("SEAT-2: finds the rows of a holder by their order of birth, as long as they are stored", () => {
    const { ledger } = open(license());
    const holder = ledger.digest("ada");
    expect(ledger.heldBy(holder, 0, 9)).toEqual([]);
    const rows = [row(9, { holder }), row(2, { holder, released: true }), row(5, { holder })];
    for (const activation of [...rows, row(3, { holder: ledger.digest("bob") }), row(4)]) {
      ledger.insertActivation(activation);
    }
    expect(ledger.activation(row(9).id)?.holder).toBe(holder);
    expect([ledger.heldBy(holder, 0, 9), ledger.heldBy(holder, 2, 1)]).toEqual([[2, 5, 9], [5]]);
    ledger.updateActivation(row(5, { holder: null }));
    ledger.deleteActivation(row(2, { holder }));
    expect([ledger.heldBy(holder, 0, 9), ledger.activation(row(5).id)?.holder]).toEqual([[5, 9], holder]);
  });

  it("FP-1: finds who carries a part, oldest first, until it is removed", () => {
    const { ledger } = open(license());
    const [one = "", two = "", three = ""] = ["a=1", "b=2", "c=3"].map((part) => ledger.digest(part).slice(0, 16));
    expect([ledger.parts.carriers(one, 0, 9), ledger.parts.areUsed()]).toEqual([[], false]);
    ledger.parts.remove(1, [one]);
    ledger.parts.add(7, [one, two]);
    ledger.parts.add(3, [one]);
    ledger.parts.add(5, [one, three]);
    expect(ledger.parts.areUsed()).toBe(true);
    expect([0, 3, 7].map((after) => ledger.parts.carriers(one, after, 9))).toEqual([[3, 5, 7], [5, 7], []]);
    expect(ledger.parts.carriers(one, 0, 2)).toEqual([3, 5]);
    ledger.parts.remove(5, [one, two, three]);
    expect([one, two, three].map((part) => ledger.parts.carriers(part, 0, 9))).toEqual([[3, 7], [7], []]);
  });

  it("SEAT-6: reads neighbours by blocks of 64, and a range from after to upto", () => {
    const { ledger } = open(license());
    for (const seq of [130, 128, 127, 64, 63, 1]) ledger.insertActivation(row(seq));
    const seqs = (rows: readonly Activation[]) => rows.map(({ seq }) => seq);
    expect([0, 1, 2, 3].map((block) => seqs(ledger.block(block)))).toEqual([[1, 63], [64, 127], [128, 130], []]);
    expect(seqs(ledger.range(1, 128, 10))).toEqual([63, 64, 127, 128]);
    expect(seqs(ledger.range(0, 200, 2))).toEqual([1, 63]);
    expect(seqs(ledger.range(130, 200, 2))).toEqual([]);
    ledger.deleteActivation(row(64));
    expect(seqs(ledger.block(1))).toEqual([127]);
  });

  it("SEAT-6: finds blocks that are due, the lowest bound first, and the next bound after", () => {
    const { ledger } = open(license());
    expect([ledger.dueBlocks(1e15, 9), ledger.nextFloor(0), ledger.floor(0)]).toEqual([[], null, null]);
    ledger.setFloor(0, 300);
    ledger.setFloor(1, 100);
    ledger.setFloor(2, 200);
    expect(ledger.dueBlocks(200, 9)).toEqual([
      { block: 1, floor: 100 },
      { block: 2, floor: 200 },
    ]);
    expect(ledger.dueBlocks(1000, 1)).toEqual([{ block: 1, floor: 100 }]);
    expect(ledger.dueBlocks(1000, Number.MAX_SAFE_INTEGER)).toHaveLength(3);
    expect([99, 100, 299, 300].map((now) => ledger.nextFloor(now))).toEqual([100, 200, 300, null]);
    ledger.setFloor(1, 400);
    ledger.setFloor(2, null);
    expect([0, 1, 2].map((block) => ledger.floor(block))).toEqual([300, 400, null]);
    expect(ledger.dueBlocks(1000, 9).map(({ block }) => block)).toEqual([0, 1]);
  });

  it("EXP-3: remembers one clock per device, the last one given", () => {
    const { ledger } = open(license());
    const device = ledger.digest("device");
    expect(ledger.rollingMemory(device)).toBeNull();
    const memory = { anchorAt: 1_700_000_000_000, periodMonths: 1, periodSeconds: 2, renewalsBefore: 3 };
    ledger.rememberRolling(device, memory);
    ledger.rememberRolling(ledger.digest("other"), { ...memory, periodMonths: 9 });
    expect(ledger.rollingMemory(device)).toEqual(memory);
    ledger.rememberRolling(device, { ...memory, renewalsBefore: 4 });
    expect(ledger.rollingMemory(device)).toEqual({ ...memory, renewalsBefore: 4 });
  });

  it("EXP-6: keeps running sums of renewals, number 0 with zeros", () => {
    const { ledger } = open(license());
    const none = { n: 0, months: 0, seconds: 0 };
    expect([ledger.renewals(), ledger.renewalsUpto(0)]).toEqual([none, none]);
    ledger.addRenewal({ n: 1, months: 1, seconds: 0 });
    ledger.addRenewal({ n: 2, months: 2, seconds: 60 });
    expect(ledger.renewals()).toEqual({ n: 2, months: 2, seconds: 60 });
    expect(ledger.renewalsUpto(1)).toEqual({ n: 1, months: 1, seconds: 0 });
    expect(ledger.renewalsUpto(0)).toEqual(none);
  });

  it("EXP-11: knows a renewal reference once it is recorded", () => {
    const { ledger } = open(license());
    const used = (name: string) => ledger.renewalReferenceUsed("license", name);
    expect(used("invoice ☂ 1")).toBe(false);
    ledger.recordRenewalReference("license", "invoice ☂ 1", 5);
    expect(["invoice ☂ 1", "Invoice ☂ 1"].map(used)).toEqual([true, false]);
    expect(ledger.renewalReferenceUsed("maintenance", "invoice ☂ 1")).toBe(false);
    ledger.recordRenewalReference("maintenance", "invoice ☂ 1", 5);
    expect(ledger.renewalReferenceUsed("maintenance", "invoice ☂ 1")).toBe(true);
  });

  it("EVT-1: keeps events in the order of their sequence", () => {
    const { ledger, outbox } = open(license());
    const events = [1, 2].map(
      (seq) => ({ seq, id: ledger.newId(), type: "license.updated", body: `{"n":${seq}}` }) as const,
    );
    for (const event of events) ledger.enqueue(event);
    expect(outbox()).toEqual(events);
  });

  it("DEL-1: knows an id that was deleted here, beside another license", () => {
    const { ledger } = open(license());
    expect(ledger.isDeleted(ID)).toBe(false);
    ledger.entomb(ID, 5);
    expect([ID, "another"].map((id) => ledger.isDeleted(id))).toEqual([true, false]);
  });

  it("USE-1: adds refusals up by day and reason, keeps peaks, and forgets old days", () => {
    const { ledger } = open(license());
    ledger.addDenials(5, "seats-exhausted", 2);
    ledger.addDenials(5, "seats-exhausted", 3);
    ledger.addDenials(6, "license-expired", 1);
    ledger.keepPeak(5, 4);
    ledger.keepPeak(7, 1);
    expect(ledger.usage(5)).toEqual([
      { day: 7, peak: 1, denials: {} },
      { day: 6, peak: 0, denials: { "license-expired": 1 } },
      { day: 5, peak: 4, denials: { "seats-exhausted": 5 } },
    ]);
    ledger.forgetUsage(6);
    expect(ledger.usage(0).map(({ day }) => day)).toEqual([7, 6]);
  });

  it("METER-1: keeps what is counted of each meter attribute, until it is removed", () => {
    const { ledger } = open(license());
    expect(ledger.meters.all()).toEqual([]);
    const pages = { id: "pages", total: 3, owned: 2, gross: Number.MAX_SAFE_INTEGER, round: 1 };
    const users = { id: "users", total: 0, owned: 0, gross: 0, round: 0 };
    for (const count of [users, { ...pages, total: 1 }, pages]) ledger.meters.save(count);
    expect(ledger.meters.all()).toEqual([pages, users]);
    for (const id of ["pages", "nobody's"]) ledger.meters.remove(id);
    expect(ledger.meters.all()).toEqual([users]);
  });

  it("ID-2, ID-6: makes activation ids with the license's locator, and other ids as UUIDv7", () => {
    const { ledger } = open(license());
    const ids = [ledger.newLocatedId(ID), ledger.newLocatedId(ID)];
    expect(new Set(ids).size).toBe(2);
    for (const id of ids) expect([isUuid(id), locatorOf(id)]).toEqual([true, LOCATOR]);
    expect(ledger.newId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it("answers the same 16 bytes for the same identity", () => {
    const { ledger } = open(license());
    // RFC 6234's test vector of "abc", its first half.
    expect(ledger.digest("abc")).toBe("ba7816bf8f01cfea414140de5dae2223");
    expect(ledger.digest("é")).not.toBe(ledger.digest("e\u0301"));
  });
});
