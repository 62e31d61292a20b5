/** ERR-1: what is said of a member at fault, for every schema of every route. */

import { describe, expect, it } from "vitest";
import * as z from "zod/mini";
import type { Config } from "../../src/config/config.ts";
import { scopeOf } from "../../src/http/management/resource/authentication.ts";
import { SCOPES } from "../../src/http/scopes.ts";
import { schemaOf } from "../../src/http/validate.ts";
import { nodeApp } from "../support/node-app.ts";

/** How a library speaks of itself and not of what to send. */
const JARGON =
  /\b(invalid|expected|received|too (small|big|short|long)|input|string|boolean|array|regex|pattern \/|nan|undefined|union|enum|literal|option|unrecognized)\b/i;
/** How a message goes on after a member's name. */
const WORDS = /^(must |is required|is no parameter here|needs |times limit must )/;

const PROBES: readonly unknown[] = [
  ...[null, true, 0, -2, 1.5, 1e21, "", "x", " ", "\u0000", "12", "*", "true", "2026-02-30T00:00:00Z"],
  ...["x".repeat(100_000), [], [null], ["x"], [0], [{}], [[]], Array.from({ length: 500 }, () => "tag:read"), {}],
  ...[
    { x: 1 },
    [
      { key: 1, value: [] },
      { key: "", value: {}, viewPermissions: ["x"], visible: 3 },
    ],
  ],
];

type Schema = z.core.$ZodType;

/** The members that it knows; those of lists of objects are in `PROBES`. */
function namesOf(schema: Schema): readonly string[] {
  if (schema instanceof z.ZodMiniObject) return Object.keys(schema.shape as object);
  return schema instanceof z.ZodMiniPipe ? namesOf(schema.def.in) : [];
}

const LIST_PARAMETERS = ["page", "limit", "sort", "cursor", "include", "search", "createdAt[lt]", "createdAt[xx]"];
const FILTERS = ["licenseId", "productId", "key[cn]", "revoked", "type", "success", "nothing", "days", "status", "id"];

const { app } = nodeApp({ config: {} as Config });
const schemas = app.routes.flatMap(({ method, path, handler }): [string, Schema][] => {
  const schema = schemaOf(handler);
  return schema === undefined ? [] : [[`${method} ${path}`, schema]];
});

function messagesOf(schema: Schema): readonly (readonly [string, string])[] {
  const names = [...new Set([...namesOf(schema), ...LIST_PARAMETERS, ...FILTERS])];
  return names.flatMap((name) =>
    PROBES.flatMap((probe) => {
      const { error } = z.core.safeParse(schema, { [name]: probe });
      return (error?.issues ?? []).flatMap(({ code, path, message }) =>
        code === "unrecognized_keys" ? [] : [[path.join("/"), message] as const],
      );
    }),
  );
}

describe("what is said of a member at fault", () => {
  it("ERR-1: knows the schemas of all routes that take a body or a query", () => {
    const taking = app.routes.filter(({ method, path }) => method === "PATCH" && path.startsWith("/v3/"));
    const known = new Set(schemas.map(([route]) => route));
    expect(taking.map(({ method, path }) => `${method} ${path}`).filter((route) => !known.has(route))).toEqual([]);
    expect(schemas.length).toBeGreaterThan(40);
  });

  it.each(schemas)("ERR-1: %s says what a member must be, in plain words", (_, schema) => {
    for (const [member, message] of messagesOf(schema)) {
      expect([member, message, WORDS.test(message)]).toEqual([member, message, true]);
      // What may be sent is quoted: a value may be called as it likes.
      expect([member, message.replaceAll(/"[^"]*"|`[^`]*`/g, "").match(JARGON)]).toEqual([member, null]);
    }
  });

  it("ERR-1: lists what there is to choose from, and gives an example of what has a form", () => {
    const said = (route: string, name: string, value: unknown): string => {
      const found = schemas
        .filter(([its]) => its === route)
        .map(([, schema]) => z.core.safeParse(schema, { [name]: value }));
      const issues = found.flatMap(({ error }) => error?.issues ?? []);
      return issues.find(({ path }) => path[0] === name)?.message ?? "";
    };
    expect(said("POST /v3/licenses", "effectiveDate", "tomorrow")).toContain("such as 2026-05-01T12:00:00Z");
    expect(said("POST /v3/licenses", "expirationStrategy", "never")).toMatch(/^must be one of "/);
    expect(said("POST /v3/licenses/:id/extend", "extensionLength", 0)).toMatch(/^must be a whole number from 1 to /);
    expect(said("POST /v3/tags", "name", "")).toBe("must be text of 1 to 256 characters");
    expect(said("GET /v3/licenses", "sort", "size")).toContain("createdAt");
    expect(said("GET /v3/licenses", "limit", "1000")).toBe("must be a whole number from 1 to 100");
    expect(said("GET /v3/licenses", "include", "everything")).toContain("user");
    expect(said("GET /v3/licenses", "color", "red")).toContain("productId");
    for (const [sent, meant] of [
      ["produktId", "productId"],
      ["ProductID[in][]", "productId"],
      ["serch", "search"],
      ["limt", "limit"],
    ] as const) {
      expect(said("GET /v3/licenses", sent, "x")).toBe(`is no parameter here: did you mean \`${meant}\`?`);
    }
    expect(said("GET /v3/activations/export", "limit", "5")).toBe(
      "is no parameter here: filters are productId, licenseId, createdAt",
    );
    expect(said("GET /v3/licenses", "createdAt[like]", "x")).toContain("gte");
    expect(said("GET /v3/event-logs", "createdAt[cn]", "x")).toBe(
      "must have one of the operators eq, gt, gte, lt, lte",
    );
  });

  it("MGMT-5: offers each scope that a route takes, and none that no route takes", () => {
    const taken = new Set(app.routes.flatMap(({ handler }) => scopeOf(handler) ?? []));
    expect([...taken].toSorted()).toEqual([...SCOPES].toSorted());
    const [, creation] = schemas.find(([route]) => route === "POST /v3/personal-access-tokens") ?? [];
    for (const scope of ["license:steal", "invoice:read", "release:write"]) {
      const { error } = z.core.safeParse(creation ?? z.never(), { name: "shop", scopes: ["license:read", scope] });
      const offered = SCOPES.map((one) => JSON.stringify(one)).join(", ");
      expect(error?.issues).toEqual([
        expect.objectContaining({ path: ["scopes", 1], message: `must be one of ${offered}` }),
      ]);
    }
  });
});
