/**
 * What a warm call asks of its object's storage: just the statements that docs/storage.md gives a reason for, as often
 * as it says.
 */

import { readFileSync } from "node:fs";

import { afterEach, beforeEach, expect, it } from "vitest";

import type { FollowUpCall } from "../../../src/domain/license/calls.ts";
import { activation, QUIET, Stage } from "./stage.ts";

const PAGE = readFileSync(`${import.meta.dirname}/../../../docs/storage.md`, "utf8");
const ROW = /^\| ([^|`]*) +\| `((?:SELECT|INSERT|UPSERT|UPDATE|DELETE) [^`]*)` +\|/gm;

/** By call, in the order in which they are made; a row without a call goes on with the one above. */
function documented(): Readonly<Record<string, readonly string[]>> {
  const calls: Record<string, string[]> = {};
  let call = "";
  for (const [, name = "", statement = ""] of PAGE.matchAll(ROW)) {
    call = name.trim() === "" ? call : name.trim();
    (calls[call] ??= []).push(statement);
  }
  return calls;
}

/** "SELECT activation by device": verb, table, and the column that a row is found by. */
function inShort(query: string): string {
  const table = /\b(?:FROM|INTO|UPDATE) (\w+)/.exec(query)?.[1] ?? query;
  const verb = query.includes("ON CONFLICT") ? "UPSERT" : (/^\w+/.exec(query)?.[0] ?? "");
  const by = /\bWHERE (\w+) = /.exec(query)?.[1];
  return `${verb} ${table}${by === undefined ? "" : ` by ${by}`}`;
}

let stage: Stage;
let first: FollowUpCall;
let second: FollowUpCall;

beforeEach(async () => {
  stage = new Stage();
  await stage.born({ type: "hosted-floating", leaseDuration: 3600, allowedActivations: 3, seatRelease: "at-once" });
  await stage.activate("second");
  await stage.pass(QUIET);
  [first, second] = stage.d1.rows("SELECT id FROM activations ORDER BY created_at, id").map(({ id }) => ({
    principal: { kind: "license-token", activationId: String(id) },
    requestId: "test",
    activationId: String(id),
    fingerprint: null,
    requestedLeaseSeconds: null,
  })) as unknown as [FollowUpCall, FollowUpCall];
});

afterEach(() => {
  stage.close();
});

/** Until its transaction ends: what it hands over afterwards is not its caller's. */
async function asked(call: () => Promise<unknown>): Promise<readonly string[]> {
  const { object } = stage;
  const statements: string[] = [];
  let isOn = true;
  const [rows, transact] = [object.rows.bind(object), object.transact.bind(object)];
  object.rows = (query, ...bindings) => {
    if (isOn) statements.push(inShort(query));
    return rows(query, ...bindings);
  };
  object.transact = (work) => {
    const answer = transact(work);
    isOn = false;
    return answer;
  };
  await stage.settled(call());
  object.rows = rows;
  object.transact = transact;
  return statements;
}

const address = { key: "K1" };

const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  "activation of a new device": () => stage.object.keeper.activate(address, activation("new")),
  "activation of the same device": () => stage.object.keeper.activate(address, activation("second")),
  renewal: () => stage.object.keeper.renew(first),
  "check-in": () => stage.object.keeper.checkIn(first),
  "check-out": () => stage.object.keeper.checkOut(second),
  "refused activation": () => stage.object.keeper.activate(address, activation("too many")),
};

it("SEAT-6: the page names every call, and no statement of others", () => {
  expect(Object.keys(documented())).toEqual(Object.keys(CALLS));
});

it.each(Object.entries(CALLS))("SEAT-6: %s asks no more than is documented", async (name, call) => {
  if (name === "refused activation") {
    await stage.activate("third");
    // The limit is told once a minute, and counted once.
    await stage.activate("too many");
  }
  expect(await asked(call)).toEqual(documented()[name]);
});
