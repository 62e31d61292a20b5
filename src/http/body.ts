/**
 * Reads JSON bodies from strangers: size, media type, encoding, depth and text are checked before any schema sees them.
 * IN-1: the media type counts only when there is a body; no body reads as `{}`.
 */

import type { HonoRequest, MiddlewareHandler } from "hono";
import { BODY_DEPTH } from "./limits.ts";
import { prefersStrict } from "./preference.ts";
import { invalidRequest, pointerTo, Problem } from "./problem.ts";
import { beginningOf, type Beginning } from "../stream.ts";

const JSON_TYPE = /^(application\/([\w.!#$&^+-]+\+)?json|text\/json)$/i;
/** Those of nearly all requests, which the validator knows too. */
const COMMON_JSON_TYPE = /^application\/(json-patch\+)?json$/;

/**
 * Middleware for a route that takes a JSON object of at most `limitBytes`. Refuses 413, 415, and 400 with a pointer.
 * Afterwards `c.req.json()` and the "json" validator answer the checked body.
 */
export function jsonBody(limitBytes: number): MiddlewareHandler {
  return async (c, next) => {
    if (prefersStrict(c.req.header("Prefer"))) c.set("isStrict", true);
    const bytes = await readBytes(c.req.raw, limitBytes);
    c.set("hasBody", bytes !== null);
    const text = bytes === null ? "{}" : decode(bytes);
    const body = parse(text);
    checkValue(body);
    c.set("sent", body);
    if (bytes === null || COMMON_JSON_TYPE.test(c.req.header("Content-Type") ?? "")) keep(c.req, text);
    else c.req.raw = asJson(c.req.raw, text);
    await next();
  };
}

/**
 * The body's bytes, or null if there are none. One whose length is told is read in one go, which costs a third of
 * reading chunk by chunk; nobody can send more than was told.
 */
async function readBytes(request: Request, limitBytes: number): Promise<Uint8Array | null> {
  const { body, headers } = request;
  const told = headers.get("Content-Length");
  if (Number(told ?? 0) > limitBytes) throw tooLarge(limitBytes);
  if (told === "0" || body === null) return null;
  const { bytes, isWhole } = await (told === null ? beginningOf(body, limitBytes) : wholeOf(request)).catch(brokenOff);
  if (!isWhole || bytes.length > limitBytes) throw tooLarge(limitBytes);
  if (bytes.length === 0) return null;
  checkMediaType(headers);
  return bytes;
}

async function wholeOf(request: Request): Promise<Beginning> {
  return { bytes: new Uint8Array(await request.arrayBuffer()), isWhole: true };
}

function brokenOff(): never {
  throw invalidRequest({ pointer: "", detail: "the body broke off" });
}

function tooLarge(limitBytes: number): Problem {
  return new Problem("body-too-large", `A body here has at most ${limitBytes} bytes.`);
}

/** RFC 8259 11: JSON has no charset parameter, and one that is sent changes nothing. */
function checkMediaType(headers: Headers): void {
  const mediaType = headers.get("Content-Type")?.split(";", 1)[0]?.trim() ?? "";
  if (!JSON_TYPE.test(mediaType)) {
    throw new Problem("unsupported-media-type", "Send the body as application/json.");
  }
  const coding = headers.get("Content-Encoding")?.trim().toLowerCase() ?? "identity";
  if (coding !== "identity") throw new Problem("unsupported-media-type", "Send the body without a content encoding.");
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw invalidRequest({ pointer: "", detail: "the body is not UTF-8" });
  }
}

function parse(text: string): unknown {
  if (text.startsWith("\uFEFF"))
    throw invalidRequest({ pointer: "", detail: "the body begins with a byte order mark" });
  try {
    return JSON.parse(text);
  } catch {
    throw invalidRequest({ pointer: "", detail: "the body is not JSON" });
  }
}

function checkValue(body: unknown): void {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw invalidRequest({ pointer: "", detail: "the body is not a JSON object" });
  }
  checkText(body, []);
}

/**
 * Text that cannot be stored or compared safely is refused wherever it stands, unknown members included. Nothing is
 * copied on the way, `path` is one list for all: many little values would take many times their size (LIM-2).
 */
function checkText(value: unknown, path: PropertyKey[]): void {
  if (typeof value === "string") checkCharacters(value, path);
  if (typeof value !== "object" || value === null) return;
  if (path.length >= BODY_DEPTH)
    throw invalidRequest({ pointer: pointerTo(path), detail: `nested deeper than ${BODY_DEPTH}` });
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) checkMember(at, value[at], path);
    return;
  }
  for (const name of Object.keys(value)) {
    checkCharacters(name, path);
    checkMember(name, Reflect.get(value, name), path);
  }
}

function checkMember(name: PropertyKey, member: unknown, path: PropertyKey[]): void {
  path.push(name);
  checkText(member, path);
  path.pop();
}

function checkCharacters(text: string, path: readonly PropertyKey[]): void {
  if (text.includes("\u0000"))
    throw invalidRequest({ pointer: pointerTo(path), detail: "contains the character U+0000" });
  if (!text.isWellFormed())
    throw invalidRequest({ pointer: pointerTo(path), detail: "contains half a surrogate pair" });
}

/** The checked text in place of the stream that has been read: a new request would copy every header. */
function keep(request: HonoRequest, text: string): void {
  // Hono keeps promises there; its type says what they resolve to.
  Reflect.set(request.bodyCache, "text", Promise.resolve(text));
}

/** The request as the "json" validator wants it: the checked text, as `application/json`. */
function asJson(request: Request, text: string): Request {
  const headers = new Headers(request.headers);
  headers.set("Content-Type", "application/json");
  headers.delete("Content-Length");
  return new Request(request.url, {
    method: request.method,
    headers,
    body: text,
    ...(request.cf ? { cf: request.cf } : {}),
  });
}
