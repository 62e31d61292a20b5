/** Values of filters (MGMT-1): text in, what the registry compares out. */

import { isDeviceDigest, isUuid } from "../../../domain/terms/identifier.ts";
import { readKey } from "../../../domain/terms/license-key.ts";
import type { FilterValue, Member, Operator, ValueType } from "../../../registry/find/filter.ts";
import { FILTER_VALUE_CHARACTERS } from "../../limits.ts";
import { MUST_BE_INSTANT, MUST_BE_UUID } from "../../validate.ts";
import { parseInstant } from "../resource/instant.ts";

const EQUALITY = ["eq", "ne", "in", "nin"] as const;
const COMPARISON = ["gt", "gte", "lt", "lte"] as const;
const PARTS = ["sw", "ew", "cn", "nc"] as const;

const PARTIAL: ReadonlySet<Operator> = new Set(PARTS);
const COMPARING: ReadonlySet<Operator> = new Set(COMPARISON);

export function operatorsOf({ type, operators }: Member): readonly Operator[] {
  if (operators !== undefined) return operators;
  if (type === "text" || type === "key") return [...EQUALITY, ...PARTS];
  return type === "number" || type === "instant" ? [...EQUALITY, ...COMPARISON] : EQUALITY;
}

/** Comparisons have one side: only these take several values. */
export function takesSeveral(operator: Operator): boolean {
  return !COMPARING.has(operator);
}

export type Parsed = { readonly ok: true; readonly value: FilterValue } | { readonly ok: false; readonly why: string };

/** The empty value of a member that may be void asks for the void. */
export function parseValue(text: string, member: Member, operator: Operator): Parsed {
  if (text.length > FILTER_VALUE_CHARACTERS) return fault(`must have at most ${FILTER_VALUE_CHARACTERS} characters`);
  if (PARTIAL.has(operator)) return part(text);
  if (text === "" && member.nullable === true && !COMPARING.has(operator)) return { ok: true, value: null };
  return typed(text, member.type);
}

/** SQLite's functions end a text at a NUL. */
function part(text: string): Parsed {
  if (text.includes("\u0000")) return fault("must not have a NUL character");
  return text === "" ? fault("must not be empty") : { ok: true, value: text };
}

function typed(text: string, type: ValueType): Parsed {
  switch (type) {
    case "text":
      return { ok: true, value: text };
    case "key": {
      const read = readKey(text);
      return read.ok ? { ok: true, value: read.key } : fault("must be a license key");
    }
    case "number":
      return /^-?\d{1,15}$/.test(text) ? { ok: true, value: Number(text) } : fault("must be a whole number");
    case "boolean":
      return text === "true" || text === "false"
        ? { ok: true, value: text === "true" }
        : fault("must be true or false");
    case "instant": {
      const at = parseInstant(text);
      return at === null ? fault(MUST_BE_INSTANT) : { ok: true, value: at };
    }
    case "uuid":
      return isUuid(text) ? { ok: true, value: text.toLowerCase() } : fault(MUST_BE_UUID);
    case "digest":
      return isDeviceDigest(text) ? { ok: true, value: text.toLowerCase() } : fault("must be 32 hexadecimal digits");
    default:
      return type.includes(text) ? { ok: true, value: text } : fault(`must be one of ${type.join(", ")}`);
  }
}

function fault(why: string): Parsed {
  return { ok: false, why };
}
