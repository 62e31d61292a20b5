/** Lines of the log: what they say, and what of foreign words they leave out. */

import { afterEach, describe, expect, it, vi } from "vitest";
import { along, noteLocator, notePrincipal, trailOf } from "../../src/log/about.ts";
import { isSampled, say, sayRequest, type Facts } from "../../src/log/line.ts";
import { wordsOf } from "../../src/log/words.ts";

const REQUEST = "0193f3a4-0000-7000-8000-00000000000a";
const EVENT = "0193f3a4-0000-7000-8000-00000000000e";
const ENDED = { method: "GET", route: "/health", status: 200, code: null, milliseconds: 3, dialect: null } as const;

const LEVELS = ["log", "warn", "error"] as const;

afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** The lines that `work` writes, parsed. */
function linesOf(work: () => void): readonly unknown[] {
  const spies = LEVELS.map((level) => vi.spyOn(console, level).mockImplementation(() => undefined));
  work();
  return spies.flatMap((spy) =>
    spy.mock.calls.map(([line]: readonly unknown[]) => JSON.parse(String(line)) as unknown),
  );
}

describe("a line", () => {
  it("OBS-1: is one of JSON, with level, time, message, what it is about, and the error's words", () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 30, 9) });
    const time = "2026-11-30T09:00:00.000Z";
    const lines = linesOf(() => {
      say("an alarm did not finish", { requestId: "alarm", license: "0123456789abcde" }, new Error("D1 is away"));
      say("an event cannot be logged", { eventId: EVENT }, "odd");
      say("licenses wait for a changed e-mail", { count: 2 });
    });
    expect(lines).toEqual([
      { level: "warn", time, what: "licenses wait for a changed e-mail", requestId: "unknown", count: 2 },
      {
        level: "error",
        time,
        what: "an alarm did not finish",
        requestId: "alarm",
        license: "01234567",
        error: "D1 is away",
      },
      { level: "error", time, what: "an event cannot be logged", eventId: EVENT, error: "odd" },
    ]);
  });

  it("OBS-1: of code that runs for a request carries its id, whatever was awaited", async () => {
    const spy = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const left: Promise<void>[] = [];
    await along(trailOf(REQUEST), async () => {
      await Promise.resolve();
      left.push(Promise.resolve().then(() => say("a load from D1 failed", {}, new Error("away"))));
    });
    await Promise.all(left);
    say("a load from D1 failed");
    const ids = spy.mock.calls.map(([line]) => (JSON.parse(String(line)) as { requestId: string }).requestId);
    expect(ids).toEqual([REQUEST, "unknown"]);
  });

  it("OBS-1: leaves out what is not of its fact's form", () => {
    const text = "ada@example.com";
    const facts: Facts = { requestId: text, eventId: text, license: text, webhook: text, key: text, wrappingKey: text };
    const [line] = linesOf(() => say("a load from D1 failed", facts));
    expect(line).toEqual({
      level: "warn",
      time: expect.any(String),
      what: "a load from D1 failed",
      requestId: "unknown",
    });
  });
});

describe("the line of a request", () => {
  it("OBS-1: tells who and what by kind alone", () => {
    const trail = trailOf(REQUEST);
    along(trail, () => {
      noteLocator("89abcdef0123456");
      notePrincipal("device");
    });
    const [line] = linesOf(() => sayRequest(trail, { ...ENDED, method: "STEAL ada@example.com", code: "wrong-user" }));
    expect(line).toEqual({
      level: "info",
      time: expect.any(String),
      what: "request",
      requestId: REQUEST,
      method: "other",
      route: "/health",
      status: 200,
      code: "wrong-user",
      ms: 3,
      license: "89abcdef",
      dialect: null,
      principal: "device",
    });
  });

  it("OBS-1: is an error where the status is 5xx", () => {
    const lines = linesOf(() => [499, 500].map((status) => sayRequest(trailOf(REQUEST), { ...ENDED, status })));
    expect(lines).toMatchObject([{ level: "info" }, { level: "error" }]);
  });

  it("OBS-1: is sampled by the random end of the request's id", () => {
    const ids = Array.from(
      { length: 1000 },
      (_, at) => `${REQUEST.slice(0, -8)}${(at * 4_294_968).toString(16).padStart(8, "0")}`,
    );
    const sampled = (share: number) => ids.filter((id) => isSampled(id, share)).length;
    expect([0, 0.1, 0.5, 1].map(sampled)).toEqual([0, 100, 500, 1000]);
  });
});

describe("the words of an error", () => {
  const KEPT = [
    "Network connection lost.",
    "D1_ERROR: no such table: license_facets: SQLITE_ERROR",
    "D1_ERROR: too many SQL variables at offset 612: SQLITE_ERROR",
    "D1 DB is overloaded. Requests queued for too long.",
    "The RPC receiver does not implement the method",
    "the webhook's token doesn't open under this key",
    "ERR_JWT_CLAIM_VALIDATION_FAILED aud",
  ];

  it.each(KEPT)("OBS-1: keep what machinery says: %s", (message) => {
    expect(wordsOf(new Error("outer", { cause: new Error(message) }))).toBe(message);
  });

  const SECRETS = [
    "A1B2C3-D4E5F6-A7B8C9-D0E1F2-A3B4C5-D6E7F8",
    "ada@example.com",
    "Ada.Lovelace@EXAMPLE.com",
    "lh_pat_0123456789abcdefghijkl",
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln",
    "9f86d081884c7d659a2feaa0c55ad015",
    "https://example.com/hook?token=hunter2",
    "BIOS:4711;MAC:00-11-22-33-44-55",
  ];

  it.each(SECRETS)("OBS-1: leave out what may be a secret: %s", (secret) => {
    for (const message of [
      secret,
      `bad: ${secret}.`,
      `Invalid URL: (${secret})`,
      `it's "${secret}"`,
      `key=${secret}`,
    ]) {
      const words = wordsOf(new Error(message));
      expect(words).toContain("…");
      for (const part of secret.split(/[^A-Za-z0-9]+/).filter(({ length }) => length > 5)) {
        expect(words).not.toContain(part);
      }
    }
  });

  it("OBS-1: leave out what is quoted, plain as it may be, and stay short", () => {
    expect(wordsOf(new Error('Unexpected token, "my secret" is not valid'))).toBe("Unexpected token, … is not valid");
    expect(wordsOf(new Error("bad 'my secret', `another one`"))).toBe("bad …, …");
    expect(wordsOf(new Error("word ".repeat(1000))).length).toBeLessThanOrEqual(300);
    expect(wordsOf({ odd: "thing" })).toBe("unknown");
  });
});
