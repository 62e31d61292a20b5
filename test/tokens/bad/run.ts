/**
 * Presents each bad token to the product as it is, and to the product without the check that the token is about:
 * `node test/tokens/bad/run.ts` prints a list of `{of, name, refused, acceptedWithout}`.
 */

import { registerHooks } from "node:module";
import type * as AccessTokens from "../../../src/http/access-token.ts";
import type * as Bearers from "../../../src/http/bearer.ts";
import type * as AccessTokenTexts from "../../../src/tokens/access-token.ts";
import type * as KeyRings from "../../../src/tokens/key-ring.ts";
import type * as LicenseTokens from "../../../src/tokens/license-token.ts";
import type * as Providers from "../../../src/tokens/oidc.ts";
import { otherCase, type BadToken } from "./making.ts";
import { BAD_TOKENS, GOOD_TOKENS } from "./table.ts";
import { accessTokenRow, AUDIENCE, ISSUER, newTokenWorld, NOW, providerAnswer } from "./world.ts";
import { planted, productSource } from "../../support/plant.ts";
import { keyIds, wrapping } from "../key-store.ts";

export interface Judged {
  readonly of: BadToken["of"];
  readonly name: string;
  readonly refused: boolean;
  readonly acceptedWithout: boolean;
}

const world = await newTokenWorld();
const moment = { now: NOW, waitUntil: () => undefined };
const product = productSource();
const plantedFiles = BAD_TOKENS.map((bug) => planted(product, bug));
const network = globalThis.fetch;

// The provider tells the operator of tokens that it refuses.
console.warn = () => undefined;
globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  return url.startsWith("data:") ? await network(url, init) : providerAnswer(world, url);
};
// A look-up that does not mind the case of letters.
Object.assign(globalThis, {
  anyCase: (token: string) => (token === otherCase(world.access.good) ? world.access.good : token),
});

// A product of its own for each bug, beside the others: what a file with `?bug=` imports from src has it too.
const SRC = new URL("../../../src/", import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context);
    const bug = new URL(context.parentURL ?? SRC).search;
    return bug !== "" && found.url.startsWith(SRC) ? { ...found, url: `${found.url.split("?", 1)[0]}${bug}` } : found;
  },
  load: (url, context, next) => {
    const { searchParams, origin, pathname } = new URL(url);
    const bug = searchParams.get("bug");
    const source =
      bug === null ? undefined : plantedFiles[Number(bug)]?.get(`${origin === "null" ? "file://" : origin}${pathname}`);
    return source === undefined ? next(url, context) : { format: "module-typescript", source, shortCircuit: true };
  },
});

/** With the bug of this number, or as it is. */
async function isAccepted(of: BadToken["of"], header: string, bug: string): Promise<boolean> {
  const token = header.replace(/^Bearer /, "");
  switch (of) {
    case "license token": {
      const { openKeyRing } = await load<typeof KeyRings>("tokens/key-ring.ts", bug);
      const { readLicenseToken } = await load<typeof LicenseTokens>("tokens/license-token.ts", bug);
      const read = await readLicenseToken(openKeyRing(world.store, wrapping, keyIds), token, moment);
      return read.ok && read.value !== null;
    }
    case "provider's token": {
      const { openIdentityProvider } = await load<typeof Providers>("tokens/oidc.ts", bug);
      const settings = { issuer: ISSUER, audiences: [AUDIENCE], rolesClaim: "roles", trustEmail: false };
      return (await openIdentityProvider(settings).signIn(token, moment)).kind === "user";
    }
    case "access token":
      return await opens(header, bug);
  }
}

async function opens(header: string, bug: string): Promise<boolean> {
  const { bearerOf } = await load<typeof Bearers>("http/bearer.ts", bug);
  const { isAccessToken } = await load<typeof AccessTokenTexts>("tokens/access-token.ts", bug);
  const { bearing, liveAccessToken } = await load<typeof AccessTokens>("http/access-token.ts", bug);
  const bearer = bearerOf(header);
  if (bearer.kind !== "token" || !isAccessToken(bearer.token)) return false;
  const asked = await bearing(bearer.token, NOW);
  const row = await accessTokenRow(world, asked.hash);
  const context = { executionCtx: moment, get: () => ({ db: null }) } as never;
  try {
    return (await liveAccessToken(context, asked, (async () => row) as never)) !== null;
  } catch {
    return false;
  }
}

async function load<Module>(file: string, bug: string): Promise<Module> {
  return (await import(`${SRC}${file}${bug}`)) as Module;
}

const headerOf = async ({ isHeader, token }: Pick<BadToken, "isHeader" | "token">) =>
  isHeader ? await token(world) : `Bearer ${await token(world)}`;

const judged: Judged[] = [];
for (const [of, token] of Object.entries(GOOD_TOKENS)) {
  if (!(await isAccepted(of as BadToken["of"], await headerOf({ token }), "")))
    throw new Error(`a good ${of} is refused`);
}
for (const [bug, row] of BAD_TOKENS.entries()) {
  const header = await headerOf(row);
  judged.push({
    of: row.of,
    name: row.name,
    refused: !(await isAccepted(row.of, header, "")),
    acceptedWithout: await isAccepted(row.of, header, `?bug=${bug}`).catch(() => false),
  });
}
console.log(JSON.stringify(judged));
