/**
 * The licenses' objects by the platform's ids: from the account, or from the files of `wrangler dev` on this machine.
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export interface Account {
  readonly id: string;
  /** An API token that may read the account's Workers scripts. */
  readonly token: string;
  /** Where the platform's API is; null = where it always is. */
  readonly apiUrl: string | null;
}

/** The class of the objects, and the Worker that has it. */
export interface ObjectClass {
  readonly script: string;
  readonly className: string;
}

const API_URL = "https://api.cloudflare.com/client/v4";
const PAGE = 1000;
const NAMESPACES_PAGE = 100;

/** Every object that has stored something. Rejects when the platform refuses, or knows no such class. */
export async function* objectsOfAccount(account: Account, of: ObjectClass): AsyncGenerator<string> {
  const path = `/accounts/${account.id}/workers/durable_objects/namespaces`;
  const namespace = await namespaceOf(account, path, of);
  for (let cursor: string | null = ""; cursor !== null;) {
    const query = cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const page: Page<PlatformObject> = await read(account, `${path}/${namespace}/objects?limit=${PAGE}${query}`);
    for (const { id, hasStoredData } of page.result) if (hasStoredData !== false) yield id;
    const next: string = page.result_info?.cursor ?? "";
    cursor = next === "" || next === cursor || page.result.length === 0 ? null : next;
  }
}

/** Those of `wrangler dev` in this folder; each has a file that is named by its id. */
export function objectsOnDisk(stateFolder: string, { script, className }: ObjectClass): readonly string[] {
  const folder = join(stateFolder, "v3", "do", `${script}-${className}`);
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => /^([0-9a-f]{64})\.sqlite$/.exec(name)?.[1] ?? []);
}

interface Page<T> {
  readonly result: readonly T[];
  readonly result_info?: { readonly cursor?: string } | null;
}

interface PlatformObject {
  readonly id: string;
  readonly hasStoredData?: boolean;
}

interface Namespace {
  readonly id: string;
  readonly script?: string;
  readonly class?: string;
}

async function namespaceOf(account: Account, path: string, { script, className }: ObjectClass): Promise<string> {
  for (let page = 1; ; page += 1) {
    const { result }: Page<Namespace> = await read(account, `${path}?page=${page}&per_page=${NAMESPACES_PAGE}`);
    const found = result.find((namespace) => namespace.script === script && namespace.class === className);
    if (found !== undefined) return found.id;
    if (result.length < NAMESPACES_PAGE) {
      throw new Error(`The account has no objects of the class ${className} of a Worker that is called ${script}.`);
    }
  }
}

async function read<T>({ token, apiUrl }: Account, path: string): Promise<Page<T>> {
  const answer = await fetch(`${apiUrl ?? API_URL}${path}`, { headers: { Authorization: `Bearer ${token}` } });
  if (answer.ok) return (await answer.json()) as Page<T>;
  throw new Error(`The account's objects could not be listed: the platform answered ${answer.status}.
CLOUDFLARE_API_TOKEN needs Workers Scripts: Read for the account CLOUDFLARE_ACCOUNT_ID.`);
}
