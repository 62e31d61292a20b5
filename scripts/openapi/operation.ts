/** What there is to say about a call beyond what its route says: the tables of operations are made of these. */

import type { JsonSchema } from "./type-schemas.ts";
import type { Resources } from "./resources.ts";

type Name = keyof Resources;
/** One resource, a list of them, some other JSON, a file, or no body. */
export type Answer =
  | Name
  | `${Name}[]`
  | { readonly json: JsonSchema }
  | { readonly type: "application/jwt" | "text/csv" | "text/html" | "text/plain" | "*/*" }
  | null;

export interface Operation {
  /** `operationId`: for ever, since clients are generated from it. */
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly answers: Readonly<Record<number, Answer>>;
  /** Bodies that the call takes, by what they show; their ids are those of `scripts/openapi/examples.ts`. */
  readonly examples?: Readonly<Record<string, object>>;
  /** Parameters of the query that no schema has, with what they are for. */
  readonly query?: Readonly<Record<string, string>>;
  /** It takes an `Idempotency-Key` (MGMT-4). */
  readonly isRepeatable?: true;
  /** It takes `If-Match`, and its answer has an `ETag`. */
  readonly isConditional?: true;
  /** Its answer has an `ETag`. */
  readonly isTagged?: true;
  /** Who has its answer already, and says so in `If-None-Match`, gets 304. */
  readonly isKept?: true;
  /** Statuses of problems that the route itself does not tell of. */
  readonly problems?: readonly number[];
  /** Instead of a bearer of /v3: anybody, a device, or the owner of a session. */
  readonly credentials?: "none" | "device" | "owner" | "mints" | "self";
  /** What it is called now, where this is an older name. */
  readonly isDeprecated?: true;
}

export type Operations = Readonly<Record<string, Operation>>;

interface Kind {
  readonly shows: Name;
  /** As in `createTag`, `listTags`, "a tag". */
  readonly one: string;
  readonly many: string;
  readonly creation: Readonly<Record<string, object>>;
  readonly change: Readonly<Record<string, object>>;
  readonly isSecret?: true;
  readonly isDeprecated?: true;
}

/** The five calls that most resources of /v3 have. */
export function resource(path: string, kind: Kind): Operations {
  const { shows, one, many, creation, change, isSecret, isDeprecated } = kind;
  const old = isDeprecated ? ({ isDeprecated } as const) : {};
  const [id, ids] = [camel(one), camel(many)];
  return {
    [`POST ${path}`]: {
      id: `create${id}`,
      summary: `Create ${article(one)}`,
      answers: { 201: shows },
      examples: creation,
      isTagged: true,
      problems: [409],
      ...(isSecret ? {} : { isRepeatable: true as const }),
      ...old,
    },
    [`GET ${path}`]: { id: `list${ids}`, summary: `List ${many}`, answers: { 200: `${shows}[]` }, ...old },
    [`GET ${path}/:id`]: {
      id: `get${id}`,
      summary: `Show ${article(one)}`,
      answers: { 200: shows },
      isTagged: true,
      ...old,
    },
    [`PATCH ${path}/:id`]: {
      id: `change${id}`,
      summary: `Change ${article(one)}`,
      answers: { 200: shows },
      examples: change,
      isConditional: true,
      problems: [409],
      ...old,
    },
    [`DELETE ${path}/:id`]: {
      id: `delete${id}`,
      summary: `Delete ${article(one)}`,
      answers: { 204: null },
      isConditional: true,
      problems: [409],
      ...old,
    },
  };
}

function camel(words: string): string {
  return words.replaceAll(/(?:^| )(\w)/g, (_, letter: string) => letter.toUpperCase());
}

function article(one: string): string {
  return `${/^[aeio]/.test(one) ? "an" : "a"} ${one}`;
}
