/** JSON Schema of what routes take, made from the schemas that they validate by. */

import * as z from "zod/mini";
import type { Member } from "../../src/registry/find/filter.ts";
import { operatorsOf } from "../../src/http/management/list/filter-values.ts";
import { filterableOf, type Filterable } from "../../src/http/management/list/filters.ts";
import { instantText } from "../../src/http/management/resource/instant.ts";
import { uuid } from "../../src/http/management/resource/members.ts";
import type { JsonSchema } from "./type-schemas.ts";

type Schema = z.core.$ZodType;

const FORMATS = new Map<Schema, string>([
  [uuid.def.in, "uuid"],
  [instantText.def.in, "date-time"],
]);

export function bodySchema(schema: Schema): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const format = FORMATS.get(zodSchema);
      if (format !== undefined) jsonSchema.format = format;
    },
  });
  return made as JsonSchema;
}

/** What `readFilters` reads by it, where it does. */
function knownTo(schema: Schema): Filterable | undefined {
  const known = filterableOf(schema);
  if (known !== undefined) return known;
  return schema instanceof z.ZodMiniPipe ? (knownTo(schema.def.in) ?? knownTo(schema.def.out)) : undefined;
}

export function queryParameters(schema: Schema): readonly JsonSchema[] {
  const { properties = {}, required = [] } = bodySchema(schema);
  const own = Object.entries(properties as Readonly<Record<string, JsonSchema>>).map(([name, value]) => ({
    name,
    in: "query",
    ...((required as readonly string[]).includes(name) ? { required: true } : {}),
    schema: value,
  }));
  const known = knownTo(schema);
  return known === undefined ? own : [...own, ...filters(known)];
}

function filters({ members, isSearched, includes }: Filterable): readonly JsonSchema[] {
  const query = (name: string, description: string, schema: JsonSchema) => ({ name, in: "query", description, schema });
  return [
    ...(isSearched
      ? [query("search", "Words, each the beginning of a word of what is found.", { type: "string" })]
      : []),
    ...(includes.length > 0 ? [includeOf(includes)] : []),
    ...Object.entries(members).map(([name, member]) => query(name, operatorsTold(name, member), valueOf(member))),
    {
      name: "filters",
      in: "query",
      description: "Filters with an operator, as `createdAt[gte]`; one that is repeated takes any of its values.",
      style: "form",
      explode: true,
      // Tools that try a call begin with none, not with names that they make up.
      example: {},
      schema: {
        type: "object",
        propertyNames: { pattern: "^[^\\[\\]]+\\[[a-z]+\\](\\[\\])?$" },
        additionalProperties: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
      },
    },
  ];
}

function includeOf(includes: readonly string[]): JsonSchema {
  return {
    name: "include",
    in: "query",
    description: "Linked resources, separated by commas.",
    style: "form",
    explode: false,
    schema: { type: "array", items: { type: "string", enum: includes } },
  };
}

function operatorsTold(name: string, member: Member): string {
  const operators = operatorsOf(member);
  return `Operators: ${operators.map((operator) => `\`${name}[${operator}]\``).join(", ")}.`;
}

function valueOf({ type, nullable }: Member): JsonSchema {
  if (nullable === true) return { type: "string" };
  switch (type) {
    case "number":
      return { type: "integer" };
    case "boolean":
      return { type: "boolean" };
    case "instant":
      return { type: "string", format: "date-time" };
    case "uuid":
      return { type: "string", format: "uuid" };
    case "digest":
      return { type: "string", pattern: "^[0-9A-Fa-f]{32}$" };
    case "text":
    case "key":
      return { type: "string" };
    default:
      return { type: "string", enum: type };
  }
}
