/** The search of the tests' own log (OBS-1): it finds what is planted, and takes nothing else for a secret. */

import { describe, expect, it } from "vitest";
import { Ears } from "../support/heard.ts";

const KEY = "0A1B2C-3D4E5F-6A7B8C-9D0E1F-2A3B4C-5D6E7F";
const SENT = { fingerprint: "board=77;disk=d1", email: "x", userHash: "h4sh-of-ada", activationCode: "CHOSEN-2026" };

function leaksOf(...words: readonly unknown[]): readonly string[] {
  const ears = new Ears({ ROOT_SECRET: "correct horse battery" });
  ears.note(JSON.stringify(SENT));
  ears.hear(words);
  return ears.leaks();
}

describe("the search of the log", () => {
  it.each([
    ["license key", `no such key ${KEY}`],
    ["access token", `lh_pat_${"A".repeat(43)} is unknown`],
    ["webhook secret", `whsec_${"b".repeat(32)}`],
    ["signed token", "Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln"],
    ["e-mail address", '{"what":"bug","error":"ada@example.test"}'],
    ["private key", "-----BEGIN PRIVATE KEY-----"],
    ["ROOT_SECRET", "opened with correct horse battery."],
    ["fingerprint", "device 'board=77;disk=d1' came"],
    ["userHash", '{"what":"bug","error":"(h4sh-of-ada)"}'],
    ["activationCode", '{"what":"bug","error":"CHOSEN-2026"}'],
  ])("OBS-1: finds a planted %s", (kind, line) => {
    expect(leaksOf(line)).toEqual([`a line of the log holds a ${kind}: ${line}`]);
  });

  it("OBS-1: finds it in what only a debugger shows of an error: parameters of a query, and causes", () => {
    const query = Object.assign(new Error("Failed query"), { params: [KEY] });
    expect(leaksOf("uncaught", query)).toHaveLength(1);
    expect(leaksOf(new Error("outer", { cause: new Error(`inner ${KEY}`) }))).toHaveLength(1);
    expect(leaksOf({ nested: [KEY] })).toHaveLength(1);
  });

  it("OBS-1: takes a line of a request for none", () => {
    const line = {
      level: "info",
      what: "request",
      requestId: "01890a5d-ac96-774b-bcce-b302099a8057",
      license: "0a1b2c3d",
    };
    expect(
      leaksOf(JSON.stringify({ ...line, route: "/v3/licenses/{id}", error: "D1_ERROR: no such table: …" })),
    ).toEqual([]);
  });
});
