/** v3's client calls, as a device without credentials makes them. */

import { decodeJwt } from "jose";
import { expect } from "vitest";
import { jsonOf, v3, type Json } from "./management.ts";

export function bodyOf(sold: Json, more: Json = {}): Json {
  return { key: sold.key, productId: sold.productId, fingerprint: "a device", ...more };
}

export const send = (method: string, path: string, body: object) => v3(method, path, { token: null, body });

export function activate(sold: Json, more: Json = {}, headers: Record<string, string> = {}): Promise<Response> {
  return v3("POST", "/activations", { token: null, body: bodyOf(sold, more), headers });
}

export async function tokenOf(answer: Response, status = 201): Promise<string> {
  const told = await jsonOf(answer, status);
  expect(Object.keys(told)).toEqual(["activationToken"]);
  return String(told.activationToken);
}

export async function grantOf(sold: Json, more: Json = {}): Promise<Json> {
  return decodeJwt(await tokenOf(await activate(sold, more)));
}

export async function sync(sold: Json, aid: unknown, more: Json = {}, token: string | null = null): Promise<Response> {
  return await v3("PATCH", `/activations/${aid}`, { token, body: bodyOf(sold, more) });
}
