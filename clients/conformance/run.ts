/** The runner for TypeScript: what the client library makes of each case, in Node and in browsers. */

import { readAnswer } from "../typescript/src/answer.ts";
import { readKeySet } from "../typescript/src/endorse.ts";
import { featureOf } from "../typescript/src/features.ts";
import { judge, type Memory } from "../typescript/src/judge.ts";
import { newer } from "../typescript/src/merge.ts";
import { renewAt, sleepUntil } from "../typescript/src/schedule.ts";
import { type ProductKey, verifyToken } from "../typescript/src/token.ts";
import type { Case, Expected, JudgeInput, Vectors } from "./format.ts";

/** What was found where it is not what was expected, by the case's name. */
export async function run({ keys, cases }: Vectors): Promise<Readonly<Record<string, unknown>>> {
  const wrong: Record<string, unknown> = {};
  for (const one of cases) {
    const found = await resultOf(one, keys as Readonly<Record<string, ProductKey>>);
    if (!agrees(found, one.expect)) wrong[one.name] = { found, expected: one.expect };
  }
  return wrong;
}

function agrees(found: object, expect: Expected): boolean {
  return Object.entries(expect).every(([name, value]) => Reflect.get(found, name) === value);
}

async function resultOf(one: Case, keys: Readonly<Record<string, ProductKey>>): Promise<object> {
  switch (one.kind) {
    case "judge":
      return await judged(one.input, keys);
    case "answer": {
      const { headers, padding = 0, body, now, ...answer } = one.input;
      const { "content-type": contentType = null, "retry-after": retryAfter = null } = headers;
      const meaning = readAnswer({ ...answer, body: body + " ".repeat(padding), contentType, retryAfter }, now);
      return "problem" in meaning ? { ...meaning, code: meaning.problem.code } : meaning;
    }
    case "feature": {
      const value = featureOf({ features: JSON.parse(one.input.features) }, one.input.name);
      return { has: value !== undefined, value: value ?? null };
    }
    case "schedule": {
      const { claims, receivedAt, now, r } = one.input;
      const due = renewAt({ aud: "", sub: "", sid: "", jti: "", nbf: 0, ...claims }, receivedAt, r);
      return { due, sleep: due === null ? null : sleepUntil(due, now) };
    }
    case "merge":
      return { kept: newer(one.input.stored, one.input.incoming) };
  }
}

async function judged(input: JudgeInput, all: Readonly<Record<string, ProductKey>>): Promise<object> {
  const { token, trusted, now, product, store = {}, refusal, contact, ...holder } = input;
  const keys = trusted.flatMap((name) => all[name] ?? []);
  const endorsed = store.set === undefined ? null : await readKeySet(store.set, keys, product);
  const verified = await verifyToken(token, [...keys, ...(endorsed?.keys ?? [])], { productId: product, ...holder });
  const { signedAt, elapsed, set: _, ...kept } = store;
  const memory: Memory = {
    ...kept,
    ...(signedAt === undefined ? {} : { mark: { signedAt, ...(elapsed === undefined ? {} : { elapsed }) } }),
    ...(refusal === undefined ? {} : { refusal }),
    ...(contact === undefined ? {} : { contactFailed: true }),
  };
  return judge(verified, now, memory);
}
