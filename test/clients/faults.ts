/** What can be wrong in a client: a line of its source, what stands there instead, and the case that has to find it. */

export interface Fault {
  readonly rule: string;
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

function faults(
  file: string,
  ...list: readonly (readonly [string, string, string, string, string])[]
): readonly Fault[] {
  return list.map(([rule, name, from, to, by]) => ({ rule, name, file, from, to, by }));
}

const TOKEN = faults(
  "token.ts",
  ["VER-2", "no greatest length", "token.length > LONGEST", "false", "over-16384-characters-and-signed"],
  ["VER-2", "space around a token", "COMPACT.exec(token)", "COMPACT.exec(token.trim())", "trailing-newline"],
  ["VER-2", "padding", "[A-Za-z0-9_-]*$/", "[A-Za-z0-9_=-]*$/", "padded-base64"],
  ["VER-2", "the other alphabet", "[A-Za-z0-9_-]*$/", "[A-Za-z0-9_+/-]*$/", "standard-base64-alphabet"],
  ["VER-2", "a fourth part", "[A-Za-z0-9_-]*$/", "[A-Za-z0-9_-]*/", "four-parts"],
  ["VER-3", "the token's own algorithm", 'header["alg"] !== key.alg || ', "", "alg-of-another-key"],
  [
    "VER-3",
    "another spelling",
    'header["alg"] !== key.alg',
    'String(header["alg"]).slice(0, 2) !== key.alg.slice(0, 2) && header["alg"] !== "EdDSA"',
    "eddsa-spelling-is-not-the-keys-alg",
  ],
  ["VER-4", "the first key for every kid", "kid === header", "kid !== undefined || kid === header", "kid-unknown"],
  [
    "VER-4",
    "the embedded key",
    "await importJWK(key, key.alg)",
    'await importJWK((header["jwk"] ?? key) as ProductKey, key.alg)',
    "embedded-jwk-under-a-trusted-kid",
  ],
  ["VER-5", "any type", 'header["typ"] !== typ || ', "", "typ-activation-jwt"],
  ["VER-5", "any crit", ' || "crit" in header', "", "crit-is-refused"],
  [
    "VER-1",
    "no signature",
    "const { payload } = await compactVerify(token, await importJWK(key, key.alg), { algorithms: [key.alg] });",
    'const payload = base64url.decode(token.split(".")[1] ?? "");',
    "one-bit-of-the-payload-changed",
  ],
  ["VER-6", "times of any kind", "claims[name] === undefined || Number.isFinite(claims[name])", "true", "exp-as-text"],
  ["VER-6", "a time of null", "claims[name] === undefined || Number", "claims[name] == null || Number", "exp-null"],
  ["VER-6", "a token without a session", '["sub", "sid", "jti"]', '["sub", "jti"]', "sid-absent"],
  ["VER-6", "a token without iat", '["iat", "nbf"]', '["nbf"]', "iat-absent"],
  ["VER-7", "any product", "![claims.aud].flat().includes(holder.productId)", "false", "aud-of-another-product"],
  [
    "VER-7",
    "the beginning of a product",
    "[claims.aud].flat().includes(holder.productId)",
    "[claims.aud].flat().some((aud) => holder.productId.startsWith(aud))",
    "aud-a-prefix",
  ],
  [
    "VER-7",
    "only a text",
    "![claims.aud].flat().includes(holder.productId)",
    "claims.aud !== holder.productId",
    "aud-list",
  ],
  ["VER-8", "any issuer", "holder.issuer !== undefined && claims.iss !== holder.issuer", "false", "iss-another"],
  [
    "VER-9",
    "any device",
    "holder.fingerprint !== undefined && claims.fp",
    "false && claims.fp",
    "fp-of-another-device",
  ],
  [
    "VER-9",
    "a token of no device",
    "holder.fingerprint !== undefined && claims.fp",
    "holder.fingerprint !== undefined && claims.fp !== undefined && claims.fp",
    "fp-absent",
  ],
  [
    "VER-9",
    "letters of either case",
    "await digestOf(holder.fingerprint)",
    "await digestOf(holder.fingerprint.toLowerCase())",
    "fp-differs-by-case",
  ],
  ["VER-10", "any device's key", "claims.cnf.jkt !== holder.deviceKey", "false", "cnf-another-key"],
  [
    "VER-10",
    "a lost device key",
    "claims.cnf.jkt !== holder.deviceKey",
    "holder.deviceKey !== undefined && claims.cnf.jkt !== holder.deviceKey",
    "cnf-and-no-device-key-left",
  ],
  ["CLK-4", "iat for the signed time", "claims.server_time ?? claims.iat", "claims.iat", "merge-by-server-time"],
);

const JUDGE = faults(
  "judge.ts",
  ["CLK-1", "the instant of exp", "now >= until", "now > until", "exactly-exp"],
  ["CLK-1", "no end", "until !== null && now >= until", "false", "after-exp"],
  [
    "CLK-1",
    "no exp is over",
    "claims.exp === undefined ? null : claims.exp * 1_000",
    "(claims.exp ?? 0) * 1_000",
    "no-exp-is-without-end",
  ],
  [
    "CLK-2",
    "the lease first",
    "license !== null && license <= now",
    "license !== null && license < until",
    "lease-and-license-at-once-is-license",
  ],
  ["CLK-2", "never the contact", "lease !== null && lease <= now ?", "true ?", "offline-too-long"],
  ["CLK-3", "nbf by the device's clock", "claims.nbf * 1_000 > now", "claims.nbf * 1_000 > wall", "clock-in-1970"],
  ["CLK-4", "the wall alone", "Math.max(told, mark)", "told", "clock-set-back-behind-the-signed-mark-past-exp"],
  ["CLK-4", "a mark that stands still", "(memory.mark?.elapsed ?? 0)", "0", "time-since-the-signed-mark-counts"],
  [
    "CLK-5",
    "the seen mark for the time",
    "Math.max(told, mark)",
    "Math.max(told, mark, memory.seen ?? 0)",
    "seen-mark-in-2099-is-no-lock-out",
  ],
  ["CLK-5", "a seen mark beyond the end", "seen <= exp * 1_000", "true", "seen-mark-in-2099-is-no-lock-out"],
  ["CLK-5", "a clock that went back untold", "wall < seen - TOLERANCE", "false", "clock-ahead-then-corrected"],
  ["CLK-6", "no skew", "wall - (memory.skew ?? 0)", "wall", "clock-a-year-ahead-and-known"],
  ["CLK-6", "a small skew told", '> TOLERANCE) return "skewed"', '> 0) return "skewed"', "small-skew-is-not-told"],
  ["CLK-4", "no tolerance", "told < mark - TOLERANCE", "told < mark", "signed-mark-within-tolerance"],
  ["GRC-1", "grace before a contact failed", "memory.contactFailed === true && ", "", "refresh-due-not-yet-tried"],
  ["GRC-1", "grace before the contact is due", " && now >= since", "", "failed-before-refresh-is-no-grace"],
  [
    "REF-2",
    "any token's refusal",
    "memory.refusal?.jti === claims.jti",
    "memory.refusal !== undefined",
    "a-refusal-of-an-older-token-is-forgotten",
  ],
  [
    "REF-3",
    "suspended before expired",
    'if (refused === "revoked")',
    'if (refused === "revoked" || refused === "suspended")',
    "expired-wins-over-suspended",
  ],
  [
    "REF-5",
    "released by any session",
    "memory.released === claims.sid",
    "memory.released !== undefined",
    "released-was-another-session",
  ],
  ["REF-5", "released and forgotten", "memory.released === claims.sid", "false", "released-here-stays-released"],
);

const REST = [
  ...faults(
    "answer.ts",
    ["ANS-1", "redirects", " || (status >= 300 && status < 400)", "", "answer-redirect-with-a-problem"],
    [
      "ANS-1",
      "any type of a refusal",
      'type === "application/problem+json" && body !== null',
      "body !== null",
      "answer-json-403-with-code",
    ],
    [
      "ANS-1",
      "a grant without a token",
      ' && typeof body["licenseToken"] === "string"',
      "",
      "answer-json-200-without-token",
    ],
    [
      "ANS-1",
      "bodies of any size",
      "answer.body.length > LONGEST ? null : ",
      "",
      "answer-body-over-64-KiB-well-formed",
    ],
    [
      "ANS-1",
      "an action that nobody knows",
      "ACTIONS.includes(action)",
      "true",
      "answer-unknown-code-and-unknown-action",
    ],
    [
      "ANS-1",
      "401 of a renewal",
      "isAnonymousRenewal && status === 401",
      "false",
      "answer-credentials-invalid-on-renew",
    ],
    ["ANS-1", "401 of a person", "signedIn !== true", "true", "answer-credentials-invalid-of-a-person"],
    ["SCH-4", "a date", "Math.ceil((at - now) / 1_000)", "null", "answer-503-with-date"],
    ["ANS-1", "a proxy that asks", "status === 407", "false", "answer-proxy-407"],
    ["ANS-1", "the document's own wait", "problem.retryAfter ?? null", "null", "answer-seats-exhausted-with-retry"],
    ["ANS-1", "a new code of a failing server", "status === 429 || status >= 500", "false", "answer-unknown-code-503"],
  ),
  ...faults("codes.ts", [
    "ANS-1",
    "members that every object has",
    "Object.hasOwn(CODES, code)",
    "code in CODES",
    "answer-constructor-as-code",
  ]),
  ...faults("features.ts", [
    "FEA-1",
    "members that every object has",
    "Object.hasOwn(features, name)",
    "name in features",
    "feature-constructor",
  ]),
  ...faults(
    "schedule.ts",
    ["SCH-1", "no jitter", "interval * (0.9 + 0.2 * r)", "interval", "schedule-jitter-low"],
    ["SCH-1", "jitter on a short lease", "interval < SHORT ? interval : ", "", "schedule-a-short-lease"],
    ["SCH-1", "the last tenth", "life * LATEST", "life", "schedule-never-after-nine-tenths"],
    ["SCH-1", "the process's start", "receivedAt + ", "signedAt(claims) * 1_000 + ", "schedule-measured-from-receipt"],
    ["SCH-2", "long timers", ", TICK)", ", Infinity)", "schedule-over-24-days-sleeps-in-pieces"],
  ),
  ...faults(
    "merge.ts",
    [
      "STO-3",
      "the newest always",
      'later > 0 ? "incoming" : "stored"',
      '"incoming"',
      "merge-the-earlier-iat-does-not-count",
    ],
    ["STO-3", "gen of another session", "incoming.sid === stored.sid && ", "", "merge-another-session-has-another-gen"],
    ["STO-3", "no gen", "(incoming.gen ?? 0) > (stored.gen ?? 0)", "false", "merge-the-higher-gen-on-a-tie"],
    [
      "STO-3",
      "a tie",
      "(incoming.gen ?? 0) > (stored.gen ?? 0)",
      "(incoming.gen ?? 0) >= (stored.gen ?? 0)",
      "merge-a-tie-keeps-what-is-stored",
    ],
  ),
  ...faults(
    "endorse.ts",
    [
      "TRU-2",
      "any kind of token as a set",
      '"jwk-set+jwt"',
      'set.startsWith("x") ? "jwk-set+jwt" : "license+jwt"',
      "key-endorsed-by-a-pinned-one",
    ],
    ["TRU-2", "another product's set", "sub !== productId || ", "", "set-of-another-product"],
  ),
];

export const FAULTS: readonly Fault[] = [...TOKEN, ...JUDGE, ...REST];
