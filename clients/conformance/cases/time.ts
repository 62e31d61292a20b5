/** Clocks, ends, grace and refusals: CLK, GRC, REF. */

import type { Case, Expected, JudgeInput } from "../format.ts";
import { CLAIMS, DAY, HOUR, type Mint, SESSION, T, YEAR } from "../mint.ts";
import { ACTIVE, at, invalid, judged } from "./judge.ts";

const MINUTE = 60;
const LEASE: Expected = { status: "expired", usable: false, reason: "lease", at: at(HOUR) };
const LICENSE: Expected = { status: "expired", usable: false, reason: "license" };
const ENDLESS = { exp: undefined, lease_expires_at: undefined, license_expires_at: undefined };

export async function time(mint: Mint): Promise<readonly Case[]> {
  return [...(await ends(mint)), ...(await clocks(mint)), ...(await grace(mint)), ...(await refusals(mint))];
}

async function ends(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const endless = await mint.token(ENDLESS);
  const forever: Expected = { status: "active", usable: true, until: null };
  const fraction = await mint.token({ exp: T + HOUR + 0.5, lease_expires_at: T + HOUR + 0.5 });
  const far = Date.parse("9999-12-31T23:59:59Z");
  const ended = await mint.token({ license_expires_at: T + HOUR / 2, exp: T + HOUR / 2 });
  const atOnce = await mint.token({ license_expires_at: T + HOUR });
  const offline = await mint.token({ lease_expires_at: undefined, exp: T + 2 * HOUR });
  const lateYear = await mint.token({ exp: far / 1_000, lease_expires_at: undefined, license_expires_at: undefined });
  return [
    judged("CLK-1", "a-second-before-exp", token, ACTIVE, { now: at(HOUR - 1) }),
    judged("CLK-1", "exactly-exp", token, LEASE, { now: at(HOUR) }),
    judged("CLK-1", "after-exp", token, LEASE, { now: at(2 * HOUR) }),
    judged("CLK-1", "no-exp-is-without-end", endless, forever, { now: at(50 * YEAR) }),
    judged("CLK-1", "fractional-times", fraction, { ...ACTIVE, until: at(HOUR + 0.5) }, { now: at(HOUR + 0.25) }),
    judged("CLK-1", "year-9999", lateYear, { status: "active", usable: true, until: far }, { now: at(YEAR) }),
    judged("CLK-2", "license-end-names-itself", ended, { ...LICENSE, at: at(HOUR / 2) }, { now: at(40 * MINUTE) }),
    judged("CLK-2", "lease-and-license-at-once-is-license", atOnce, { ...LICENSE, at: at(HOUR) }, { now: at(HOUR) }),
    judged(
      "CLK-2",
      "offline-too-long",
      offline,
      { status: "expired", reason: "contact", at: at(2 * HOUR) },
      { now: at(2 * HOUR) },
    ),
  ];
}

async function clocks(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const days = await mint.token({ exp: T + 5 * DAY, lease_expires_at: T + 5 * DAY, refresh_after: T + 2 * DAY });
  const whole: Expected = { status: "active", usable: true, until: at(5 * DAY) };
  const clock = (told: string): Expected => ({ status: "active", usable: true, clock: told });
  const year = YEAR * 1_000;
  const on = (seconds: number, store?: JudgeInput["store"]) => ({ now: at(seconds), ...(store ? { store } : {}) });
  return [
    judged("CLK-3", "slow-clock-within-nbf", token, clock("ok"), on(-200)),
    judged("CLK-3", "slow-clock-is-usable-and-told", token, clock("behind"), on(-HOUR)),
    judged("CLK-3", "clock-in-1970", token, clock("behind"), { now: 0 }),

    judged(
      "CLK-4",
      "server-time-is-the-signed-time",
      await mint.token({ iat: T - DAY, nbf: T - DAY }),
      clock("behind"),
      on(-HOUR),
    ),
    judged(
      "CLK-4",
      "clock-set-back-behind-the-signed-mark-past-exp",
      token,
      LEASE,
      on(MINUTE, { signedAt: at(2 * HOUR) }),
    ),
    judged(
      "CLK-4",
      "clock-set-back-behind-the-signed-mark-before-exp",
      token,
      clock("behind"),
      on(-HOUR, { signedAt: at(HOUR / 2) }),
    ),
    judged("CLK-4", "signed-mark-within-tolerance", token, clock("ok"), on(0, { signedAt: at(200) })),
    judged(
      "CLK-4",
      "time-since-the-signed-mark-counts",
      token,
      LEASE,
      on(0, { signedAt: at(0), elapsed: HOUR * 1_000 }),
    ),

    judged(
      "CLK-5",
      "seen-mark-does-not-expire-anything",
      days,
      { ...whole, clock: "went-back" },
      on(DAY, { seen: at(4 * DAY) }),
    ),
    judged(
      "CLK-5",
      "seen-mark-in-2099-is-no-lock-out",
      days,
      { ...whole, clock: "ok" },
      on(DAY, { seen: Date.parse("2099-01-01T00:00:00Z") }),
    ),
    judged(
      "CLK-5",
      "daylight-saving-hour-back-on-a-lease-of-days",
      days,
      { ...whole, clock: "went-back" },
      on(DAY, { seen: at(DAY + HOUR) }),
    ),
    judged(
      "CLK-5",
      "clock-ahead-then-corrected",
      days,
      { ...whole, clock: "went-back" },
      on(HOUR, { seen: at(3 * DAY) }),
    ),

    judged(
      "CLK-6",
      "clock-a-year-ahead-and-known",
      token,
      { ...ACTIVE, clock: "skewed" },
      on(YEAR + MINUTE, { skew: year }),
    ),
    judged("CLK-6", "clock-a-year-ahead-and-not-known", token, LICENSE, on(YEAR + MINUTE)),
    judged("CLK-6", "clock-a-year-behind-and-known", token, LEASE, on(HOUR - YEAR, { skew: -year })),
    judged(
      "CLK-6",
      "skew-known-then-the-clock-was-put-right",
      token,
      { ...ACTIVE, clock: "skewed" },
      on(MINUTE, { skew: year }),
    ),
    judged("CLK-6", "small-skew-is-not-told", token, { ...ACTIVE, clock: "ok" }, on(MINUTE, { skew: 200_000 })),
    judged(
      "CLK-6",
      "back-dated-iat-is-no-skew",
      token,
      { ...ACTIVE, clock: "ok" },
      on(0, { skew: 0, signedAt: at(0) }),
    ),
  ];
}

async function grace(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const held: Expected = { status: "grace", usable: true, since: at(HOUR / 2) };
  const endless = await mint.token(ENDLESS);
  const hidden = await mint.token({ exp: T + 3 * HOUR });
  const failed = (seconds: number) => ({ now: at(seconds), contact: "failed" as const });
  return [
    judged("GRC-1", "refresh-due-not-yet-tried", token, ACTIVE, { now: at(40 * MINUTE) }),
    judged("GRC-1", "refresh-due-and-failed", token, { ...held, until: at(HOUR) }, failed(40 * MINUTE)),
    judged("GRC-1", "failed-before-refresh-is-no-grace", token, ACTIVE, failed(20 * MINUTE)),
    judged("GRC-1", "grace-ends-with-exp", token, LEASE, failed(HOUR)),
    judged("GRC-1", "grace-without-end", endless, { ...held, until: null }, failed(YEAR)),
    judged("GRC-1", "no-refresh-no-grace", await mint.token({ refresh_after: undefined }), ACTIVE, failed(40 * MINUTE)),
    judged("GRC-1", "grace-after-the-lease", hidden, { ...held, until: at(3 * HOUR) }, failed(2 * HOUR)),
  ];
}

async function refusals(mint: Mint): Promise<readonly Case[]> {
  const token = await mint.token();
  const { jti } = CLAIMS;
  const no = (code: string, seconds = MINUTE) => ({ now: at(seconds), refusal: { jti, code } });
  const is = (status: string): Expected => ({ status, usable: false });
  const older = { refusal: { jti: "of-an-older-token", code: "license-revoked" } };
  return [
    judged("REF-1", "refused-revoked", token, is("revoked"), no("license-revoked")),
    judged("REF-1", "refused-suspended", token, is("suspended"), no("license-suspended")),
    judged("REF-1", "refused-expired", token, LICENSE, no("license-expired")),
    judged("REF-1", "refused-not-yet-effective", token, is("not-yet-effective"), no("license-not-yet-effective")),
    judged("REF-1", "refused-session-ended", token, is("ended"), no("session-unknown")),
    judged("REF-2", "a-refusal-of-an-older-token-is-forgotten", token, ACTIVE, older),
    judged("REF-3", "revoked-wins-over-expired", token, is("revoked"), no("license-revoked", 2 * HOUR)),
    judged("REF-3", "invalid-wins-over-all", await mint.token({}, "foreign"), invalid("signature"), {
      ...no("license-revoked"),
      store: { released: SESSION },
    }),
    judged("REF-3", "expired-wins-over-suspended", token, LEASE, no("license-suspended", 2 * HOUR)),
    judged("REF-4", "a-transient-refusal-is-none", token, ACTIVE, no("storage-unavailable")),
    judged("REF-4", "an-unknown-code-is-none", token, ACTIVE, no("invented-tomorrow")),
    judged("REF-5", "released-here-stays-released", token, is("released"), { store: { released: SESSION } }),
    judged("REF-5", "released-was-another-session", token, ACTIVE, { store: { released: "another" } }),
  ];
}
