/**
 * `npm run keys`: the public keys of a product that an app pins, the one that signs and the one in reserve (TOK-4), as
 * PEM. With `--activate KID` (or `--retire`, `--compromise`) a key is turned first; `--new` makes one, `--import FILE`
 * brings one along. docs/operations.md says when.
 */

import { createPublicKey, type JsonWebKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";

const USAGE = `Usage: npm run keys -- --url https://licenses.example.com --product ID [--new | --import FILE]
                    [--activate KID | --retire KID | --compromise KID]

  --url      the Worker (or LEASEHOLD in the environment); TOKEN in the environment is an access token with the scope
             product:read, and product:write to change anything
  --product  the product's id
  --import   a private key as PEM (PKCS#8) or as JSON (JWK)`;

interface Key {
  readonly kid: string;
  readonly algorithm: string;
  readonly status: string;
  readonly createdAt: string;
  readonly publicKey: JsonWebKey;
}

/** An end that was expected: the message says what to do. */
class Stop extends Error {}

const WORDS: Readonly<Record<string, string>> = {
  active: "signs: pin it",
  published: "in reserve: pin it too",
  retired: "signs no more, verifies on",
  compromised: "counts no more",
};

const ACTS = ["activate", "retire", "compromise"] as const;

try {
  await main();
} catch (error) {
  if (!(error instanceof Stop)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const chosen = parsed();
  const url = chosen.url ?? process.env.LEASEHOLD ?? "";
  const token = process.env.TOKEN ?? "";
  if (!URL.canParse(url)) throw new Stop(`No address: pass --url, or set LEASEHOLD.\n\n${USAGE}`);
  if (token === "") throw new Stop(`No access token: set TOKEN.\n\n${USAGE}`);
  if (chosen.product === undefined) throw new Stop(`No product: pass --product.\n\n${USAGE}`);
  const path = `${url.replace(/\/+$/, "")}/v3/products/${encodeURIComponent(chosen.product)}/keys`;
  if (chosen.new) say("made", await call<Key>(token, "POST", path, {}));
  if (chosen.import !== undefined)
    say("imported", await call<Key>(token, "POST", path, { privateKey: keyIn(chosen.import) }));
  for (const act of ACTS) {
    const kid = chosen[act];
    if (kid !== undefined) say(`${act}d`, await call<Key>(token, "POST", `${path}/${encodeURIComponent(kid)}/${act}`));
  }
  const keys = await call<readonly Key[]>(token, "GET", path);
  for (const status of ["active", "published"]) {
    for (const key of keys.filter((one) => one.status === status)) console.log(`\n${titleOf(key)}\n${pemOf(key)}`);
  }
  for (const key of keys.filter(({ status }) => status === "retired" || status === "compromised")) {
    console.log(titleOf(key));
  }
}

function parsed() {
  const text = { type: "string" } as const;
  const acts = { activate: text, retire: text, compromise: text };
  try {
    const options = {
      url: text,
      product: text,
      new: { type: "boolean", default: false },
      import: text,
      ...acts,
    } as const;
    return parseArgs({ options }).values;
  } catch (error) {
    throw new Stop(`${error instanceof Error ? error.message : String(error)}\n${USAGE}`);
  }
}

function say(what: string, { kid, status }: Key): void {
  console.log(`${what}: ${kid} is ${status}`);
}

function titleOf({ kid, algorithm, status, createdAt }: Key): string {
  return `${kid}  ${algorithm}  ${createdAt.slice(0, 10)}  ${WORDS[status] ?? status}`;
}

function pemOf({ publicKey }: Key): string {
  return String(createPublicKey({ key: publicKey, format: "jwk" }).export({ type: "spki", format: "pem" })).trim();
}

function keyIn(file: string): unknown {
  try {
    const text = readFileSync(file, "utf8");
    return text.trimStart().startsWith("{") ? JSON.parse(text) : text;
  } catch (error) {
    throw new Stop(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function call<T>(token: string, method: string, url: string, body?: object): Promise<T> {
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const answer = await fetch(url, init).catch((error: unknown) => {
    throw new Stop(`${url} does not answer: ${error instanceof Error ? error.message : String(error)}`);
  });
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as T;
  throw new Stop(`${method} ${new URL(url).pathname} answered ${answer.status}: ${detailIn(text)}`);
}

function detailIn(text: string): string {
  try {
    const { detail, errors } = JSON.parse(text) as { readonly detail?: string; readonly errors?: unknown };
    return `${detail ?? text}${errors === undefined ? "" : ` ${JSON.stringify(errors)}`}`;
  } catch {
    return text;
  }
}
