/** The folders of src/ and the imports that the linter must let through, or find. */

interface Imports {
  readonly allowed: readonly string[];
  readonly forbidden: readonly string[];
}

/** A file of each folder. */
const AT = {
  sameText: "same-text.ts",
  stream: "stream.ts",
  log: "log/line.ts",
  config: "config/config.ts",
  terms: "domain/terms/license.ts",
  patch: "domain/license/patch.ts",
  turn: "domain/turn/turn.ts",
  seats: "domain/seats/seats.ts",
  commands: "domain/commands/tidy.ts",
  durable: "durable/sql.ts",
  failure: "durable/call-failure.ts",
  license: "license/rpc.ts",
  stub: "license/stub.ts",
  schema: "registry/db/schema.ts",
  rows: "registry/rows/licenses.ts",
  object: "registry/object/relay.ts",
  tokens: "tokens/key-ring.ts",
  webhooks: "webhooks/stub.ts",
  operations: "operations/activation/activate.ts",
  http: "http/problem.ts",
  console: "console/page.tsx",
} as const;

/** As a file `depth` folders below src/ writes them. */
function from(depth: number, ...names: readonly (keyof typeof AT)[]): readonly string[] {
  return names.map((name) => `${"../".repeat(depth)}${AT[name]}`);
}

const OUTSIDE_DOMAIN: readonly (keyof typeof AT)[] = [
  "sameText",
  "stream",
  "log",
  "config",
  "durable",
  "license",
  "schema",
  "tokens",
  "webhooks",
  "operations",
  "http",
  "console",
];
const PACKAGES = ["hono", "zod", "drizzle-orm", "jose", "uuid", "ipaddr.js", "cloudflare:workers", "node:crypto"];
const NOT_FOR_HTTP = ["durable", "stub", "object", "webhooks", "console"] as const;
const FOREIGN_TO_HTTP = ["drizzle-orm", "jose", "zod"];

/** Per folder: what its files may import and what they may not, as written in a file of that folder. */
export const IMPORTS: Record<string, Imports> = {
  "clients/typescript/src": {
    allowed: ["./token.ts", "jose"],
    forbidden: ["../../../src/domain/outcome.ts", "../../conformance/format.ts", "node:fs", "zod", "hono"],
  },
  "src/domain": {
    allowed: ["./outcome.ts"],
    forbidden: [...from(1, ...OUTSIDE_DOMAIN, "patch"), ...PACKAGES],
  },
  "src/domain/terms": {
    allowed: ["./settings.ts", "../outcome.ts"],
    forbidden: [...from(2, ...OUTSIDE_DOMAIN), ...above("patch", "turn", "seats", "commands"), ...PACKAGES],
  },
  "src/domain/license": {
    allowed: ["../terms/settings.ts", "../outcome.ts"],
    forbidden: [...from(2, ...OUTSIDE_DOMAIN), ...above("turn", "seats", "commands"), ...PACKAGES],
  },
  "src/domain/turn": {
    allowed: ["../terms/settings.ts", "../license/patch.ts"],
    forbidden: [...from(2, ...OUTSIDE_DOMAIN), ...above("seats", "commands"), ...PACKAGES],
  },
  "src/domain/seats": {
    allowed: ["../turn/turn.ts", "../license/patch.ts"],
    forbidden: [...from(2, ...OUTSIDE_DOMAIN), ...above("commands"), ...PACKAGES],
  },
  "src/domain/commands": {
    allowed: ["../seats/seats.ts", "../turn/turn.ts"],
    forbidden: [...from(2, ...OUTSIDE_DOMAIN), ...PACKAGES],
  },
  "src/log": {
    allowed: ["./about.ts", "node:async_hooks"],
    forbidden: [...from(1, "config", "terms", "durable", "schema", "tokens", "operations", "http"), "hono", "uuid"],
  },
  "src/durable": {
    allowed: ["./sql.ts", ...from(1, "log")],
    forbidden: [
      ...from(1, "terms", "license", "schema", "tokens", "webhooks", "operations", "http", "console", "config"),
      ...["hono", "uuid", "drizzle-orm"],
    ],
  },
  "src/license": {
    allowed: from(1, "sameText", "log", "terms", "commands", "durable", "object"),
    forbidden: [...from(1, "rows", "schema", "tokens", "operations", "http", "console"), "hono", "jose", "drizzle-orm"],
  },
  "src/license/relay": {
    allowed: ["../held.ts", ...from(2, "terms", "commands", "durable", "object")],
    forbidden: [...from(2, "rows", "schema", "tokens", "operations", "http", "console"), "hono", "jose", "drizzle-orm"],
  },
  "src/registry/rows": {
    allowed: ["../db/schema.ts", "../find/find.ts", ...from(2, "log", "terms"), "drizzle-orm", "drizzle-orm/d1"],
    forbidden: [
      ...from(2, "stream", "durable", "seats", "turn", "patch", "commands", "license", "tokens", "operations", "http"),
      ...from(2, "console"),
      ...["hono", "jose"],
    ],
  },
  "src/tokens": {
    allowed: [...from(1, "sameText", "stream", "log", "terms"), "jose", "zod/mini"],
    forbidden: [
      ...from(1, "durable", "seats", "license", "rows", "webhooks", "operations", "http", "console"),
      ...["hono", "drizzle-orm", "zod"],
    ],
  },
  "src/webhooks": {
    allowed: ["./wire/sign.ts", ...from(1, "stream", "log", "schema", "durable")],
    forbidden: [...from(1, "seats", "license", "tokens", "operations", "http", "console"), "hono"],
  },
  "src/webhooks/wire": {
    allowed: ["./sign.ts", ...from(2, "stream"), "ipaddr.js"],
    forbidden: [
      "../queue.ts",
      ...from(2, "log", "seats", "durable", "schema", "license", "tokens", "operations", "http", "console"),
      ...["hono", "uuid"],
    ],
  },
  "src/operations": {
    allowed: ["./keys.ts", ...from(1, "config", "log", "terms", "failure", "stub", "rows", "tokens")],
    forbidden: [
      "../license/license-object.ts",
      ...from(1, "durable", "http", "console"),
      "hono",
      "hono/http-exception",
    ],
  },
  "src/operations/license": {
    allowed: [
      "../deployment.ts",
      "../catalogue/told-user.ts",
      ...from(2, "sameText", "config", "log", "terms", "failure", "stub", "rows"),
    ],
    forbidden: ["../../license/license-object.ts", ...from(2, "stream", "durable", "http", "console"), "hono"],
  },
  "src/http": {
    allowed: [...from(1, "sameText", "stream", "log", "operations", "rows", "tokens"), "hono", "zod/mini"],
    forbidden: [...from(1, ...NOT_FOR_HTTP), ...FOREIGN_TO_HTTP],
  },
  "src/http/activation": {
    allowed: ["../problem.ts", ...from(2, "operations", "rows"), "hono", "zod/mini"],
    forbidden: ["../management/app.ts", ...from(2, ...NOT_FOR_HTTP), ...FOREIGN_TO_HTTP],
  },
  "src/http/management": {
    allowed: ["../problem.ts", "./license/licenses.ts", ...from(2, "operations", "rows"), "hono", "zod/mini"],
    forbidden: ["../activation/wire.ts", ...from(2, ...NOT_FOR_HTTP), ...FOREIGN_TO_HTTP],
  },
  "src/http/management/license": {
    allowed: ["../resource/sight.ts", "../../problem.ts", ...from(3, "operations", "rows"), "hono", "zod/mini"],
    forbidden: ["../../activation/wire.ts", ...from(3, ...NOT_FOR_HTTP), ...FOREIGN_TO_HTTP],
  },
  "src/console": {
    allowed: [...from(1, "operations", "rows", "tokens"), "hono", "zod/mini"],
    forbidden: [...from(1, "durable", "stub", "object", "http", "webhooks"), "drizzle-orm"],
  },
};

/** Rooms of the domain that stand on the one that asks. */
function above(...names: readonly ("patch" | "turn" | "seats" | "commands")[]): readonly string[] {
  return names.map((name) => AT[name].replace("domain/", "../"));
}
