/** The OpenAPI 3.1 document: routes, and the schemas that they validate by, with what the tables of operations add. */

import type { MiddlewareHandler } from "hono";
import { createApp } from "../../src/app.ts";
import { scopeOf } from "../../src/http/management/resource/authentication.ts";
import { isQuery, schemaOf } from "../../src/http/validate.ts";
import type { Answer, Operation, Operations } from "./operation.ts";
import { ACTIVATION_OPERATIONS } from "./operations-activation.ts";
import { CATALOGUE_OPERATIONS } from "./operations-catalogue.ts";
import { LICENSE_OPERATIONS } from "./operations-licenses.ts";
import { bodySchema, queryParameters } from "./parameters.ts";
import { problemResponses, PROBLEM_SCHEMAS } from "./problems.ts";
import { componentsOf, exampleOf } from "./schemas.ts";
import { SECURITY_SCHEMES, securityOf } from "./security.ts";
import { resourceSchemas, type JsonSchema } from "./type-schemas.ts";
import { webhooksOf } from "./webhooks.ts";

export const OPERATIONS: Operations = { ...ACTIVATION_OPERATIONS, ...CATALOGUE_OPERATIONS, ...LICENSE_OPERATIONS };

export interface Route {
  /** As `POST /v3/tags/:id`. */
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly handlers: readonly MiddlewareHandler[];
}

/** The routes of the app, each with all that stands before its answer. */
export function routes(): readonly Route[] {
  const found = new Map<string, Route>();
  for (const { method, path: at, handler } of createApp().routes) {
    if (method === "ALL") continue;
    const path = at.length > 1 ? at.replace(/\/$/, "") : at;
    const name = `${method} ${path}`;
    const handlers = [...(found.get(name)?.handlers ?? []), handler as MiddlewareHandler];
    found.set(name, { name, method, path, handlers });
  }
  return [...found.values()];
}

/** Routes that no table describes, and descriptions of what is no route: there is a document only if both are none. */
export function unequal(): readonly string[] {
  const names = new Set(routes().map(({ name }) => name));
  const untold = [...names].filter((name) => OPERATIONS[name] === undefined);
  const unknown = Object.keys(OPERATIONS).filter((name) => !names.has(name));
  return [
    ...untold.map((name) => `${name}: describe it in scripts/openapi/operations-*.ts (docs/changing.md)`),
    ...unknown.map((name) => `${name}: described, and no route of the app`),
  ];
}

/** Throws where routes and tables differ. */
export function openapiDocument(): JsonSchema {
  const differences = unequal();
  if (differences.length > 0) throw new Error(differences.join("\n"));
  const schemas = componentsOf(resourceSchemas());
  const paths: Record<string, Record<string, JsonSchema>> = {};
  for (const route of routes()) {
    const path = route.path.replaceAll(/:(\w+)/g, "{$1}");
    const operation = OPERATIONS[route.name];
    if (operation === undefined) continue;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: described(route, operation, schemas) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Leasehold",
      version: "1",
      summary: "A software-license server at the edge.",
      description:
        "Two APIs over one set of licenses: the activation API for apps, and the management API (`/v3`) for shops and " +
        "scripts. Errors are `application/problem+json` in both.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    tags: tags(),
    paths,
    webhooks: webhooksOf(),
    components: {
      schemas: { ...schemas, ...PROBLEM_SCHEMAS },
      responses: problemResponses(),
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function described(route: Route, operation: Operation, schemas: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const scope = route.handlers.map(scopeOf).find((found) => found !== undefined);
  const body = bodyOf(route);
  const parameters = [...pathParameters(route), ...headers(route, operation), ...queryOf(route), ...asked(operation)];
  const text = [operation.description, scope === undefined ? undefined : `Scope: \`${scope}\`.`];
  const description = text.filter((part) => part !== undefined).join(" ");
  return {
    operationId: operation.id,
    summary: operation.summary,
    ...(description === "" ? {} : { description }),
    ...(operation.isDeprecated ? { deprecated: true } : {}),
    tags: [tagOf(route)],
    ...(scope === undefined ? {} : { "x-scope": scope }),
    security: securityOf(operation.credentials, scope),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === null ? {} : { requestBody: requestBody(body, operation, route.name) }),
    responses: responses(route, operation, schemas),
  };
}

function bodyOf({ handlers }: Route): JsonSchema | null {
  const schema = handlers.map(schemaOf).find((found) => found !== undefined && !isQuery(found));
  return schema === undefined ? null : bodySchema(schema);
}

function queryOf({ handlers }: Route): readonly JsonSchema[] {
  return handlers.flatMap((handler) => {
    const schema = schemaOf(handler);
    return schema !== undefined && isQuery(schema) ? queryParameters(schema) : [];
  });
}

function asked({ query = {} }: Operation): readonly JsonSchema[] {
  return Object.entries(query).map(([name, description]) => {
    return { name, in: "query", description, schema: { type: "string" } };
  });
}

function requestBody(schema: JsonSchema, { examples = {} }: Operation, name: string): JsonSchema {
  if (Object.keys(examples).length === 0) throw new Error(`${name}: its body has no example`);
  const shown = Object.fromEntries(Object.entries(examples).map(([title, value]) => [title, { value }]));
  const required = Array.isArray(schema["required"]) && schema["required"].length > 0;
  return { required, content: { "application/json": { schema, examples: shown } } };
}

function pathParameters({ path }: Route): readonly JsonSchema[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string", ...(["code", "file", "kid"].includes(name ?? "") ? {} : { format: "uuid" }) },
  }));
}

function headers(route: Route, operation: Operation): readonly JsonSchema[] {
  const text = { type: "string" };
  const header = (name: string, description: string, schema: JsonSchema = text) => [
    { name, in: "header", description, schema },
  ];
  return [
    ...(operation.isRepeatable
      ? header("Idempotency-Key", "For 24 hours the same call with the same key has one effect.", {
          ...{ ...text, minLength: 1, maxLength: 255 },
        })
      : []),
    ...(operation.isConditional ? header("If-Match", "The `ETag` that was read: 412 if it has changed since.") : []),
    ...(operation.isKept ? header("If-None-Match", "An `ETag` that was read: 304 if it is still the one.") : []),
    ...(bodyOf(route) === null ? [] : header("Prefer", "`handling=strict`: no member that nobody knows is ignored.")),
  ];
}

function responses(
  route: Route,
  operation: Operation,
  schemas: Readonly<Record<string, JsonSchema>>,
): Readonly<Record<string, JsonSchema>> {
  const answers = Object.entries(operation.answers).map(([status, answer]) => [
    status,
    response(Number(status), answer, operation, schemas),
  ]);
  const kept = { description: "What the caller has is still so.", ...headersOf(operation, false) };
  const unchanged = operation.isKept ? [["304", kept]] : [];
  const dialect = route.path.startsWith("/v3") ? "management" : "activation";
  const given = problemStatuses(route, operation).filter((status) => operation.answers[status] === undefined);
  const problems = given.map((status) => [status, { $ref: `#/components/responses/${dialect}-${status}` }]);
  return Object.fromEntries([...answers, ...unchanged, ...problems]);
}

/** What any such call can be refused with. */
function problemStatuses(route: Route, { credentials, isRepeatable, isConditional, problems = [] }: Operation) {
  const scope = route.handlers.map(scopeOf).find((found) => found !== undefined);
  const takesBody = bodyOf(route) !== null || route.method === "POST";
  const takesQuery = queryOf(route).length > 0;
  const statuses = new Set([429, 500, 503, ...problems]);
  const add = (when: boolean, ...more: readonly number[]) => when && more.forEach((status) => statuses.add(status));
  add(takesBody || takesQuery || isConditional === true || route.method === "DELETE", 400);
  add(takesBody, 413, 415);
  add(credentials !== "none", 401);
  add(scope !== undefined, 403);
  add(route.path.includes(":"), 404, 400);
  add(isRepeatable === true, 400, 409, 422);
  add(isConditional === true, 412);
  return [...statuses].toSorted();
}

function response(
  status: number,
  answer: Answer,
  operation: Operation,
  schemas: Readonly<Record<string, JsonSchema>>,
): JsonSchema {
  const description = status === 204 ? "Done." : operation.summary;
  if (answer === null) return { description };
  if (typeof answer === "object" && "type" in answer) {
    return {
      description,
      ...headersOf(operation, false),
      content: { [answer.type]: { schema: { type: "string" } } },
    };
  }
  const isList = typeof answer === "string" && answer.endsWith("[]");
  const schema = schemaOfAnswer(answer);
  return {
    description,
    ...headersOf(operation, isList),
    content: { "application/json": { schema, example: exampleOf(schema, schemas) } },
  };
}

function schemaOfAnswer(answer: Exclude<Answer, null | { readonly type: string }>): JsonSchema {
  if (typeof answer === "object") return answer.json;
  const $ref = `#/components/schemas/${answer.replace("[]", "")}`;
  return answer.endsWith("[]") ? { type: "array", items: { $ref } } : { $ref };
}

function headersOf({ isTagged, isConditional, isKept }: Operation, isList: boolean): JsonSchema {
  const header = (description: string, type: string) => ({ description, schema: { type } });
  if (isList) {
    return {
      headers: {
        Link: header('`rel="next"`: the next page.', "string"),
        "Pagination-Count": header("How many there are, up to 10,000.", "integer"),
        "Pagination-Count-Capped": header("`true` where there are more.", "boolean"),
        "Pagination-Page": header("The page, where it was asked for by number.", "integer"),
        "Pagination-Limit": header("The most that a page has.", "integer"),
      },
    };
  }
  if (isKept) return { headers: { ETag: header("For `If-None-Match`.", "string") } };
  return isTagged || isConditional ? { headers: { ETag: header("For `If-Match`.", "string") } } : {};
}

/** One for each resource, and for what is no part of /v3. */
function tags(): readonly JsonSchema[] {
  const names = [...new Set(routes().map(tagOf))].filter((name) => name !== "webhooks").toSorted();
  const told = names.map((name) => ({ name, description: TAGS[name] ?? `Calls about ${name}.` }));
  return [...told, { name: "webhooks", description: "What is sent to webhooks, and their configuration." }];
}

const TAGS: Readonly<Record<string, string>> = {
  "activation API": "For apps: activate a license, hold its seat, verify its token offline.",
  "deployment itself": "For anybody: health, public keys, problems, this document.",
  me: "What callers see of themselves.",
};

function tagOf({ path }: Pick<Route, "path">): string {
  const [, first = "", second = ""] = path.split("/");
  if (first === "api") return "activation API";
  return first === "v3" && second !== "status" ? second.replaceAll("-", " ") : "deployment itself";
}
