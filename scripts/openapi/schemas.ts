/** Schemas of resources as answers show them (MGMT-7), and examples of them. */

import { PARTS, type Subject } from "../../src/http/management/resource/sight.ts";
import { EXAMPLE } from "./examples.ts";
import type { JsonSchema } from "./type-schemas.ts";
import { SHOWN } from "./webhooks.ts";

type Schemas = Readonly<Record<string, JsonSchema>>;

/** With null for what not everybody sees who may read it, and what is shown only once. */
export function componentsOf(resources: Schemas): Schemas {
  const subjects = Object.entries(SHOWN) as readonly (readonly [Subject, string])[];
  const shown = subjects.map(([subject, name]) => [name, partly(resources[name] ?? {}, PARTS[subject])]);
  return once({ ...resources, ...Object.fromEntries(shown) });
}

function partly(schema: JsonSchema, parts: Readonly<Record<string, string>>): JsonSchema {
  const properties = schema["properties"] as Schemas;
  const hidden = Object.entries(parts).map(([member, part]) => {
    const { required: _, ...some } = properties[member] ?? {};
    return [member, part === "person" ? { ...some, required: ["id"] } : orNull(properties[member] ?? {})];
  });
  return { ...schema, properties: { ...properties, ...Object.fromEntries(hidden) } };
}

function orNull(schema: JsonSchema): JsonSchema {
  const types = [schema["type"]].flat();
  return types.includes("null") ? schema : { ...schema, type: [...types, "null"] };
}

/** A secret stands in the answer that makes it. */
function once(schemas: Schemas): Schemas {
  const token = { type: "string", description: "Only where it was made, once." };
  const withToken = ["AccessToken", "Webhook"].map((name) => {
    const schema = schemas[name] ?? {};
    return [name, { ...schema, properties: { ...(schema["properties"] as Schemas), token } }];
  });
  return { ...schemas, ...Object.fromEntries(withToken) };
}

/** One value that the schema takes. */
export function exampleOf(schema: JsonSchema, schemas: Schemas, name = ""): unknown {
  const { $ref, anyOf, enum: values, properties, items } = schema;
  if (typeof $ref === "string") return exampleOf(schemas[$ref.slice($ref.lastIndexOf("/") + 1)] ?? {}, schemas, name);
  if (Array.isArray(anyOf)) return exampleOf(anyOf[0] as JsonSchema, schemas, name);
  if (Array.isArray(values)) return values[0];
  const [type] = [schema["type"]].flat();
  switch (type) {
    case "string":
      return textOf(schema, name);
    case "number":
    case "integer":
      return 1;
    case "boolean":
      return false;
    case "array":
      return [exampleOf(items as JsonSchema, schemas, name)];
    case "object":
      return Object.fromEntries(
        Object.entries((properties ?? {}) as Schemas)
          .filter(([member]) => (schema["required"] as readonly string[] | undefined)?.includes(member))
          .map(([member, inner]) => [member, exampleOf(inner, schemas, member)]),
      );
    default:
      return null;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  key: EXAMPLE.key,
  email: "ada@example.com",
  name: "Drawing Board",
  url: "https://shop.example/hooks",
  date: "2026-11-30",
  sessionId: EXAMPLE.activation,
  licenseId: EXAMPLE.license,
  productId: EXAMPLE.product,
};

function textOf(schema: JsonSchema, name: string): string {
  if (schema["format"] === "date") return "2026-11-30";
  if (schema["format"] === "date-time") return "2026-11-30T12:00:00.000Z";
  return WORDS[name] ?? (/^id$|Id$/.test(name) ? EXAMPLE.user : "text");
}
