/** JSON Schema of the types in `scripts/openapi/resources.ts`, as the type checker sees them. */

import { join } from "node:path";
import { API, type Checker, type Symbol, type Type } from "typescript/unstable/sync";

export type JsonSchema = { readonly [keyword: string]: unknown };

const ROOT = join(import.meta.dirname, "../..");
const FILE = join(ROOT, "scripts/openapi/resources.ts");

/** Throws for a type that JSON cannot hold, with the path to it. */
export function resourceSchemas(): Readonly<Record<string, JsonSchema>> {
  const api = new API({ cwd: ROOT });
  try {
    const snapshot = api.updateSnapshot({ openProject: join(ROOT, "scripts/tsconfig.json") });
    const project = snapshot.getProject(join(ROOT, "scripts/tsconfig.json"));
    const file = project?.program.getSourceFile(FILE);
    if (project === undefined || file === undefined) throw new Error(`${FILE}: not in its project`);
    const { checker } = project;
    const module = checker.getSymbolAtLocation(file);
    const resources = module === undefined ? [] : checker.getExportsOfModule(module);
    const found = resources.find(({ name }) => name === "Resources");
    if (found === undefined) throw new Error(`${FILE}: no Resources`);
    const all = new Types(checker).membersOf(checker.getDeclaredTypeOfSymbol(found), []);
    return Object.fromEntries(all.map(({ name, schema }) => [name, schema]));
  } finally {
    api.close();
  }
}

interface Member {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly isOptional: boolean;
}

class Types {
  readonly #checker: Checker;

  constructor(checker: Checker) {
    this.#checker = checker;
  }

  membersOf(type: Type, path: readonly string[]): readonly Member[] {
    return this.#checker.getPropertiesOfType(type).map((symbol) => this.#member(symbol, path));
  }

  #member(symbol: Symbol, path: readonly string[]): Member {
    const type = this.#checker.getTypeOfSymbol(symbol);
    if (type === undefined) throw new Error(`${path.join(".")}.${symbol.name}: no type`);
    const parts = partsOf(type);
    const some = parts.filter((part) => !isIntrinsic(part, "undefined"));
    const schema = this.#union(some, [...path, symbol.name], symbol.name);
    return { name: symbol.name, schema, isOptional: some.length < parts.length };
  }

  #union(parts: readonly Type[], path: readonly string[], name: string): JsonSchema {
    const literals = parts.flatMap((part) => (part.isLiteralType() ? [part.value] : []));
    const booleans = literals.filter((value) => typeof value === "boolean");
    const values = [...literals.filter((value) => booleans.length < 2 || typeof value !== "boolean")].toSorted();
    const others = parts.filter((part) => !part.isLiteralType() && !isIntrinsic(part, "null"));
    const hasNull = parts.some((part) => isIntrinsic(part, "null"));
    const schemas = [
      ...(booleans.length === 2 ? [{ type: "boolean" }] : []),
      ...(values.length === 0 ? [] : [{ type: typeOfValues(values), enum: values }]),
      ...others.map((part) => this.#one(part, path, name)),
    ];
    return nullable(unique(schemas), hasNull);
  }

  #one(type: Type, path: readonly string[], name: string): JsonSchema {
    if (type.isIntrinsicType()) return intrinsic(type.intrinsicName, name, path);
    if (type.isTemplateLiteralType()) return { type: "string" };
    const element = this.#elementOf(type);
    if (element !== null) return { type: "array", items: this.#union(partsOf(element), path, `${name}[]`) };
    const members = this.membersOf(type, path);
    const required = members.filter(({ isOptional }) => !isOptional).map((member) => member.name);
    const [index] = this.#checker.getIndexInfosOfType(type);
    return {
      type: "object",
      ...(members.length === 0 ? {} : { properties: Object.fromEntries(members.map((one) => [one.name, one.schema])) }),
      ...(required.length === 0 ? {} : { required }),
      ...(index === undefined ? {} : { additionalProperties: this.#union(partsOf(index.valueType), path, "") }),
    };
  }

  /** Of an array, or of a tuple of one kind. */
  #elementOf(type: Type): Type | null {
    if (!type.isTypeReference() || !this.#checker.isArrayLikeType(type)) return null;
    return this.#checker.getTypeArguments(type)[0] ?? this.#checker.getNeverType();
  }
}

function partsOf(type: Type): readonly Type[] {
  return type.isUnionType() ? type.getTypes() : [type];
}

function isIntrinsic(type: Type, name: string): boolean {
  return type.isIntrinsicType() && type.intrinsicName === name;
}

function typeOfValues(values: readonly unknown[]): string | readonly string[] {
  const types = [...new Set(values.map((value) => typeof value))];
  return types.length === 1 ? (types[0] ?? "string") : types;
}

function intrinsic(kind: string, name: string, path: readonly string[]): JsonSchema {
  switch (kind) {
    case "string":
      return { type: "string", ...formatOf(name) };
    case "number":
      return { type: "number" };
    case "boolean":
      return { type: "boolean" };
    case "unknown":
    case "object":
    case "never":
      return {};
    default:
      throw new Error(`${path.join(".")}: ${kind} is nothing that an answer holds`);
  }
}

/** docs/members.md: an instant's name ends in `At`, that of what refers to something by its id in `Id`. */
function formatOf(name: string): JsonSchema {
  if (/(At|Until|From|serverTime|renewAfter|effectiveDate|Since)$/.test(name)) return { format: "date-time" };
  return {};
}

function unique(schemas: readonly JsonSchema[]): readonly JsonSchema[] {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}

function nullable(schemas: readonly JsonSchema[], hasNull: boolean): JsonSchema {
  const [first, ...more] = schemas;
  if (first === undefined) return hasNull ? { type: "null" } : {};
  const simple = more.length === 0 && typeof first["type"] === "string" && !("enum" in first);
  if (!hasNull && more.length === 0) return first;
  if (simple) return { ...first, type: [first["type"], "null"] };
  if (more.length === 0 && Object.keys(first).length === 0) return {};
  return { anyOf: [...schemas, ...(hasNull ? [{ type: "null" }] : [])] };
}
