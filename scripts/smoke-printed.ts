/** What `npm start` itself prints: its commands, pasted as they stand, and its demo keys, without any help of ours. */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import { documentMembers } from "./smoke-answers.ts";

/** A pasted command that has not answered by then never will. */
const COMMAND_WITHIN_MS = 30_000;

const SIGN_IN_TOKEN = "To sign ada in, for an hour (the password grant of RFC 6749; grace likewise):";
const SIGN_IN_CALL = "To activate the license that asks for sign-in, as ada:";

type Json = Readonly<Record<string, unknown>>;

/** Of `npm start`: an activation, the published keys, and the two other demo licenses. */
export async function tryPrinted(printed: string, url: string): Promise<void> {
  const document = paste(printed, "To activate the floating license:");
  documentMembers(document);
  assert.notEqual(document.leaseExpiresAt, null, "a floating license grants a lease");
  const keys = paste(printed, "The keys that verify its licenseToken with any JWT library:");
  verifiesWithNode(String(document.licenseToken), keys);

  const nodeLocked = await activate(url, keyOf(printed, "node-locked"));
  assert.equal(nodeLocked.status, 200);
  documentMembers(nodeLocked.body);
  assert.equal(nodeLocked.body.leaseExpiresAt, null, "a node-locked license grants no lease");
  verifiesWithNode(String(nodeLocked.body.licenseToken), keys);

  const anonymous = await activate(url, keyOf(printed, "only with sign-in"));
  assert.equal(anonymous.status, 403);
  assert.equal(anonymous.body.code, "authentication-required");
  assert.equal(anonymous.body.action, "sign-in");
}

/** Of `npm run start:oidc`: a person's token, and the license that asks for sign-in, in one shell. */
export function trySignInPrinted(printed: string): void {
  const token = commandAfter(printed, SIGN_IN_TOKEN);
  const document = run(`${token}\n${commandAfter(printed, SIGN_IN_CALL)}`);
  documentMembers(document);
  assert.equal(claimsOf(String(document.licenseToken)).user, "ada@example.com", "the license token names her");
}

function paste(printed: string, heading: string): Json {
  return run(commandAfter(printed, heading));
}

/** The lines under a heading, up to the next empty one. */
function commandAfter(printed: string, heading: string): string {
  const [, after] = printed.split(`${heading}\n\n`);
  const command = after?.split("\n\n")[0]?.trim() ?? "";
  assert.notEqual(command, "", `a command is printed under "${heading}"`);
  return command;
}

function run(command: string): Json {
  const pasted = spawnSync("bash", ["-c", command], { encoding: "utf8", timeout: COMMAND_WITHIN_MS });
  assert.equal(pasted.status, 0, `this failed:\n${command}\n${pasted.stderr}`);
  return JSON.parse(pasted.stdout);
}

function keyOf(printed: string, label: string): string {
  const key = new RegExp(`^ +${label} +(\\S+)$`, "m").exec(printed)?.[1];
  assert(key !== undefined, `the ${label} license's key is printed`);
  return key;
}

async function activate(url: string, key: string): Promise<{ readonly status: number; readonly body: Json }> {
  const answer = await fetch(`${url}/api/v1/activations/license`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ activationCode: key, fingerprint: "device-1" }),
    signal: AbortSignal.timeout(COMMAND_WITHIN_MS),
  });
  return { status: answer.status, body: JSON.parse(await answer.text()) };
}

/**
 * By RFC 7515 and 7518 alone, with Node's own crypto and no JWT library: ES256 is ECDSA whose signature is r and s
 * (IEEE P1363).
 */
function verifiesWithNode(token: string, published: Json): void {
  const [header = "", payload = "", signature = ""] = token.split(".");
  const { alg, kid } = jsonOf(header);
  assert.equal(alg, "ES256");
  assert(Array.isArray(published.keys));
  const jwk: JsonWebKey | undefined = published.keys.find((key: Json) => key.kid === kid);
  assert(jwk !== undefined, "the token's key is published");
  const key = { key: createPublicKey({ key: jwk, format: "jwk" }), dsaEncoding: "ieee-p1363" } as const;
  const isSigned = (text: string) => verify("sha256", Buffer.from(text), key, Buffer.from(signature, "base64url"));
  assert(isSigned(`${header}.${payload}`), "the signature is that of the published key");
  assert(!isSigned(`${header}.${payload}A`), "and of no other text");
}

function claimsOf(token: string): Json {
  return jsonOf(token.split(".")[1] ?? "");
}

function jsonOf(part: string): Json {
  return JSON.parse(Buffer.from(part, "base64url").toString());
}
